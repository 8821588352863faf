"""Verdicts on numbers whose truth is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from seqzoo.arena.verdicts import LEAST, geometric_mean, holm, mean_interval, verdicts


def table(rng, levels, seeds=5, spread=0.2, shared=0.5):
    """Excess by model and seed: lognormal around each level, with a part that all models of a seed share."""
    common = rng.normal(0, shared, seeds)
    return {
        f"model{place}": {seed: float(level * np.exp(common[seed] + rng.normal(0, spread))) for seed in range(seeds)}
        for place, level in enumerate(levels)
    }


def test_a_known_difference_is_detected_in_its_direction_and_size(rng):
    (verdict,) = verdicts(table(rng, [0.12, 0.03], seeds=8, spread=0.05))
    assert (verdict.better, verdict.worse) == ("model1", "model0")
    assert verdict.ratio.low < 4 < verdict.ratio.high
    assert verdict.ratio.value == pytest.approx(4, rel=0.1)
    assert str(verdict).startswith("model1 is better than model0: its excess is ")
    assert "times smaller (95% CI " in str(verdict)


def test_equal_models_are_not_told_apart(rng):
    (verdict,) = verdicts(table(rng, [0.1, 0.1]))
    assert not verdict.is_detected
    assert "no difference detected (95% CI " in str(verdict)


def test_what_the_models_of_a_seed_share_does_not_hide_a_difference(rng):
    (verdict,) = verdicts(table(rng, [0.1, 0.13], seeds=6, spread=0.03, shared=2.0))
    assert verdict.is_detected and verdict.better == "model0"


def test_the_p_value_of_one_pair_is_that_of_a_paired_t_test_of_logarithms(rng):
    made = table(rng, [0.1, 0.12])
    (verdict,) = verdicts(made)
    expected = stats.ttest_rel(*(np.log(list(of.values())) for of in made.values()))
    assert verdict.p == pytest.approx(expected.pvalue)
    low, high = expected.confidence_interval(0.95)
    ends = sorted(math.exp(sign * end) for sign in (1, -1) for end in (low, high))
    assert verdict.ratio.low in [pytest.approx(end) for end in ends]
    assert verdict.ratio.high in [pytest.approx(end) for end in ends]


def test_seeds_that_only_one_model_has_are_left_out_of_the_pair():
    made = {"a": {0: 0.1, 1: 0.11, 2: 0.12}, "b": {1: 0.2, 2: 0.23, 3: 9.0}}
    (verdict,) = verdicts(made)
    assert verdict.seeds == 2
    assert verdict.ratio.value == pytest.approx(math.sqrt(0.2 / 0.11 * 0.23 / 0.12))


def test_one_seed_gives_no_verdict():
    (verdict,) = verdicts({"a": {0: 0.1}, "b": {0: 0.9}})
    assert not verdict.is_detected
    assert str(verdict) == "a and b: one seed: no verdict"


def test_models_that_share_no_seed_are_not_compared():
    assert verdicts({"a": {0: 0.1}, "b": {1: 0.9}}) == []


def test_an_excess_of_zero_or_below_counts_as_the_least_that_can_be_told():
    (verdict,) = verdicts({"a": {0: 0.0, 1: -1e-9}, "b": {0: LEAST, 1: LEAST}})
    assert verdict.p == 1.0 and verdict.ratio.value == 1.0


def test_differences_without_any_spread_are_a_difference():
    (verdict,) = verdicts({"a": {0: 0.1, 1: 0.2}, "b": {0: 0.1 * 4, 1: 0.2 * 4}})
    assert verdict.is_detected and verdict.better == "a" and verdict.ratio.value == pytest.approx(4)


def test_a_reference_is_compared_by_its_exact_excess_and_bayes_is_not():
    values = {0: 0.10, 1: 0.11, 2: 0.12, 3: 0.10}
    made = verdicts({"a": values}, {"bayes": 0.0, "line": 0.5, "best_linear": 0.108})
    assert [{verdict.better, verdict.worse} for verdict in made] == [{"a", "line"}, {"a", "best_linear"}]
    line, linear = made
    assert line.is_detected and line.better == "a" and not linear.is_detected
    raw = [stats.ttest_1samp(np.log(list(values.values())), math.log(exact)).pvalue for exact in (0.5, 0.108)]
    assert [line.p, linear.p] == pytest.approx([2 * raw[0], raw[1]])


def test_holm_multiplies_the_smallest_by_the_count_and_never_decreases():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_holm_leaves_out_what_was_not_tested():
    adjusted = holm([math.nan, 0.01, 0.02])
    assert math.isnan(adjusted[0]) and adjusted[1:] == pytest.approx([0.02, 0.02])


def test_under_the_null_a_table_has_a_false_verdict_at_most_as_often_as_it_says():
    rng = np.random.default_rng(7)
    tables, pairs_wrong, tables_wrong = 400, 0, 0
    for _ in range(tables):
        made = verdicts(table(rng, [0.1] * 5))
        tables_wrong += any(verdict.is_detected for verdict in made)
        pairs_wrong += sum(not verdict.ratio.low < 1 < verdict.ratio.high for verdict in made)
    assert tables_wrong / tables < 0.05 + 4.5 * math.sqrt(0.05 * 0.95 / tables)
    # The intervals are each pair's own: one in twenty misses. Pairs of a table depend on one another.
    assert abs(pairs_wrong / (10 * tables) - 0.05) < 4.5 * math.sqrt(0.05 * 0.95 / tables)


def test_the_interval_of_a_mean_covers_it_as_often_as_it_says():
    rng = np.random.default_rng(8)
    count = 1000
    covered = sum(low < 3 < high for _, low, high in (mean_interval(rng.normal(3, 1, 4)) for _ in range(count)))
    assert abs(covered / count - 0.95) < 4.5 * math.sqrt(0.05 * 0.95 / count)


def test_the_mean_of_one_seed_has_no_interval():
    value, low, high = mean_interval([0.3])
    assert value == 0.3 and math.isnan(low) and math.isnan(high)


def test_the_geometric_mean_is_the_mean_of_logarithms():
    assert geometric_mean([0.01, 1.0]) == pytest.approx(0.1)
