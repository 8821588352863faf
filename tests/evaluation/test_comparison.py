"""Comparisons over cutoffs: right values, right size, right about a true difference."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import scipy  # its modules are imported where they are used

from seqzoo.errors import InputError
from seqzoo.evaluation.comparison import (
    RESAMPLES,
    block_length,
    bootstrap_interval,
    compare,
    diebold_mariano,
    holm,
)


def errors(rng, count, horizon=1):
    """Errors of an h-step forecast: a moving average of h shocks."""
    return np.convolve(rng.standard_normal(count + horizon - 1), np.ones(horizon), "valid")


def test_at_horizon_1_the_test_of_diebold_and_mariano_is_that_of_a_paired_t_test(rng):
    # With h = 1 Harvey's correction, (n - 1) / n, makes the variance the unbiased one.
    differences = rng.standard_normal(25) + 0.4
    assert diebold_mariano(differences) == pytest.approx(scipy.stats.ttest_1samp(differences, 0).pvalue, rel=1e-9)


def test_the_p_value_at_longer_horizons_is_the_formula_of_harvey_leybourne_and_newbold(rng):
    for horizon, count in ((2, 20), (4, 30), (6, 100)):
        differences = errors(rng, count, horizon) ** 2 - errors(rng, count, horizon) ** 2
        # Var of the mean, as a double sum over pairs of cutoffs closer than the horizon.
        deviations = differences - differences.mean()
        pairs = np.subtract.outer(np.arange(count), np.arange(count))
        variance = (np.outer(deviations, deviations) * (np.abs(pairs) < horizon)).sum() / count**2
        assert variance > 0
        scale = (count + 1 - 2 * horizon + horizon * (horizon - 1) / count) / count
        t = differences.mean() / math.sqrt(variance) * math.sqrt(scale)
        p = 2 * scipy.stats.t.sf(abs(t), count - 1)
        assert diebold_mariano(differences, horizon) == pytest.approx(p, rel=1e-9)


def test_a_negative_variance_is_replaced_by_that_of_bartletts_weights():
    differences = np.tile([1.0, -1.0], 10) + 0.1
    assert 0 < diebold_mariano(differences, 2) < 1  # gamma_0 + 2 gamma_1 is below 0
    scale = (20 + 1 - 4 + 2 / 20) / 20
    t = 0.1 / math.sqrt((1 - 19 / 20) / 20) * math.sqrt(scale)
    assert diebold_mariano(differences, 2) == pytest.approx(2 * scipy.stats.t.sf(t, 19), rel=1e-9)


def test_equal_differences_and_too_few_cutoffs_have_the_p_value_that_they_should():
    assert diebold_mariano(np.zeros(20)) == 1
    assert diebold_mariano(np.full(20, 0.3), 4) == 0
    assert math.isnan(diebold_mariano(np.arange(7.0), 4))


def test_the_bootstrap_interval_is_that_of_resampling_blocks_one_by_one(rng):
    values = errors(rng, 22, 3)
    low, high = bootstrap_interval(values, 5)
    circle = np.concatenate([values, values])
    means = [
        np.concatenate([circle[start : start + 5] for start in rng.integers(22, size=5)])[:22].mean()
        for _ in range(20_000)
    ]
    widening = scipy.stats.t.isf(0.025, 22 / 5 - 1) / scipy.stats.norm.isf(0.025) / math.sqrt(1 - 5 / 22)
    expected = values.mean() + (np.quantile(means, [0.025, 0.975]) - values.mean()) * widening
    # Both quantiles are of a few thousand resamples: 5% of the width is about 4 standard errors.
    np.testing.assert_allclose([low, high], expected, atol=0.05 * np.ptp(expected))
    assert bootstrap_interval(values, 5) == (low, high)
    assert all(map(math.isnan, bootstrap_interval(values, 6)))
    assert RESAMPLES >= 1_000


def test_blocks_are_as_long_as_politis_and_white_ask_for(rng):
    """For an AR(1), G / (sum of gamma) is 2 a / (1 - a^2)."""
    shocks = rng.standard_normal((20, 4_000))
    for coefficient in (0.5, 0.8):
        series = shocks.copy()
        for step in range(1, series.shape[1]):
            series[:, step] += coefficient * series[:, step - 1]
        best = (1.5 * (2 * coefficient / (1 - coefficient**2)) ** 2 * series.shape[1]) ** (1 / 3)
        assert np.mean([block_length(one) for one in series]) == pytest.approx(best, rel=0.15)
    assert np.median([block_length(one) for one in shocks]) <= 3
    assert block_length(np.ones(50)) == 1


def test_equally_good_forecasters_are_told_apart_in_about_one_of_twenty_pairs():
    rng = np.random.default_rng(7)
    for horizon, count, most in ((1, 60, 0.10), (4, 100, 0.12)):
        outcomes = [
            compare(errors(rng, count, horizon) ** 2, errors(rng, count, horizon) ** 2, horizon) for _ in range(200)
        ]
        assert 0.01 <= np.mean([outcome.p < 0.05 for outcome in outcomes]) <= most
        assert 0.01 <= np.mean([not outcome.low <= 0 <= outcome.high for outcome in outcomes]) <= most


def test_a_better_forecaster_is_found_better_and_by_how_much(rng):
    better, worse = errors(rng, 300) ** 2, 2 * errors(rng, 300) ** 2
    one, other = compare(better, worse), compare(worse, better)
    assert one.low < -1 < one.high < 0 and one.p < 1e-4 and one.cutoffs == 300
    assert other.difference == -one.difference and other.p == one.p
    assert -other.high == pytest.approx(one.low, rel=0.15)


def test_strides_shorten_the_overlap_of_targets(rng):
    losses, rival = errors(rng, 80, 6) ** 2, errors(rng, 80, 6) ** 2
    assert compare(losses, rival, 6, stride=6).p == diebold_mariano(losses - rival, 1)
    assert compare(losses, rival, 6, stride=4).p == diebold_mariano(losses - rival, 2)
    assert compare(losses, rival, 6).block >= 6


def test_losses_that_do_not_match_are_refused():
    with pytest.raises(InputError, match="same cutoffs, at least 2, got 3 and 4"):
        compare(np.ones(3), np.ones(4))
    with pytest.raises(InputError, match="finite"):
        compare([1.0, math.nan], [1.0, 2.0])
    with pytest.raises(InputError, match="horizon and stride must be at least 1, got 0 and 1"):
        compare(np.ones(3), np.ones(3), 0)


def test_holms_p_values_are_those_of_his_procedure():
    # Four tests at p = 0.01, 0.04, 0.03, 0.005: at 5% the first and the last are rejected.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.6]) == [1.0, 1.0]
    with_gap = holm([0.01, math.nan, 0.02])
    assert with_gap[0] == with_gap[2] == pytest.approx(0.02) and math.isnan(with_gap[1])
    assert holm([]) == []


def test_holms_p_values_are_those_of_the_closed_test_of_all_intersections(rng):
    """Holm's is the closed procedure of Bonferroni tests: a hypothesis is rejected if each set that holds it is."""
    p = rng.random(5) ** 3
    sets = [chosen for size in range(1, 6) for chosen in itertools.combinations(range(5), size)]
    closed = [
        max(min(1.0, len(chosen) * min(p[list(chosen)])) for chosen in sets if place in chosen) for place in range(5)
    ]
    assert holm(p.tolist()) == pytest.approx(closed)
