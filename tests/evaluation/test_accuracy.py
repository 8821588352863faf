"""Measures of accuracy: equal to utilsforecast's on the same numbers, by step, and at zero denominators."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from utilsforecast import losses

from seqzoo.errors import InputError
from seqzoo.evaluation import accuracy

SEASON, LEVELS = 4, np.array([0.1, 0.25, 0.5, 0.75, 0.9])


@pytest.fixture(scope="module")
def case():
    """Forecasts, quantiles, targets and training parts of three series: arrays, and the frames of utilsforecast."""
    rng = np.random.default_rng(7)
    training = rng.normal(size=(3, 30)).cumsum(axis=1) + 20
    target = rng.normal(20, 3, size=(3, 6))
    forecast = target + rng.normal(size=(3, 6))
    quantiles = np.sort(forecast[:, :, None] + rng.normal(size=(3, 6, len(LEVELS))), axis=2)
    target[0, 0] = forecast[0, 0] = 0.0  # sMAPE has no denominator here
    keys = {"unique_id": np.repeat([0, 1, 2], 6), "ds": np.tile(np.arange(30, 36), 3)}
    ends = {"us-lo-80": quantiles[:, :, 0].ravel(), "us-hi-80": quantiles[:, :, -1].ravel()}
    frame = pd.DataFrame({**keys, "y": target.ravel(), "us": forecast.ravel(), **ends})
    for index in range(len(LEVELS)):
        frame[f"q{index}"] = quantiles[:, :, index].ravel()
    keys = {"unique_id": np.repeat([0, 1, 2], 30), "ds": np.tile(np.arange(30), 3)}
    past = pd.DataFrame({**keys, "y": training.ravel()})
    return training, target, forecast, quantiles, frame, past


def test_every_measure_equals_that_of_utilsforecast_on_the_same_numbers(case):
    training, target, forecast, quantiles, frame, past = case
    absolute = [accuracy.absolute_scale(part, SEASON) for part in training]
    squared = [accuracy.squared_scale(part, SEASON) for part in training]
    low, lower, *_, high = np.moveaxis(quantiles, 2, 0)
    columns = {"us": [f"q{index}" for index in range(len(LEVELS))]}
    scaled = [
        accuracy.crps(each, true, LEVELS).value * true.size / np.abs(true).sum()
        for each, true in zip(quantiles, target, strict=True)
    ]
    for name, ours, theirs in (
        ("mae", accuracy.mae(forecast, target), losses.mae(frame, ["us"])),
        ("smape", accuracy.smape(forecast, target), losses.smape(frame, ["us"])),
        ("mase", accuracy.mase(forecast, target, absolute), losses.mase(frame, ["us"], SEASON, past)),
        ("rmsse", accuracy.rmsse(forecast, target, squared), losses.rmsse(frame, ["us"], SEASON, past)),
        ("pinball", accuracy.pinball(lower, target, 0.25), losses.quantile_loss(frame, {"us": "q1"}, 0.25)),
        ("coverage", accuracy.coverage(low, high, target), losses.coverage(frame, ["us"], 80)),
        ("crps", (np.mean(scaled), None), losses.scaled_crps(frame, columns, LEVELS)),
    ):  # fmt: skip
        assert ours[0] == pytest.approx(theirs["us"].mean(), rel=1e-12), name
    for row, theirs in enumerate(losses.rmse(frame, ["us"])["us"]):
        assert accuracy.rmse(forecast[row], target[row]).value == pytest.approx(theirs, rel=1e-12)


def test_a_measure_by_step_is_the_measure_of_that_step_and_no_other(case):
    training, target, forecast, quantiles, _, _ = case
    scale = [accuracy.absolute_scale(part, SEASON) for part in training]
    for measure in (
        lambda at: accuracy.mae(forecast[:, at], target[:, at]),
        lambda at: accuracy.rmse(forecast[:, at], target[:, at]),
        lambda at: accuracy.smape(forecast[:, at], target[:, at]),
        lambda at: accuracy.mase(forecast[:, at], target[:, at], scale),
        lambda at: accuracy.rmsse(forecast[:, at], target[:, at], scale),
        lambda at: accuracy.pinball(forecast[:, at], target[:, at], 0.9),
        lambda at: accuracy.crps(quantiles[:, at], target[:, at], LEVELS),
        lambda at: accuracy.coverage(quantiles[:, at, 0], quantiles[:, at, 4], target[:, at]),
    ):
        whole = measure(slice(None))
        each = [measure(slice(step, step + 1)).value for step in range(6)]
        np.testing.assert_allclose(whole.steps, each, rtol=1e-12)
        assert len(set(np.round(each, 12))) > 1


def test_a_scale_is_the_in_sample_error_of_seasonal_naive_and_skips_what_is_missing():
    assert accuracy.absolute_scale([1.0, 5.0, 2.0, 9.0], 2) == (1 + 4) / 2
    assert accuracy.squared_scale([1.0, 5.0, 2.0, 9.0], 2) == math.sqrt((1 + 16) / 2)
    assert accuracy.absolute_scale([1.0, math.nan, 2.0, 9.0], 2) == 1.0
    assert accuracy.absolute_scale([1.0, 5.0, 2.0]) == (4 + 3) / 2


def test_a_scale_of_zero_gives_nan_and_leaves_other_series_alone():
    scale = [accuracy.absolute_scale([3.0] * 8, 2), accuracy.absolute_scale([1.0, 1.0, 2.0, 2.0], 2)]
    target, forecast = np.zeros((2, 1)), np.array([[1.0], [2.0]])
    assert math.isnan(accuracy.mase(forecast, target, scale).value)
    assert math.isnan(accuracy.rmsse(forecast[0], target[0], 0.0).value)
    assert accuracy.mase(forecast[1], target[1], scale[1]).value == 2.0
    assert accuracy.mase(forecast, target, 5e-324).value == math.inf  # without a warning
    assert accuracy.rmsse(forecast, target, 1e-200).value == math.inf
    assert accuracy.smape([0.0, 1.0], [0.0, 3.0]).value == (0 + 2 / 4) / 2


def test_what_cannot_be_measured_is_refused():
    for ask, reason in (
        (lambda: accuracy.mae([1.0, 2.0], [1.0]), r"both be \[H\].*got \[2\] and \[1\]"),
        (lambda: accuracy.mae([], []), "both be"),
        (lambda: accuracy.mase([1.0], [1.0], [1.0, 2.0]), r"scale must be one number or \[1\]"),
        (lambda: accuracy.absolute_scale([1.0, 2.0], 2), "a season of 2 apart; the training part has 2 values"),
        (lambda: accuracy.absolute_scale([1.0, 2.0], 0), "a season must be a whole number"),
        (lambda: accuracy.absolute_scale([[1.0, 2.0]], 1), r"series \[T\]"),
        (lambda: accuracy.pinball([1.0], [1.0], 1.0), "between 0 and 1"),
        (lambda: accuracy.crps([[1.0, 2.0]], [1.0], [0.5]), "one level for each of Q"),
    ):
        with pytest.raises(InputError, match=reason):
            ask()
