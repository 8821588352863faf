"""A place for tests of what is computed, not of the processes that compute it: those import torch for seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Self

from seqzoo.errors import SeqzooError
from seqzoo.execution.tasks import Failure, Outcome, Retry, Task, line


class Here:
    """A `Place`: this process. Tasks run in order; what is not a SeqzooError is raised."""

    in_flight, dashboard = 0, ""

    def __init__(self, on: str | int = "local") -> None:
        """Also stands in for `execution.tasks.place` and for `Local`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(
        self,
        work: Callable[[Task], Outcome],
        tasks: Iterable[Task],
        *,
        should_stop: Callable[[], bool] = lambda: False,
        on_retry: Callable[[Retry], Any] = lambda retry: None,
    ) -> Iterator[tuple[Task, Outcome | Failure]]:
        """As `Place.run`."""
        for task in tasks:
            if should_stop():
                return
            try:
                outcome: Outcome | Failure = work(task)
            except SeqzooError as error:
                outcome = Failure(line(error))
            yield task, outcome
