"""The Bayes forecast against a quadrature that shares no line with it, and against what must hold of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqzoo.signals import Sine


def brute_force(signal: Sine, window: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """Moments of the clean values after one window [L], summed over a grid finer than any posterior here."""
    width = signal.sigma / max(signal.amplitude, 1e-9) / math.sqrt(len(window))
    nodes = int(min(max(4096, 2 * math.pi / width * 4), 1 << 22))
    phase = np.linspace(-math.pi, math.pi, nodes, endpoint=False)
    log_weight = np.zeros(nodes)
    for t, value in enumerate(window):
        expected = signal.amplitude * np.sin(signal.angular_frequency * t + phase)
        log_weight -= (value - expected) ** 2 / (2 * signal.sigma**2)
    weight = np.exp(log_weight - log_weight.max())
    keep = weight > 0
    weight, phase = weight[keep] / weight[keep].sum(), phase[keep]
    mean, variance = np.empty(horizon), np.empty(horizon)
    for step in range(horizon):
        angle = signal.angular_frequency * (len(window) + step)
        value = signal.amplitude * np.sin(angle + phase)
        mean[step] = weight @ value
        variance[step] = weight @ (value - mean[step]) ** 2
    return mean, variance


@pytest.mark.parametrize("sigma", [1e-4, 1e-3, 0.01, 0.1, 0.5, 3.0])
@pytest.mark.parametrize(("frequency", "length"), [(0.02, 20), (0.7, 3), (3.0, 8)])
def test_mean_and_variance_equal_a_brute_force_quadrature(sigma, frequency, length):
    signal = Sine(angular_frequency=frequency, amplitude=1.3, sigma=sigma)
    windows = signal.draw(2, length, 3, np.random.default_rng(4)).context
    mean, variance = signal.posterior(windows, 3)
    for row, window in enumerate(windows):
        expected, spread = brute_force(signal, window, 3)
        np.testing.assert_allclose(mean[row], expected, rtol=1e-9, atol=1e-10)
        np.testing.assert_allclose(variance[row], spread, rtol=1e-6, atol=1e-15)


@pytest.mark.parametrize("sigma", [1e-3, 0.1])
def test_windows_that_the_signal_hardly_gives_are_still_integrated_right(sigma):
    signal = Sine(sigma=sigma)
    windows = np.stack([np.zeros(20), np.full(20, 2.5), np.linspace(-1, 1, 20)])
    mean, variance = signal.posterior(windows, 2)
    for row, window in enumerate(windows):
        expected, spread = brute_force(signal, window, 2)
        np.testing.assert_allclose(mean[row], expected, rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(variance[row], spread, rtol=1e-5, atol=1e-14)


def test_a_window_of_one_value_leaves_two_phases_open():
    signal = Sine(angular_frequency=0.5, sigma=0.01)
    mean, variance = signal.posterior(np.array([[0.6]]), 1)
    expected, spread = brute_force(signal, np.array([0.6]), 1)
    np.testing.assert_allclose(mean[0], expected, rtol=1e-9)
    np.testing.assert_allclose(variance[0], spread, rtol=1e-7)
    assert variance[0, 0] > 0.1  # rising or falling: the two differ by 2 cos(phase) sin(w)


def test_without_noise_the_forecast_is_exact():
    signal = Sine(sigma=0.0)
    draw = signal.draw(200, 20, 5, np.random.default_rng(2))
    mean, variance = signal.posterior(draw.context, 5)
    np.testing.assert_allclose(mean, draw.clean, atol=1e-9)
    assert (variance < 1e-10).all()


def test_without_amplitude_there_is_nothing_to_forecast():
    signal = Sine(amplitude=0.0)
    mean, variance = signal.posterior(np.random.default_rng(0).standard_normal((5, 20)), 3)
    assert (mean == 0).all() and (variance == 0).all()


def test_the_posterior_variance_is_the_mean_squared_error_of_the_mean():
    signal = Sine(sigma=0.3)
    draw = signal.draw(50_000, 10, 4, np.random.default_rng(6))
    mean, variance = signal.posterior(draw.context, 4)
    surplus = (mean - draw.clean) ** 2 - variance
    z = surplus.mean(axis=0) / (surplus.std(axis=0) / math.sqrt(len(surplus)))
    assert (np.abs(z) < 4.5).all()


def test_the_error_of_the_mean_is_unrelated_to_the_window():
    signal = Sine(sigma=0.3)
    draw = signal.draw(50_000, 10, 1, np.random.default_rng(8))
    mean, _ = signal.posterior(draw.context, 1)
    product = (draw.target - mean) * np.concatenate([draw.context, draw.context**3, mean], axis=1)
    z = product.mean(axis=0) / (product.std(axis=0) / math.sqrt(len(product)))
    assert (np.abs(z) < 4.5).all()


def test_more_windows_than_fit_one_piece_give_what_each_gives_alone():
    signal = Sine()
    windows = signal.draw(2050, 20, 1, np.random.default_rng(3)).context
    mean, variance = signal.posterior(windows, 2)
    assert mean.shape == variance.shape == (2050, 2)
    for row in (0, 2047, 2048, 2049):
        alone, spread = signal.posterior(windows[row : row + 1], 2)
        np.testing.assert_allclose(mean[row], alone[0], rtol=1e-12)
        np.testing.assert_allclose(variance[row], spread[0], rtol=1e-9)


def test_no_windows_give_no_forecasts():
    mean, variance = Sine().posterior(np.empty((0, 20)), 3)
    assert mean.shape == variance.shape == (0, 3)


@given(
    sigma=st.floats(0.02, 2.0),
    frequency=st.floats(0.01, math.pi),
    amplitude=st.floats(0.1, 5.0),
    length=st.integers(1, 30),
    seed=st.integers(0, 1000),
)
def test_any_posterior_equals_the_brute_force_and_stays_within_the_amplitude(
    sigma, frequency, amplitude, length, seed
):
    signal = Sine(angular_frequency=frequency, amplitude=amplitude, sigma=sigma)
    window = signal.draw(1, length, 1, np.random.default_rng(seed)).context
    mean, variance = signal.posterior(window, 2)
    expected, spread = brute_force(signal, window[0], 2)
    np.testing.assert_allclose(mean[0], expected, rtol=1e-8, atol=1e-9 * amplitude)
    np.testing.assert_allclose(variance[0], spread, rtol=1e-6, atol=1e-12 * amplitude**2)
    assert (np.abs(mean) <= amplitude).all()


@given(scale=st.floats(0.01, 100), seed=st.integers(0, 1000))
def test_scaling_signal_noise_and_window_scales_the_forecast(scale, seed):
    window = Sine().draw(1, 20, 1, np.random.default_rng(seed)).context
    mean, variance = Sine().posterior(window, 3)
    scaled, spread = Sine(amplitude=scale, sigma=0.1 * scale).posterior(scale * window, 3)
    np.testing.assert_allclose(scaled, scale * mean, rtol=1e-9, atol=1e-12 * scale)
    np.testing.assert_allclose(spread, scale**2 * variance, rtol=1e-9)
