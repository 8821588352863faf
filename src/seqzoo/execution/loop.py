"""The loop of every place: a bounded number of tasks in flight, outcomes as they finish, retries, and a stop.

To begin and end a task takes about a millisecond. Quick tasks therefore fly in batches, as large as keeps the loop at
`RATE` batches a second.
"""

from __future__ import annotations

import functools
import pickle
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Generic, NamedTuple, TypeVar, cast

from .tasks import ATTEMPTS, Failure, Outcome, Retry, Task, attempt

RATE = 250  # batches a second, which take the loop less than half of a core, on Ray too
KNOWN = 32  # outcomes before the mean time of a task is trusted
LARGEST = 256  # tasks of a batch: their outcomes arrive together

Handle = TypeVar("Handle")
Numbered = tuple[Task, int]
"""A task, and the number of its attempt."""


class Ended(NamedTuple):
    """The outcomes of a batch, in order, and the seconds that they took."""

    outcomes: list[Any]
    seconds: float


class Lost(NamedTuple):
    """How the worker of a batch was lost, in one line."""

    reason: str


class Loop(ABC, Generic[Handle]):
    """A `Place` on top of what begins, ends and cancels one batch. A handle stands for a batch in flight.

    Args:
        attempts: how often a task is tried whose worker is lost.
    """

    dashboard = ""
    ahead = 1
    """Batches in flight for each worker."""

    def __init__(self, attempts: int = ATTEMPTS) -> None:
        self._attempts = attempts
        self.in_flight = 0

    def run(
        self,
        work: Callable[[Task], Outcome],
        tasks: Iterable[Task],
        *,
        should_stop: Callable[[], bool] = lambda: False,
        on_retry: Callable[[Retry], None] = lambda retry: None,
    ) -> Iterator[tuple[Task, Outcome | Failure]]:
        """As `Place.run`."""
        coming = _Coming(tasks, self._attempts, on_retry)
        flying: dict[Handle, list[Numbered[Task]]] = {}
        pace = _Pace()
        try:
            prepared = self._prepared(work)
            while not should_stop():
                workers = self._workers()
                size = pace.size(workers)
                while len(flying) < self.ahead * workers and (batch := coming.take(size)):
                    flying[self._begin(prepared, [task for task, _ in batch])] = batch
                    self.in_flight += len(batch)
                if not flying:
                    return
                for handle in self._done(flying):
                    batch = flying.pop(handle)
                    self.in_flight -= len(batch)
                    result = self._result(handle)
                    if isinstance(result, Ended):
                        pace.note(result)
                        yield from zip((task for task, _ in batch), result.outcomes, strict=True)
                    elif isinstance(result, Lost) and should_stop():
                        return  # its signal may have killed the worker too: the tasks have not failed
                    else:
                        failed = coming.failed(batch, result)
                        yield from ((task, Failure(result.reason)) for task in failed)
        finally:
            self.in_flight = 0
            self._cancel(flying)

    def _prepared(self, work: Callable[[Task], Outcome]) -> Any:
        """What `_begin` takes for the function of a run: pickled, by default."""
        return pickle.dumps(work)

    @abstractmethod
    def _workers(self) -> int:
        """How many workers there are now, at least 1."""

    @abstractmethod
    def _begin(self, prepared: Any, tasks: list[Any]) -> Handle:
        """Begin `attempts_of(work, tasks)` in a worker."""

    @abstractmethod
    def _done(self, flying: Collection[Handle]) -> Iterable[Handle]:
        """Those that have ended, after at most `tasks.POLL` seconds.

        Raises:
            SeqzooError: no outcome can arrive here any more.
        """

    @abstractmethod
    def _result(self, handle: Handle) -> Ended | Lost | Failure:
        """How a batch ended; a Failure where its outcomes cannot be brought here."""

    @abstractmethod
    def _cancel(self, flying: Mapping[Handle, Any]) -> None:
        """End what is in flight, at the end of a run."""


def attempts_of(pickled: bytes, tasks: list[Any]) -> Ended:
    """In the worker: the outcome or `Failure` of each task, by a pickled function."""
    work = _function(pickled)
    began = time.perf_counter()
    return Ended([attempt(work, task) for task in tasks], time.perf_counter() - began)


@functools.lru_cache(maxsize=1)
def _function(pickled: bytes) -> Callable[[Any], Any]:
    """The worker keeps it for the batches that follow: it may hold a model, which takes milliseconds to open."""
    return cast("Callable[[Any], Any]", pickle.loads(pickled))


class _Coming(Generic[Task]):
    """The tasks of a run that are still to begin, those tried again among them.

    Args:
        tasks: taken one by one; a deque is used up, and may grow while the run goes on.
    """

    def __init__(self, tasks: Iterable[Task], attempts: int, on_retry: Callable[[Retry], None]) -> None:
        self._deque = tasks if isinstance(tasks, deque) else None
        self._tasks = iter(tasks) if self._deque is None else iter(())
        self._again = deque[Numbered[Task]]()
        self._attempts, self._on_retry = attempts, on_retry

    def take(self, size: int) -> list[Numbered[Task]]:
        """The next batch; empty while there is none. What is tried again flies by itself."""
        if self._again:
            return [self._again.popleft()]
        batch: list[Numbered[Task]] = []
        while len(batch) < size:
            if self._deque:
                batch.append((self._deque.popleft(), 1))
            elif (following := next(((task, 1) for task in self._tasks), None)) is not None:
                batch.append(following)
            else:
                break
        return batch

    def failed(self, batch: list[Numbered[Task]], result: Lost | Failure) -> list[Task]:
        """The tasks of a batch that have failed for good; the others are tried again."""
        failed = []
        for task, number in batch:
            if isinstance(result, Lost) and number < self._attempts:
                self._on_retry(Retry(task, result.reason))
                self._again.append((task, number + 1))
            elif isinstance(result, Failure) and len(batch) > 1:  # one of them: which shows when each flies by itself
                self._again.append((task, number))
            else:
                failed.append(task)
        return failed


class _Pace:
    """How many tasks fly together: those whose mean time shows that one by one they would keep the loop too busy."""

    def __init__(self) -> None:
        self._tasks, self._seconds = 0, 0.0

    def note(self, ended: Ended) -> None:
        self._tasks += len(ended.outcomes)
        self._seconds += ended.seconds

    def size(self, workers: int) -> int:
        if self._tasks < KNOWN:
            return 1
        return max(1, min(LARGEST, int(workers / RATE * self._tasks / max(self._seconds, 1e-9))))
