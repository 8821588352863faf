"""The derivative of a forecast: against what it must be where that is known, else PyTorch's gradient."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import seqzoo
from seqzoo.bundles.store import SHIPPED, open_bundle
from seqzoo.evaluation import sensitivity
from seqzoo.forecasters.exact import best_linear, references_of
from seqzoo.publishing import build
from seqzoo.signals import SineAny, TwoTone, make

FEED_FORWARD = ["linear.sine", "mlp.sine", "mlp.sine_any", "mlp.recall", "tcn.sine", "transformer.sine",
                "gaf_cnn.sine"]  # fmt: skip


def windows_of(family: str, count: int) -> np.ndarray:
    return make(family).draw(count, 20, 1, np.random.default_rng(8)).context


@pytest.mark.parametrize("family", ["sine", "recall", "two_tone"])
def test_the_derivative_of_the_best_linear_forecast_is_its_weights(family):
    linear = best_linear(make(family), 20)
    found = sensitivity.exact(lambda windows: linear(windows)[:, 0], windows_of(family, 1)[0])
    np.testing.assert_allclose(found.derivative, linear.weights[0], atol=1e-10)


def test_the_derivative_of_the_last_value_is_one_on_the_last():
    last = references_of(make("sine"), 20)["last_value"]
    found = sensitivity.exact(lambda windows: last(windows)[:, 0], windows_of("sine", 1)[0])
    np.testing.assert_allclose(found.derivative, np.eye(20)[-1], atol=1e-10)


@pytest.mark.parametrize("family", ["sine", "recall"])
def test_the_derivative_of_bayes_predicts_what_a_small_change_of_the_window_does(family):
    signal, rng = make(family), np.random.default_rng(0)
    for window in windows_of(family, 3):
        change = 1e-3 * rng.standard_normal(20)
        moved = signal.posterior(np.stack([window - change, window + change]), 1)[0][:, 0]
        predicted = 2 * sensitivity.of_bayes(signal, window).derivative @ change
        assert moved[1] - moved[0] == pytest.approx(predicted, abs=2e-6, rel=1e-3)


@pytest.mark.parametrize("family", ["sine", "recall"])
def test_the_derivative_of_a_sharp_posterior_is_within_its_stated_error(family):
    signal = make(family, {"sigma": 0.02})
    for window in signal.draw(5, 20, 1, np.random.default_rng(4)).context:
        found, move = sensitivity.of_bayes(signal, window), 2e-5 * np.eye(20)
        finer = signal.posterior(np.concatenate([window + move, window - move]), 1)[0][:, 0]
        np.testing.assert_allclose(found.derivative, (finer[:20] - finer[20:]) / 4e-5, atol=found.error)


def test_the_derivative_of_bayes_two_steps_ahead_is_another():
    signal, window = make("sine"), windows_of("sine", 1)[0]
    one, two = sensitivity.of_bayes(signal, window), sensitivity.of_bayes(signal, window, 2)
    assert two.forecast == pytest.approx(signal.posterior(window[None], 2)[0][0, 1])
    assert np.abs(one.derivative - two.derivative).max() > 1e-4


def test_the_microscope_shows_the_same_derivative_of_bayes():
    window = windows_of("sine", 1)[0].tolist()
    shown = seqzoo.look_inside("rnn.sine")
    shown.window = window
    np.testing.assert_array_equal(shown.bayes["derivative"], sensitivity.of_bayes(make("sine"), window).derivative)


def test_the_derivative_of_the_served_linear_model_is_its_weights():
    model = seqzoo.load("linear.sine", "onnx")
    weights = build.module_of(open_bundle(SHIPPED / "linear.sine")).state_dict()["head.weight"][0].numpy()
    found = sensitivity.served(lambda windows: model.predict(windows[:, :, None])[:, 0], windows_of("sine", 1)[0])
    np.testing.assert_allclose(found.derivative, weights, atol=2e-5)


@pytest.mark.parametrize("name", FEED_FORWARD)
def test_the_derivative_of_a_served_model_is_its_gradient_within_the_stated_error(name):
    model = seqzoo.load(name, "onnx")
    windows = windows_of(name.split(".")[1], 6).astype(np.float32)
    module = build.module_of(open_bundle(SHIPPED / name)).double()
    inputs = torch.tensor(windows.astype(np.float64))[:, :, None].requires_grad_()
    gradient = torch.autograd.grad(module(inputs).sum(), inputs)[0][:, :, 0].numpy()
    for window, exact in zip(windows, gradient, strict=True):
        found = sensitivity.served(lambda moved: model.predict(moved[:, :, None])[:, 0], window)
        wrong = np.abs(found.derivative - exact).max()
        assert wrong < 2e-4 and wrong <= found.error < 3e-3


def test_a_move_is_in_proportion_to_the_scale_of_the_model():
    found = sensitivity.served(lambda windows: 3 * windows[:, 0] + windows[:, 1], np.array([5e4, -2e4]), scale=1e4)
    np.testing.assert_allclose(found.derivative, [3, 1], atol=found.error)


def test_the_derivative_of_a_model_that_reads_float64_keeps_its_digits_far_from_zero():
    center, scale, weights = 1.7e9, 4.0, np.array([0.25, -0.5, 1.25])

    def forecast(windows):  # as a scaled graph: float64 outside, float32 inside
        inside = ((windows - center) / scale).astype(np.float32)
        return (inside @ weights.astype(np.float32)).astype(np.float64) * scale + center

    window = center + np.array([3.0, -2.5, 1.75])
    found = sensitivity.served(forecast, window, scale, center, single=False)
    assert found.forecast == pytest.approx(center + weights @ [3.0, -2.5, 1.75], rel=0, abs=1e-5)
    assert np.abs(found.derivative - weights).max() < found.error < 1e-3


def test_the_cosine_is_one_for_the_same_weighing_and_nothing_for_none():
    one = np.array([1.0, 2.0, -1.0])
    assert sensitivity.cosine(one, 5 * one) == pytest.approx(1)
    assert sensitivity.cosine(one, -one) == pytest.approx(-1)
    assert sensitivity.cosine(one, np.zeros(3)) == 0


def test_a_derivative_that_is_rounding_alone_is_flat_and_has_no_direction():
    assert sensitivity.is_flat(np.full(20, 1e-9)) and not sensitivity.is_flat(np.full(20, 1e-3))
    assert sensitivity.cosine(np.full(20, 1e-9), np.ones(20)) == 0


@pytest.mark.parametrize(
    ("signal", "flat"),
    [
        (SineAny(), SineAny(amplitude=0.0)),
        (TwoTone(), TwoTone(slow_amplitude=0.0, fast_amplitude=0.0)),
        (TwoTone(slow_amplitude=0.0), None),
    ],
    ids=["sine_any", "two_tone", "one_tone"],
)  # fmt: skip
def test_the_formula_of_the_derivative_of_bayes_agrees_with_differences(signal, flat):
    for seed, step in ((1, 1), (2, 7)):
        window = signal.draw(1, 20, 1, np.random.default_rng(seed)).context[0]
        forecast, derivative = signal.slope(window, step)
        moves = 1e-2 * np.eye(20)  # smaller ones would show the float32 of the posterior
        windows = window + moves, window - moves, window[None]
        up, down, still = (signal.posterior(each, step)[0][:, -1] for each in windows)
        assert abs(forecast - still[0]) < 1e-6
        assert np.abs(derivative - (up - down) / 2e-2).max() < 1e-4
    if flat is not None:
        forecast, derivative = flat.slope(window, 1)
        assert forecast == 0 and not derivative.any()
