"""A model of a measured series, from its values to a proven bundle: nothing asks for the law of the data."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from safetensors.numpy import save as serialise

from seqzoo import load
from seqzoo.app.model.held_out import held_out_of
from seqzoo.app.model.roll_out.measured import along
from seqzoo.bundles import describe, holdout, intervals, shelf, store
from seqzoo.bundles.manifest import parse
from seqzoo.data import series as data_series
from seqzoo.data.frequency import frequency
from seqzoo.data.scaling import Scaling
from seqzoo.data.series import Series, stored
from seqzoo.data.times import TimeIndex
from seqzoo.data.windows import default_cutoff
from seqzoo.errors import InputError, IntegrityError
from seqzoo.evaluation.backtest import backtest
from seqzoo.evaluation.intervals import rank
from seqzoo.execution.runs import Runs, Settings, recording
from seqzoo.execution.runs.plans import _can_draw as can_train_on
from seqzoo.execution.runs.plans import can_train, described, spec_of
from seqzoo.microscope.facts import Subject
from seqzoo.publishing import build, series_intervals
from seqzoo.publishing.reproduce import overwritten_after, reproduce
from seqzoo.publishing.verify import verify
from seqzoo.runtime import Predictor, catalogue
from seqzoo.runtime.intervals import after_calibration, around
from seqzoo.signals import Observed
from seqzoo.training.loop import train
from seqzoo.training.sources import sampler_of
from seqzoo.training.spec import TrainingSpec
from seqzoo.zoo import _registry

SMALL = {"recipe.steps": 200, "recipe.learning_rate": 0.02, "recipe.batch_size": 64, "config.hidden_size": 8}


def measured() -> Series:
    """A load of about 20,000 that repeats every 24 values, with noise."""
    hours = np.arange(1_200)
    noise = np.random.default_rng(5).standard_normal(len(hours))
    return Series("load", 20_000 + 3_000 * np.sin(2 * np.pi * hours / 24) + 300 * noise)


RIVALS = {"line", "last_value", "drift", "mean", "linear"}
KINDS = ("mse", "mse_se", *sorted(RIVALS))


@pytest.fixture(scope="module")
def home_of_all(tmp_path_factory):
    return tmp_path_factory.mktemp("observed") / "home"


@pytest.fixture
def at_home(home_of_all, monkeypatch):
    monkeypatch.setenv("SEQZOO_HOME", str(home_of_all))
    return home_of_all


@pytest.fixture(scope="module")
def kept(home_of_all) -> store.Bundle:
    """`lstm.load`, trained in the folder of a run and saved among the user's own models."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQZOO_HOME", str(home_of_all))
        spec = TrainingSpec.of(_registry.entry("lstm.sine"), changes=SMALL, series=Observed.of(measured()))
        runs = Runs(home_of_all)
        place = runs.folder / runs.add(spec)
        with recording.held(place):
            trained = recording.train(place, spec)
        trained.check_useful()
        card = _registry.architecture("lstm").card_of(spec.source, spec.config)
        return build.export(trained, card, shelf.place("lstm.load"))


def test_a_series_is_found_by_the_digest_of_its_values(home):
    series = measured()
    source = Observed.of(series)
    assert (source.length, source.cutoff, source.process) == (1_200, 960, None)
    assert np.array_equal(source.series().values, series.values)
    with pytest.raises(ValueError, match="read-only"):
        source.series().values[0] = 0
    (file,) = (home / "series").iterdir()
    assert can_train_on(source)
    np.save(file, series.values + 1)
    data_series._read.cache_clear()  # as in another process
    with pytest.raises(InputError, match=series.sha256[:12]):
        stored("load", series.sha256)
    file.unlink()
    assert not can_train_on(source)
    for name, values in {"Load": series.values, "load": [1.0, np.inf], "x" * 41: series.values}.items():
        with pytest.raises(InputError):
            Series(name, np.asarray(values))


def test_times_are_stored_beside_the_values_and_belong_to_the_digest(home):
    times = TimeIndex(np.datetime64("2022-03-25T23:00", "us"), frequency("h"), "Europe/Berlin")
    series = Series("load", measured().values, times)
    assert series.sha256 != measured().sha256  # which is that of the values
    series.store()
    data_series._read.cache_clear()
    again = stored("load", series.sha256)
    assert again.times == times and again.times.stamps(1, 26) == ["2022-03-27T03:00+02:00"]
    (home / "series" / f"{series.sha256}.json").unlink()
    data_series._read.cache_clear()
    with pytest.raises(InputError, match=series.sha256[:12]):
        stored("load", series.sha256)


def test_a_missing_value_is_refused_before_training_and_the_rule_that_fills_it_named(home):
    values = measured().values.copy()
    values[5:8] = np.nan
    series = Series("load", values)
    assert series.missing == 3
    with pytest.raises(InputError, match=r"3 missing values.*--gaps interpolate"):
        Observed.of(series)
    assert Observed.of(series.filled("interpolate", 20)).length == 1_200


def test_what_cannot_be_scored_is_refused_before_training(home):
    series, entry = measured(), _registry.entry("lstm.sine-h3")
    needed = 8 + 2  # cutoffs, and the rest of the last target
    TrainingSpec.of(entry, series=Observed.of(series, len(series) - needed))
    for cutoff, reason in ((len(series) - needed + 1, f"{needed} values.*{needed - 1}"), (19, "20 values.*19")):
        with pytest.raises(InputError, match=reason):
            TrainingSpec.of(entry, series=Observed.of(series, cutoff))
    with pytest.raises(InputError, match=r"recipe\.points.*200"):
        TrainingSpec.of(entry, series=Observed.of(series), changes={"recipe.points": 200})


def test_a_score_of_several_steps_has_its_errors_and_is_verified_by_step(home, tmp_path):
    changes = {**SMALL, "recipe.steps": 40}
    spec = TrainingSpec.of(_registry.entry("mlp.sine-h3"), changes=changes, series=Observed.of(measured()))
    card = _registry.architecture("mlp").card_of(spec.source, spec.config)
    bundle = build.export(train(spec), card, tmp_path / "mlp.load-h3")
    steps = bundle.manifest.score.steps
    assert set(steps) == set(KINDS) and all(len(values) == 3 and min(values) > 0 for values in steps.values())
    assert verify(bundle).passed
    facts = json.loads((bundle.path / store.MANIFEST).read_text("utf-8"))
    facts["score"]["steps"]["mse_se"][2] *= 0.9
    (bundle.path / store.MANIFEST).write_text(json.dumps(facts), "utf-8")
    (failed,) = (check for check in verify(bundle.path).checks if check.passed is False)
    assert "mse_se of step 3" in failed.detail


def test_a_scaling_that_saw_the_hold_out_is_found_by_garbage_in_its_place(home, tmp_path, monkeypatch):
    values = measured().values.copy()
    values[960:] += 5_000
    source, changes = Observed.of(Series("load", values)), {**SMALL, "recipe.steps": 20}
    spec = TrainingSpec.of(_registry.entry("mlp.sine"), changes=changes, series=source)
    card = _registry.architecture("mlp").card_of(spec.source, spec.config)
    with monkeypatch.context() as leak:
        leak.setattr(Observed, "scaling", lambda source, kind: Scaling.fit(source.series().values, kind))
        leaking = build.export(train(spec), card, tmp_path / "leaking")
        assert not reproduce(leaking).identical
    report = verify(leaking)
    assert not report.passed and next(check for check in report.checks if check.name == "split").passed is False


def test_no_value_from_the_cutoff_on_reaches_training_or_the_scaling(home, small_run):
    series = measured()
    changed = series.values.copy()
    changed[960:] = -1e6
    weights = []
    for values in (series.values, changed):
        spec = msgspec.structs.replace(small_run(), source=Observed.of(Series("load", values)))
        assert spec.scaling.center == pytest.approx(values[:960].mean())
        weights.append(train(spec).module.state_dict())
    assert all(torch.equal(one, weights[1][key]) for key, one in weights[0].items())


def test_its_manifest_states_rivals_and_no_optimum(kept):
    facts = kept.manifest
    assert facts.name == "lstm.load" and facts.process is None
    assert facts.contract.names == ("load",) and facts.contract.scaling.center == pytest.approx(20_000, rel=0.01)
    assert facts.score.excess is None and facts.score.skill is None and facts.score.floors == {}
    assert facts.score.mse[0] < min(facts.score.rivals["line"], facts.score.rivals["last_value"])
    card = describe.text_of(kept)
    assert "Bayes" not in card and facts.source.sha256 in card and "type: measured" in card
    history = json.loads(kept.read(store.HISTORY))
    assert all("excess" not in point and point["mse"] > 0 for point in history)


def test_its_score_is_the_backtest_of_what_was_held_out(kept, at_home):
    values = holdout.of(kept)
    assert np.array_equal(values, measured().values[960 - 20 :])
    again = backtest(load("lstm.load", "onnx").predict, values, 20, 1)
    assert kept.manifest.score.mse[0] == pytest.approx(again.steps[0].value, rel=1e-5)
    assert kept.manifest.score.windows == again.cutoffs == 240


def test_it_proves_itself_and_reproduces(kept, at_home):
    report = verify("lstm.load")
    assert {check.name for check in report.checks if check.passed is not True} == set()
    again = reproduce("lstm.load")
    assert again.identical and again.overwritten == 240


def test_its_intervals_are_calibrated_on_values_that_no_weight_was_fitted_to_and_none_is_held_out(kept, at_home):
    spec, facts = TrainingSpec.of_manifest(kept.manifest), kept.manifest.intervals
    errors, values = intervals.of(kept), measured().values
    training = sampler_of(spec).training
    fitted = spec.scaling.restore(training.target[-1, -1])  # the last value that a weight was fitted to
    begin = default_cutoff(960)
    assert begin == 768 and values[begin - 1] == pytest.approx(fitted)
    assert errors.shape == (facts.windows, 1) == (192, 1)
    forecast = load("lstm.load", "onnx").predict(np.stack([values[at - 20 : at, None] for at in range(768, 960)]))
    np.testing.assert_allclose(errors[:, 0], np.sort(np.abs(forecast[:, 0] - values[768:960])), rtol=1e-3, atol=0.1)
    assert [level.level for level in facts.levels] == [0.8, 0.9, 0.95] and facts.after is None
    garbage = overwritten_after(spec.source)
    predict = load("lstm.load", "onnx").predict
    with data_series.in_memory(garbage):
        changed = msgspec.structs.replace(spec.source, sha256=garbage.sha256)
        again = series_intervals.calibration(predict, changed, spec.scaling, 20, 1)
    np.testing.assert_array_equal(again, series_intervals.calibration(predict, spec.source, spec.scaling, 20, 1))


def test_every_door_gives_the_same_interval_from_the_bundle_alone(kept, at_home, terminal, tmp_path, monkeypatch):
    file = tmp_path / "latest.csv"
    file.write_text("\n".join(map(str, measured().values)), "utf-8")
    monkeypatch.setenv("SEQZOO_HOME", str(tmp_path / "elsewhere"))  # without the series
    asked = ["forecast", str(kept.path), "--file", file]
    said = terminal(*asked, "--json", "--level", 0.8, "--level", 0.95)
    facts = json.loads(said.out)
    model = load(kept.path, "onnx")
    known = along(model, held_out_of(model))
    for band in facts["intervals"]:
        assert band["lower"][0] < facts["forecast"][0] < band["upper"][0]
    assert facts["level"] == 0.8 and "240 latest errors" in facts["interval_method"]
    narrow, wide = (band["upper"][0] - band["lower"][0] for band in facts["intervals"])
    assert 0 < narrow < wide < 4_000
    by_default = json.loads(terminal(*asked, "--json").out)
    assert by_default["level"] == 0.9
    radius = (by_default["upper"][0] - by_default["lower"][0]) / 2
    assert radius == pytest.approx(known.radius["adaptive"][-1, 0], rel=1e-6)
    fixed = json.loads(terminal(*asked, "--json", "--method", "split").out)
    chosen = rank(192, 0.9) - 1
    assert (fixed["upper"][0] - fixed["lower"][0]) / 2 == pytest.approx(intervals.of(kept)[chosen, 0], rel=1e-9)
    early = tmp_path / "early.csv"
    early.write_text("\n".join(map(str, measured().values[:500])), "utf-8")
    assert "none moves them" in terminal("forecast", str(kept.path), "--file", early).out
    assert "lower" not in terminal(*asked, "--method", "none").out
    assert "at most 0.994" in terminal(*asked, "--level", 0.999).refusal
    assert "end at step 1" in terminal(*asked, "-n", 3).out
    assert "at most 1." in terminal(*asked, "-n", 3, "--level", 0.9).refusal
    assert "models of a series" in terminal("forecast", "lstm.sine", "--method", "split").refusal


def test_only_errors_after_the_calibration_move_an_interval_and_none_of_the_training_part(kept, at_home, tmp_path):
    values, model = measured().values, load(kept.path, "onnx")
    assert after_calibration(model, values, None) == 960
    assert after_calibration(model, values[950:], None) == 10  # the window before the cutoff is cut
    assert after_calibration(model, values[1_000:], None) == 0
    assert after_calibration(model, values[:960], None) is None  # only what the model was trained on
    assert after_calibration(model, values + 1.0, None) is None
    trained_on = around(model, [0.0], history=values[:960], begin=None)
    assert trained_on.followed == 0 and trained_on.method.startswith("split conformal")
    times = TimeIndex(np.datetime64("2024-01-01T00", "us"), frequency("h"), "Europe/Berlin")
    facts = msgspec.structs.replace(kept.manifest.intervals, after="2024-01-03T00:00:00.000000", zone="UTC")
    contract = msgspec.structs.replace(kept.manifest.contract, frequency="h")
    stamped = store.Bundle(
        kept.path, msgspec.structs.replace(kept.manifest, intervals=facts, contract=contract), kept.raw_manifest
    )
    assert after_calibration(Predictor(stamped, "onnx"), values + 1.0, times) == 48
    assert after_calibration(Predictor(stamped, "onnx"), values, dataclasses.replace(times, zone=None)) == 960


def test_a_bundle_of_an_earlier_version_without_intervals_is_read_verified_and_forecasts(
    kept, at_home, tmp_path, terminal
):
    copied = shutil.copytree(kept.path, tmp_path / "lstm.load")
    facts = json.loads((copied / store.MANIFEST).read_text("utf-8"))
    del facts["intervals"], facts["files"][store.INTERVALS]
    (copied / store.MANIFEST).write_text(json.dumps(facts), "utf-8")
    (copied / store.INTERVALS).unlink()
    assert verify(copied).passed
    numbers = tmp_path / "load.csv"
    numbers.write_text("\n".join(map(str, measured().values[:300])), "utf-8")
    asked = ["forecast", copied, "--file", numbers, "-n", 2]
    assert "lower" not in terminal(*asked).out
    assert "windows of these numbers" in terminal(*asked, "--level", 0.9).out
    raw = store.open_bundle(store.SHIPPED / "lstm.sine").raw_manifest
    assert b"intervals" not in raw and parse(raw, tmp_path).intervals is None


def with_errors(kept: store.Bundle, folder: Path, errors: np.ndarray, levels: int) -> store.Bundle:
    """A copy of a bundle that holds other calibration errors, as they are, and states the first levels only."""
    copied = shutil.copytree(kept.path, folder)
    raw, facts = serialise({"errors": errors}), json.loads((copied / store.MANIFEST).read_text("utf-8"))
    facts["files"][store.INTERVALS] = {"sha256": hashlib.sha256(raw).hexdigest(), "size": len(raw)}
    facts["intervals"]["windows"] = len(errors)
    del facts["intervals"]["levels"][levels:]
    (copied / store.INTERVALS).write_bytes(raw)
    (copied / store.MANIFEST).write_text(json.dumps(facts), "utf-8")
    return store.open_bundle(copied)


def test_too_few_calibration_errors_for_a_level_are_told_with_the_highest_possible(kept, at_home, tmp_path, terminal):
    few = with_errors(kept, tmp_path / "few", np.sort(np.arange(6.0))[:, None], 1)
    numbers = tmp_path / "load.csv"
    numbers.write_text("\n".join(map(str, measured().values)), "utf-8")
    asked = ["forecast", str(few.path), "--file", numbers]
    told = "No intervals of level 0.9: 6 calibration errors are too few for it; up to 0.857 are possible"
    assert told in terminal(*asked).out
    assert "at most 0.857" in terminal(*asked, "--level", 0.9).refusal
    facts = json.loads(terminal(*asked, "--level", 0.8, "--method", "split", "--json").out)
    assert facts["upper"][0] - facts["forecast"][0] == pytest.approx(5.0)
    shown = terminal("show", str(few.path)).out
    assert "levels up to 0.857 are possible" in shown and "90%" not in shown
    model = load(few.path, "onnx")
    assert along(model, held_out_of(model)).radius == {}


def test_calibration_errors_that_no_model_makes_are_refused(kept, at_home, tmp_path):
    errors = intervals.of(kept)
    wrong = {"unsorted": errors[::-1], "negative": errors - 1e6, "infinite": np.full_like(errors, np.inf)}
    for name, given in wrong.items():
        with pytest.raises(IntegrityError, match=r"errors from 0 on|finite"):
            intervals.of(with_errors(kept, tmp_path / name, np.ascontiguousarray(given), 3))
    halved = with_errors(kept, tmp_path / "halved", errors / 2, 3)
    failed = {check.name for check in verify(halved).checks if check.passed is False}
    assert failed == {"coverage", "intervals"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda facts: facts["intervals"]["levels"][1]["adaptive"]["overall"].__setitem__(0, 0.99), "coverage"),
        (lambda facts: facts["intervals"]["levels"][0]["split"]["steps_se"].__setitem__(0, 0.3), "standard error"),
        (lambda facts: facts["intervals"]["levels"][2]["split"]["width"].__setitem__(0, 1.0), "width"),
        (lambda facts: facts["intervals"]["levels"].pop(), "0.95"),
        (lambda facts: facts["intervals"].update(rate=0.2), "rate"),
        (lambda facts: facts["intervals"].update(after="2024-01-01T00:00"), "2024-01-01"),
        (lambda facts: facts["intervals"].update(after="now"), "intervals.after"),
        (lambda facts: facts["intervals"].update(windows=99), "[99, 1]"),
        (lambda facts: facts["contract"].update(zone="Mars/Base"), "Mars/Base"),
        (lambda facts: facts["contract"].update(frequency="moon"), "moon"),
        (lambda facts: facts["files"].pop("intervals.safetensors"), "intervals.safetensors"),
        (lambda facts: facts.pop("intervals"), "intervals.safetensors"),
        (lambda facts: facts["score"]["mse"].__setitem__(0, 1.0), "mse"),
        (lambda facts: facts["score"]["rivals"].update(line=1.0), "rival line"),
        (lambda facts: facts["score"].update(windows=10), "240"),
        (lambda facts: facts["score"].update(skill=[0.9, 0.1]), "skill"),
        (lambda facts: facts["score"]["rivals"].clear(), "rivals"),
        (lambda facts: facts["score"]["rivals"].update(oracle=1.0), "oracle"),
        (lambda facts: facts["score"].update(steps={"mse": [1.0]}), "score.steps"),
        (lambda facts: facts["score"].update(steps={key: [1.0] for key in KINDS}), "of step 1"),
        (lambda facts: facts["source"].update(cutoff=2_000), "cutoff"),
        (lambda facts: facts["contract"]["scaling"].update(center=20_100.0), "20100"),
        (lambda facts: facts["source"].update(cutoff=900), "320 finite"),
        (lambda facts: facts["source"].update(name="sine"), "'sine'"),
        (lambda facts: facts["files"].pop("holdout.safetensors"), "holdout.safetensors"),
    ],
)
def test_a_false_claim_is_found(kept, at_home, tmp_path, change, reason):
    copied = shutil.copytree(kept.path, tmp_path / "lstm.load")
    facts = json.loads((copied / store.MANIFEST).read_text("utf-8"))
    change(facts)
    (copied / store.MANIFEST).write_text(json.dumps(facts), "utf-8")
    report = verify(copied)
    assert not report.passed
    assert reason in " ".join(check.detail for check in report.checks if check.passed is False)


def test_it_is_listed_shown_and_forecasts_from_the_command_line(kept, at_home, terminal, tmp_path):
    row = next(row for row in catalogue.rows() if row["name"] == "lstm.load")
    assert row["excess"] is None and row["skill"] is None and row["family"] == "load"
    assert "unknown" in next(line for line in terminal("list").out.splitlines() if "lstm.load" in line)
    shown = terminal("show", "lstm.load").out
    assert "last value" in shown and "Bayes" not in shown
    numbers = tmp_path / "load.csv"
    numbers.write_text("\n".join(map(str, measured().values[:100])), "utf-8")
    ahead = json.loads(terminal("forecast", "lstm.load", "--file", numbers, "--horizon", 5, "--json").out)
    assert ahead["bayes"] is None and 15_000 < min(ahead["forecast"]) < max(ahead["forecast"]) < 25_000
    assert "Bayes" not in terminal("forecast", "lstm.load", "--file", numbers, "--plot", tmp_path / "a.svg").out
    assert terminal("backtest", "lstm.load", "--file", numbers, "--horizon", 2).status == 0
    for command in ("forecast", "backtest", "tour"):
        assert "series load" in terminal(command, "lstm.load").refusal


def test_it_can_be_trained_again_with_other_settings(kept, at_home):
    settings = Settings.of(TrainingSpec.of_manifest(kept.manifest))
    assert settings.sigma is None and can_train(kept.manifest)
    spec = spec_of(kept.manifest, msgspec.structs.replace(settings, steps=20, seed=4))
    assert (spec.name, spec.recipe.steps, spec.seed) == ("lstm.load", 20, 4) and "noise" not in described(spec)
    now = Runs(at_home).status(Runs(at_home).all()[0][0])
    assert now.state == "finished" and now.began.bayes == [] and set(now.began.floors) == RIVALS
    assert now.evaluations[-1].excess is None and now.evaluations[-1].mse < now.began.floors["last_value"]


def test_the_microscope_begins_with_a_window_that_was_held_out(kept, at_home):
    subject = Subject(kept, view={"draw": "3"})
    assert subject.start == holdout.of(kept)[3:23].tolist()
    assert subject.bayes(subject.start, {}) == {} and subject.outside(subject.start) == ""
    assert subject.fixed["standings"] == [] and subject.fixed["signal"]["linear"] == "straight line"
