"""Tasks, and the places where they run: the processes of this machine, or a Ray cluster.

A task is one argument of a function; both can be pickled. Its outcome depends on the task only: not on the place, the
order or the time. A place yields outcomes as they finish, and holds a bounded number of tasks in flight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeVar

from ..errors import InputError, SeqzooError

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")

POLL = 0.2  # seconds between calls of `should_stop`
ATTEMPTS = 3  # of a task whose worker is lost
MOST_PROCESSES = 1024


@dataclass(frozen=True)
class Failure:
    """The reason, in one line, why a task has no outcome."""

    reason: str


class Retry(NamedTuple):
    """A task that is tried again, since the worker that had it was lost."""

    task: Any
    reason: str


class Place(Protocol):
    """A place where tasks run. What a run needs, such as processes, stays for the next one inside a `with`."""

    @property
    def in_flight(self) -> int:
        """How many tasks of the run are in flight now."""

    @property
    def dashboard(self) -> str:
        """The address of a page that shows the place; empty where there is none."""

    def run(
        self,
        work: Callable[[Task], Outcome],
        tasks: Iterable[Task],
        *,
        should_stop: Callable[[], bool] = lambda: False,
        on_retry: Callable[[Retry], None] = lambda retry: None,
    ) -> Iterator[tuple[Task, Outcome | Failure]]:
        """Each task with `work(task)`, or with a `Failure`, as soon as it is done.

        A task that raises fails at once. A task whose worker is lost is tried again, at most ATTEMPTS times in all.

        Args:
            work: a function of a module, so that it can be pickled.
            tasks: taken one by one, as workers become free. To a deque the caller may add between two outcomes.
            should_stop: polled; True cancels the tasks in flight, which are lost.
            on_retry: called before a task is tried again.
        """


def place(on: str) -> AbstractContextManager[Place]:
    """The place that `--on` names: `local`, `local:N` for N processes, `ray`, or `ray:ADDRESS` for a cluster.

    Raises:
        InputError: the name is none of these.
        MissingExtraError: Ray is not installed.
    """
    if (count := _processes(on)) is not None:
        from .local import Local

        return Local(count)
    kind, colon, detail = on.partition(":")
    if kind == "ray" and (not colon or detail):
        from .ray import OnRay

        return OnRay(detail or None)
    raise InputError(
        f"tasks run on local, local:N (N processes, 1 to {MOST_PROCESSES}), ray or ray:ADDRESS; got {on[:60]!r}."
    )


def processes(on: str) -> int:
    """How many processes of this machine `--on` names, for what runs on one machine only.

    Raises:
        InputError: it names a cluster, or no place.
    """
    if (count := _processes(on)) is None:
        raise InputError(f"one series is computed on this machine: --on is local or local:N, got {on[:60]!r}.")
    return count


def _processes(on: str) -> int | None:
    kind, colon, detail = on.partition(":")
    if kind != "local" or (colon and not (detail.isdecimal() and 1 <= int(detail) <= MOST_PROCESSES)):
        return None
    from ..runtime.engines._parallel import cores

    return int(detail) if colon else cores()


def attempt(work: Callable[[Task], Outcome], task: Task) -> Outcome | Failure:
    """In the worker: the outcome, or a Failure with the exception as text, as some exceptions cannot be pickled."""
    try:
        return work(task)
    except Exception as error:
        return Failure(line(error))


def line(error: Exception) -> str:
    """An exception in one line."""
    message = " ".join(str(error).split()) or "no message"
    return message if isinstance(error, SeqzooError) else f"{type(error).__name__}: {message[:300]}"
