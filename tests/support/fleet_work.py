"""Tasks for tests of places where tasks run; workers import them by name."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import NamedTuple

from seqzoo.errors import DivergedError

GO = "go"


class Part(NamedTuple):
    """A task: a number to square. Through the files of `folder`, the test and its tasks know of each other."""

    number: int
    folder: str


def worked(part: Part) -> int:
    """The square. Number 3 raises; the first worker that has number 5 is killed."""
    if part.number == 3:
        raise DivergedError("training diverged:\nat step 7 the loss is nan.")
    died = Path(part.folder, "died")
    if part.number == 5 and not died.exists():
        died.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return part.number**2


def waiting(part: Part) -> int:
    """The square, once the test says GO; before, a file bears the name of the node."""
    import ray

    folder = Path(part.folder)
    if not (folder / GO).exists():
        (folder / ray.get_runtime_context().get_node_id()).touch()
    while not (folder / GO).exists():
        time.sleep(0.02)
    return part.number**2


def fatal(task: str) -> str:
    """Ends its process."""
    os._exit(1)


def lasting(folder: str) -> None:
    """Leaves its process id in a folder and takes a while."""
    Path(folder, str(os.getpid())).touch()
    time.sleep(600)
