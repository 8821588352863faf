"""The spec of a training on a measured series: its window, its scaling, its recipe, and what cannot be trained."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from seqzoo.data.scaling import KINDS
from seqzoo.data.series import Series
from seqzoo.errors import InputError
from seqzoo.evaluation.holdout import FEWEST_CUTOFFS
from seqzoo.signals import Observed
from seqzoo.training import on_series
from seqzoo.training.loop import train
from seqzoo.training.on_series import choose, choose_context_length, context_lengths, spec_on_series
from seqzoo.zoo import _registry

HOURS = np.arange(600)
NOISE = np.random.default_rng(11).standard_normal(len(HOURS))
DAILY = 50 + 10 * np.sin(2 * np.pi * HOURS / 24) + NOISE
FEW = {"recipe.steps": 150, "recipe.evaluate_every": 50, "recipe.learning_rate": 0.02}


def of(values, season=1, **options):
    source = Observed.of(Series("load", values), season=season)
    return spec_on_series(_registry.architecture("mlp"), source, options.pop("horizon", 6), **options)


def test_the_window_is_the_one_whose_linear_forecast_errs_least():
    assert context_lengths(480, 6, 24) == [24, 48, 72, 168] and context_lengths(480, 6) == [8, 16, 32, 64]
    assert context_lengths(60, 6, 24) == [24] and context_lengths(20, 6) == [2]
    far = np.random.default_rng(3).standard_normal(900)
    for at in range(20, 900):  # a value repeats the one 20 steps before it: 16 are too few to see it
        far[at] = 0.9 * far[at - 20] + 0.4 * far[at]
    assert choose_context_length(far, 1) in (32, 64)
    assert choose_context_length(np.random.default_rng(4).standard_normal(900).cumsum(), 1) in (8, 16)
    week, noise = np.random.default_rng(5).standard_normal(56), 0.3 * np.random.default_rng(6).standard_normal(1120)
    assert choose_context_length(np.tile(week, 20) + noise, 8, season=8) == 56  # each day has a shape of its own
    like_days = 0.1 * np.tile(week, 20) + np.tile(week[:8], 140) + noise  # a week saves less than a fifth
    assert choose_context_length(like_days, 8, season=8) < 56
    with pytest.raises(InputError, match=r"12 values.*horizon of 30"):
        choose_context_length(far[:12], 30)


def test_a_trend_asks_for_windows_without_their_level_and_a_return_to_the_mean_for_the_level(home):
    trend = of(2.0 * HOURS + NOISE, horizon=3, context_length=8, scaling="series", changes=FEW)
    assert choose(trend, keeps_optimiser=True).scaling_kind == "window"
    returning = of(NOISE, horizon=3, context_length=8, scaling="series", changes=FEW)
    assert choose(returning, keeps_optimiser=True).scaling_kind == "series"
    assert of(2.0 * HOURS + NOISE, horizon=3, context_length=8, changes=FEW).scaling_kind == "window"


def test_a_growing_season_is_compared_with_the_season_before_it(home):
    growing = of(DAILY * (1 + HOURS / 200), season=24, horizon=24, context_length=24, scaling="series", changes=FEW)
    chosen = choose(growing, keeps_optimiser=True)
    assert (chosen.scaling_kind, chosen.scaling.season) == ("season", 24)
    assert msgspec.structs.replace(chosen, scaling_kind="series") == growing  # nothing else was chosen
    with pytest.raises(InputError, match=r"season.*12 values"):
        of(DAILY, season=24, context_length=12, scaling="season")


def test_the_optimiser_is_chosen_by_the_error_that_short_trainings_leave_and_a_stated_one_is_kept(home, monkeypatch):
    tried, of_optimiser = [], {"adam": 2.0}

    def error(spec, should_stop):
        tried.append((spec.scaling_kind, spec.recipe.optimiser, spec.recipe.learning_rate))
        return np.full(90, of_optimiser[spec.recipe.optimiser] + (spec.scaling_kind != "series"))

    monkeypatch.setattr(on_series, "_short_errors", error)
    for of_optimiser["soap"], optimiser in ((1.0, "soap"), (3.0, "adam")):
        chosen = of(DAILY, season=24, changes={"recipe.steps": 150})
        assert (chosen.scaling_kind, chosen.recipe.optimiser, chosen.recipe.steps) == ("series", optimiser, 150)
    assert tried[:4] == [(kind, "adam", on_series.RATE) for kind in KINDS] + [("series", "soap", 4e-3)]
    tried.clear()
    assert of(DAILY, changes={"recipe.learning_rate": 0.5}).recipe.learning_rate == 0.5  # no season: two kinds
    stated = of(DAILY, scaling="window", changes={"recipe.optimiser": "soap"})
    assert choose(stated, scaling="window", keeps_optimiser=True) == stated
    assert tried == [(kind, "soap", 0.5) for kind in KINDS[:2]]


@pytest.mark.parametrize(("gain", "count", "kind"), [(0.9, 90, "series"), (0.05, 90, "window"), (0.9, 12, "window")])
def test_the_level_of_a_series_is_read_only_if_that_is_better_by_more_than_a_standard_error(
    home, monkeypatch, gain, count, kind
):
    noise = np.random.default_rng(1).standard_normal((2, count))

    def errors(spec, should_stop):
        return 2 - gain + noise[0] if spec.scaling_kind == "series" else 2 + noise[1]

    monkeypatch.setattr(on_series, "_short_errors", errors)
    assert of(DAILY, changes={"recipe.optimiser": "adam"}).scaling_kind == kind


def test_the_spec_trains_and_changes_of_recipe_and_config_reach_it(home):
    changes = {**FEW, "config.hidden_size": 8}
    spec = of(DAILY, season=24, scaling="window", seed=3, changes=changes)
    assert (spec.name, spec.context_length % 24, spec.horizon, spec.seed) == ("mlp.load-h6", 0, 6, 3)
    assert spec.config["hidden_size"] == 8 and spec.recipe.steps == 150 and spec.source.season == 24
    trained = train(spec)
    assert trained.finished and trained.best.mse < trained.last_value
    with pytest.raises(InputError, match=r"signal\.sigma"):
        of(DAILY, scaling="series", changes={"signal.sigma": 0.2})


@pytest.mark.parametrize(
    ("values", "options", "reasons"),
    [
        (DAILY[:60], {"horizon": 10}, ("12", str(10 + FEWEST_CUTOFFS - 1))),
        (np.full(200, 7.5), {}, ("7.5",)),
        (DAILY, {"season": 600}, ("season", "600")),
        (DAILY, {"context_length": 5000}, ("5000",)),
    ],
)
def test_what_cannot_be_trained_is_refused_with_the_numbers(home, values, options, reasons):
    with pytest.raises(InputError) as refusal:
        of(values, scaling="series", **options)
    assert all(reason in str(refusal.value) for reason in reasons), refusal.value
