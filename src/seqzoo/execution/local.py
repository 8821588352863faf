"""Runs tasks in processes; a process that raises or dies loses only its task (ADR 16)."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import resource_tracker
from typing import Self, TypeVar

from .._extras import single_threaded
from ..errors import SeqzooError

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")

POLL = 0.2  # seconds between calls of `should_stop`
_STARTING = threading.Lock()


@dataclass(frozen=True)
class Failure:
    """The reason, in one line, why a task has no outcome."""

    reason: str


class Pool:
    """Processes that wait between calls of `in_processes`, so that what they have imported is there again."""

    def __init__(self) -> None:
        self.idle: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes."""
        while self.idle:
            self.idle.pop().end()


def in_processes(
    work: Callable[[Task], Outcome],
    tasks: Iterable[Task],
    workers: int,
    should_stop: Callable[[], bool] = lambda: False,
    pool: Pool | None = None,
) -> Iterator[tuple[Task, Outcome | Failure]]:
    """Each task with `work(task)`, or with a `Failure`, as soon as it is done.

    Processes are spawned, not forked, since the threads of torch and ONNX Runtime do not survive a fork.

    Args:
        work: a function that can be pickled.
        tasks: the tasks, in order. To a deque the caller may add between two outcomes; it is used up.
        workers: the number of processes.
        should_stop: polled; True ends the processes at once, and the running tasks are lost.
        pool: where processes wait before and after; by default they end with the last task.
    """
    waiting = tasks if isinstance(tasks, deque) else deque(tasks)
    kept = Pool() if pool is None else pool
    idle = kept.idle
    busy: dict[Future[Outcome | Failure], tuple[Task, _Worker]] = {}
    try:
        while (waiting or busy) and not should_stop():
            while waiting and len(busy) < max(1, workers):
                worker, task = idle.pop() if idle else _Worker(), waiting.popleft()
                try:
                    future = worker.begin(work, task)
                except BrokenProcessPool:  # the process died while idle
                    worker = _Worker()
                    future = worker.begin(work, task)
                busy[future] = task, worker
            for future in wait(busy, timeout=POLL, return_when=FIRST_COMPLETED).done:
                task, worker = busy.pop(future)
                try:
                    outcome = future.result()
                except BrokenProcessPool:
                    outcome = Failure(worker.death())
                    if should_stop():  # the signal that stops us may have killed the worker: the task has not failed
                        return
                except Exception as error:  # an outcome that cannot be pickled
                    outcome = Failure(_line(error))
                    idle.append(worker)
                else:
                    idle.append(worker)
                yield task, outcome
    finally:
        for _, worker in busy.values():
            worker.end()
        if pool is None:
            with kept:
                pass


class _Worker:
    """An executor with one process. If the process dies, the executor breaks and loses one task."""

    def __init__(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.executor = ProcessPoolExecutor(1, mp_context=spawn, initializer=_follow_parent)
        with _STARTING, _no_interrupts(), _environment(single_threaded()):
            others = set(multiprocessing.active_children())
            self.executor.submit(os.getpid)  # an executor starts its process with the first call
            (self.process,) = set(multiprocessing.active_children()) - others

    def begin(self, work: Callable[[Task], Outcome], task: Task) -> Future[Outcome | Failure]:
        return self.executor.submit(_attempt, work, task)

    def death(self) -> str:
        """How the process ended, as a sentence."""
        self.executor.shutdown()
        code = self.process.exitcode or 0
        return f"its process {f'was killed by signal {-code}' if code < 0 else f'ended with status {code}'}."

    def end(self) -> None:
        self.process.terminate()
        self.executor.shutdown()


def _follow_parent() -> None:
    """In the worker: ignore Ctrl-C, which reaches the whole group, and end when the parent ends for any reason."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def wait_for_its_end() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait_for_its_end, daemon=True).start()


def _attempt(work: Callable[[Task], Outcome], task: Task) -> Outcome | Failure:
    """In the worker: the outcome, or a Failure with the exception as text, as some exceptions cannot be pickled."""
    try:
        return work(task)
    except Exception as error:
        return Failure(_line(error))


def _line(error: Exception) -> str:
    message = " ".join(str(error).split()) or "no message"
    return message if isinstance(error, SeqzooError) else f"{type(error).__name__}: {message[:300]}"


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Set variables that a process started here inherits, and put back what was."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _no_interrupts() -> Iterator[None]:
    """Block Ctrl-C for a process started here until that process ignores it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # if it started with the first process, it would unblock Ctrl-C again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
