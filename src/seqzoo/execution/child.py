"""A Python process beside this one: started, watched, ended together with what it started."""

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

PATIENCE = 10.0  # seconds that a process has to end after it was told to
LONGEST_LOG = 1 << 20


class Child:
    """A process in a session of its own, so that Ctrl-C in the terminal is its parent's; what it writes is not read.

    Args:
        module: what Python runs, as `python -m`.
        log: standard error is appended to this file.
        environment: beside what this process has.

    Raises:
        OSError: it cannot be started, or the log cannot be written.
    """

    def __init__(
        self, module: str, arguments: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.PIPE,  # its other end closes with this process, however that ends
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        self._log = log

    @property
    def pid(self) -> int:
        """Of the process, and of its session."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll()

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self.status is None

    def stop(self) -> None:
        """Tell it to end, and end it where it does not."""
        if self.is_alive:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
        self.release()

    def kill(self) -> None:
        """End it, with the processes that it started."""
        if self.is_alive:
            with contextlib.suppress(ProcessLookupError):
                if hasattr(os, "killpg"):
                    os.killpg(self._process.pid, signal.SIGKILL)
                else:
                    self._process.kill()
            self._process.wait()
        self.release()

    def release(self) -> None:
        """Close this end of its standard input."""
        if self._process.stdin is not None:
            self._process.stdin.close()


def last_line(log: Path) -> str:
    """The last line in a log that is not blank; empty where there is none."""
    try:
        text = _storage.read_file(log, LONGEST_LOG).decode("utf-8", "replace")
    except IntegrityError:
        return ""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
