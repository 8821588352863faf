"""The processes of this machine; one that raises or dies loses only its task (ADR 16)."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import resource_tracker
from multiprocessing.context import BaseContext
from typing import Any, NamedTuple, Self

from .._extras import environment, single_threaded
from .loop import Ended, Loop, Lost, attempts_of
from .tasks import ATTEMPTS, POLL, Failure, line

_STARTING = threading.Lock()


class Local(Loop["_Call"]):
    """A `Place`: processes of this machine, each with one thread for linear algebra.

    Processes are spawned, not forked: threads of torch and ONNX Runtime survive no fork.

    Args:
        workers: the number of processes.
        attempts: how often a task is tried whose process dies.
        preloaded: modules; each batch then has a new process, forked from one that has imported these and no more.
    """

    def __init__(self, workers: int, attempts: int = ATTEMPTS, preloaded: Sequence[str] = ()) -> None:
        super().__init__(attempts)
        self._count, self._preloaded = max(1, workers), preloaded
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

    def _workers(self) -> int:
        return self._count

    def _begin(self, prepared: bytes, tasks: list[Any]) -> _Call:
        worker = self._idle.pop() if self._idle else _Worker(self._context())
        try:
            return worker.begin(prepared, tasks)
        except BrokenProcessPool:  # the process died while idle
            return _Worker(self._context()).begin(prepared, tasks)

    def _done(self, flying: Collection[_Call]) -> Iterable[_Call]:
        calls = {call.future: call for call in flying}
        return [calls[future] for future in wait(calls, timeout=POLL, return_when=FIRST_COMPLETED).done]

    def _result(self, handle: _Call) -> Ended | Lost | Failure:
        worker = handle.worker
        try:
            result: Ended | Failure = handle.future.result()
        except BrokenProcessPool:
            return Lost(worker.death())
        except Exception as error:  # an outcome that cannot be pickled
            result = Failure(line(error))
        if self._preloaded:
            worker.end()
        else:
            self._idle.append(worker)
        return result

    def _cancel(self, flying: Mapping[_Call, Any]) -> None:
        for call in flying:
            call.worker.end()
        if not self._is_kept:
            self._end_idle()

    def _end_idle(self) -> None:
        while self._idle:
            self._idle.pop().end()

    def _context(self) -> BaseContext:
        if not self._preloaded:
            return multiprocessing.get_context("spawn")
        forking = multiprocessing.get_context("forkserver")
        forking.set_forkserver_preload(list(self._preloaded))
        return forking


class _Call(NamedTuple):
    """A batch in a process."""

    future: Future[Ended]
    worker: _Worker


class _Worker:
    """An executor with one process. If the process dies, the executor breaks and loses one task."""

    def __init__(self, context: BaseContext) -> None:
        self.executor = ProcessPoolExecutor(1, mp_context=context, initializer=_follow_parent)
        with _STARTING, _no_interrupts(), environment(single_threaded()):
            others = set(multiprocessing.active_children())
            self.executor.submit(os.getpid)  # an executor starts its process with the first call
            (self.process,) = set(multiprocessing.active_children()) - others

    def begin(self, pickled: bytes, tasks: list[Any]) -> _Call:
        return _Call(self.executor.submit(attempts_of, pickled, tasks), self)

    def death(self) -> str:
        """How the process ended, as a sentence."""
        self.executor.shutdown()
        code = self.process.exitcode or 0
        if code == -9:
            return "its process was killed by signal 9, as the system does when memory runs out."
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
