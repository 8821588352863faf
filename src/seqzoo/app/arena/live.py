"""A demonstration of an experiment, by the command line in a process: one at a time for all visitors."""

from __future__ import annotations

import atexit
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ... import _storage
from ...arena.experiment import AnyExperiment, Demonstration, command_line
from ...arena.experiments import experiment
from ...errors import InputError, SeqzooError
from ...execution.child import Child, last_line

LONGEST_LINE = 400
LOG = "log.txt"


class Choice(NamedTuple):
    """What a visitor would see run: an experiment's demonstration on a signal, a part of it, and models."""

    experiment: AnyExperiment
    demonstration: Demonstration
    part: str
    models: tuple[str, ...]

    @classmethod
    def of(cls, key: str, signal: str, part: str, models: Sequence[str]) -> Choice:
        """The demonstration of an experiment by its key; without models, of those that it chooses."""
        chosen = experiment(key)
        return cls(chosen, chosen.demonstrate(signal, part, models), part, tuple(models))

    @property
    def arguments(self) -> list[str]:
        """Of the command line, but for --json and --out."""
        return command_line(self.experiment, self.demonstration.settings)

    @property
    def total(self) -> int:
        """How many measurements there will be."""
        return self.demonstration.total

    def measured(self, folder: Path) -> int:
        """How many measurements are there.

        Raises:
            SeqzooError: the file cannot be read.
        """
        return self.experiment.read(folder).measured if (folder / self.experiment.file).exists() else 0


class RunState(NamedTuple):
    """How a run stands: "running", "stopping", "finished", "stopped" or "failed" for the reason given."""

    choice: Choice
    folder: Path
    how: str
    measured: int
    seconds: float
    reason: str = ""

    @property
    def is_running(self) -> bool:
        """Whether it goes on."""
        return self.how in ("running", "stopping")


class Live:
    """At most one run of the server. Its methods wait for disks and processes: call them off the event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._choice: Choice | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._began = 0.0
        self._was_stopped = False
        self._last: RunState | None = None  # once it has ended
        self.version = 0

    def start(self, choice: Choice) -> None:
        """Begin a run.

        Raises:
            InputError: another one runs, or the home folder cannot be written to.
        """
        with self._lock:
            if self._child is not None and self._child.is_alive:
                raise InputError("a small version runs already: wait until it has ended, or stop it first.")
            self._let_go()
            try:
                home = _storage.home() / "arena"
                home.mkdir(parents=True, exist_ok=True)
                self._folder = tempfile.TemporaryDirectory(prefix="small-", dir=home, ignore_cleanup_errors=True)
                folder = Path(self._folder.name)
                self._child = Child("seqzoo", [*choice.arguments, "--json", "--out", str(folder)], folder / LOG)
            except OSError as error:
                raise InputError(f"the small version cannot be started: {error}.") from None
            self._choice, self._began, self._was_stopped, self._last = choice, time.monotonic(), False, None
            self.version += 1

    def stop(self) -> None:
        """End the run, with what is there kept."""
        child = self._child
        if child is not None and child.is_alive:
            self._was_stopped = True
            child.stop()

    def close(self) -> None:
        """End the run and remove its folder."""
        if self._child is not None:
            self._child.kill()
        self._let_go()

    def _let_go(self) -> None:
        if self._child is not None:
            self._child.release()
        if self._folder is not None:
            self._folder.cleanup()

    def state(self) -> RunState | None:
        """How the latest run stands; None before the first."""
        with self._lock:
            choice, child, holder = self._choice, self._child, self._folder
            if choice is None or child is None or holder is None:
                return None
            if self._last is not None:
                return self._last
            folder, status = Path(holder.name), child.status  # before the count: nothing comes after the end
            measured, reason = 0, ""
            try:
                measured = choice.measured(folder)
            except SeqzooError as error:
                reason = str(error)
            now = RunState(choice, folder, "running", measured, time.monotonic() - self._began)
            if status is None:
                return now._replace(how="stopping") if self._was_stopped else now
            if status == 0:
                self._last = now._replace(how="finished", reason=reason)
            elif self._was_stopped:
                self._last = now._replace(how="stopped")
            else:
                line = last_line(folder / LOG)[:LONGEST_LINE] or f"the process ended with status {status}."
                self._last = now._replace(how="failed", reason=reason or line)
            return self._last


live = Live()
atexit.register(live.close)
