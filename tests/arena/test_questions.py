"""The arena's questions are answered by what the results say, also while they are in the making."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from typer.testing import CliRunner

from seqzoo.arena import results, stored
from seqzoo.arena.committed import COMMANDS, HERE
from seqzoo.arena.experiments import order, roll_out
from seqzoo.arena.experiments.one_step import Contest
from seqzoo.arena.questions import ANSWERS, FOLDERS, committed
from seqzoo.arena.results import Results
from seqzoo.arena.small import POINTS, Small
from seqzoo.cli import app
from seqzoo.forecasters.exact import best_linear
from seqzoo.forecasters.rollout import linear_recursion
from seqzoo.signals import Sine
from support import arena_work

QUESTIONS = list(ANSWERS)


def raw(name: str) -> dict:
    (path,) = (HERE / name).glob("*.json")
    return json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_has_committed_results_and_the_command_behind_them(question):
    folders = committed(question)
    assert folders and set(folders) <= set(COMMANDS)
    for folder in folders.values():
        answer = ANSWERS[question](folder, "", ())
        assert answer.models and answer.rows and answer.sentences and (answer.marks or answer.curves)
        assert {"Signal", "Seeds", "Training windows", "Measured on", "Bars"} <= answer.measured.keys()
        assert all(len(row) == len(answer.headings) for row in answer.rows)


def test_every_folder_of_committed_results_belongs_to_a_question():
    assert {path.name for path in HERE.iterdir() if path.is_dir() and path.name != "__pycache__"} <= {
        name for names in FOLDERS.values() for name in names
    }


def test_the_marks_of_one_step_are_the_means_of_the_stored_cells():
    answer = ANSWERS["one-step"](HERE / "sine", "20000", ())
    cells = [cell for cell in raw("sine")["cells"] if cell["points"] == 20000]
    marks = {mark.name: mark for mark in answer.marks}
    for model in answer.models:
        own = [cell["outcome"]["excess"] for cell in cells if cell["model"] == model]
        assert marks[model].value == pytest.approx(np.mean(own)) and sorted(marks[model].each) == sorted(own)
        assert marks[model].low < marks[model].value < marks[model].high


def test_the_curves_of_a_roll_out_are_the_stored_points():
    answer, stated = ANSWERS["roll-out"](HERE / "roll-out", "", ()), raw("roll-out")
    curves = {curve.name: curve for curve in answer.curves}
    assert curves["lstm"].y == [value for value, _ in stated["models"]["lstm.sine"]]
    assert curves["lstm-h50"].y == [value for value, _ in stated["models"]["lstm.sine-h50"]]
    assert curves["Bayes"].y == stated["references"]["Bayes"] and curves["Bayes"].is_reference
    for name, curve in curves.items():
        if not curve.is_reference:
            assert all(own > least for own, least in zip(curve.y, curves["Bayes"].y, strict=True)), name


def test_the_curves_off_the_distribution_are_of_the_parameter_asked_for():
    answer, stated = ANSWERS["off-distribution"](HERE / "off-distribution", "amplitude", ()), raw("off-distribution")
    points = stated["sweeps"]["amplitude"]
    curve = next(curve for curve in answer.curves if curve.name == "tcn")
    assert curve.x == [point["value"] for point in points]
    assert curve.y == [point["expected"]["tcn.sine"] for point in points]


def test_the_marks_of_time_against_picture_are_the_means_of_the_stored_runs():
    answer = ANSWERS["time-against-picture"](HERE / "time-against-picture", "digits", ())
    runs = raw("time-against-picture")["runs"]
    marks = {mark.row: mark.value for mark in answer.marks}
    own = [run["error"] for key, run in runs.items() if key.startswith("digits/cnn/permuted/")]
    assert marks["cnn, permuted"] == pytest.approx(np.mean(own)) and marks["guessing"] == 0.9


def test_the_curves_of_sample_efficiency_are_geometric_means_within_the_span_of_the_seeds():
    answer = ANSWERS["sample-efficiency"](HERE / "sample-efficiency", "", ("mlp",))
    cells = [cell for cell in raw("sample-efficiency")["cells"] if cell["model"] == "mlp"]
    curve = next(curve for curve in answer.curves if curve.name == "mlp")
    for at, value, low, high in zip(curve.x, curve.y, curve.low, curve.high, strict=True):
        own = [cell["outcome"]["excess"] for cell in cells if cell["points"] == at]
        assert value == pytest.approx(math.exp(np.mean(np.log(own)))) and (low, high) == (min(own), max(own))


@pytest.mark.parametrize("question", QUESTIONS)
def test_choosing_models_leaves_them_and_the_references_and_keeps_what_can_be_chosen(question):
    folder = next(iter(committed(question).values()))
    everyone = ANSWERS[question](folder, "", ())
    few = ANSWERS[question](folder, "", ("mlp", "no such model"))
    assert few.models == everyone.models
    drawn = {mark.row.partition(",")[0] for mark in few.marks if not mark.is_reference}
    drawn |= {curve.name for curve in few.curves if not curve.is_reference}
    assert drawn == {"mlp"}
    assert len(few.sentences) < len(everyone.sentences)
    assert ANSWERS[question](folder, "no such part", ("no such model",)) == everyone


def test_verdicts_of_a_choice_are_those_of_the_whole_table():
    whole = ANSWERS["one-step"](HERE / "sine", "1000", ())
    few = ANSWERS["one-step"](HERE / "sine", "1000", ("lstm", "tcn"))
    assert set(few.details) < set(whole.details)
    assert few.sentences[0].startswith("1 of 1 pairs of models can be told apart, with 5 seeds")


def test_a_contest_under_way_is_answered_from_the_first_cell_on(tmp_path):
    found = Results("sine", 20, {"bayes": 0.0, "best_linear": 0.12, "last_value": 0.9})
    found.cells = [arena_work.result("mlp", 0, 0.3)]
    results.save(found, tmp_path)
    for question in ("one-step", "sample-efficiency"):
        answer = ANSWERS[question](tmp_path, "", ())
        assert answer.models == ["mlp"]
        assert not any("told apart" in line for line in answer.sentences)
    found.enter(arena_work.result("rnn", 0, error="training diverged."))
    results.save(found, tmp_path)
    answer = ANSWERS["one-step"](tmp_path, "", ())
    assert ["rnn", "failed: training diverged. (1 of 1 seeds)"] == next(r for r in answer.rows if r[0] == "rnn")[:2]


def test_runs_out_of_order_are_drawn_before_they_can_be_compared(tmp_path):
    found = order.Results(order.QUICK, {"sine/lstm/intact/0": order.Measured(0.5, 17_217, 1.0)})
    stored.write(tmp_path / order.RESULTS, found)
    answer = ANSWERS["time-against-picture"](tmp_path, "sine", ())
    assert [mark.row for mark in answer.marks if not mark.is_reference] == ["lstm, intact"]
    assert answer.rows == []


class _Linear:
    """The best linear forecaster of one step, fed back, as a model."""

    horizon = 1

    def forecast(self, context, horizon):
        rolled = linear_recursion(best_linear(Sine(), 20), horizon)
        return rolled(np.asarray(context, float)[:, :, 0])


def test_a_model_rolled_out_has_the_error_that_is_known_exactly_for_it(tmp_path):
    seen = []
    found = roll_out.measure({"own.sine": _Linear()}, windows=1000, on_model=lambda now: seen.append(len(now.models)))
    assert seen == [0, 1]
    exact = found.references[roll_out.RECURSIVE]
    for value, (measured, error) in zip(exact, found.models["own.sine"], strict=True):
        assert abs(measured - value) < 5 * error + 0.01 * value  # the floor is an estimate over windows too
    roll_out.save(found, tmp_path)
    assert roll_out.read(tmp_path) == found
    (line,) = roll_out.reach(found, ["own.sine"])
    assert line.startswith("own.sine: is not shown to be below the direct best linear forecast even at step 1")


SMALL = [
    Small("one-step", "sine", "endless", ("linear", "mlp")),
    Small("roll-out", "sine", "", ("linear", "lstm-h50")),
    Small("off-distribution", "sine", "sigma", ("linear", "mlp")),
    Small("time-against-picture", "sine", "digits", ("cnn",)),
    Small("sample-efficiency", "sine", "", ("linear", "mlp")),
]


@pytest.mark.parametrize("small", SMALL, ids=lambda small: small.question)
def test_a_small_version_is_a_command_with_options_that_it_has(small):
    command, *rest = small.arguments
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).output
    assert "Usage" in shown
    assert all(option in shown for option in rest if option.startswith("--"))
    assert small.total >= 1 and small.about


def test_the_size_of_a_small_contest_is_known_beforehand():
    one, efficiency = SMALL[0], SMALL[-1]
    assert one.total == len(Contest("sine", one.models, (None,), 3, 12_800).cells())
    budgets = tuple(int(points) for points in POINTS.split(","))
    assert efficiency.total == len(Contest("sine", efficiency.models, budgets, 2, 12_800).cells())


@pytest.mark.parametrize("small", [SMALL[1], SMALL[2]], ids=lambda small: small.question)
def test_a_small_version_of_trained_models_runs_and_can_be_answered_from(small, tmp_path):
    assert small.done(tmp_path) == 0
    ran = CliRunner().invoke(app, [*small.arguments, "--out", str(tmp_path)], catch_exceptions=False)
    assert ran.exit_code == 0 and small.done(tmp_path) == small.total
    assert ANSWERS[small.question](tmp_path, small.part, small.models).models == list(small.models)
