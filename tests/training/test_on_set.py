"""One model of the series of a file: its windows, its score, and what it proves."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest

from seqzoo.app.model.inside.windows import HeldOutWindows
from seqzoo.app.model.roll_out.measured import along
from seqzoo.app.model.window import HeldOutWindow
from seqzoo.app.ui.theme import LEVEL
from seqzoo.bundles import holdout, intervals, store
from seqzoo.data.scaling import Scaling
from seqzoo.data.series import Series
from seqzoo.data.windows import held_out_of, pooled
from seqzoo.errors import InputError
from seqzoo.evaluation.accuracy import absolute_scale
from seqzoo.evaluation.intervals import rank
from seqzoo.evaluation.on_a_set import MODEL, Units, score_on_set
from seqzoo.publishing import build
from seqzoo.publishing.reproduce import reproduce
from seqzoo.publishing.verify import verify
from seqzoo.runtime import Predictor
from seqzoo.runtime.intervals import after_calibration, around
from seqzoo.signals import Observed, ObservedSet
from seqzoo.training.loop import train
from seqzoo.training.on_set import spec_on_set
from seqzoo.training.sources import Finite, sampler_of
from seqzoo.training.spec import TrainingSpec
from seqzoo.zoo import _registry
from support.terminal import Terminal

HORIZON, SEASON = 4, 6
SMALL = {"recipe.steps": 20, "recipe.evaluate_every": 10, "config.hidden_size": 8, "recipe.learning_rate": 0.02}


def stores() -> dict[str, Series]:
    """Three series of one season whose scales lie nine decades apart, one that is too short, and a constant one."""
    rng = np.random.default_rng(4)
    series = {}
    for label, count, level in (("A/1", 60, 1e-3), ("A/2", 48, 1e6), ("b", 90, 50.0)):
        values = level * (3 + np.sin(2 * np.pi * np.arange(count) / SEASON) + 0.1 * rng.standard_normal(count))
        series[label] = Series(label.lower().replace("/", "_"), values)
    return {**series, "new": Series("new", np.arange(9.0)), "shut": Series("shut", np.zeros(60))}


def of_stores(**changes: object) -> TrainingSpec:
    architecture, given = _registry.architecture("mlp"), {**SMALL, **changes}
    return spec_on_set(architecture, "stores", stores(), HORIZON, season=SEASON, changes=given)


@pytest.fixture(scope="module")
def home_of_all(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("set") / "home"


@pytest.fixture
def at_home(home_of_all: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEQZOO_HOME", str(home_of_all))
    return home_of_all


@pytest.fixture(scope="module")
def kept(home_of_all: Path) -> store.Bundle:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQZOO_HOME", str(home_of_all))
        spec = msgspec.structs.replace(of_stores(), scaling_kind="season")
        card = _registry.architecture("mlp").card_of(spec.source, spec.config)
        return build.export(train(spec), card, home_of_all / "models" / "mlp.stores")


def test_what_cannot_be_used_is_named_and_left_out_and_each_series_has_its_own_cutoff(home: Path) -> None:
    source = of_stores().source
    assert isinstance(source, ObservedSet)
    assert [(member.name, member.length, member.cutoff) for member in source.members] == [
        ("a_1", 60, 48), ("a_2", 48, 39), ("b", 90, 72)
    ]  # fmt: skip
    assert set(source.left_out) == {"new", "shut"} and "9 values" in source.left_out["new"]
    assert source.season == SEASON and source.labels == ("A/1", "A/2", "b")
    with pytest.raises(InputError, match=r"1 of 2 .*choose it with --only"):
        spec_on_set(_registry.architecture("mlp"), "x", {k: stores()[k] for k in ("b", "new")}, HORIZON, season=6)
    with pytest.raises(InputError, match="SHA-256"):
        msgspec.structs.replace(source, labels=("A/2", "A/1", "b"))
    with pytest.raises(InputError, match="must be window or season"):
        msgspec.structs.replace(of_stores(), scaling_kind="series")
    with pytest.raises(InputError, match=r"'A/1'.*60 and a horizon"):
        of_stores(**{"config.context_length": 60})


def test_every_window_is_of_one_series_in_its_own_units_and_as_likely_as_any_other(home: Path) -> None:
    spec = of_stores()
    windows, length = sampler_of(spec), spec.context_length
    assert isinstance(windows, Finite) and isinstance(spec.source, ObservedSet) and windows.places is not None
    expected, judged = [], []
    for member in spec.source.members:
        past = Scaling.fit(member.past()).standardise(member.past()).astype(np.float64)
        cutoff = len(past) - len(past) // 5
        rows = [past[at : at + length + HORIZON] for at in range(len(past) - length - HORIZON + 1)]
        expected += rows[: cutoff - length - HORIZON + 1]
        judged += rows[cutoff - length :]
    epoch = windows.batches(0)
    batches = [next(epoch) for _ in range(-(-len(windows.places) // windows.batch_size))]
    drawn = np.concatenate([np.concatenate(batch, axis=1) for batch in batches])
    assert np.array_equal(np.array(sorted(map(tuple, drawn))), np.array(sorted(map(tuple, expected))))
    assert np.array_equal(np.concatenate(windows.held_out, axis=1), np.array(judged))
    parts = [np.arange(3.0), np.arange(10.0, 16.0)]
    every, own = pooled(parts, 3, 2)
    assert [len(places) for places in own] == [0, 2] and every.context[own[1][0]].tolist() == [10, 11, 12]


def test_a_score_counts_each_series_once_in_its_own_units() -> None:
    rng = np.random.default_rng(1)
    past = [rng.normal(size=30), 1e4 * rng.normal(size=40)]
    held_out = [rng.normal(size=11), 1e4 * rng.normal(size=20)]
    units = [Units.of(values, 2) for values in past]
    measured = score_on_set(
        lambda context: np.zeros((len(context), 2)), held_out, units, 4, 2, season=2, linear=[{}, {}]
    )
    absolute, squared = [], []
    for values, before in zip(held_out, past, strict=True):
        targets = np.lib.stride_tricks.sliding_window_view(values[4:], 2)
        absolute.append(np.abs(targets).mean() / absolute_scale(before, 2))
        squared.append((targets**2).mean() / before.var())
    assert measured.mase[MODEL] == pytest.approx((np.mean(absolute), np.std(absolute, ddof=1) / np.sqrt(2)))
    assert measured.mse[MODEL].value == pytest.approx(np.mean(squared))
    assert [each.cutoffs for each in measured.series] == [6, 15] and measured.cutoffs == 21
    assert measured.series[0].mase.keys() == {MODEL, "seasonal_naive", "last_value"}


def test_its_bundle_proves_every_score_and_the_split_of_each_series(kept: store.Bundle, at_home: Path) -> None:
    facts = kept.manifest
    assert set(facts.score.series) == {"a_1", "a_2", "b"} and facts.contract.reach is None
    assert {"model", "seasonal_naive", "last_value", "linear"} == set(facts.score.mase)
    assert [len(part) for part in holdout.parts(kept)] == [facts.contract.context_length + n for n in (12, 9, 18)]
    report = verify(kept)
    assert [check.name for check in report.checks if check.passed is not True] == []
    again = reproduce(kept)
    assert again.identical and again.overwritten == 12 + 9 + 18
    text = kept.read(store.CARD).decode()
    assert "| A/1 |" in text and "Series of the file that are left out: 2." in text
    length = facts.contract.context_length
    windows = np.stack([part[:length] for part in holdout.parts(kept)])[:, :, None]
    forecasts = Predictor(kept, "onnx").predict(windows)
    assert (np.abs(np.log10(np.abs(forecasts).mean(axis=1)) - [-2.5, 6.5, 2.2]) < 0.6).all()


def test_the_pages_show_each_series_and_its_intervals_in_its_own_units(kept: store.Bundle, at_home: Path) -> None:
    model, length = Predictor(kept, "onnx"), kept.manifest.contract.context_length
    for member, (label, series) in enumerate(list(stores().items())[:3]):
        visit: Any = SimpleNamespace(known=model, member=member, number=lambda name, low, *_: low, query={})
        window = HeldOutWindow(visit)
        shown = HeldOutWindows(model, window)
        assert np.array_equal(window.window().context, holdout.parts(kept)[member][:length])
        assert shown.scale == kept.manifest.score.series[series.name].scale and shown.linear_name == "best linear"
        shown_along = along(model, shown.held_out)
        (stated,) = around(model, shown_along.forecast[-1], [LEVEL], history=series.values).levels
        assert np.allclose(2 * shown_along.radius["split"][-1], stated.upper - stated.lower, rtol=1e-9), label


def test_a_false_claim_about_one_series_is_found(kept: store.Bundle, at_home: Path, tmp_path: Path) -> None:
    def series(facts: dict[str, dict[str, dict[str, dict[str, dict[str, float]]]]]) -> dict[str, dict[str, float]]:
        return facts["score"]["series"]["a_2"]

    cases = {
        "score.series.a_2.mase.model": lambda facts: series(facts)["mase"].update(model=0.1),
        "score.series.a_2.mse.linear": lambda facts: series(facts)["mse"].update(linear=0.1),
        "score.mase.model": lambda facts: facts["score"]["mase"].update(model=[0.1, 0.1]),
        "scale": lambda facts: series(facts).update(scale=1e-9),
        "score.steps": lambda facts: facts["score"].update(steps={}),
        "score.series must hold": lambda facts: facts["score"]["series"].pop("b"),
        "not that of its series": lambda facts: facts["source"]["members"][0].update(sha256="0" * 64),
        "scales each window": lambda facts: facts["contract"]["scaling"].update(kind="series", season=1),
        "cutoff": lambda facts: facts["source"]["members"][0].update(cutoff=47),
    }
    copied = shutil.copytree(kept.path, tmp_path / "mlp.stores")
    sound = (copied / store.MANIFEST).read_text("utf-8")
    for reason, change in cases.items():
        facts = json.loads(sound)
        change(facts)
        (copied / store.MANIFEST).write_text(json.dumps(facts), "utf-8")
        report = verify(copied)
        told = " ".join(check.detail for check in report.checks if check.passed is False)
        assert not report.passed and (reason in told or "holdout" in told), (reason, told)


def test_from_a_file_of_several_series_to_a_model_that_forecasts_each(
    terminal: Terminal, home: Path, tmp_path: Path
) -> None:
    file, rows = tmp_path / "stores.csv", ["unique_id,ds,y"]
    for label, series in stores().items():
        for at, value in enumerate(series.values):
            rows.append(f"{label},{2000 + at // 4}-{at % 4 * 3 + 1:02d}-01,{float(value)!r}")
    file.write_text("\n".join(rows), "utf-8")
    small = [word for key, value in SMALL.items() for word in ("--set", f"{key}={value}")]
    words = ("train", "mlp", "--series", file, "-n", HORIZON, "--context-length", 6, "--keep-worse", *small)
    trained = terminal(*words)
    assert trained.status == 0, trained
    assert "3 series" in trained.err and "'new' (9 values" in trained.err and "all, mean" in trained.out
    for path in (home / "series").iterdir():
        path.unlink()
    assert "not stored here" in terminal("verify", "mlp.stores").out
    assert terminal("verify", "mlp.stores", "--series", file).out.rstrip().endswith("mlp.stores passes")
    ahead = json.loads(terminal("forecast", "mlp.stores", "--file", file, "--json").out)
    assert [row["unique_id"] for row in ahead["series"]] == ["A/1", "A/2", "b", "new", "shut"]
    assert ahead["series"][1]["stamps"][0] == "2012-01-01" and ahead["series"][4]["unique_id"] == "shut"
    assert ahead["series"][4]["forecast"] == pytest.approx([0.0] * HORIZON, abs=1e-6)  # a constant series goes on
    out = tmp_path / "ahead.csv"
    assert terminal("forecast", "mlp.stores", "--file", file, "--out", out).status == 0
    written = out.read_text("utf-8").splitlines()
    assert written[0] == "unique_id,time,forecast,lower_90,upper_90" and len(written) == 1 + 5 * HORIZON
    one = json.loads(terminal("forecast", "mlp.stores", "--file", file, "--only", "b", "--json").out)
    assert one["forecast"] == pytest.approx(ahead["series"][2]["forecast"])
    assert "--only" in terminal("forecast", "mlp.stores", "--file", file, "--plot", file.with_suffix(".svg")).refusal
    assert "at most" in terminal("forecast", "mlp.stores", "--file", file, "--level", 0.999).refusal
    assert "intervals" not in json.loads(
        terminal("forecast", "mlp.stores", "--file", file, "--method", "none", "--json").out
    )["series"][0]
    (band,) = one["intervals"]
    assert band == ahead["series"][2]["intervals"][0] and band["lower"][0] < one["forecast"][0] < band["upper"][0]
    assert "--only" in terminal("forecast", "line.sine", "--file", file).refusal  # a model of one signal
    assert "--scaling" in terminal(*words, "--scaling", "series").refusal
    assert terminal(*words, "--only", "b").status == 0 and (home / "models" / "mlp.stores_b").is_dir()
    file.write_text(file.read_text("utf-8").replace("A/2", "A/3"), "utf-8")
    assert "'A/2'" in terminal("verify", "mlp.stores", "--series", file).refusal


def test_its_intervals_pool_errors_in_units_of_each_window_and_follow_each_series_by_itself(
    kept: store.Bundle, at_home: Path
) -> None:
    model, facts, errors = Predictor(kept, "onnx"), kept.manifest.intervals, intervals.of(kept)
    source, length = kept.manifest.source, kept.manifest.contract.context_length
    assert facts is not None and facts.unit == "window" and facts.after is None
    assert isinstance(source, ObservedSet)
    expected = []
    for member in source.members:
        past = member.past()
        for target in range(len(past) - held_out_of(len(past), HORIZON), len(past)):
            windows = [past[target - ahead - length : target - ahead] for ahead in range(HORIZON)]
            expected.append([abs(model.predict(window)[0, ahead] - past[target]) / window.std()
                             for ahead, window in enumerate(windows)])  # fmt: skip
    np.testing.assert_allclose(errors, np.sort(expected, axis=0), rtol=1e-4)
    assert facts.levels[0].split.steps[0] > 0.5 and 0.1 < facts.levels[0].split.width[0] < 10
    for label, member in zip(source.labels, source.members, strict=True):
        history = member.series().values
        ahead = model.predict(history[-length:])[0]
        assert after_calibration(model, history, None, label) == member.cutoff
        assert after_calibration(model, history, None) is None
        (fixed,) = around(model, ahead, [0.9], history=history).levels
        chosen = errors[rank(len(errors), 0.9) - 1]
        np.testing.assert_allclose(fixed.upper - ahead, history[-length:].std() * chosen, rtol=1e-9)
        moved = around(model, ahead, [0.9], history=history, begin=member.cutoff)
        assert moved.followed == len(history) - member.cutoff
        assert not np.allclose(moved.levels[0].upper, fixed.upper, rtol=1e-4)
    with pytest.raises(InputError, match="history"):
        around(model, ahead)


def test_one_series_is_a_set_of_its_own(home: Path) -> None:
    series = stores()["b"]
    one = Observed.of(series, 70)
    assert one.members == (one,) and np.array_equal(one.past(), series.values[:70])
    assert np.array_equal(one.held_out(5), series.values[65:])
