"""A child process in Python: starts it, watches it, and ends it together with the processes that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from .. import _storage
from ..errors import IntegrityError

PATIENCE = 10.0  # seconds that a process has to end after SIGTERM
LONGEST_LOG = 1 << 20


class Child:
    """A process in a separate session, so that Ctrl-C in the terminal reaches only its parent.

    Args:
        module: the module that `python -m` runs.
        arguments: the arguments of the module.
        log: the file to which standard error is appended; standard output is dropped.
        environment: variables in addition to those of this process.

    Raises:
        OSError: the process cannot be started, or the log cannot be written.
    """

    def __init__(
        self, module: str, arguments: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.PIPE,  # this process holds the other end, which closes however this process ends
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        self._log = log

    @property
    def pid(self) -> int:
        """The id of the process, and of its session."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """The exit status; None while the process runs."""
        return self._process.poll()

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.status is None

    def stop(self) -> None:
        """Ask the process to end, and kill it if it does not end in time."""
        if self.is_alive:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
        self.release()

    def kill(self) -> None:
        """Kill the process and the processes that it started."""
        if self.is_alive:
            with contextlib.suppress(ProcessLookupError):
                if hasattr(os, "killpg"):
                    os.killpg(self._process.pid, signal.SIGKILL)
                else:
                    self._process.kill()
            self._process.wait()
        self.release()

    def release(self) -> None:
        """Close this end of the process's standard input."""
        if self._process.stdin is not None:
            self._process.stdin.close()


def last_line(log: Path) -> str:
    """The last line of a log that is not blank; empty if there is none."""
    try:
        text = _storage.read_file(log, LONGEST_LOG).decode("utf-8", "replace")
    except IntegrityError:
        return ""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
