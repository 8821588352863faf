"""The trial of a module before it is trained; tests/hostile/test_model_files.py has what it refuses."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import nn

from seqzoo.bundles import store
from seqzoo.errors import InputError
from seqzoo.publishing import build
from seqzoo.signals import Sine
from seqzoo.training.loop import train
from seqzoo.zoo import _registry
from seqzoo.zoo._trial import check, first_line


def test_a_trial_leaves_the_random_numbers_and_the_threads_as_they_were(small_run):
    run = small_run()
    torch.manual_seed(3)
    expected, threads = torch.rand(3), torch.get_num_threads()
    torch.manual_seed(3)
    check(run.architecture, run.module, run.config, run.signal)
    assert torch.equal(torch.rand(3), expected) and torch.get_num_threads() == threads


def test_what_was_raised_is_the_cause_for_whoever_wants_the_traceback(small_run):
    with pytest.raises(InputError, match="'transformer'") as caught:
        small_run("transformer.sine", config__width=8, config__heads=3)
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_the_first_line_of_an_exception_is_what_it_says_first():
    assert first_line(ValueError("\n  one.\ntwo")) == "ValueError: one"
    assert first_line(KeyError()) == "KeyError"
    assert len(first_line(ValueError("x" * 5000))) < 400


class Halved(nn.Linear):
    """A module with a tensor that no file holds."""

    def __init__(self, config):
        super().__init__(config.context_length, config.horizon)
        self.factor = torch.full((1,), 0.5)

    def forward(self, context: torch.Tensor) -> torch.Tensor:
        return self.factor * nn.functional.linear(context[:, :, 0], self.weight, self.bias)


def test_a_tensor_that_no_file_holds_is_there_when_a_bundle_is_opened(small_run, tmp_path, own_models, monkeypatch):
    monkeypatch.setattr(Sine, "windows_to_score", 1000)
    made = _registry.architecture("linear")
    _registry.register("halved", config=made.config, card=made.card)(Halved)
    run = dataclasses.replace(small_run("linear.sine"), module=Halved, architecture="halved")
    trained = train(run)
    found = build.export(trained, made.card, tmp_path / "halved.sine")
    assert store.open_bundle(found.path).manifest.architecture == "halved"
    window = torch.linspace(-1, 1, 60).reshape(3, 20, 1)
    with torch.no_grad():
        torch.testing.assert_close(build.module_of(found)(window), trained.module(window))
