"""Split conformal intervals: what they promise, measured, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest

import seqzoo
from seqzoo.errors import InputError
from seqzoo.evaluation.intervals import (
    SplitConformal,
    ascending,
    calibrate,
    calibrate_on_series,
    calibrate_on_signal,
    least_windows,
    rank,
)
from seqzoo.evaluation.scoring import HELD_OUT_SEEDS
from seqzoo.signals import Sine

HORIZON = 10


def zero(context):
    return np.zeros((len(context), HORIZON), np.float32)


def noise(windows, rng, horizon=1):
    return rng.standard_normal((windows, 3)), rng.standard_normal((windows, horizon))


@pytest.mark.parametrize("name", ["lstm.sine", "best_linear.sine", "last_value.two_tone"])
def test_nine_in_ten_fresh_targets_lie_in_their_interval_at_every_step(name):
    predictor = seqzoo.load(name, "onnx")
    windows, fresh = 1000, 2000
    made = calibrate_on_signal(
        lambda context: predictor.forecast(context, HORIZON), predictor.signal, 20, HORIZON, 0.9,
        windows=windows, seed=HELD_OUT_SEEDS + 11,
    )  # fmt: skip
    draw = predictor.signal.draw(fresh, 20, HORIZON, np.random.default_rng(HELD_OUT_SEEDS + 12))
    lower, upper = made.around(predictor.forecast(draw.context[:, :, None], HORIZON))
    covered = ((lower <= draw.target) & (draw.target <= upper)).mean(axis=0)
    # Coverage is Beta(k, n + 1 - k) over calibration sets, what is counted of it binomial: a beta-binomial.
    chosen = rank(windows, 0.9)
    expected = chosen / (windows + 1)
    spread = math.sqrt(expected * (1 - expected) * (1 / (windows + 2) + (1 - 1 / (windows + 2)) / fresh))
    assert covered.shape == (HORIZON,)
    assert (np.abs(covered - expected) < 4.5 * spread).all(), covered


@pytest.mark.parametrize(("windows", "level"), [(9, 0.9), (10, 0.9), (25, 0.9), (7, 0.5), (30, 0.35)])
def test_over_calibration_sets_coverage_is_the_rank_over_n_plus_one_and_within_both_bounds(rng, windows, level):
    expected = rank(windows, level) / (windows + 1)
    assert level <= expected < level + 1 / (windows + 1)
    radii = np.array(
        [calibrate(lambda context: 0 * context[:, 0], *noise(windows, rng), level).radius[0] for _ in range(2000)]
    )
    exact = np.array([math.erf(radius / math.sqrt(2)) for radius in radii])  # P(|target| <= radius)
    assert abs(exact.mean() - expected) < 4.5 * exact.std() / math.sqrt(len(exact))
    beta = math.sqrt(expected * (1 - expected) / (windows + 2))
    assert 0.9 < exact.std() / beta < 1.1


def test_the_radius_is_the_kth_smallest_residual_of_its_own_step():
    target = np.array([[1.0, -50.0], [-4.0, 20.0], [2.0, 10.0], [-3.0, 40.0], [0.0, 30.0]])
    made = calibrate(zero_of(2), np.zeros((5, 3)), target, 0.6)  # k = ceil(6 * 0.6) = 4
    np.testing.assert_array_equal(made.radius, [3.0, 40.0])
    assert (made.level, made.windows) == (0.6, 5)


def zero_of(horizon):
    return lambda context: np.zeros((len(context), horizon))


def test_intervals_lie_around_the_forecast_and_serve_shorter_ones_too():
    made = SplitConformal(0.9, np.array([1.0, 2.0, 3.0]), 100)
    lower, upper = made.around([[0.0, 10.0]])
    np.testing.assert_array_equal(lower, [[-1.0, 8.0]])
    np.testing.assert_array_equal(upper, [[1.0, 12.0]])


@pytest.mark.parametrize("forecast", [[1.0, 2.0], [[1.0, 2.0, 3.0, 4.0]], 1.0, [[]]])
def test_a_forecast_of_another_shape_is_refused(forecast):
    with pytest.raises(InputError, match=r"\[B, h\].*1 to 3"):
        SplitConformal(0.9, np.ones(3), 100).around(forecast)


@pytest.mark.parametrize(("windows", "level", "least"), [(8, 0.9, 9), (1, 0.75, 3), (98, 0.99, 99), (0, 0.1, 1)])
def test_too_few_windows_for_a_level_are_refused_in_words(windows, level, least):
    assert least_windows(level) == least
    assert rank(least, level) == least
    with pytest.raises(InputError, match=rf"{level}\b.* {least} .*\b{windows}\b"):
        rank(windows, level)


def test_calibration_itself_refuses_too_few_windows(rng):
    with pytest.raises(InputError, match=r"\b9\b.*\b8\b"):
        calibrate(zero_of(1), *noise(8, rng), 0.9)


@pytest.mark.parametrize("level", [0, 1, -0.1, 1.5, 90, math.nan, math.inf])
def test_a_level_outside_zero_to_one_is_refused(level):
    with pytest.raises(InputError, match=r"level.*\b0\b.*\b1\b"):
        rank(1000, level)


def test_levels_whose_columns_would_have_one_name_are_refused_and_a_refused_level_is_named_whole():
    assert ascending([0.95, 0.8, 0.95]) == [0.8, 0.95]
    with pytest.raises(InputError, match=r"0\.9 and 0\.9000000001 differ beyond six digits"):
        ascending([0.9000000001, 0.5, 0.9])
    with pytest.raises(InputError, match=r"level 0\.9999999 need"):
        rank(230, 0.9999999)


def test_a_level_counts_as_the_decimal_that_was_written():
    assert 100 * 0.07 > 7  # in binary
    assert rank(99, 0.07) == 7
    assert rank(99, np.float64(0.9)) == 90


def test_seeds_that_training_may_have_used_are_refused():
    with pytest.raises(InputError, match="seed"):
        calibrate_on_signal(zero, Sine(), 20, HORIZON, 0.9, windows=20, seed=HELD_OUT_SEEDS - 1)


def test_the_same_seed_gives_the_same_intervals_and_none_a_new_draw():
    def radius(seed):
        return calibrate_on_signal(zero, Sine(), 20, HORIZON, 0.9, windows=50, seed=seed).radius

    np.testing.assert_array_equal(radius(HELD_OUT_SEEDS), radius(HELD_OUT_SEEDS))
    assert not np.array_equal(radius(None), radius(None))


@pytest.mark.parametrize(
    ("context", "target", "reason"),
    [
        (np.zeros((20, 3)), np.zeros((19, 1)), r"\[20, 3\].*\[19, 1\]"),
        (np.zeros((20, 3)), np.zeros(20), r"\[N, H\]"),
        (np.zeros((20, 3, 1)), np.zeros((20, 1)), r"\[N, L\]"),
        (np.zeros((20, 3)), np.zeros((20, 0)), r"\[20, 0\]"),
        (np.full((20, 3), np.nan), np.zeros((20, 1)), "finite"),
        (np.zeros((20, 3)), np.full((20, 1), np.inf), "finite"),
    ],
)
def test_windows_that_cannot_calibrate_are_refused(context, target, reason):
    with pytest.raises(InputError, match=reason):
        calibrate(zero_of(1), context, target, 0.9)


def test_a_forecaster_of_too_few_steps_is_refused(rng):
    with pytest.raises(InputError, match=r"\[20, 2\]"):
        calibrate(zero_of(2), *noise(20, rng, horizon=3), 0.9)


def test_a_series_calibrates_where_it_holds_enough_targets_without_overlap(rng):
    series = rng.standard_normal(4 + 9 * 3)
    made = calibrate_on_series(zero_of(3), series, 4, 3, 0.9)
    assert made.windows == len(series) - 4 - 3 + 1
    with pytest.raises(InputError, match=r"\b31\b.*\b30\b"):
        calibrate_on_series(zero_of(3), series[:-1], 4, 3, 0.9)


def test_on_a_long_series_the_latest_window_is_kept_when_thinned(rng):
    series = rng.standard_normal(1000)
    series[-1] = 1e6
    assert calibrate_on_series(zero_of(1), series, 4, 1, 0.995, most=300).windows <= 300
    # Rank 250 of 249 + 1 is the largest residual, that of the last value.
    made = calibrate_on_series(zero_of(1), series, 4, 1, 0.995, most=249)
    assert made.windows == 249 and made.radius[0] == 1e6
