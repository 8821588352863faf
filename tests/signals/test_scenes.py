"""Signals with knobs: the truth they draw and the reference forecasters that are shown beside it belong together."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from seqzoo import signals
from seqzoo.forecasters.exact import best_linear, linear_mse

LENGTH = 20


@pytest.mark.parametrize("family", signals.FAMILIES)
def test_as_it_opens_a_scene_is_the_signal_the_model_was_trained_on(family):
    signal = signals.make(family)
    scene = signal.scene(LENGTH)
    assert scene.signal({knob.key: knob.start for knob in scene.knobs}) == signal
    assert all(knob.low <= knob.start <= knob.high for knob in scene.knobs)


@pytest.mark.parametrize("family", signals.FAMILIES)
def test_with_little_noise_bayes_forecasts_what_the_scene_says_is_true(family):
    scene = signals.make(family).scene(LENGTH)
    values = {knob.key: knob.start for knob in scene.knobs}
    values["noise"] = max(0.02, next(knob.low for knob in scene.knobs if knob.key == "noise"))
    context, clean = scene.window(values, LENGTH, 3, seed=1)
    mean, variance = scene.signal(values).posterior(context[None], 3)
    assert np.abs(mean[0] - clean[LENGTH:]).max() < 5 * np.sqrt(variance.max()) + 1e-3
    assert np.sqrt(variance.max()) < 0.15


@pytest.mark.parametrize("family", signals.FAMILIES)
def test_every_corner_of_the_sliders_has_a_window_and_its_references(family):
    scene = signals.make(family).scene(LENGTH)
    for corner in itertools.product(*((knob.low, knob.high) for knob in scene.knobs)):
        values = dict(zip((knob.key for knob in scene.knobs), corner, strict=True))
        context, clean = scene.window(values, LENGTH, 1, seed=0)
        signal = scene.signal(values)
        assert context.shape == (LENGTH,) and clean.shape == (LENGTH + 1,)
        assert np.isfinite(signal.posterior(context[None], 1)[0]).all()
        assert np.isfinite(best_linear(signal, LENGTH)(context[None])).all()


def test_another_seed_changes_the_noise_and_not_the_truth():
    scene = signals.make("sine").scene(LENGTH)
    values = {knob.key: knob.start for knob in scene.knobs}
    (one, clean), (other, same) = (scene.window(values, LENGTH, 1, seed) for seed in (0, 1))
    assert np.array_equal(clean, same) and not np.allclose(one, other)


PHASES = ("phase", "slow_phase", "fast_phase")


@pytest.mark.parametrize("family", signals.FAMILIES)
def test_over_what_is_hidden_the_references_err_as_much_as_they_say(family):
    scene, rng, horizon, count = signals.make(family).scene(LENGTH), np.random.default_rng(4), 4, 400
    start = {knob.key: knob.start for knob in scene.knobs}
    signal = scene.signal(start)
    contexts, truths = [], []
    for seed in range(count):
        values = {**start, **{key: rng.uniform(0, 2 * np.pi) for key in PHASES if key in start}}
        if family == "sine_any":
            values["frequency"] = rng.uniform(signal.lowest, signal.highest)
        if family == "recall":
            values["place"] = rng.integers(0, LENGTH - 1)
            values["payload"] = signal.spread * rng.standard_normal()
        context, clean = scene.window(values, LENGTH, horizon, seed)
        contexts.append(context)
        truths.append(clean[LENGTH:])
    seen, truth = np.array(contexts), np.array(truths)
    mean, variance = signal.posterior(seen, horizon)
    off = (mean - truth) ** 2 - variance
    assert (np.abs(off.mean(axis=0)) < 5 * off.std(axis=0) / np.sqrt(count) + 1e-5).all()
    if family != "recall":  # whose distractors are the same at each seed
        made = best_linear(signal, LENGTH, horizon)
        error = (made(seen) - truth) ** 2
        expected = linear_mse(signal, *made) - signal.sigma**2
        assert (np.abs(error.mean(axis=0) - expected) < 5 * error.std(axis=0) / np.sqrt(count)).all()
