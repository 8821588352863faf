"""The processes of this machine; one that raises or dies loses only its task (ADR 16)."""

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
from multiprocessing import resource_tracker
from typing import Self

from .tasks import ATTEMPTS, POLL, Failure, Outcome, Retry, Task, attempt, line

_STARTING = threading.Lock()


class Local:
    """A `Place`: processes of this machine.

    Args:
        workers: the number of processes.
        attempts: how often a task is tried whose process dies.
    """

    def __init__(self, workers: int, attempts: int = ATTEMPTS) -> None:
        self._workers, self._attempts = max(1, workers), attempts

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """`run` ends its processes itself."""

    @property
    def about(self) -> str:
        """As `Place.about`."""
        return f"{self._workers} process{'es' if self._workers > 1 else ''} of this machine"

    def run(
        self,
        work: Callable[[Task], Outcome],
        tasks: Iterable[Task],
        *,
        should_stop: Callable[[], bool] = lambda: False,
        on_retry: Callable[[Retry], None] = lambda retry: None,
    ) -> Iterator[tuple[Task, Outcome | Failure]]:
        """As `Place.run`. Processes are spawned, not forked: threads of torch and ONNX Runtime survive no fork."""
        coming, again = iter(tasks), deque[tuple[Task, int]]()
        idle: list[_Worker] = []
        busy: dict[Future[Outcome | Failure], tuple[Task, int, _Worker]] = {}
        try:
            while not should_stop():
                while len(busy) < self._workers:
                    following = again.popleft() if again else next(((task, 1) for task in coming), None)
                    if following is None:
                        break
                    worker = idle.pop() if idle else _Worker()
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
                        if number < self._attempts:
                            on_retry(Retry(task, outcome.reason))
                            again.append((task, number + 1))
                            continue
                    except Exception as error:  # an outcome that cannot be pickled
                        outcome = Failure(line(error))
                        idle.append(worker)
                    else:
                        idle.append(worker)
                    yield task, outcome
        finally:
            for worker in [*idle, *(worker for *_, worker in busy.values())]:
                worker.end()


class _Worker:
    """An executor with one process. If the process dies, the executor breaks and loses one task."""

    def __init__(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.executor = ProcessPoolExecutor(1, mp_context=spawn, initializer=_follow_parent)
        with _STARTING, _no_interrupts():
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
