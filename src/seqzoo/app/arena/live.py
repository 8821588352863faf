"""The small version of an experiment, run by the command line in a child process. One runs at a time."""

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
    """The small version that a visitor chose: an experiment, its settings, the part to show, and the models."""

    experiment: AnyExperiment
    demonstration: Demonstration
    part: str
    models: tuple[str, ...]

    @classmethod
    def of(cls, key: str, signal: str, part: str, models: Sequence[str]) -> Choice:
        """The choice for the experiment of that key. Without models, the experiment chooses them."""
        chosen = experiment(key)
        return cls(chosen, chosen.demonstrate(signal, part, models), part, tuple(models))

    @property
    def arguments(self) -> list[str]:
        """The arguments of the command line, without --json and --out."""
        return command_line(self.experiment, self.demonstration.settings)

    @property
    def total(self) -> int:
        """The number of measurements of a complete run."""
        return self.demonstration.total

    def measured(self, folder: Path) -> int:
        """The number of measurements in the folder so far.

        Raises:
            SeqzooError: the file cannot be read.
        """
        return self.experiment.read(folder).measured if (folder / self.experiment.file).exists() else 0


class RunState(NamedTuple):
    """The state of a run. `how` is "running", "stopping", "finished", "stopped", or "failed" for a `reason`."""

    choice: Choice
    folder: Path
    how: str
    measured: int
    seconds: float
    reason: str = ""

    @property
    def is_running(self) -> bool:
        """Whether the process of the run is still alive."""
        return self.how in ("running", "stopping")


class Live:
    """The one run of this server. Its methods wait for disks and processes: call them off the event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._choice: Choice | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._began = 0.0
        self._was_stopped = False
        self._last: RunState | None = None  # set once the run has ended
        self.version = 0

    def start(self, choice: Choice) -> None:
        """Begin a run.

        Raises:
            InputError: another run is going on, or the home folder cannot be written to.
        """
        with self._lock:
            if self._child is not None and self._child.is_alive:
                raise InputError("a small version is running already: wait until it ends, or stop it first.")
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
        """End the run and keep the measurements so far."""
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
        """The state of the latest run; None before the first."""
        with self._lock:
            choice, child, holder = self._choice, self._child, self._folder
            if choice is None or child is None or holder is None:
                return None
            if self._last is not None:
                return self._last
            folder, status = Path(holder.name), child.status  # read before the count: it may not miss the last
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
