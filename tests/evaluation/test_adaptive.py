"""Intervals that follow the series: moves by hand, the delay, and what is guaranteed, on a series that jumps."""

from __future__ import annotations

import numpy as np
import pytest

from seqzoo.errors import InputError
from seqzoo.evaluation.adaptive import RATE, follow, rates
from seqzoo.evaluation.coverage import Coverage, coverage, verdict
from seqzoo.evaluation.holdout_intervals import measured
from seqzoo.evaluation.intervals import radius_of


def misses(measured: Coverage) -> list[int]:
    """The verdict at each step ahead."""
    return [verdict(step, measured.level, len(measured.steps)) for step in measured.steps]


def test_the_radius_moves_by_hand_computed_steps_and_only_once_the_error_is_known():
    errors = np.array([[2.0, 0.5], [0.5, 3.0], [0.5, 0.5], [np.nan, 0.5], [np.nan, np.nan]])
    given = follow(errors, [1.0, 1.0], 0.8, rate=0.1)
    miss, hit = 0.1 * 0.8, -0.1 * 0.2
    one = [0, miss, miss + hit, miss + 2 * hit, miss + 2 * hit]  # the last error is missing
    two = np.array([0, 0, hit, hit + miss, 2 * hit + miss]) / np.sqrt(2)  # each is known two cutoffs later
    np.testing.assert_allclose(np.log(given), np.column_stack([one, two]), atol=1e-15)
    apart = follow(errors, [1.0, 1.0], 0.8, rate=0.1, cutoffs=[0, 2, 4, 6, 8])  # the second step is known at the next
    np.testing.assert_allclose(np.log(apart[:, 1]), np.cumsum([0, hit, miss, hit, hit]) / np.sqrt(2), atol=1e-15)


def test_no_interval_sees_an_error_that_lies_in_its_future(rng):
    errors, start = np.abs(rng.standard_normal((60, 5))), np.full(5, 1.6)
    given = follow(errors, start, 0.9)
    for at in (0, 7, 40):
        garbage = errors.copy()
        for row in range(60):  # step h from cutoff row is known at cutoff row + h
            garbage[row, max(0, at - row) :] = 1e9
        np.testing.assert_array_equal(follow(garbage, start, 0.9)[at], given[at])
        assert not np.array_equal(follow(garbage, start, 0.9)[-1], given[-1])


def test_after_the_variance_jumps_only_the_adaptive_intervals_keep_their_level_in_the_long_run(rng):
    horizon, count, level = 6, 3000, 0.9
    noise = rng.standard_normal(count + 600 + horizon)
    noise[900:] *= 3
    errors = np.abs(np.lib.stride_tricks.sliding_window_view(noise, horizon)[: count + 600])
    (split, moved), radius = measured(errors[:500], [errors[600:]])[level], radius_of(errors[:500], level)
    assert split.overall.value < 0.5 and misses(split) == [-1] * horizon and verdict(split.overall, level) == -1
    assert abs(moved.overall.value - level) < 0.02
    assert (moved.width > 2 * split.width).all()
    steps, most, least = np.arange(1, horizon + 1), errors.max(), errors[600:].min()
    bound = (np.log(most / radius).clip(0) + rates(horizon) * steps) / (rates(horizon) * count)
    missed = 1 - np.array([step.value for step in moved.steps])
    assert (missed - 0.1 <= bound + steps / count).all()  # the last errors are not yet known
    below = (np.log(radius / least).clip(0) + rates(horizon) * steps) / (rates(horizon) * count)
    assert (0.1 - missed <= below + steps / count).all()


def test_a_unit_changes_nothing_but_the_unit(rng):
    errors = np.abs(rng.standard_normal((50, 3)))
    one = follow(errors, [1.0, 1.0, 2.0], 0.9)
    np.testing.assert_allclose(follow(1e9 * errors, [1e9, 1e9, 2e9], 0.9), 1e9 * one, rtol=1e-12)
    assert one.min() > 0 and RATE == 0.1


def test_a_radius_of_zero_begins_at_the_first_error_above_it(rng):
    given = follow(np.array([[0.0], [0.0], [2.0], [1.0], [np.nan]]), [0.0], 0.9, rate=0.1)
    np.testing.assert_allclose(given[:, 0], [0, 0, 0, 2, 2 * np.exp(-0.01)])


def test_on_exchangeable_errors_neither_method_is_blamed_and_the_standard_error_is_that_of_independent_draws(rng):
    errors = np.abs(rng.standard_normal((20_000, 1)))
    split, moved = measured(errors[:16_999], [errors[16_999:]])[0.9]
    for each in (split, moved):
        assert misses(each) == [0] and verdict(each.overall, 0.9) == 0 and each.cutoffs == 3001
        assert abs(each.overall.value - 0.9) < 4 * each.overall.se
    assert split.overall.se == pytest.approx(0.3 / np.sqrt(3001), rel=0.15)


def test_a_miss_is_a_test_that_counts_what_neighbouring_cutoffs_share(rng):
    apart = np.where(np.arange(40) < 28, 0.5, 2.0)[rng.permutation(40)][:, None]  # 70% covered
    assert misses(coverage(apart, [1.0], 0.9)) == [-1]
    runs = np.where(np.arange(40) < 28, 0.5, 2.0)[:, None]  # the same, all misses in a row
    assert misses(coverage(runs, [1.0], 0.9)) == [0]
    assert misses(coverage(np.full((400, 1), 0.5), [1.0], 0.9)) == [1]
    few = coverage(np.full((10, 1), 0.5), [1.0], 0.9)  # 0.9^10 = 35%
    assert misses(few) == [0] and few.overall.se == pytest.approx(0.3 / np.sqrt(10))
    gap = coverage([[0.5], [np.nan], [0.5], [2.0]], [1.0], 0.5)
    assert gap.cutoffs == 3 and gap.overall.value == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"start": [1.0]}, r"\[4, 2\].*\[1\]"),
        ({"start": [1.0, np.inf]}, "finite"),
        ({"residuals": -np.ones((4, 2))}, "at least 0"),
        ({"level": 90}, "level.*90"),
        ({"rate": 0.0}, "rate"),
        ({"cutoffs": [0, 2, 1, 3]}, "ascending"),
        ({"cutoffs": [0, 1]}, "4 ascending"),
    ],
)
def test_what_cannot_be_followed_is_refused(change, reason):
    given = {"residuals": np.ones((4, 2)), "start": [1.0, 1.0], "level": 0.9, **change}
    with pytest.raises(InputError, match=reason):
        follow(**given)
    with pytest.raises(InputError, match=r"\[4, 2\].*\[3\]"):
        coverage(np.ones((4, 2)), np.ones(3), 0.9)
