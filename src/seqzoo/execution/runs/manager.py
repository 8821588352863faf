"""Starts, pauses, stops and saves runs, and reports their status. Imports no torch."""

from __future__ import annotations

import contextlib
import functools
import math
import re
import secrets
import shutil
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from ... import _storage
from ..._extras import check_torch
from ...bundles import shelf
from ...bundles.store import open_bundle
from ...errors import InputError, IntegrityError, UnknownNameError
from ...training.spec import TrainingSpec
from ..child import Child, last_line
from . import film
from .events import Began, Ended, Evaluated, Failed, Log, ModelSaved, SavingFailed, Snapshot
from .on_series import Order, spec_for
from .plans import Plan, Settings, named, spec_of
from .recording import CHECKPOINT, EVENTS, WISH, is_held

PLAN, STDERR = "plan.json", "stderr.txt"
MOST_KEPT = 30  # runs; beyond that, the oldest ones without a process are deleted
_ID = re.compile(r"[0-9a-f]{12}")

ALIVE = ("starting", "running", "pausing", "stopping", "keeping")
CAN_CONTINUE = ("paused", "died")
CAN_BE_KEPT = ("paused", "stopped", "finished", "died", "failed")


class Status(NamedTuple):
    """The status of a run. `version` changes whenever another field may have changed.

    `state` is one of ALIVE, or paused, stopped, finished, failed or died; `problem` says why it failed or died.
    `frames` are the steps of its film, see `film`.
    """

    id: str
    plan: Plan
    state: str
    problem: str
    began: Began | None
    evaluations: list[Evaluated]
    snapshots: list[Snapshot]
    saved: list[ModelSaved]
    saving_failed: SavingFailed | None
    has_weights: bool
    frames: list[int]
    version: tuple[int, str, bool, int]


def is_useful(run: Status) -> bool:
    """Whether the run has weights whose smallest error is below that of the last value repeated."""
    if run.began is None or not run.has_weights:
        return False
    return min((point.mse for point in run.evaluations), default=math.inf) < run.began.floors["last_value"]


class Runs:
    """The runs of one home folder. Safe to use from many threads.

    Only one process trains at a time: two would halve each other's speed, and that of the pages. A process shares a
    pipe with the server that started it. When the server ends, for any reason, the process ends too and leaves the
    run paused at its checkpoint. A continued run gives the same weights, bit for bit.

    Args:
        home: the folder of the user's models and runs, see `_storage.home`.
    """

    def __init__(self, home: Path) -> None:
        self.home, self.folder = home, home / "runs"
        self._lock = threading.RLock()
        self._processes: dict[str, tuple[str, Child]] = {}
        self._logs: dict[str, Log] = {}
        self._plans: dict[str, Plan] = {}

    def start(self, model: str, settings: Settings) -> str:
        """The id of a new run, which trains a model's recipe with these settings in a process.

        Raises:
            InputError: a setting lies outside its range, or another run is under way.
            UnknownNameError: the model or its architecture does not exist.
            MissingExtraError: torch is not installed.
        """
        check_torch("training")
        return self.begin(spec_of(open_bundle(shelf.find(model)).manifest, settings))

    def start_on_series(self, order: Order) -> str:
        """The id of a new run, which trains an architecture on a measured series and keeps the finished model.

        Its process chooses the scaling first.

        Raises:
            InputError: the series is too short, a setting lies outside its range, or another run is under way.
            MissingExtraError: torch is not installed.
        """
        check_torch("training")
        self._check_free()  # before seconds are spent on the spec
        spec = spec_for(order)
        name = f"{order.architecture}.{order.source.name}"
        return self.begin(spec, chooses_scaling=True, keep_as=shelf.free(name))

    def begin(self, spec: TrainingSpec, *, chooses_scaling: bool = False, keep_as: str = "") -> str:
        """The id of a new run, which trains a spec in a process. Arguments as for `Plan`.

        Raises:
            InputError: another run is under way.
        """
        with self._lock:
            self._check_free()
            run = self.add(spec, chooses_scaling=chooses_scaling, keep_as=keep_as)
            self._launch(run, "train", "run")
        return run

    def add(
        self,
        spec: TrainingSpec,
        model_files: Iterable[Path] = (),
        *,
        chooses_scaling: bool = False,
        keep_as: str = "",
    ) -> str:
        """The id of a new run without a process; the caller trains it with `recording.train`.

        Args:
            spec: the training.
            model_files: the user's files that define the architecture.
            chooses_scaling, keep_as: as for `Plan`.
        """
        with self._lock:
            self._prune()
            run = secrets.token_hex(6)
            files = [str(path.resolve()) for path in model_files]
            plan = Plan(spec, time.time(), files, chooses_scaling, keep_as)
            _storage.write_file(self.folder / run / PLAN, msgspec.json.encode(plan) + b"\n")
            self._wish(run, "run")
        return run

    def interrupted(self, spec: TrainingSpec) -> str | None:
        """The newest run of a spec that can continue from its checkpoint; None if there is none."""
        with self._lock:
            for run, plan in self.all():
                if plan.spec.fingerprint == spec.fingerprint and self._has_weights(run) and not self._alive(run)[1]:
                    self._wish(run, "run")
                    return run
        return None

    def drop(self, run: str) -> None:
        """Delete the folder of a run that has no process."""
        with self._lock:
            self._let_go(run)
            self._logs.pop(run, None)
            self._plans.pop(run, None)
            shutil.rmtree(self.folder / run, ignore_errors=True)

    def pause(self, run: str) -> None:
        """Ask the process of a run to write a checkpoint and end.

        Raises:
            UnknownNameError: the run does not exist.
            InputError: the run is not under way.
        """
        with self._lock:
            self._expect(run, "paused", ("starting", "running"))
            self._wish(run, "pause")

    def resume(self, run: str) -> None:
        """Continue a run from its checkpoint; its final weights are the same as without the pause.

        Raises:
            UnknownNameError: the run does not exist.
            InputError: the run is not paused, or another one is under way.
        """
        check_torch("training")
        with self._lock:
            self._expect(run, "continued", CAN_CONTINUE)
            self._check_free()
            self._launch(run, "train", "run")

    def stop(self, run: str) -> None:
        """End a run for good; its best weights so far stay.

        Raises:
            UnknownNameError: the run does not exist.
            InputError: the run has already ended.
        """
        with self._lock:
            self._expect(run, "stopped", ("starting", "running", "pausing", *CAN_CONTINUE))
            self._wish(run, "stop")

    def keep(self, run: str, name: str) -> None:
        """Score, export, verify and save the best weights so far as a user's model, in a process.

        Raises:
            UnknownNameError: the run does not exist.
            InputError: the name is invalid or taken; the run has no weights, or weights no better than the last
                value; or a run is under way.
        """
        check_torch("keeping a model")
        target = shelf.place(name)
        if target.exists():
            raise InputError(f"there is a model {name!r} already; choose another name.")
        with self._lock:
            now = self._expect(run, "kept", CAN_BE_KEPT)
            if not (now.evaluations and now.has_weights):
                raise InputError("the run has no weights yet: train it for longer.")
            if not is_useful(now):
                raise InputError(
                    "the run is no better than the last value repeated, and cannot be saved: train it for longer, or "
                    "with a lower learning rate."
                )
            self._check_free()
            self._launch(run, "keep", name)

    def all(self) -> list[tuple[str, Plan]]:
        """The id and the plan of every run, the newest first."""
        runs = []
        with self._lock, contextlib.suppress(OSError):
            for path in self.folder.iterdir():
                if _ID.fullmatch(path.name):
                    with contextlib.suppress(UnknownNameError):
                        runs.append((path.name, self._plan(path.name)))
        return sorted(runs, key=lambda one: one[1].created, reverse=True)

    def status(self, run: str) -> Status:
        """The status of a run now; reads its new events.

        Raises:
            UnknownNameError: the run does not exist.
        """
        with self._lock:
            plan, log = self._plan(run), self._logs.setdefault(run, Log(self.folder / run / EVENTS))
            state = self._state(run, log)  # checks the process before it reads the events, so as to miss none
            problem = log.last.reason if isinstance(log.last, Failed) else ""
            if state == "died":
                problem = self._last_words(run)
            has_weights = self._has_weights(run)
            recorded = film.frames(self.folder / run)
            saving_failed = log.last_saving if isinstance(log.last_saving, SavingFailed) else None
            return Status(
                run, plan, state, problem, log.began, log.evaluations, log.snapshots, log.saved, saving_failed,
                has_weights, recorded, (log.version, state, has_weights, len(recorded)),
            )  # fmt: skip

    def frames(self, run: str) -> list[int]:
        """The steps of a run's film; none of a run that does not exist."""
        return film.frames(self.folder / run)

    def frame(self, run: str, step: int) -> bytes:
        """The safetensors file of a run's averaged weights after a step that its film has.

        Raises:
            UnknownNameError: the run does not exist, or its film has no such step.
        """
        with self._lock:
            self._plan(run)
        return film.read(self.folder / run, step)

    def _state(self, run: str, log: Log) -> str:
        task, is_alive = self._alive(run)
        log.read()
        try:
            wish = _storage.read_file(self.folder / run / WISH, 100).decode()
        except (IntegrityError, UnicodeDecodeError):
            wish = "run"
        if is_alive:
            if task == "keep" or (isinstance(log.last, Ended) and log.last.finished):
                return "keeping"
            if wish in ("pause", "stop"):
                return {"pause": "pausing", "stop": "stopping"}[wish]
            return "running" if log.began is not None and log.last is None else "starting"
        if isinstance(log.last, Failed):
            return "failed"
        if log.last is not None and log.last.finished:
            return "finished"
        if wish in ("pause", "stop"):
            return {"pause": "paused", "stop": "stopped"}[wish]
        return "died" if log.last is None else "paused"

    def _has_weights(self, run: str) -> bool:
        """Whether the checkpoint exists; a command removes it after saving the finished model."""
        return (self.folder / run / CHECKPOINT).exists()

    def _alive(self, run: str) -> tuple[str, bool]:
        """The task of the run's process, and whether one lives, of this server or of another with the same home."""
        known = self._processes.get(run)
        if known is not None and known[1].is_alive:
            return known[0], True
        return "train", is_held(self.folder / run)

    def _last_words(self, run: str) -> str:
        """A sentence on a process that ended without an event: it was killed, for example, or the disk was full."""
        known = self._processes.get(run)
        status = "" if known is None else f" with status {known[1].status}"
        return f"Its process ended{status}: {last_line(self.folder / run / STDERR)[:200] or 'without a word'}."

    def _expect(self, run: str, what: str, states: tuple[str, ...]) -> Status:
        now = self.status(run)
        if now.state not in states:
            raise InputError(f"a run that is {now.state} cannot be {what}; one that is {' or '.join(states)} can.")
        return now

    def _check_free(self) -> None:
        for run, plan in self.all():
            if self._alive(run)[1]:
                raise InputError(
                    f"a run of {named(plan.spec)} is under way ({run}), and one runs at a time. Pause or stop it "
                    "first."
                )

    def _plan(self, run: str) -> Plan:
        cached = self._plans.get(run)
        if cached is None or cached.chooses_scaling or not (self.folder / run / PLAN).exists():
            self._plans.pop(run, None)
            if cached is None or not cached.chooses_scaling:  # a run that has chosen goes on with its log
                self._logs.pop(run, None)
            try:
                if not _ID.fullmatch(run):
                    raise IntegrityError("no run has such an id")
                data = _storage.read_file(self.folder / run / PLAN, 1 << 20)
                self._plans[run] = msgspec.json.decode(data, type=Plan)
            except (IntegrityError, msgspec.MsgspecError):
                known = [one.name for one in self.folder.iterdir()] if self.folder.is_dir() else []
                raise UnknownNameError("run", run, [one for one in known if _ID.fullmatch(one)]) from None
        return self._plans[run]

    def _wish(self, run: str, wish: str) -> None:
        _storage.write_file(self.folder / run / WISH, wish.encode())

    def _launch(self, run: str, task: str, argument: str) -> None:
        folder = self.folder / run
        if task == "train":
            self._wish(run, argument)
        environment = {"SEQZOO_HOME": str(self.home)}
        child = Child(f"{__package__}.worker", [str(folder), task, argument], folder / STDERR, environment)
        self._let_go(run)
        self._processes[run] = (task, child)

    def _let_go(self, run: str) -> None:
        """Close the pipe to a process that has ended."""
        before = self._processes.pop(run, None)
        if before is not None:
            before[1].release()

    def _prune(self) -> None:
        for run, _ in self.all()[MOST_KEPT - 1 :]:
            if not self._alive(run)[1]:
                self.drop(run)


@functools.cache
def _of(home: Path) -> Runs:
    return Runs(home)


def here() -> Runs:
    """The runs of SEQZOO_HOME, the same for every caller of this process."""
    return _of(_storage.home())
