"""Runs of terminals and of pages are the same runs."""

from __future__ import annotations

import json

import pytest

from seqzoo.execution.runs import Runs, recording
from seqzoo.training.spec import TrainingSpec
from seqzoo.zoo import _registry

pytestmark = pytest.mark.usefixtures("few_windows")

SMALL = {"recipe.steps": 30, "recipe.evaluate_every": 10}
OPTIONS = [word for key, value in SMALL.items() for word in ("--set", f"{key}={value}")]


@pytest.fixture
def spec() -> TrainingSpec:
    return TrainingSpec.of(_registry.entry("linear.sine"), changes=SMALL)


def test_a_run_of_the_terminal_is_one_that_pages_list(terminal, home, spec):
    assert "No runs yet" in terminal("runs").out
    assert terminal("train", "linear.sine", *OPTIONS, "--keep-worse").status == 0
    runs = Runs(home)
    ((run, plan),) = runs.all()
    now = runs.status(run)
    assert plan.spec == spec and now.state == "finished" and now.evaluations[-1].step == 30
    assert [model.name for model in now.saved] == ["linear.sine-own"] and not now.saved[0].is_verified
    assert not now.has_weights  # they are saved
    (listed,) = json.loads(terminal("runs", "--json").out)
    assert (listed["id"], listed["state"], listed["step"]) == (run, "finished", 30)
    assert run in terminal("runs").out


def test_a_page_pauses_a_run_that_it_did_not_start_and_a_terminal_takes_up_one_of_a_page(terminal, home, spec):
    runs = Runs(home)
    longer = TrainingSpec.of(_registry.entry("linear.sine"), changes={**SMALL, "recipe.steps": 100_000})
    run = runs.add(longer)
    with recording.held(runs.folder / run):

        def pause(progress):
            if progress.step == 20:
                assert runs.status(run).state == "running"
                runs.pause(run)

        assert not recording.train(runs.folder / run, longer, on_progress=pause).finished
    assert runs.status(run).state == "paused"

    started = runs.add(spec)
    with recording.held(runs.folder / started):
        recording.train(runs.folder / started, spec, should_stop=lambda: runs.status(started).evaluations != [])
    assert "paused" in terminal("runs").out
    resumed = terminal("train", "linear.sine", *OPTIONS, "--resume", "--keep-worse")
    assert resumed.status == 0 and "starting from the beginning" not in resumed.err
    assert runs.status(started).state == "finished" and len(runs.all()) == 2


def test_a_run_that_cannot_go_on_is_listed_with_its_reason(terminal, home):
    failed = terminal("train", "linear.sine", *OPTIONS, "--set", "recipe.learning_rate=1e30")
    assert "1e+30" in failed.refusal
    (listed,) = json.loads(terminal("runs", "--json").out)
    assert listed["state"] == "failed" and "1e+30" in listed["problem"]
