"""The processes of this machine; one that raises or dies loses only its task (ADR 16)."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import resource_tracker
from typing import Self

from .._extras import single_threaded
from .tasks import ATTEMPTS, POLL, Coming, Failure, Outcome, Retry, Task, attempt, line

_STARTING = threading.Lock()


class Local:
    """A `Place`: processes of this machine, each with one thread for linear algebra.

    Args:
        workers: the number of processes.
        attempts: how often a task is tried whose process dies.
    """

    def __init__(self, workers: int, attempts: int = ATTEMPTS) -> None:
        self._workers, self._attempts = max(1, workers), attempts
        self._idle: list[_Worker] = []
        self._is_kept = False

    def __enter__(self) -> Self:
        """Keep the processes between runs: what they have imported is there again."""
        self._is_kept = True
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes."""
        self._is_kept = False
        self._end_idle()

    def run(
        self,
        work: Callable[[Task], Outcome],
        tasks: Iterable[Task],
        *,
        should_stop: Callable[[], bool] = lambda: False,
        on_retry: Callable[[Retry], None] = lambda retry: None,
    ) -> Iterator[tuple[Task, Outcome | Failure]]:
        """As `Place.run`. Processes are spawned, not forked: threads of torch and ONNX Runtime survive no fork."""
        coming = Coming(tasks, self._attempts, on_retry)
        busy: dict[Future[Outcome | Failure], tuple[Task, int, _Worker]] = {}
        try:
            while not should_stop():
                while len(busy) < self._workers and (following := coming.take()) is not None:
                    worker = self._idle.pop() if self._idle else _Worker()
                    try:
                        future = worker.begin(work, following[0])
                    except BrokenProcessPool:  # the process died while idle
                        worker = _Worker()
                        future = worker.begin(work, following[0])
                    busy[future] = *following, worker
                if not busy:
                    return
                for future in wait(busy, timeout=POLL, return_when=FIRST_COMPLETED).done:
                    task, number, worker = busy.pop(future)
                    try:
                        outcome = future.result()
                    except BrokenProcessPool:
                        outcome = Failure(worker.death())
                        if should_stop():  # its signal may have killed the worker too: the task has not failed
                            return
                        if coming.again(task, number, outcome.reason):
                            continue
                    except Exception as error:  # an outcome that cannot be pickled
                        outcome = Failure(line(error))
                        self._idle.append(worker)
                    else:
                        self._idle.append(worker)
                    yield task, outcome
        finally:
            for *_, worker in busy.values():
                worker.end()
            if not self._is_kept:
                self._end_idle()

    def _end_idle(self) -> None:
        while self._idle:
            self._idle.pop().end()


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
        return self.executor.submit(attempt, work, task)

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
