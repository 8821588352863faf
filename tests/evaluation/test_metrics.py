"""mse, skill and excess: their values by hand, their meaning, and their standard errors by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seqzoo import _estimates
from seqzoo._estimates import Estimate
from seqzoo.errors import InputError
from seqzoo.evaluation import metrics
from seqzoo.evaluation.scoring import HELD_OUT_SEEDS, fresh_seed, score
from seqzoo.forecasters.exact import linear_mse, references_of
from seqzoo.forecasters.floors import floors
from seqzoo.forecasters.simple import line_weights
from seqzoo.signals import Sine, Square


def test_mse_by_hand():
    value, se = metrics.mse([1.0, 2.0, 3.0], [1.0, 0.0, 2.0])
    assert value == pytest.approx(5 / 3)
    assert se == pytest.approx(np.std([0, 4, 1], ddof=1) / math.sqrt(3))


def test_the_horizon_is_averaged_within_a_window_and_the_error_taken_over_windows():
    value, se = metrics.mse([[1.0, 3.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 2.0]])
    assert value == pytest.approx((5 + 2) / 2)
    assert se == pytest.approx(np.std([5, 2], ddof=1) / math.sqrt(2))


def test_one_window_has_a_mean_and_no_standard_error():
    value, se = metrics.mse([[2.0]], [[0.0]])
    assert value == 4.0 and math.isnan(se)


def test_skill_is_0_for_the_last_value_and_1_for_bayes():
    draw = Sine().draw(2000, 20, 1, np.random.default_rng(0))
    known = {name: run(draw.context) for name, run in references_of(Sine(), 20).items()}
    last, bayes = known["last_value"], known["bayes"]
    assert metrics.skill(last, draw.target, last, bayes) == Estimate(0.0, 0.0)
    assert metrics.skill(bayes, draw.target, last, bayes) == Estimate(1.0, 0.0)
    assert 0 < metrics.skill(known["best_linear"], draw.target, last, bayes).value < 1


def test_skill_by_hand_is_the_share_of_the_way_from_the_last_value_to_bayes():
    target, last, bayes, forecast = np.zeros(4), np.full(4, 2.0), np.full(4, 1.0), np.full(4, 1.5)
    assert metrics.skill(forecast, target, last, bayes).value == pytest.approx((4 - 2.25) / (4 - 1))


def test_skill_is_undefined_where_bayes_is_no_better_than_the_last_value():
    with pytest.raises(InputError, match="skill"):
        metrics.skill([1.0, 1.0], [0.0, 0.0], [0.5, 0.5], [1.0, 1.0])


def test_excess_of_bayes_is_zero():
    assert metrics.excess([1.0, 2.0], [1.0, 2.0], 0.01) == Estimate(0.0, 0.0)


@pytest.mark.parametrize("name", ["best_linear", "line", "last_value"])
def test_excess_equals_the_ratio_of_errors_minus_one_in_expectation(name):
    signal = Sine(sigma=0.2)
    draw = signal.draw(20_000, 20, 1, np.random.default_rng(4))
    known = references_of(signal, 20)
    forecast, bayes = known[name](draw.context), known["bayes"](draw.context)
    table = floors(signal, 20, samples=20_000, seed=1)[0]
    excess = metrics.excess(forecast, bayes, table.bayes.value)
    ratio = dict(table.items())[name] / table.bayes.value - 1
    spread = math.hypot(excess.se, (1 + ratio) * table.bayes.se / table.bayes.value)
    assert abs(excess.value - ratio) < 4.5 * spread


def test_excess_has_a_smaller_standard_error_than_the_ratio_it_stands_for():
    signal = Sine()
    draw = signal.draw(5000, 20, 1, np.random.default_rng(4))
    known = references_of(signal, 20)
    forecast, bayes = known["best_linear"](draw.context), known["bayes"](draw.context)
    direct = metrics.mse(forecast, draw.target).se / metrics.mse(bayes, draw.target).value
    assert metrics.excess(forecast, bayes, 0.01068).se < direct / 3


@pytest.mark.parametrize("name", ["mse", "excess", "skill"])
def test_standard_errors_are_the_spread_between_repeated_measurements(name):
    signal, rng = Sine(), np.random.default_rng(17)
    known = references_of(signal, 20)
    estimates = []
    for _ in range(400):
        draw = signal.draw(300, 20, 1, rng)
        line, last = known["line"](draw.context), known["last_value"](draw.context)
        bayes = known["best_linear"](draw.context)  # any better forecaster serves, and this one is cheap
        estimates.append(
            {
                "mse": lambda d=draw, f=line: metrics.mse(f, d.target),
                "excess": lambda f=line, b=bayes: metrics.excess(f, b, 0.012),
                "skill": lambda d=draw, f=line, v=last, b=bayes: metrics.skill(f, d.target, v, b),
            }[name]()
        )
    seen = np.std([value for value, _ in estimates], ddof=1)
    stated = np.mean([se for _, se in estimates])
    assert 0.87 < seen / stated < 1.15


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan])
def test_an_excess_over_no_positive_error_is_refused(value):
    with pytest.raises(InputError, match="Bayes"):
        metrics.excess([1.0], [1.0], value)


@pytest.mark.parametrize(
    ("forecast", "target"), [((3,), (4,)), ((3, 1), (3,)), ((3, 1, 1), (3, 1, 1)), ((), ())]
)
def test_a_forecast_of_another_shape_than_its_target_is_refused_rather_than_broadcast(forecast, target):
    with pytest.raises(InputError, match=r"\[B\] or \[B, H\]"):
        metrics.mse(np.zeros(forecast), np.zeros(target))


def test_a_mean_over_no_windows_is_refused():
    with pytest.raises(InputError, match="window"):
        _estimates.mean([])


def test_an_estimate_reads_as_value_and_standard_error():
    assert str(Estimate(0.0107137, 0.000034)) == "0.01071 ± 3e-05"


def test_a_score_of_the_straight_line_is_its_known_error():
    weights = line_weights(20)
    measured = score(lambda windows: windows[:, :, 0] @ weights.T, Sine(), 20, windows=10_000, seed=5)
    exact = linear_mse(Sine(), weights)[0]
    assert abs(measured.mse.value - exact) < 4.5 * measured.mse.se
    assert abs(measured.excess.value - (exact / measured.floors["bayes"] - 1)) < 0.02
    assert measured.windows == 10_000 and measured.seed == 5


def test_a_score_repeats_for_the_same_seed_and_not_for_another():
    def line(windows):
        return windows[:, -1]

    first, again, other = (score(line, Sine(), 20, windows=500, seed=seed) for seed in (1, 1, 2))
    assert first == again and first.mse != other.mse


def test_a_forecaster_that_is_bayes_has_no_excess_and_full_skill():
    bayes = references_of(Sine(), 20)["bayes"]
    measured = score(lambda windows: bayes(windows[:, :, 0]), Sine(), 20, windows=2000, seed=5)
    assert measured.excess.value < 1e-12
    assert measured.skill.value == pytest.approx(1.0, abs=1e-9)


def test_a_score_of_one_window_is_refused():
    with pytest.raises(InputError, match=r"\b2\b.*\b1\b"):
        score(lambda windows: windows[:, -1], Sine(), 20, windows=1, seed=0)


def test_fresh_seeds_lie_above_every_training_and_stated_seed():
    seeds = [fresh_seed() for _ in range(1000)]
    assert all(HELD_OUT_SEEDS < seed < 2**32 for seed in seeds)
    assert len(set(seeds)) > 990


def test_the_standard_error_of_a_score_s_excess_counts_that_of_the_floor():
    signal = Square()  # whose jumps are rare, and carry most of the floor
    scores = [score(lambda windows: 0.3 * windows[:, -1], signal, 12, windows=1500, seed=seed).excess
              for seed in range(24)]  # fmt: skip
    seen = np.std([value for value, _ in scores], ddof=1)
    assert 0.65 < seen / np.mean([se for _, se in scores]) < 1.5
