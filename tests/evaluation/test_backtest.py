"""Backtests: which windows, what the forecaster sees, and standard errors that own up to overlap."""

from __future__ import annotations

import math

import numpy as np
import pytest

import seqzoo
from seqzoo.errors import InputError
from seqzoo.evaluation.backtest import backtest, mean_of
from seqzoo.forecasters.exact import best_linear, linear_mse, references_of
from seqzoo.signals import Sine


def repeat(horizon):
    return lambda context: np.repeat(context[:, -1:, 0], horizon, axis=1)


def autoregression(length, rng, coefficient=0.9):
    shocks = rng.standard_normal(length + 200)
    for step in range(1, len(shocks)):
        shocks[step] += coefficient * shocks[step - 1]
    return shocks[200:]


def test_each_cutoff_gives_the_values_before_it_and_scores_those_from_it_on():
    seen = []

    def forecaster(context):
        seen.append(context)
        return np.zeros((len(context), 2))

    result = backtest(forecaster, np.arange(10.0), 3, 2, stride=2, start=4)
    np.testing.assert_array_equal(np.concatenate(seen)[:, :, 0], [[1, 2, 3], [3, 4, 5], [5, 6, 7]])
    assert np.concatenate(seen).dtype == np.float64
    assert result.cutoffs == 3
    assert [step.value for step in result.steps] == [(4**2 + 6**2 + 8**2) / 3, (5**2 + 7**2 + 9**2) / 3]


def test_the_last_cutoff_leaves_just_the_horizon():
    assert backtest(repeat(4), np.arange(10.0), 3, 4).cutoffs == 10 - 3 - 4 + 1
    assert backtest(repeat(4), np.arange(7.0), 3, 4).cutoffs == 1


def test_the_truth_never_reaches_the_forecaster(rng):
    """One that looks beyond its window, or writes into it, gains nothing and spoils nothing."""
    series = rng.standard_normal(60)
    before = series.copy()

    def spy(context):
        whole = context
        while whole.base is not None:
            whole = whole.base
        # All memory it can reach holds its windows, of which the newest begins 5 values before the end.
        assert series[-1].astype(np.float32) not in whole
        context[:] = 0.0
        return np.zeros((len(context), 3))

    result = backtest(spy, series, 5, 3)
    np.testing.assert_array_equal(series, before)
    again = backtest(lambda context: np.zeros((len(context), 3)), series, 5, 3)
    assert result == again


def test_batches_of_any_size_give_the_same_scores(rng, monkeypatch):
    series = rng.standard_normal(300)
    whole = backtest(repeat(3), series, 5, 3)
    monkeypatch.setattr("seqzoo.evaluation.backtest.VALUES_AT_ONCE", 100)
    assert backtest(repeat(3), series, 5, 3) == whole


def test_a_forecast_longer_than_the_horizon_is_cut(rng):
    series = rng.standard_normal(100)
    assert backtest(repeat(9), series, 5, 3) == backtest(repeat(3), series, 5, 3)


@pytest.mark.parametrize("bandwidth", [0, 1, 7, 40])
def test_standard_errors_are_those_of_newey_and_west(rng, bandwidth):
    losses = np.stack([autoregression(200, rng), rng.standard_normal(200)], axis=1)
    deviation, count = losses - losses.mean(axis=0), len(losses)
    variance, of_independent = np.zeros(2), 0.0
    for lag in range(-bandwidth, bandwidth + 1):
        weight, apart = 1 - abs(lag) / (bandwidth + 1), abs(lag)
        variance += weight * (deviation[apart:] * deviation[: count - apart]).sum(axis=0) / count
        # Subtracting the mean takes (n - lag) / n^2 from the expectation of gamma at every lag.
        of_independent += weight * ((lag == 0) - (count - apart) / count**2)
    expected = np.sqrt(variance / of_independent / count)
    np.testing.assert_allclose([step.se for step in mean_of(losses, bandwidth)], expected, rtol=1e-9)


def test_without_lags_the_standard_error_is_the_usual_one(rng):
    losses = rng.standard_normal((50, 1))
    assert mean_of(losses, 0)[0].se == pytest.approx(losses.std(ddof=1) / math.sqrt(50), rel=1e-12)


def test_stated_errors_are_those_seen_over_many_series_though_windows_overlap(rng):
    """Errors of a random walk's last value h steps ahead are sums of h shocks, shared by h cutoffs."""
    results = [backtest(repeat(10), np.cumsum(rng.standard_normal(1000)), 1, 10) for _ in range(400)]
    for step in (0, 4, 9):
        values = np.array([result.steps[step].value for result in results])
        stated = math.sqrt(np.mean([result.steps[step].se ** 2 for result in results]))
        assert 0.85 < stated / values.std(ddof=1) < 1.15
        assert abs(values.mean() - (step + 1)) < 4.5 * values.std() / math.sqrt(len(values))
    naive = mean_of(np.zeros((1, 1)), 0)  # and one cutoff alone tells nothing
    assert math.isnan(naive[0].se)


def test_taken_for_independent_overlapping_errors_would_look_far_too_sure(rng):
    series = np.cumsum(rng.standard_normal(3000))
    result = backtest(repeat(10), series, 1, 10)
    losses = (series[10:] - series[:-10])[:, None] ** 2
    assert result.steps[-1].se > 2 * mean_of(losses, 0)[0].se


def test_the_bandwidth_is_twice_the_overlap_counted_in_cutoffs():
    series = np.random.default_rng(0).standard_normal(500)
    for stride, bandwidth in ((1, 2 * 14), (4, 2 * 3), (15, 0), (100, 0)):
        assert backtest(repeat(5), series, 10, 5, stride=stride).bandwidth == bandwidth


def test_too_few_cutoffs_for_the_overlap_have_no_standard_error():
    series = np.random.default_rng(0).standard_normal(10 + 5 + 57)
    assert math.isfinite(backtest(repeat(5), series, 10, 5).steps[0].se)  # 58 = 2 (28 + 1) cutoffs
    assert math.isnan(backtest(repeat(5), series[:-1], 10, 5).steps[0].se)


@pytest.mark.parametrize("reference", ["best_linear", "line", "last_value"])
def test_on_a_long_series_the_references_err_by_their_exact_floors(reference):
    signal = Sine(sigma=0.3)
    known = references_of(signal, 20, 12)[reference]
    series = signal.series(30_000, seed=5).observed
    result = backtest(lambda context: known(context[:, :, 0]), series, 20, 12)
    for step, expected in zip(result.steps, linear_mse(signal, known.weights, known.bias), strict=True):
        assert abs(step.value - expected) < 4.5 * step.se
        assert step.se < 0.05 * expected


def test_a_predictor_of_one_step_is_backtested_over_many():
    predictor = seqzoo.load("lstm.sine", "onnx")
    series = Sine().series(1500, seed=2**31 + 5).observed
    steps = backtest(lambda context: predictor.forecast(context, 8), series, 20, 8).steps
    for step, linear in zip(steps, linear_mse(Sine(), *best_linear(Sine(), 20, 8)), strict=True):
        assert step.value < linear + 4.5 * step.se
        assert step.value > 0.01 - 4.5 * step.se


def test_of_several_realisations_every_one_is_scored_and_no_window_spans_two(rng):
    parts = [rng.standard_normal(50) + 100 * index for index in range(4)]
    result = backtest(repeat(5), parts, 10, 5)
    assert result.cutoffs == 4 * 36
    assert result.bandwidth == 36
    each = [backtest(repeat(5), part, 10, 5).steps[0].value for part in parts]
    assert result.steps[0].value == pytest.approx(np.mean(each))


@pytest.mark.parametrize(
    ("series", "reason"),
    [
        (np.zeros(7), r"\b7\b.*\b5\b.*\b3\b.*\b8\b"),
        (np.zeros(0), "8"),
        ([], "8"),
        (np.zeros((20, 1)), r"\[20, 1\]"),
        (np.array([0.0] * 10 + [np.nan]), r"\b10\b.*\bnan\b"),
        (np.array([np.inf] + [0.0] * 10), r"\b0\b.*\binf\b"),
        (np.array([0.0] * 10 + [1e39]), "float32"),
        (np.array(["1"] * 20), "numbers"),
    ],
)
def test_a_series_that_cannot_be_backtested_is_refused(series, reason):
    with pytest.raises(InputError, match=reason):
        backtest(repeat(3), series, 5, 3)


@pytest.mark.parametrize("horizon", [0, -1, 100_000, 2.0])
def test_a_horizon_out_of_range_is_refused(horizon):
    with pytest.raises(InputError, match=r"horizon.*1 to 10,000"):
        backtest(repeat(1), np.zeros(20), 5, horizon)


@pytest.mark.parametrize("options", [{"stride": 0}, {"start": 4}, {"stride": -1}, {"start": -1}])
def test_strides_and_starts_out_of_range_are_refused(options):
    with pytest.raises(InputError, match=r"stride.*context_length"):
        backtest(repeat(1), np.zeros(20), 5, 1, **options)


def test_more_errors_than_memory_holds_are_refused():
    with pytest.raises(InputError, match="stride"):
        backtest(repeat(10_000), np.zeros(60_000), 20, 10_000)


@pytest.mark.parametrize(
    ("forecaster", "reason"),
    [
        (repeat(2), r"\[16, 3\].*\[16, 2\]"),
        (lambda context: context, r"\[16, 5, 1\]"),
        (lambda context: np.zeros((1, 3)), r"\[1, 3\]"),
        (lambda context: np.full((len(context), 3), np.nan), "not finite"),
    ],
)
def test_a_forecaster_that_breaks_its_contract_is_refused(forecaster, reason):
    with pytest.raises(InputError, match=reason):
        backtest(forecaster, np.zeros(23), 5, 3)
