"""What the view Train draws and says of a run, and how it reads an address."""

from __future__ import annotations

import dataclasses
import math

import msgspec
import pytest

from seqzoo import _formats
from seqzoo._course import Evaluation
from seqzoo.app.model.inside import microscope
from seqzoo.app.model.train import courses, curves, form
from seqzoo.app.model.train.form import Form
from seqzoo.app.model.visit import Visit
from seqzoo.bundles import store
from seqzoo.execution.runs import Runs
from seqzoo.execution.runs.events import Began, Evaluated, Snapshot, append
from seqzoo.execution.runs.plans import Settings, described, spec_of
from seqzoo.execution.runs.recording import EVENTS
from seqzoo.runtime import Predictor
from seqzoo.runtime.repository import Repository
from seqzoo.signals import FAMILIES, Simulated, make
from seqzoo.training.spec import TrainingSpec

FLOORS = {"noise": 0.01, "bayes": 0.0107, "best_linear": 0.012, "line": 0.0123, "last_value": 0.0202}
BEGAN = Began(800, FLOORS, False, [0.0, 0.5, 1.0], [0.1, 0.5, 0.9])


def evaluated(step: int, excess: float) -> Evaluated:
    return Evaluated(step, FLOORS["bayes"] * (1 + excess), excess, 0.02, 1e-3, 1.0)


@pytest.mark.parametrize(
    ("excess", "said"),
    [(40.0, "worse than every reference"), (0.5, "worse than the best weighted sum"),
     (0.125, "about as good as the"), (0.05, "than any weighted sum"), (0.004, "within one per cent of the best")],
)  # fmt: skip
def test_the_words_place_the_run_among_the_references(excess, said):
    words = curves.in_words(BEGAN, [evaluated(10, 50.0), evaluated(1200, excess)])
    assert said in words and "<b>1,200</b> of 800 steps" in words and _formats.percent(excess) in words
    assert curves.in_words(BEGAN, []) == curves.in_words(None, []) == ""


def test_the_error_has_four_reference_lines_from_the_first_step_to_the_last_and_the_scale_holds_them():
    options = curves.loss_options(BEGAN, [evaluated(10, 50.0), evaluated(20, 0.1)], "error")
    lines = {made["name"]: made["data"] for made in options["series"]}
    for label, key in (("last value", "last_value"), ("best linear", "best_linear"), ("Bayes", "bayes"),
                       ("noise", "noise")):  # fmt: skip
        assert lines[label] == [[10, FLOORS[key]], [800, FLOORS[key]]]
        assert options["yAxis"]["min"] < FLOORS[key] < options["yAxis"]["max"]
    assert lines["this run"][-1] == [20, pytest.approx(0.01177)]
    assert options["xAxis"]["type"] == "log"


def test_the_excess_is_drawn_on_a_logarithmic_axis_with_the_references_that_have_one():
    options = curves.loss_options(BEGAN, [evaluated(10, 2.0), evaluated(20, 0.0)], "excess")
    lines = {made["name"]: made["data"] for made in options["series"]}
    assert options["yAxis"]["type"] == "log" and set(lines) == {"last value", "best linear", "this run"}
    assert lines["best linear"][0][1] == pytest.approx(100 * (0.012 / 0.0107 - 1), abs=1e-5)
    assert lines["this run"] == [[10, 200.0], [20, pytest.approx(0.01)]]  # no logarithm of 0
    assert all(value > 0 for data in lines.values() for _, value in data)


def test_the_references_can_be_drawn_before_there_is_anything_else():
    for scale in curves.SCALES:
        assert curves.loss_options(BEGAN, [], scale)["series"][-1]["data"] == []
    assert "no evaluation yet" in curves.loss_description(BEGAN, [])
    assert "this run" not in curves.numbers(BEGAN, [])


def test_the_course_of_another_training_is_drawn_beside_the_run_the_recorded_one_pale():
    points = [Evaluation(5, 80, 0.1, 0.02, 3.0), Evaluation(1000, 16_000, 0.5, 0.01, 0.25)]
    for label, opacity in ((curves.RECORDED, curves.PALE), ("run of 12:30", 1)):
        beside = curves.Course(label, "Recorded in the training of lstm.sine", points)
        options = curves.loss_options(BEGAN, [evaluated(10, 2.0)], "error", beside)
        lines = {made["name"]: made for made in options["series"]}
        assert lines[label]["data"] == [[5, pytest.approx(4 * 0.0107)], [1000, pytest.approx(1.25 * 0.0107)]]
        assert lines[label]["lineStyle"]["opacity"] == opacity and lines["Bayes"]["data"][0][0] == 5
        assert options["xAxis"]["max"] == 1000
        assert [one["name"] for one in options["legend"]["data"]][:2] == ["this run", label]
    told = curves.loss_description(BEGAN, [], beside)
    assert told.endswith("Recorded in the training of lstm.sine: 0.01337 at step 1000.")
    assert curves.loss_options(BEGAN, [], "excess", beside)["series"][-2]["data"][1] == [1000, 25.0]


def test_the_recorded_course_is_that_of_the_same_settings_if_there_was_one_and_else_that_of_the_model(home):
    known = Runs(home)
    recorded = courses.recorded(store.open_bundle(store.SHIPPED / "lstm.sine"))
    assert recorded is not None
    spec = recorded.spec
    adam = msgspec.structs.replace(spec, recipe=dataclasses.replace(spec.recipe, optimiser="adam"))
    louder = msgspec.structs.replace(spec, source=Simulated("sine", {**spec.source.parameters, "sigma": 0.3}))
    small = msgspec.structs.replace(spec, config={**spec.config, "hidden_size": 8})
    of_size = {"adam": adam, "louder": louder, "same": spec, "small": small}
    runs = {name: known.add(each) for name, each in of_size.items()}
    for run in (runs["adam"], runs["louder"], runs["small"]):
        append(known.folder / run / EVENTS, evaluated(10, 0.2))

    def chosen(asked: str, of: TrainingSpec = spec, run: str = "") -> curves.Course | None:
        return courses.chosen(recorded, asked, of, run, known.all(), known)

    assert chosen("").points == recorded.points and chosen("").words.endswith("of lstm.sine")  # its run has none yet
    assert chosen("", adam).points == [evaluated(10, 0.2)] and chosen("", adam).label == curves.RECORDED
    assert chosen("", adam, runs["adam"]).points == recorded.points  # not itself
    assert chosen(runs["adam"]).label.startswith("Adam, run of")
    assert chosen(runs["small"]).label.startswith("lstm.sine-k8, SOAP, run of")  # in one legend with that of 64 units
    assert chosen(runs["adam"]).points == [evaluated(10, 0.2)]
    for asked in (courses.NONE, runs["louder"], "nothing of the kind"):
        assert chosen(asked) is None
    quiet = msgspec.structs.replace(louder, seed=1)
    assert chosen("", quiet) is None  # neither the model nor a run was trained on that noise with these settings
    offered = courses.offered(recorded, spec, runs["same"], known.all())
    assert set(offered) == {"", runs["adam"], runs["small"], "none"} and "Adam at 0.004" in offered[runs["adam"]]
    assert courses.offered(None, louder, runs["louder"], known.all()) == {}


def test_a_snapshot_says_how_far_it_is_from_bayes():
    shown = Snapshot(40, [0.2, 0.5, 0.9])
    assert f"{math.sqrt(0.01 / 3):.4g} from those of Bayes" in curves.snapshot_description(BEGAN, shown)
    assert [made["name"] for made in curves.snapshot_options(BEGAN, shown)["series"]][-1] == "this run"


def form_of(name: str, query: dict[str, str]) -> Form:
    async def nothing() -> None:
        pass

    known = Predictor(store.SHIPPED / name)
    return Form(Visit(Repository(), name, known, query), TrainingSpec.of_manifest(known.manifest), nothing)


def test_an_address_without_settings_is_the_models_own_recipe():
    made = form_of("gru.sine", {})
    manifest = store.open_bundle(store.SHIPPED / "gru.sine").manifest
    assert made.settings == Settings.of(TrainingSpec.of_manifest(manifest))
    words = "size 74, SOAP at 0.004, batch 128, noise 0.1, 4,000 steps, seed 0"
    assert described(spec_of(manifest, made.settings)) == words
    linear = store.open_bundle(store.SHIPPED / "linear.sine").manifest
    assert described(spec_of(linear, form_of("linear.sine", {}).settings)).startswith("SOAP at 0.02")


def test_settings_of_an_address_are_held_within_their_ranges():
    query = {"size": "1e9", "rate": "-1", "batch": "3.7", "sigma": "nan", "steps": "inf", "run_seed": "7"}
    made = form_of("lstm.sine", {**query, "optimiser": "x"}).settings
    assert (made.size, made.learning_rate, made.batch_size, made.sigma) == (192, 1e-5, 4, 0.1)
    assert (made.steps, made.seed, made.optimiser) == (4000, 7, "soap")
    assert form_of("linear.sine", {"size": "8"}).settings.size is None
    assert form_of("transformer.sine", {"size": "30"}).settings.size == 28  # four heads share it
    made.check()


@pytest.mark.parametrize("name", ["lstm.sine", "lstm.sine-h50", "linear.sine", "mlp.recall"])
def test_what_to_notice_names_the_references(name):
    said = curves.lead(name)
    assert "bend" not in curves.lead("lstm.sine", 4)  # what was measured with 64 units
    assert said.startswith("Notice") and "best linear" in said
    assert ("Adam" in said) is (name == "lstm.sine")


def test_no_setting_shares_its_place_in_the_address_with_another_view_of_the_page():
    of_the_window = {knob.key for signal in FAMILIES for knob in make(signal).scene(20).knobs}
    of_the_page = {"view", "tour", "stop", "engine", "seed", "pasted", "dragged", "horizon", "window", "code"}
    others = {*microscope.KEYS, *of_the_window, *of_the_page, "poke_at", "poke_by", "step", "off", "run",
              "scale", "at"}
    assert not others & set(form.KEYS.values())
