"""Tasks of a diagnosis in processes, while this process goes on."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

from ..errors import SeqzooError, first_line
from ..execution.local import Local
from ..execution.tasks import Failure

Task = Callable[[], Any]
Key = tuple[str, ...]
"""Names a task."""
Following = Callable[[Key, Any], Mapping[Key, Task]]
"""Maps a task and its outcome to the tasks that it leads to."""


class Running:
    """Tasks that run in processes while this one goes on. The processes stay until this object is left.

    Args:
        workers: 1 runs the tasks in this process, when their outcomes are asked for.
        processes: the most processes that run otherwise; each has to import torch.
        should_stop: polled; True ends the tasks.
    """

    def __init__(self, workers: int, processes: int, should_stop: Callable[[], bool]) -> None:
        self._should_stop = should_stop
        self._is_parallel = workers > 1
        self._ended = threading.Event()
        self._place = Local(min(workers, processes))
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._place.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        self._place.__exit__()

    def begin(self, tasks: Mapping[Key, Task], following: Following = lambda key, outcome: {}) -> None:
        """Begin tasks, in order. The outcomes of those before must have been taken.

        Args:
            following: called with each outcome, in any thread; the tasks that it returns come last.
        """
        self._waiting, self._following = deque(tasks.items()), following
        self._outcomes: queue.SimpleQueue[tuple[Key, Any] | None] = queue.SimpleQueue()
        if self._is_parallel:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def outcomes(self) -> Iterator[tuple[Key, Any]]:
        """Each task with its outcome, or with a `Failure`, as soon as it is done."""
        if self._is_parallel:
            while (done := self._outcomes.get()) is not None:
                yield done
            return
        while self._waiting and not self._should_stop():
            key, task = self._waiting.popleft()
            try:
                outcome = task()
            except Exception as error:  # as in a process: a task that fails loses only itself
                is_ours = isinstance(error, SeqzooError)
                outcome = Failure(" ".join(str(error).split()) if is_ours else first_line(error))
            self._waiting.extend(self._following(key, outcome).items())
            yield key, outcome

    def _run(self) -> None:
        def should_stop() -> bool:
            return self._ended.is_set() or self._should_stop()

        try:
            for (key, _), outcome in self._place.run(_call, self._waiting, should_stop=should_stop):
                self._waiting.extend(self._following(key, outcome).items())
                self._outcomes.put((key, outcome))
        finally:
            self._outcomes.put(None)


def _call(named: tuple[Key, Task]) -> Any:
    return named[1]()
