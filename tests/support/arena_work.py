"""What the arena's worker processes are given to do in tests; they import it by its name."""

from __future__ import annotations

import math
import os
import signal
import time
from pathlib import Path
from typing import Any

from seqzoo.arena.results import TrainingOutcome, TrainingResult
from seqzoo.errors import DivergedError


def square(number: int) -> int:
    """As the task says, save for four that go wrong."""
    if number == 3:
        raise DivergedError("training diverged:\nat step 7 the loss is nan.")
    if number == 4:
        raise ValueError("four")
    if number == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 8:
        return lambda: 64  # type: ignore[return-value]  # cannot be pickled
    return number**2


def slow(number: int) -> int:
    """Takes a while."""
    time.sleep(60)
    return number


def dies(*_: object) -> None:
    """Ends its process."""
    os._exit(1)


def noted(cell: Any) -> TrainingOutcome:
    """Notes that it was called, fails for the rnn, and makes up an outcome."""
    with Path(os.environ["SEQZOO_HOME"] + "-played.txt").open("a") as file:
        file.write(f"{cell.model} {cell.points} {cell.seed}\n")
    if cell.model == "rnn":
        raise DivergedError("training diverged.")
    return outcome(0.1 * (1 + cell.seed))


def outcome(excess: float) -> TrainingOutcome:
    """An outcome of that excess."""
    return TrainingOutcome(excess, excess / 100, 1 - excess, 0.01 * (1 + excess), 20_000, 21, 1.5, 40)


def result(
    model: str, seed: int, excess: float = math.nan, *, points: int | None = 1000, error: str = ""
) -> TrainingResult:
    """A result of that excess, or of that error."""
    return TrainingResult(model, points, 1280, seed, "f" * 16, None if error else outcome(excess), error)
