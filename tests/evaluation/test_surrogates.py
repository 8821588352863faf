"""Surrogates keep values and spectrum, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from seqzoo.errors import InputError
from seqzoo.evaluation.surrogates import iaaft, matched_ends


def logistic(length, start=0.37):
    values = np.empty(length)
    values[0] = start
    for step in range(1, length):
        values[step] = 3.9 * values[step - 1] * (1 - values[step - 1])
    return values


def autocovariance(rows, most):
    centred = rows - rows.mean(axis=-1, keepdims=True)
    return np.stack([(centred * np.roll(centred, lag, axis=-1)).mean(axis=-1) for lag in range(1, most + 1)], axis=-1)


def test_a_surrogate_has_exactly_the_values_of_the_series_in_another_order(rng):
    for series in (rng.standard_normal(501), rng.integers(0, 3, 200).astype(float), 1e9 + logistic(100)):
        surrogates = iaaft(series, 5, seed=0)
        np.testing.assert_array_equal(np.sort(surrogates, axis=1), np.tile(np.sort(series), (5, 1)))
        assert len(np.unique(surrogates, axis=0)) == 5
        assert not (surrogates == series).all(axis=1).any()


def test_a_surrogate_has_nearly_the_spectrum_of_the_series(rng):
    shocks = np.exp(rng.standard_normal(1_000) / 2)  # skewed, so that phases at random would not keep its values
    for step in range(2, len(shocks)):
        shocks[step] += 1.2 * shocks[step - 1] - 0.5 * shocks[step - 2]
    wanted = autocovariance(shocks, 20)
    np.testing.assert_allclose(autocovariance(iaaft(shocks, 8, seed=1), 20), [wanted] * 8, atol=0.01 * shocks.var())
    at_random = autocovariance(rng.permutation(shocks), 20)
    assert np.abs(at_random - wanted).max() > 0.5 * shocks.var()


def test_what_is_not_linear_is_lost():
    series = logistic(2_000)

    def bend(values):  # the parabola of the map, which no autocovariance shows
        return np.corrcoef((values[:-1] - 0.5) ** 2, values[1:])[0, 1]

    assert bend(series) < -0.99
    assert max(abs(bend(surrogate)) for surrogate in iaaft(series, 8, seed=2)) < 0.35


def test_equal_seeds_give_equal_surrogates_and_other_seeds_give_others(rng):
    series = rng.standard_normal(100)
    np.testing.assert_array_equal(iaaft(series, 3, seed=4), iaaft(series, 3, seed=4))
    assert not np.array_equal(iaaft(series, 3, seed=4), iaaft(series, 3, seed=5))


def test_the_segment_is_the_one_whose_ends_match_best(rng):
    series = np.cumsum(rng.standard_normal(60))

    def mismatch(start, stop):
        part = series[start:stop]
        return (part[0] - part[-1]) ** 2 + ((part[1] - part[0]) - (part[-1] - part[-2])) ** 2

    best = min(
        ((start, stop) for start in range(7) for stop in range(54, 61) if stop - start >= 54),
        key=lambda ends: mismatch(*ends),
    )
    segment = matched_ends(series)
    assert (segment.start, segment.stop) == best
    assert matched_ends(np.tile([0.0, 1.0, 0.0, -1.0], 10)) == slice(0, 37)  # ten whole turns, and their first value
    assert matched_ends(np.ones(50)) == slice(0, 50)


def test_series_that_are_too_short_are_refused():
    with pytest.raises(InputError, match="at least 4 values and a count of at least 1, got 3, 2"):
        iaaft([1.0, 2.0, 3.0], 2, seed=0)
    with pytest.raises(InputError, match="at least 20 values, got 19"):
        matched_ends(np.arange(19.0))
    with pytest.raises(InputError, match="finite"):
        iaaft([1.0, np.nan, 3.0, 4.0], 2, seed=0)
