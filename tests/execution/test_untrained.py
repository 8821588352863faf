"""The weights before a training."""

from __future__ import annotations

import functools

from safetensors.torch import load
from torch import equal

from seqzoo.execution import untrained
from seqzoo.training.loop import train
from support.in_process import here


def test_the_weights_before_a_training_are_those_that_it_begins_with(small_run, few_windows, monkeypatch):
    spec = small_run("gru.sine", seed=3)
    computed = []
    monkeypatch.setattr(untrained, "in_processes", functools.partial(here, should_stop=lambda: bool(computed)))
    given = load(untrained.weights(spec))
    begun = train(spec, should_stop=lambda: True).module.state_dict()
    assert given.keys() == begun.keys() and all(equal(given[name], begun[name]) for name in begun)
    assert any(not equal(load(untrained.weights(small_run("gru.sine", seed=4)))[name], given[name]) for name in given)
    computed.append(spec)  # from now on nothing is computed, and what was stays
    assert load(untrained.weights(spec)).keys() == begun.keys()
