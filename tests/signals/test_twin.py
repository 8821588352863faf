"""The twin of a series: its law against simulation, its Bayes forecaster against a Kalman filter, its fit."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from seqzoo.errors import InputError, MissingExtraError
from seqzoo.forecasters.exact import best_linear, linear_mse
from seqzoo.forecasters.floors import floors
from seqzoo.signals.twin import LEAST_POINTS, Twin, fit

WHOLE = Twin(
    mean=5.0, level=1.5, level_memory=0.98, period=12.0, season_1=1.0, season_2=0.5, season_3=0.2,
    season_memory=0.995, ar_1=0.9, ar_2=-0.5, shock=0.5, sigma=0.3,
)  # fmt: skip
TWINS = (
    WHOLE,
    Twin(),
    Twin(season_1=0, season_2=0, ar_1=-0.4, sigma=0.0),
    Twin(level=1.0, level_memory=0.0, season_1=0.0, season_2=0.0, shock=0.0),
)


def test_draws_have_the_moments_that_the_twin_states(rng):
    for twin in TWINS:
        known = twin.moments(8, 3)
        draw = twin.draw(30_000, 8, 3, rng)
        whole = np.concatenate([draw.context, draw.target], axis=1)
        assert np.abs(whole.mean(axis=0) - twin.mean).max() < 5 * np.sqrt(known.variance[0] / 30_000)
        covariance = np.cov(whole.T)
        # A covariance of n Gaussian pairs has a standard error of at most sqrt(2 / n) of the variance.
        within = 5 * np.sqrt(2 / 30_000) * known.variance[0]
        np.testing.assert_allclose(covariance[:8, :8], known.within, atol=within)
        np.testing.assert_allclose(covariance[8:, :8], known.cross, atol=within)
        np.testing.assert_allclose(np.diag(covariance)[8:], known.variance, atol=within)


def test_a_window_inside_a_long_series_has_the_same_law(rng):
    long = np.concatenate([WHOLE.draw(4_000, 60, 1, rng).context[:, 40:]])
    np.testing.assert_allclose(np.cov(long.T)[0, :5], WHOLE.moments(20, 1).within[0, :5], atol=0.3)


def test_the_bayes_forecast_is_that_of_a_kalman_filter(rng):
    twin = Twin(mean=2.0, season_1=0.0, season_2=0.0, ar_1=1.1, ar_2=-0.4, shock=0.7, sigma=0.5)
    window = twin.draw(1, 15, 1, rng).context
    transition, noise = np.array([[1.1, -0.4], [1.0, 0.0]]), np.diag([0.49, 0.0])
    state, covariance = np.zeros(2), np.eye(2)
    for _ in range(500):  # the stationary distribution is where the filter starts
        covariance = transition @ covariance @ transition.T + noise
    for value in window[0]:
        gain = covariance[:, 0] / (covariance[0, 0] + 0.25)
        state = state + gain * (value - 2.0 - state[0])
        covariance = covariance - np.outer(gain, covariance[0])
        state, covariance = transition @ state, transition @ covariance @ transition.T + noise
    forecast, variance = twin.posterior(window, 4)
    for step in range(4):
        assert forecast[0, step] == pytest.approx(2.0 + state[0], rel=1e-9)
        assert variance[0, step] == pytest.approx(covariance[0, 0], rel=1e-9)
        state, covariance = transition @ state, transition @ covariance @ transition.T + noise


def test_the_floor_is_the_error_that_the_bayes_forecaster_makes(rng):
    for twin in TWINS:
        draw = twin.draw(20_000, 20, 3, rng)
        forecast, variance = twin.posterior(draw.context, 3)
        squared = (forecast - draw.target) ** 2
        error = squared.std(axis=0) / np.sqrt(len(squared))
        assert (np.abs(squared.mean(axis=0) - variance[0] - twin.sigma**2) < 4.5 * error + 1e-12).all()
        exact = linear_mse(twin, *best_linear(twin, 20, 3))
        np.testing.assert_allclose(variance[0] + twin.sigma**2, exact, rtol=1e-6, atol=1e-12)
    assert floors(WHOLE, 20, samples=100)[0].bayes.value == pytest.approx(floors(WHOLE, 20)[0].best_linear)


def test_a_season_that_never_decays_and_has_no_noise_is_forecast_exactly(rng):
    twin = Twin(shock=0.0, sigma=0.0, season_3=0.4)
    draw = twin.draw(50, 30, 10, rng)
    forecast, variance = twin.posterior(draw.context, 10)
    np.testing.assert_allclose(forecast, draw.clean, atol=1e-6)
    assert variance.max() < 1e-9


def test_the_price_of_little_data_is_that_of_least_squares(rng):
    """A linear forecaster of L weights and an intercept, fitted to T values, has an excess of about (L + 1) / T."""
    twin = Twin(season_1=0.0, season_2=0.0, ar_1=0.7, shock=1.0, sigma=0.0)
    floor = twin.posterior(np.zeros((1, 4)), 1)[1][0, 0]
    for points in (150, 1_000):
        excess = []
        for _ in range(60):
            series = twin.draw(1, points, 1, rng).context[0]
            windows = np.lib.stride_tricks.sliding_window_view(series, 5)
            design = np.column_stack([windows[:, :4], np.ones(len(windows))])
            weights = np.linalg.lstsq(design, windows[:, 4], rcond=None)[0]
            excess.append(linear_mse(twin, weights[None, :4], weights[4:])[0] / floor - 1)
        assert np.mean(excess) == pytest.approx(5 / points, rel=0.35)


def test_the_scene_starts_where_its_slider_says_and_keeps_the_law():
    scene = WHOLE.scene(20)
    values = {knob.key: knob.start for knob in scene.knobs}
    curve = scene.curve(values, np.arange(30), 20)
    spread = np.sqrt(WHOLE.smooth_autocovariance(np.zeros(1))[0])
    assert curve[0] == pytest.approx(WHOLE.mean + spread)
    assert scene.signal(values) == WHOLE
    assert "season of 12 steps" in WHOLE.description and "sigma 0.3" in WHOLE.description


def test_the_fit_finds_the_error_that_the_process_leaves():
    pytest.importorskip("statsmodels")
    for seed, twin, period in (
        (0, Twin(mean=100.0, season_1=2.0, season_2=1.0, ar_1=0.6, shock=0.5, sigma=0.2), 24),
        (1, Twin(level=5.0, level_memory=0.999, season_1=0.0, season_2=0.0, shock=0.0, sigma=0.5), None),
    ):
        series = twin.observed_series(480, 30, 1, seed=seed)[0]
        fitted = fit(series, period)
        assert fitted.mean == pytest.approx(series.mean())
        floor = [one.posterior(np.zeros((1, 30)), 1)[1][0, 0] + one.sigma**2 for one in (fitted, twin)]
        assert floor[0] == pytest.approx(floor[1], rel=0.15)
        if period:
            assert fitted.season_1 == pytest.approx(abs(np.fft.rfft(series)[480 // 24] * 2**0.5 / 480), rel=0.3)


def test_a_gap_is_passed_over_where_a_carried_value_would_be_fitted():
    pytest.importorskip("statsmodels")
    twin = Twin(mean=50.0, season_1=7.0, season_2=0.0, shock=0.0, sigma=1.0)
    series = twin.observed_series(700, 30, 1, seed=0)[0]
    gapped = series.copy()
    gapped[300:420] = np.nan
    fitted = fit(gapped, 24)
    assert fitted.sigma == pytest.approx(1.0, rel=0.05)  # 0.87 with the last value carried into the gap
    assert fitted.season_1 == pytest.approx(7.33, rel=0.01)  # as of the whole series, and 6.35
    assert fitted.shock == 0.0  # and an autoregression that the process does not have


def test_what_is_no_twin_is_refused(monkeypatch, rng):
    for parameters, line in (
        ({"ar_1": 1.0}, "stationary process"),
        ({"ar_1": 0.5, "ar_2": 0.5}, "stationary process"),
        ({"level_memory": 1.0}, "level_memory must be from 0 to 1, and below 1"),
        ({"season_memory": 1.1}, "season_memory must be from 0 to 1"),
        ({"period": 1.5}, "at least 2 steps"),
        ({"season_2": -1.0}, "season_2 must be >= 0"),
    ):
        with pytest.raises(InputError, match=line):
            Twin(**parameters)
    noise = rng.standard_normal(LEAST_POINTS)
    for series, period, line in (
        (noise[1:], None, "at least 50 values, got 49"),
        (noise, 26, "from 2 to 25 steps"),
        (np.arange(60.0), None, "nothing varies about it"),
    ):
        with pytest.raises(InputError, match=line):
            fit(series, period)
    for name in [name for name in sys.modules if name.partition(".")[0] == "statsmodels"] + ["statsmodels"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=r"seqzoo\[rivals\]"):
        fit(noise)
