"""Verdicts on numbers whose truth is known."""

from __future__ import annotations

import math
import os
import re

import numpy as np
import pytest
import scipy  # its modules are imported where they are used

from seqzoo.evaluation.verdicts import LEAST, Interval, Verdict, geometric_mean, mean_interval, verdicts


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
    assert "times smaller (simultaneous 95% CI " in str(verdict)


def test_equal_models_are_not_told_apart(rng):
    (verdict,) = verdicts(table(rng, [0.1, 0.1]))
    assert not verdict.is_detected
    assert "no difference detected (simultaneous 95% CI " in str(verdict)


def test_what_the_models_of_a_seed_share_does_not_hide_a_difference(rng):
    (verdict,) = verdicts(table(rng, [0.1, 0.13], seeds=6, spread=0.03, shared=2.0))
    assert verdict.is_detected and verdict.better == "model0"


def test_the_p_value_of_one_pair_is_that_of_a_paired_t_test_of_logarithms(rng):
    made = table(rng, [0.1, 0.12])
    (verdict,) = verdicts(made)
    expected = scipy.stats.ttest_rel(*(np.log(list(of.values())) for of in made.values()))
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
    raw = [scipy.stats.ttest_1samp(np.log(list(values.values())), math.log(exact)).pvalue for exact in (0.5, 0.108)]
    assert [line.p, linear.p] == pytest.approx([min(1.0, 2 * p) for p in raw])


def test_a_difference_is_stated_exactly_where_the_simultaneous_interval_excludes_no_difference():
    rng = np.random.default_rng(5)
    detected = []
    for _ in range(60):
        levels = 0.1 * 4 ** rng.uniform(0, 1, rng.integers(2, 7))
        made = verdicts(table(rng, levels, seeds=int(rng.integers(2, 9))), {"best_linear": 0.12, "line": 0.15})
        for verdict in made:
            excludes = not verdict.ratio.low <= 1 <= verdict.ratio.high
            assert verdict.is_detected == excludes == (verdict.p < 0.05) == ("is better than" in str(verdict))
            low, high = (float(end) for end in re.findall(r"CI (\S+) to (\S+)\)", str(verdict).replace(",", ""))[0])
            assert excludes == (not low <= 1 <= high), "the printed interval says what the verdict says"
            detected.append(excludes)
    assert 100 < sum(detected) < len(detected) - 100


def test_an_end_that_rounds_to_one_is_printed_on_its_side_of_one():
    cases = {(1.0012, 1.5): "1.001 to 1.50", (0.99996, 1.5): "0.99996 to 1.50", (1.0, 1.0): "1.00 to 1.00"}
    for (low, high), expected in cases.items():
        assert f"CI {expected})" in str(Verdict("a", "b", Interval(1.2, low, high), 5, 0.04))


def test_the_intervals_of_a_table_hold_together_as_often_as_they_say_whatever_the_differences():
    rng = np.random.default_rng(7)
    tables = 400 if os.environ.get("SEQZOO_SOAK") else 150
    for levels in ([0.1] * 6, [0.1 * 4**place for place in range(6)], [0.1, 0.1, 0.1, 0.2, 0.4, 0.8]):
        true = {f"model{place}": level for place, level in enumerate(levels)}
        missed = wrong = 0
        for _ in range(tables):
            made = verdicts(table(rng, levels))
            missed += any(not v.ratio.low <= true[v.worse] / true[v.better] <= v.ratio.high for v in made)
            wrong += any(v.is_detected and true[v.worse] <= true[v.better] for v in made)
        assert missed / tables < 0.05 + 3 * math.sqrt(0.05 * 0.95 / tables)
        assert wrong <= missed


def test_a_pair_of_one_seed_does_not_widen_the_intervals_of_the_others():
    both = {"a": {0: 0.1, 1: 0.11, 2: 0.12}, "b": {0: 0.2, 1: 0.23, 2: 0.22}}
    (alone,) = verdicts(both)
    pairs = {(verdict.better, verdict.worse): verdict for verdict in verdicts({**both, "c": {0: 0.5}})}
    assert pairs["a", "b"] == alone and math.isnan(pairs["a", "c"].p)


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
