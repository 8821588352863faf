"""Tasks of a diagnosis in processes, while this process goes on."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Self

from .._arrays import FloatArray
from ..errors import SeqzooError, first_line
from ..execution.local import Local
from ..execution.tasks import Failure

Task = Callable[[], FloatArray]
Outcome = FloatArray | str
"""The outcome of a task, or the reason why it has none."""


class Running:
    """Tasks that run in processes while this one goes on.

    Args:
        workers: 1 runs the tasks in this process, when their outcomes are asked for.
        processes: the most processes that run otherwise; each has to import torch.
        should_stop: polled; True ends the tasks.
    """

    def __init__(
        self, tasks: Sequence[Task], workers: int, processes: int, should_stop: Callable[[], bool]
    ) -> None:
        self._tasks, self._should_stop = tasks, should_stop
        self._ended = threading.Event()
        self._outcomes: queue.SimpleQueue[tuple[int, Outcome] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, args=(min(workers, processes),), daemon=True)
        self._is_parallel = workers > 1 and len(tasks) > 0
        if self._is_parallel:
            self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes."""
        self._ended.set()
        if self._is_parallel:
            self._thread.join()

    def outcomes(self) -> Iterator[tuple[int, Outcome]]:
        """The number of each task with its outcome, or with the reason why it has none, as soon as it is done."""
        if self._is_parallel:
            while (outcome := self._outcomes.get()) is not None:
                yield outcome
            return
        for number, task in enumerate(self._tasks):
            if self._should_stop():
                return
            try:
                yield number, task()
            except Exception as error:  # as in a process: a task that fails loses only itself
                is_ours = isinstance(error, SeqzooError)
                yield number, " ".join(str(error).split()) if is_ours else first_line(error)

    def _run(self, workers: int) -> None:
        def should_stop() -> bool:
            return self._ended.is_set() or self._should_stop()

        try:
            numbered = list(enumerate(self._tasks))
            for (number, _), outcome in Local(workers).run(_call, numbered, should_stop=should_stop):
                self._outcomes.put((number, outcome.reason if isinstance(outcome, Failure) else outcome))
        finally:
            self._outcomes.put(None)


def _call(numbered: tuple[int, Task]) -> FloatArray:
    return numbered[1]()
