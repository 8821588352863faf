"""Stands in for `execution.local.in_processes` where what is computed is tested, not that processes compute it.

Each process would import torch, which takes two seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from seqzoo.errors import SeqzooError
from seqzoo.execution.local import Failure, _line

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")


def here(
    work: Callable[[Task], Outcome], tasks: Sequence[Task], workers: int, should_stop: Callable[[], bool]
) -> Iterator[tuple[Task, Outcome | Failure]]:
    """As the pool, in this process and in order."""
    for task in tasks:
        if should_stop():
            return
        try:
            outcome: Outcome | Failure = work(task)
        except SeqzooError as error:
            outcome = Failure(_line(error))
        yield task, outcome
