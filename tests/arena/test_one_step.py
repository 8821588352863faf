"""Contests: their cells, results that are kept, runs that are taken up again."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from seqzoo import signals
from seqzoo.arena import results
from seqzoo.arena.experiments.contest import Contest, reference_excess
from seqzoo.arena.experiments.one_step import OneStep, OneStepSettings, footprints
from seqzoo.arena.experiments.training import Cell, play
from seqzoo.arena.results import TrainingResults
from seqzoo.arena.running import run
from seqzoo.errors import InputError, IntegrityError, UnknownNameError
from seqzoo.evaluation.scoring import HELD_OUT_SEEDS, held_out, score
from seqzoo.forecasters.exact import linear_mse, references_of
from seqzoo.signals import Sine
from support import arena_work
from support.in_process import Here

ONE_STEP = OneStep()


@pytest.fixture
def rough_floors(monkeypatch):
    """References on few windows, where their values do not matter."""
    monkeypatch.setattr(Sine, "windows_to_score", 1000)


def settings(**changes) -> OneStepSettings:
    facts = {"models": "linear,mlp", "budget": ["endless"], "seeds": 2, "windows": 640}
    return OneStepSettings(**{**facts, **changes})


def held(chosen, folder, **options) -> TrainingResults:
    return run(ONE_STEP, chosen, folder, place=Here(), measure=arena_work.noted, **options)[0]


def played(home) -> list[str]:
    file = home.with_name(f"{home.name}-played.txt")
    return file.read_text().splitlines() if file.exists() else []


def test_a_contest_is_taken_up_where_it_stopped_and_nothing_done_is_done_again(home, tmp_path, rough_floors):
    folder, seen = tmp_path / "out", []
    chosen = settings(models="linear,rnn", budget=["1000", "endless"])
    held(chosen, folder, on_end=seen.append, should_stop=lambda: len(seen) == 3)
    assert len(seen) == len(results.load(folder).cells) == 3
    started = []
    found = held(chosen, folder, on_start=lambda *counts: started.append(counts))
    assert found == results.load(folder)
    cells = [f"{cell.model} {cell.points} {cell.seed}" for cell in ONE_STEP.cases(chosen)]
    assert len(cells) == 8 and len(found.cells) == 8
    done = [cell for cell in played(home) if not cell.startswith("rnn")]
    assert sorted(done) == sorted(cell for cell in cells if not cell.startswith("rnn"))  # each once
    assert started == [(2, 8)]  # the rnn failed, and is tried again

    failed = [cell for cell in found.cells if cell.outcome is None]
    assert {cell.model for cell in failed} == {"rnn"} and len(failed) == 4
    assert {cell.error for cell in failed} == {"training diverged."}
    before = len(played(home))
    longer = held(dataclasses.replace(chosen, models="linear", seeds=3), folder)
    assert played(home)[before:] == ["linear 1000 2", "linear None 2"]
    assert len(longer.cells) == 10


def test_a_result_of_other_facts_is_run_again_and_replaced(home, tmp_path, rough_floors):
    chosen = settings(models="linear", seeds=1)
    stale = TrainingResults("sine", 20, {"bayes": 0.0}, [arena_work.result("linear", 0, 0.9, points=None)])
    stale.cells = [results.TrainingResult("linear", None, 640, 0, "0" * 16, stale.cells[0].outcome)]
    results.save(stale, tmp_path)
    found = held(chosen, tmp_path)
    assert played(home) == ["linear None 0"]
    assert [cell.outcome.excess for cell in found.cells] == [0.1]


def test_a_cell_takes_the_windows_and_the_budget_and_leaves_the_rest_to_the_model():
    run = Cell("mlp", "sine", 1000, 640, 7).spec()
    recipe = Cell("mlp", "sine", None, 640, 7).spec().recipe
    assert (run.recipe.steps, run.recipe.batch_size, run.recipe.points, run.seed) == (5, 128, 1000, 7)
    assert dataclasses.replace(run.recipe, points=None) == recipe
    assert Cell("mlp", "sine", None, 640, 7).fingerprint != Cell("mlp", "sine", 1000, 640, 7).fingerprint


def test_models_of_one_seed_learn_from_the_same_series():
    one, other = (Cell(model, "sine", 200, 640, 3).spec() for model in ("linear", "mlp"))
    series = [run.source.process.observed_series(run.recipe.points, 20, 1, seed=run.seed)[0] for run in (one, other)]
    assert np.array_equal(*series)


def test_playing_a_cell_scores_the_trained_weights_and_the_same_cell_scores_alike():
    cell = Cell("linear", "recall", 500, 640, 1)
    first, again = play(cell), play(cell)
    assert dataclasses.replace(cell, seed=2) != cell
    assert (first.excess, first.mse, first.skill) == (again.excess, again.mse, again.skill)
    assert first.parameters == 21 and first.scored == 20_000 and first.excess > 0


def test_a_budget_that_is_too_small_or_numbers_that_cannot_be_are_refused_before_any_work():
    for changes, reason in (
        ({"budget": ["20"]}, "budget.*20"),
        ({"budget": ["24"]}, "24"),
        ({"seeds": 0}, "seeds.*1 to 1000.*0"),
        ({"seeds": 10**9}, f"seeds.*1 to 1000.*{10**9}"),
        ({"windows": 127}, "128.*127"),
        ({"windows": 10**12}, "steps"),
        ({"models": ""}, "model"),
    ):
        with pytest.raises(InputError, match=reason):
            settings(**changes).contest()
    with pytest.raises(UnknownNameError, match=r"architecture.*'nope'"):
        settings(models="nope").contest()
    with pytest.raises(UnknownNameError, match=r"signal.*'nope'"):
        settings(signal="nope").contest()


def test_windows_are_whole_batches():
    assert {cell.windows for cell in Contest("sine", ("linear",), (None,), 2, 700).cells()} == {640}


def test_a_folder_of_another_signal_is_refused_and_left_alone(tmp_path):
    results.save(TrainingResults("recall", 20), tmp_path)
    before = (tmp_path / "results.json").read_bytes()
    with pytest.raises(InputError, match="'recall'"):
        held(settings(), tmp_path)
    assert (tmp_path / "results.json").read_bytes() == before


def test_results_of_another_schema_are_refused(tmp_path):
    results.save(TrainingResults("sine", 20, schema_version=99), tmp_path)
    with pytest.raises(InputError, match=r"schema.*99"):
        results.load(tmp_path)


def test_results_behind_a_link_are_refused(tmp_path):
    results.save(TrainingResults("sine", 20), tmp_path / "there")
    (tmp_path / "results.json").symlink_to(tmp_path / "there" / "results.json")
    with pytest.raises(IntegrityError, match="link"):
        results.load(tmp_path)


def test_the_excess_of_a_reference_is_exact():
    excess = reference_excess("sine", 20)
    signal = signals.make("sine")
    assert excess["bayes"] == 0 < excess["best_linear"] < excess["line"] < excess["last_value"]
    windows = held_out(signal, 20, windows=20_000, seed=HELD_OUT_SEEDS + 99)
    for name in ("best_linear", "last_value"):
        made = references_of(signal, 20)[name]
        measured = windows.score(lambda given, made=made: made(given[:, :, 0].astype(np.float64))).excess
        assert abs(measured.value - excess[name]) < 4.5 * measured.se
    weights = references_of(signal, 20)["best_linear"].weights
    bayes = windows.floors[0].bayes
    assert linear_mse(signal, weights)[0] / bayes.value - 1 == pytest.approx(excess["best_linear"], abs=0.01)


def test_windows_held_out_once_score_as_windows_drawn_anew():
    signal = signals.make("recall")
    seed = HELD_OUT_SEEDS + 5

    def repeat(given):
        return given[:, -1, :]

    kept = held_out(signal, 20, windows=500, seed=seed)
    assert kept.score(repeat) == kept.score(repeat) == score(repeat, signal, 20, windows=500, seed=seed)


def test_a_footprint_is_measured_of_every_model():
    found = TrainingResults("sine", 20)
    footprints.measure(found, ["linear", "mlp"])
    assert found.footprints.keys() == {"linear", "mlp"}
    assert found.footprints["mlp"].bytes > found.footprints["linear"].bytes > 21 * 4
