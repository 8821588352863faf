"""The small version of a question, by the command line in a process of its own: one at a time for all visitors."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ... import _storage
from ...errors import InputError, SeqzooError

if TYPE_CHECKING:
    from ...arena.small import Small

PATIENCE = 10.0  # seconds that a run has to end after it was told to
LONGEST_LINE = 400


class State(NamedTuple):
    """How a run stands: "running", "stopping", "finished", "stopped" or "failed" for the reason given."""

    small: Small
    folder: Path
    how: str
    done: int
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
        self._process: subprocess.Popen[bytes] | None = None
        self._small: Small | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._began = 0.0
        self._was_stopped = False
        self._last: State | None = None  # once it has ended
        self.version = 0

    def start(self, small: Small) -> None:
        """Begin a run.

        Raises:
            InputError: another one runs, or the home folder cannot be written to.
        """
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                raise InputError("a small version runs already: wait until it has ended, or stop it first.")
            if self._folder is not None:
                self._folder.cleanup()
            try:
                home = _storage.home() / "arena"
                home.mkdir(parents=True, exist_ok=True)
                self._folder = tempfile.TemporaryDirectory(prefix="small-", dir=home, ignore_cleanup_errors=True)
                folder = Path(self._folder.name)
                with (folder / "log.txt").open("wb") as log:
                    self._process = subprocess.Popen(
                        [sys.executable, "-m", "seqzoo", *small.arguments, "--out", str(folder)],
                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, start_new_session=True,
                    )  # fmt: skip
            except OSError as error:
                raise InputError(f"the small version cannot be started: {error}.") from None
            self._small, self._began, self._was_stopped, self._last = small, time.monotonic(), False, None
            self.version += 1

    def stop(self) -> None:
        """End the run, with what is there kept."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        self._was_stopped = True
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._kill(process)

    def close(self) -> None:
        """End the run and remove its folder."""
        if self._process is not None and self._process.poll() is None:
            self._kill(self._process)
        if self._folder is not None:
            self._folder.cleanup()

    def state(self) -> State | None:
        """How the latest run stands; None before the first."""
        with self._lock:
            small, process, holder = self._small, self._process, self._folder
            if small is None or process is None or holder is None:
                return None
            if self._last is not None:
                return self._last
            folder, status = Path(holder.name), process.poll()  # before the count: nothing comes after the end
            done, reason = 0, ""
            try:
                done = small.done(folder)
            except SeqzooError as error:
                reason = str(error)
            now = State(small, folder, "running", done, time.monotonic() - self._began)
            if status is None:
                return now._replace(how="stopping") if self._was_stopped else now
            if status == 0:
                self._last = now._replace(how="finished", reason=reason)
            elif self._was_stopped:
                self._last = now._replace(how="stopped")
            else:
                self._last = now._replace(how="failed", reason=reason or _last_line(folder / "log.txt", status))
            return self._last

    @staticmethod
    def _kill(process: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(ProcessLookupError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)  # with the processes that train for it
            else:
                process.kill()
        process.wait()


def _last_line(log: Path, status: int) -> str:
    """What the command said last, or how it ended."""
    lines = []
    with contextlib.suppress(OSError):
        lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1][:LONGEST_LINE] if lines else f"the process ended with status {status}."


live = Live()
atexit.register(live.close)
