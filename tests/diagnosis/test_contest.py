"""The cutoffs of a contest, its rows, and the verdict from given losses. Nothing is trained here."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from seqzoo.diagnosis import contest, verdict
from seqzoo.diagnosis.contest import Entrant
from seqzoo.diagnosis.depths import DEFAULT, QUICK
from seqzoo.diagnosis.description import Given, describe
from seqzoo.diagnosis.ground import Ground
from seqzoo.diagnosis.verdict import LearningCurve
from seqzoo.errors import InputError
from seqzoo.evaluation.accuracy import absolute_scale

LABELS = {"mean": "naive", "seasonal_naive": "naive", "linear": "linear", "auto_ets": "statistical", "gru": "network"}


@pytest.fixture(scope="module")
def ground() -> Ground:
    values = np.random.default_rng(0).standard_normal(1000)
    return Ground.of(Given.of(values), 1, None, QUICK)


def entrants(ground: Ground, noise: float = 0.05, **levels: float) -> list[Entrant]:
    """Forecasters with losses of these means, which vary by cutoff alike and by `noise` apart."""
    rng = np.random.default_rng(1)
    common = 1 + 0.3 * rng.random(len(ground.cutoffs))
    return [
        Entrant(name, name, LABELS[name], level * common + noise * rng.standard_normal(len(common)))
        for name, level in levels.items()
    ]


@pytest.mark.parametrize(
    ("count", "season", "horizon", "first", "ahead", "cutoffs"),
    [
        (10_000, 24, None, 8_000, 24, 198),  # the last fifth, and no more cutoffs than the depth allows
        (144, 12, None, 104, 4, 37),  # of a short series more, and a horizon that leaves enough cutoffs
        (144, 12, 12, 72, 12, 61),
        (100, 1, None, 60, 1, 40),
        (1000, 1, 7, 800, 7, 194),
        (4032, 336, None, 3226, 24, 196),
    ],
)
def test_the_last_part_is_held_out_and_the_horizon_is_a_season(count, season, horizon, first, ahead, cutoffs):
    values = np.random.default_rng(0).standard_normal(count)
    ground = Ground.of(Given.of(values), season, horizon, QUICK)
    assert (ground.first, ground.horizon, len(ground.cutoffs)) == (first, ahead, cutoffs)
    assert ground.cutoffs[0] == first and ground.cutoffs[-1] + ahead <= count
    assert ground.scale == absolute_scale(values[:first], season)


def test_a_cutoff_with_a_missing_value_in_its_targets_or_its_window_does_not_count(rng):
    values = rng.standard_normal(400)
    values[350] = np.nan
    ground = Ground.of(Given.of(values), 1, 3, QUICK)
    reads = ground.context_length(ground.training)
    whole = Ground.of(Given.of(np.nan_to_num(values)), 1, 3, QUICK)
    assert ground.first == 320 and ground.left_out == 3 + reads  # the last 79 of 399 values
    assert sorted({*whole.cutoffs} - {*ground.cutoffs}) == [*range(348, 351 + reads)]
    assert ground.since_a_gap == reads and whole.since_a_gap == whole.first
    with pytest.raises(InputError, match="Fill gaps, on the command line with --gaps interpolate"):
        Ground.of(Given.of(np.where(np.arange(400) % 9, np.nan_to_num(values), np.nan)), 1, 3, QUICK)


def test_forecasters_of_a_series_with_gaps_err_as_on_the_whole_series():
    """Values carried into gaps raised the error of best linear by 18%, and lowered that of the mean by 16%."""
    hours, rng = np.arange(3_000), np.random.default_rng(0)
    values = 50 + 10 * np.sin(2 * np.pi * hours / 24) + rng.standard_normal(3_000)
    with_gaps = values.copy()
    for begin, count in ((500, 200), (1_900, 100), (2_550, 100), (2_800, 60)):
        with_gaps[begin : begin + count] = np.nan
    whole, gapped = (Ground.of(Given.of(each), 24, 24, DEFAULT) for each in (values, with_gaps))
    for rival in contest.simple_rivals(whole):
        one, other = (contest.rival_losses(rival, each).mean() for each in (whole, gapped))
        assert other == pytest.approx(one, rel=0.1), rival.name
    brief = dataclasses.replace(QUICK.architectures[0], steps=60)
    few = dataclasses.replace(QUICK, architectures=(brief,), seeds=1)
    ahead = [each.losses(contest.trainings(each, few)[0][0].forecast()).mean() for each in (whole, gapped)]
    assert ahead[1] == pytest.approx(ahead[0], rel=0.1)
    assert describe(Given.of(with_gaps)).sd == pytest.approx(values.std(), rel=0.02)


def test_a_network_of_the_contest_chooses_its_scaling_before_the_first_cutoff():
    hours = np.arange(1200)
    values = 60 + 0.02 * hours + 5 * np.sin(2 * np.pi * hours / 24)
    ground = Ground.of(Given.of(values), 24, None, QUICK)
    brief = dataclasses.replace(QUICK.architectures[0], steps=12)
    (training,), _ = contest.trainings(ground, dataclasses.replace(QUICK, architectures=(brief,), seeds=1))
    # A few steps leave a network that counts from the season before near seasonal naive, and any other far from it.
    assert ground.losses(training.forecast()).mean() < 2


def test_losses_are_absolute_errors_in_units_of_seasonal_naive(ground):
    target = ground.values[ground.cutoffs][:, None]
    assert np.allclose(ground.losses(target + 2.0), 2.0 / ground.scale)


def test_a_series_that_repeats_itself_is_measured_by_its_steps():
    values = np.tile(np.arange(10.0), 30)
    ground = Ground.of(Given.of(values), 10, None, QUICK)
    assert ground.scale_season == 1 and ground.scale == absolute_scale(values[: ground.first], 1)


@pytest.mark.parametrize(
    ("values", "horizon", "message"),
    [
        (np.arange(100.0), 11, "from 1 to 10, a tenth of the 100 values, got 11"),
        (np.r_[np.ones(80), np.arange(20.0)], 1, "the first 60 values are all equal"),
    ],
)
def test_what_cannot_be_held_out_is_refused(values, horizon, message):
    with pytest.raises(InputError, match=message):
        Ground.of(Given.of(values), 1, horizon, QUICK)


def test_without_torch_or_statsforecast_what_is_left_out_is_said_with_the_line_that_installs_it(ground, monkeypatch):
    monkeypatch.setattr(contest, "has_torch", lambda: False)
    assert contest.trainings(ground, DEFAULT)[0] == []
    assert "pip install 'seqzoo[train]'" in contest.trainings(ground, DEFAULT)[1][0].reason
    monkeypatch.setattr(contest.importlib.util, "find_spec", lambda name: None)
    rivals, left_out = contest.statistical_rivals(1, DEFAULT)
    assert rivals == [] and "pip install 'seqzoo[rivals]'" in left_out[0].reason


def test_a_costly_search_is_left_out_by_name():
    rivals, left_out = contest.statistical_rivals(24, DEFAULT)
    assert [rival.name for rival in rivals] == ["auto_ets", "auto_theta"]
    assert [one.name for one in left_out] == ["AutoARIMA"] and "season of 24" in left_out[0].reason


def test_rows_are_ranked_and_networks_are_tested_against_the_best_rival(ground):
    rows = contest.ranked(entrants(ground, mean=1.0, linear=0.9, gru=0.8), ground)
    assert [row.name for row in rows] == ["gru", "linear", "mean"]
    network, linear, _ = rows
    assert network.verdict == "better" and network.p < 0.001 and linear.verdict == ""
    assert network.difference == pytest.approx(network.mase - linear.mase)
    assert network.difference_interval[0] < network.difference < network.difference_interval[1] < 0
    assert all(row.interval[0] < row.mase < row.interval[1] and row.mae == row.mase * ground.scale for row in rows)
    same = contest.ranked(entrants(ground, noise=0.4, mean=1.0, gru=1.0), ground)
    assert next(row.verdict for row in same if row.name == "gru") == "no difference detected"


@pytest.mark.parametrize(
    ("levels", "use", "kind"),
    [
        ({"mean": 1.0, "linear": 1.0, "auto_ets": 1.0, "gru": 0.999}, "mean", "naive"),
        ({"mean": 1.0, "linear": 0.8, "auto_ets": 0.8, "gru": 0.799}, "linear", "linear"),
        ({"mean": 1.0, "linear": 0.9, "auto_ets": 0.8, "gru": 0.8}, "auto_ets", "statistical"),
        ({"mean": 1.0, "linear": 0.9, "auto_ets": 0.8, "gru": 0.7}, "gru", "network"),
        ({"mean": 1.0, "seasonal_naive": 0.7, "linear": 0.9, "gru": 1.0}, "seasonal_naive", "naive"),
    ],
)
def test_the_simplest_kind_that_is_not_detectably_worse_is_used(ground, levels, use, kind):
    decision = verdict.verdict_of(entrants(ground, **levels), ground, total=1000)
    assert (decision.use, decision.kind) == (use, kind)
    assert decision.text.startswith(f"Use {use}") and decision.gain is not None
    assert decision.gain.low < decision.gain.value < decision.gain.high


def test_a_rule_is_compared_with_the_best_of_the_other_kinds(ground):
    decision = verdict.verdict_of(entrants(ground, noise=0.5, mean=1.0, seasonal_naive=0.98, gru=1.0), ground)
    assert (decision.use, decision.gain and decision.gain.over) == ("mean", "gru")


def test_the_gain_is_the_share_of_the_best_simpler_error_that_is_removed(ground):
    decision = verdict.verdict_of(entrants(ground, mean=2.0, linear=1.0, gru=0.5), ground, total=1000)
    assert decision.gain is not None and decision.gain.over == "linear"
    assert decision.gain.value == pytest.approx(0.5, abs=0.02)
    assert "50" in decision.text or "49" in decision.text


def test_too_few_cutoffs_are_said_and_not_decided(ground):
    few = dataclasses.replace(
        ground, values=ground.values[: ground.first + 13], cutoffs=ground.cutoffs[:2], horizon=12, stride=1
    )
    pair = [Entrant("mean", "mean", "naive", np.ones(2)), Entrant("gru", "gru", "network", np.array([0.5, 0.6]))]
    decision = verdict.verdict_of(pair, few, total=100)
    assert decision.kind == "naive" and decision.gain is not None and math.isnan(decision.gain.low)
    assert "too few" in decision.text


def test_a_power_law_says_how_much_data_the_network_needs(ground):
    losses = entrants(ground, mean=1.0, linear=0.8, gru=1.0)  # the mean loss of linear is 0.8 times 1.15
    curve = LearningCurve("gru", (200, 400, 800), (2.0, 1.4142, 1.0), 0.001)  # n^-1/2
    assert curve.is_falling and curve.exponent == pytest.approx(0.5, abs=1e-3)
    assert curve.points_for(0.5) == pytest.approx(3200, rel=1e-2)
    text = verdict.verdict_of(losses, ground, curves=[curve], total=1000).text
    assert "More data may change the answer" in text and "at about 1,200 values, not 1,000" in text
    assert not dataclasses.replace(curve, mase=(1.0, 0.5, 0.0)).is_falling  # no error is left to remove
    flat = dataclasses.replace(curve, mase=(1.0, 1.0, 0.999))
    assert not flat.is_falling
    assert "Nothing in sight" in verdict.verdict_of(losses, ground, curves=[flat], total=1000).text


def test_where_the_linear_forecaster_errs_nowhere_a_longer_context_gains_nothing(ground):
    nothing = np.zeros(len(ground.cutoffs))
    assert verdict.longer_context(40, nothing, nothing, ground).gain == 0
