"""Runs in processes of their own: what they tell, how they end, and what becomes of them."""

from __future__ import annotations

import re
import time
from pathlib import Path

import msgspec
import pytest

from seqzoo.bundles import shelf, store
from seqzoo.cli.progress import Bar
from seqzoo.errors import InputError, UnknownNameError
from seqzoo.execution.runs import Runs, Settings, here, manager
from seqzoo.execution.runs.events import Began, Ended, Evaluated, Failed, Log, Snapshot, append
from seqzoo.execution.runs.manager import CHECKPOINT, is_useful
from seqzoo.execution.runs.plans import SIZE_FIELDS, named, spec_of
from seqzoo.forecasters.floors import floors
from seqzoo.signals import Sine
from seqzoo.training.spec import TrainingSpec
from seqzoo.zoo import _registry
from support.forked import Child, StoppingChild

TINY = Settings(size=4, learning_rate=4e-3, batch_size=16, sigma=0.1, steps=400, seed=1, optimiser="soap")


@pytest.fixture
def runs(home: Path):
    made = Runs(home)
    yield made
    for _, child in made._processes.values():
        child.kill()


def wait_for(runs: Runs, run: str, *states: str, evaluations: int = 0):
    """The status once the run is in one of those states, with as many evaluations."""
    for _ in range(3000):
        now = runs.status(run)
        if now.state in states and len(now.evaluations) >= evaluations:
            return now
        time.sleep(0.05)
    raise AssertionError(f"{now.state} {now.problem}: {(runs.folder / run / 'stderr.txt').read_text()}")


@pytest.fixture
def forked(monkeypatch):
    """The processes of runs have torch already. tests/app/test_arena_live.py has real ones."""
    monkeypatch.setattr(manager, "Child", Child)


def test_a_run_that_is_paused_and_continued_comes_to_what_it_would_have_without(runs, forked, monkeypatch):
    from seqzoo.training.loop import train

    with monkeypatch.context() as patch:
        patch.setattr(manager, "Child", StoppingChild)  # so that it is seen running, however fast it is
        run = runs.start("lstm.sine", TINY)
    assert runs.status(run).state == "starting"
    other = Runs(runs.home)  # as a server that was started beside this one
    wait_for(other, run, "running", evaluations=2)
    with pytest.raises(InputError, match=rf"lstm.sine.*{run}"):
        other.start("gru.sine", TINY)
    runs.pause(run)
    runs._processes[run][1].go_on()
    paused = wait_for(runs, run, "paused")
    assert 0 < paused.evaluations[-1].step < 400
    runs.resume(run)
    done = wait_for(runs, run, "finished")
    plan = done.plan
    whole = train(plan.spec)
    told = [(point.step, point.loss, point.excess) for point in done.evaluations]
    assert told == [(point.step, point.loss, point.excess) for point in whole.history]
    for point in done.evaluations:
        assert point.mse == pytest.approx(done.began.floors["bayes"] * (1 + point.excess))
    steps = [snapshot.step for snapshot in done.snapshots]
    assert steps == sorted(set(steps)) and steps[0] == 10 and steps[-1] == 400 and 12 < len(steps) < 35
    assert all(len(one.forecast) == len(done.began.truth) == len(done.began.bayes) for one in done.snapshots)
    assert wait_for(Runs(runs.home), run, "finished").evaluations == done.evaluations


def test_a_run_whose_process_died_says_so_can_go_on_and_can_be_kept_once_it_is_stopped(
    runs, forked, monkeypatch
):
    changes = {"recipe.steps": 20_000, "recipe.learning_rate": 0.05, "recipe.batch_size": 16}
    run = runs.begin(TrainingSpec.of(_registry.entry("linear.square"), changes=changes))
    now = wait_for(runs, run, "running", evaluations=2)
    while not is_useful(now):
        now = wait_for(runs, run, "running", evaluations=len(now.evaluations) + 1)
    runs._processes[run][1].kill()
    died = wait_for(runs, run, "died")
    assert "-9" in died.problem and len(died.evaluations) >= 2
    launched = []
    with monkeypatch.context() as patch:
        patch.setattr(runs, "_launch", lambda *given: launched.append(given))
        runs.resume(run)
    assert launched == [(run, "train", "run")]
    runs.stop(run)
    assert runs.status(run).state == "stopped"
    with pytest.raises(InputError, match="stopped"):
        runs.resume(run)
    for name, said in (("lstm.sine", "shipped"), ("../x", re.escape("../x")), ("bayes.sine", "computed")):
        with pytest.raises(InputError, match=said):
            runs.keep(run, name)
    runs.keep(run, "linear.square-mine")
    assert runs.status(run).state == "keeping"
    ended = wait_for(runs, run, "stopped")
    assert [one.name for one in ended.saved] == ["linear.square-mine"]
    manifest = store.open_bundle(shelf.available()["linear.square-mine"]).manifest
    assert manifest.name == "linear.square-mine" and manifest.score.excess[0] == ended.saved[0].excess
    assert TrainingSpec.of_manifest(manifest) == ended.plan.spec
    with pytest.raises(InputError, match=r"'linear\.square-mine'"):
        runs.keep(run, "linear.square-mine")


def test_a_run_that_cannot_begin_says_why_and_another_has_the_floors_of_its_changed_signal(runs, forked):
    from seqzoo.zoo.transformer import TransformerConfig

    run = runs.start("transformer.sine", msgspec.structs.replace(TINY, size=6, sigma=0.3, steps=20))
    failed = wait_for(runs, run, "failed")  # four heads cannot share a width of 6
    assert TransformerConfig().heads == 4 and "transformer" in failed.problem and "Traceback" not in failed.problem
    with pytest.raises(InputError, match="no weights"):
        runs.keep(run, "transformer.sine-mine")
    run = runs.start("lstm.sine", msgspec.structs.replace(TINY, sigma=0.3, steps=20_000))
    wait_for(runs, run, "running", evaluations=1)
    runs._processes[run][1].release()  # as when the server ends, however it does
    began = wait_for(runs, run, "paused").began
    assert (runs.folder / run / "checkpoint.safetensors").exists()
    expected = dict(floors(Sine(sigma=0.3), 20, samples=50_000)[0].items())
    assert began.floors == pytest.approx(expected)
    assert began.floors["noise"] == pytest.approx(0.09)


def test_a_run_that_is_no_better_than_the_last_value_cannot_be_kept(runs, monkeypatch):
    monkeypatch.setattr(runs, "_launch", lambda run, task, argument: None)
    run = runs.start("linear.sine", TINY)
    last = 0.02
    for event in (Began(20, {"last_value": last}, False, [], []), Evaluated(20, last, 1.0, last, 1e-5, 0.1),
                  Ended(20, True)):  # fmt: skip
        append(runs.folder / run / "events.jsonl", event)
    (runs.folder / run / CHECKPOINT).touch()
    finished = runs.status(run)
    assert finished.state == "finished" and finished.evaluations and not is_useful(finished)
    with pytest.raises(InputError, match="last value"):
        runs.keep(run, "linear.sine-mine")
    append(runs.folder / run / "events.jsonl", Evaluated(30, 0.99 * last, 1.0, last, 1e-5, 0.1))
    assert is_useful(runs.status(run))


@pytest.mark.parametrize(
    ("field", "value"),
    [("size", 1), ("size", 193), ("size", 8.5), ("learning_rate", float("nan")), ("learning_rate", 1), ("steps", 0),
     ("steps", 20_001), ("batch_size", True), ("batch_size", 2000), ("sigma", 0), ("sigma", 0.6), ("seed", -1),
     ("optimiser", "sgd")],
)  # fmt: skip
def test_a_setting_outside_its_range_is_one_sentence_that_states_the_range(runs, field, value):
    with pytest.raises((InputError, UnknownNameError)) as caught:
        runs.start("lstm.sine", msgspec.structs.replace(TINY, **{field: value}))
    assert field in str(caught.value) and "\n" not in str(caught.value)
    assert runs.all() == []


def test_what_is_no_run_or_no_model_is_said(runs):
    for run in ("0123456789ab", "../../etc", ""):
        with pytest.raises(UnknownNameError):
            runs.status(run)
    with pytest.raises(UnknownNameError):
        runs.start("lstm.nothing", TINY)
    with pytest.raises(InputError):
        runs.start("bayes.sine", TINY)


def test_the_spec_of_a_model_with_its_own_settings_is_the_one_it_was_trained_by(shipped):
    for path in (shipped, store.SHIPPED / "lstm.recall-k4", store.SHIPPED / "lstm.sine-h50"):
        manifest = store.open_bundle(path).manifest
        spec = TrainingSpec.of_manifest(manifest)
        assert spec_of(manifest, Settings.of(spec)) == spec and spec.zoo_name == path.name
        bar = Bar(spec, quiet=True)
        assert bar.progress.tasks[0].description == path.name
    louder = msgspec.structs.replace(Settings.of(spec), sigma=0.3, size=9)
    assert spec_of(manifest, louder) == TrainingSpec.of(
        _registry.entry("lstm.sine-h50"), seed=spec.seed, changes={"signal.sigma": 0.3, "config.hidden_size": 9}
    )


def test_the_name_of_a_run_has_its_size_as_the_zoo_has_it_and_any_other_size_tells_runs_apart():
    bundles = [store.open_bundle(each) for each in store.SHIPPED.iterdir()]
    specs = {each.manifest.name: TrainingSpec.of_manifest(each.manifest) for each in bundles}
    assert {name: named(spec) for name, spec in specs.items()} == {name: name for name in specs}
    for name, spec in specs.items():
        sized = next((field for field in SIZE_FIELDS if field in spec.config), None)
        if sized:
            other = named(msgspec.structs.replace(spec, config={**spec.config, sized: 7}))
            assert other != name and "7" in other


def test_a_log_is_read_as_it_grows_and_neither_a_torn_line_nor_a_step_done_again_counts(tmp_path):
    def point(step: int) -> Evaluated:
        return Evaluated(step, 0.1, 1.0, 0.1, 1e-3, 0.1)

    path = tmp_path / "events.jsonl"
    log = Log(path)
    log.read()
    assert log.version == 0
    for step in (10, 20, 30):
        append(path, point(step))
    log.read()
    with path.open("ab") as file:
        file.write(b'{"event":"evaluated","st')
    log.read()
    append(path, Snapshot(20, [0.5]))
    append(path, point(30))
    append(path, point(40))
    log.read()
    again = Log(path)
    again.read()
    for read in (log, again):
        assert [one.step for one in read.evaluations] == [10, 20, 30, 40]
        assert read.snapshots == [Snapshot(20, [0.5])] and read.last is None
    append(path, Ended(40, True))
    append(path, Failed("no"))
    log.read()
    assert log.last == Failed("no")


def test_a_page_and_a_server_of_one_home_share_the_runs(home):
    assert here() is here() and here().home == home


def test_old_runs_give_way(runs, monkeypatch):
    monkeypatch.setattr("seqzoo.execution.runs.manager.MOST_KEPT", 2)
    monkeypatch.setattr(runs, "_launch", lambda run, task, argument: None)
    made = [runs.start("lstm.sine", TINY) for _ in range(3)]
    assert [run for run, _ in runs.all()] == made[:0:-1]
    with pytest.raises(UnknownNameError):
        runs.status(made[0])
