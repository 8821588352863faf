"""What the arena finds is what the results say, also while they are in the making."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest
from typer.testing import CliRunner

from seqzoo.app.arena.live import Choice
from seqzoo.arena import results
from seqzoo.arena.committed import HERE
from seqzoo.arena.experiments import EXPERIMENTS, experiment
from seqzoo.arena.experiments.order.cases import QUICK, OrderOutcome, OrderResults
from seqzoo.arena.experiments.roll_out import RollOut, RollOutSettings
from seqzoo.arena.experiments.roll_out.measuring import RECURSIVE, RollOutCase, roll_out
from seqzoo.arena.experiments.roll_out.report import reach
from seqzoo.arena.results import TrainingResults
from seqzoo.cli import app
from seqzoo.forecasters.exact import best_linear
from seqzoo.forecasters.rollout import linear_recursion
from seqzoo.signals import Sine
from support import arena_work

pytestmark = pytest.mark.usefixtures("forked_places")
KEYS = [each.key for each in EXPERIMENTS]


def found(key, folder, part="", chosen=()):
    asked = experiment(key)
    return asked.summarise(asked.read(folder), part, chosen)


def committed(key):
    asked = experiment(key)
    return [each.folder for each in asked.committed if (each.folder / asked.file).exists()]


def raw(name: str) -> dict:
    (path,) = (HERE / name).glob("*.json")
    return json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize("key", KEYS)
def test_every_experiment_has_committed_results_that_come_to_something(key):
    assert committed(key)
    for folder in committed(key):
        finding = found(key, folder)
        assert finding.models and finding.rows and finding.sentences and (finding.marks or finding.curves)
        assert {"Signal", "Seeds", "Training windows", "Measured on", "Bars"} <= finding.measured.keys()
        assert all(len(row) == len(finding.headings) for row in finding.rows)


def test_every_folder_of_committed_results_belongs_to_an_experiment():
    assert {path.name for path in HERE.iterdir() if path.is_dir() and path.name != "__pycache__"} <= {
        each.name for one in EXPERIMENTS for each in one.committed
    }


def test_the_marks_of_one_step_are_the_means_of_the_stored_cells():
    finding = found("one-step", HERE / "sine", "20000", ())
    cells = [cell for cell in raw("sine")["cells"] if cell["points"] == 20000]
    marks = {mark.name: mark for mark in finding.marks}
    for model in finding.models:
        own = [cell["outcome"]["excess"] for cell in cells if cell["model"] == model]
        assert marks[model].value == pytest.approx(np.mean(own)) and sorted(marks[model].each) == sorted(own)
        assert marks[model].low < marks[model].value < marks[model].high


def test_the_curves_of_a_roll_out_are_the_stored_points():
    finding, stated = found("roll-out", HERE / "roll-out"), raw("roll-out")
    curves = {curve.name: curve for curve in finding.curves}
    assert curves["lstm"].y == [value for value, _ in stated["models"]["lstm.sine"]]
    assert curves["lstm-h50"].y == [value for value, _ in stated["models"]["lstm.sine-h50"]]
    assert curves["Bayes"].y == stated["references"]["Bayes"] and curves["Bayes"].is_reference
    for name, curve in curves.items():
        if not curve.is_reference:
            assert all(own > least for own, least in zip(curve.y, curves["Bayes"].y, strict=True)), name


def test_the_curves_off_the_distribution_are_of_the_parameter_asked_for():
    finding, stated = found("off-distribution", HERE / "off-distribution", "amplitude", ()), raw("off-distribution")
    points = stated["sweeps"]["amplitude"]
    curve = next(curve for curve in finding.curves if curve.name == "tcn")
    assert curve.x == [point["value"] for point in points]
    assert curve.y == [point["expected"]["tcn.sine"] for point in points]


def test_the_marks_of_time_against_picture_are_the_means_of_the_stored_runs():
    finding = found("time-against-picture", HERE / "time-against-picture", "digits", ())
    runs = raw("time-against-picture")["runs"]
    marks = {mark.row: mark.value for mark in finding.marks}
    own = [run["error"] for key, run in runs.items() if key.startswith("digits/cnn/permuted/")]
    assert marks["cnn, permuted"] == pytest.approx(np.mean(own)) and marks["guessing"] == 0.9


def test_the_curves_of_sample_efficiency_are_geometric_means_within_the_span_of_the_seeds():
    finding = found("sample-efficiency", HERE / "sample-efficiency", "", ("mlp",))
    cells = [cell for cell in raw("sample-efficiency")["cells"] if cell["model"] == "mlp"]
    curve = next(curve for curve in finding.curves if curve.name == "mlp")
    for at, value, low, high in zip(curve.x, curve.y, curve.low, curve.high, strict=True):
        own = [cell["outcome"]["excess"] for cell in cells if cell["points"] == at]
        assert value == pytest.approx(math.exp(np.mean(np.log(own)))) and (low, high) == (min(own), max(own))


@pytest.mark.parametrize("question", KEYS)
def test_choosing_models_leaves_them_and_the_references_and_keeps_what_can_be_chosen(question):
    folder = committed(question)[0]
    everyone = found(question, folder, "", ())
    few = found(question, folder, "", ("mlp", "no such model"))
    assert few.models == everyone.models
    drawn = {mark.row.partition(",")[0] for mark in few.marks if not mark.is_reference}
    drawn |= {curve.name for curve in few.curves if not curve.is_reference}
    assert drawn == {"mlp"}
    assert len(few.sentences) < len(everyone.sentences)
    assert found(question, folder, "no such part", ("no such model",)) == everyone


def test_verdicts_of_a_choice_are_those_of_the_whole_table():
    whole = found("one-step", HERE / "sine", "1000", ())
    few = found("one-step", HERE / "sine", "1000", ("lstm", "tcn"))
    assert set(few.details) < set(whole.details)
    assert re.search("difference .* 1 of 1 pairs of models, with 5 seeds", few.sentences[0])


def test_a_contest_under_way_is_summarised_from_the_first_cell_on(tmp_path):
    trained = TrainingResults("sine", 20, {"bayes": 0.0, "best_linear": 0.12, "last_value": 0.9})
    trained.cells = [arena_work.result("mlp", 0, 0.3)]
    results.save(trained, tmp_path)
    for key in ("one-step", "sample-efficiency"):
        finding = found(key, tmp_path)
        assert finding.models == ["mlp"]
        assert not any("pairs of models" in line for line in finding.sentences)
    trained.put(arena_work.result("rnn", 0, error="training diverged."))
    results.save(trained, tmp_path)
    finding = found("one-step", tmp_path)
    assert ["rnn", "failed: training diverged. (1 of 1 seeds)"] == next(r for r in finding.rows if r[0] == "rnn")[:2]


def test_runs_out_of_order_are_drawn_before_they_can_be_compared():
    runs = OrderResults(QUICK, {"sine/lstm/intact/0": OrderOutcome(0.5, 17_217, 1.0)})
    finding = experiment("time-against-picture").summarise(runs, "sine", ())
    assert [mark.row for mark in finding.marks if not mark.is_reference] == ["lstm, intact"]
    assert finding.rows == []


class _Linear:
    """The best linear forecaster of one step, fed back, as a model."""

    horizon = 1

    def forecast(self, context, horizon):
        rolled = linear_recursion(best_linear(Sine(), 20), horizon)
        return rolled(np.asarray(context, float)[:, :, 0])


def test_a_model_rolled_out_has_the_error_that_is_known_exactly_for_it(tmp_path):
    measured = roll_out(_Linear(), "sine", 1000)
    for value, (mean, error) in zip(measured.references[RECURSIVE], measured.errors, strict=True):
        assert abs(mean - value) < 5 * error + 0.01 * value  # the floor is an estimate over windows too
    rolled = RollOut().begin(tmp_path, RollOutSettings(windows=1000))
    rolled.enter(RollOutCase("own.sine", ("own.sine",), "sine", 1000), measured)
    RollOut().save(rolled, tmp_path)
    assert RollOut().read(tmp_path) == rolled
    (line,) = reach(rolled, ["own.sine"])
    assert line.startswith("own.sine: is not shown to be below the direct best linear forecast even at step 1")


CHOICES = [
    Choice.of("one-step", "sine", "endless", ("linear", "mlp")),
    Choice.of("roll-out", "sine", "", ("linear", "lstm-h50")),
    Choice.of("off-distribution", "sine", "sigma", ("linear", "mlp")),
    Choice.of("time-against-picture", "sine", "digits", ("cnn",)),
    Choice.of("sample-efficiency", "sine", "", ("linear", "mlp")),
]


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: choice.experiment.key)
def test_a_demonstration_is_a_command_with_options_that_it_has_and_of_the_size_that_it_states(choice):
    command, *rest = choice.arguments
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).output
    assert "Usage" in shown
    assert all(option in shown for option in rest if option.startswith("--"))
    assert choice.total == len(choice.experiment.cases(choice.demonstration.settings)) >= 1
    assert choice.demonstration.about
    chosen_for_all = Choice.of(choice.experiment.key, "sine", "", ())
    assert chosen_for_all.total == len(choice.experiment.cases(chosen_for_all.demonstration.settings))


@pytest.mark.parametrize("choice", [CHOICES[1], CHOICES[2]], ids=lambda choice: choice.experiment.key)
def test_a_demonstration_of_trained_models_runs_and_can_be_summarised(choice, tmp_path):
    assert choice.measured(tmp_path) == 0
    words = [*choice.arguments, "--json", "--out", str(tmp_path)]
    ran = CliRunner().invoke(app, words, catch_exceptions=False)
    assert ran.exit_code == 0 and choice.measured(tmp_path) == choice.total
    assert found(choice.experiment.key, tmp_path, choice.part, choice.models).models == list(choice.models)
