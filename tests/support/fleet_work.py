"""Tasks for tests of places where tasks run; workers import them by name."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import NamedTuple

from seqzoo.errors import DivergedError


class Part(NamedTuple):
    """A task: a number to square, after some seconds. `folder` remembers that its worker died once."""

    number: int
    folder: str
    seconds: float = 0.0


def worked(part: Part) -> int:
    """The square. Number 3 raises; the first worker that has number 5 is killed."""
    if part.number == 3:
        raise DivergedError("training diverged:\nat step 7 the loss is nan.")
    died = Path(part.folder, "died")
    if part.number == 5 and not died.exists():
        died.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(part.seconds)
    return part.number**2


def fatal(task: str) -> str:
    """Ends its process."""
    os._exit(1)


def lasting(folder: str) -> None:
    """Leaves its process id in a folder and takes a while."""
    Path(folder, str(os.getpid())).touch()
    time.sleep(600)
