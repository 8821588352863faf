"""Tasks for tests of places where tasks run; workers import them by name."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from seqzoo.arena import sweep
from seqzoo.arena.sweep import Trial
from seqzoo.errors import DivergedError
from seqzoo.zoo._recipes import Recipe

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


def threads(part: Part) -> int:
    """How many threads polars has in the worker."""
    import polars

    return polars.thread_pool_size()


def waiting(part: Part) -> int:
    """The square, once the test says GO; before, a file bears the name of the node."""
    import ray

    folder = Path(part.folder)
    if not (folder / GO).exists():
        (folder / ray.get_runtime_context().get_node_id()).touch()
    while not (folder / GO).exists():
        time.sleep(0.02)
    return part.number**2


def row(folder: str, trial: Trial) -> dict[str, float]:
    """The row of a trial, whose key is noted first. From the third setting on, it waits for the test to say GO."""
    rate = trial.setting["recipe.learning_rate"]
    with Path(folder, "noted").open("a") as file:
        file.write(f"{trial.key}\n")
    while rate > 0.02 and not Path(folder, GO).exists():
        time.sleep(0.02)
    return {"excess": rate, "excess_se": 0.0}


@dataclass(frozen=True)
class Spec:
    """What a sweep reads of a spec, without torch, which a real one imports."""

    fingerprint: str
    name: str = "linear.sine"
    seed: int = 0
    recipe: Recipe = field(default_factory=Recipe)


def trials() -> list[Trial]:
    """Of four settings."""
    settings = sweep.grid("recipe.learning_rate=0.01,0.02,0.03,0.04")
    return [Trial(setting, Spec(f"{number:016x}")) for number, setting in enumerate(settings)]  # type: ignore[arg-type]


def greedy(part: Part) -> int:
    """The square, with more memory than the process may have."""
    import resource

    import numpy as np

    held = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (held + (64 << 20), resource.RLIM_INFINITY))
    try:
        return int(np.full(part.number << 20, part.number, float)[0]) ** 2
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def lasting(folder: str) -> None:
    """Leaves its process id in a folder and takes a while."""
    Path(folder, str(os.getpid())).touch()
    time.sleep(600)
