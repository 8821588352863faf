"""Tasks in processes of their own: one that raises or dies takes nothing with it but its task.

`concurrent.futures` gives up the whole pool when a process dies, and cannot say whose task killed it.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Generic, TypeVar

Task = TypeVar("Task")
Answer = TypeVar("Answer")

POLL = 0.2  # seconds between looks at `should_stop`


@dataclass(frozen=True)
class Failure:
    """A task that has no answer, and why, in one line."""

    reason: str


@dataclass
class _Worker(Generic[Task]):
    process: SpawnProcess
    connection: Connection
    task: Task | None = None


def answers(
    work: Callable[[Task], Answer],
    tasks: Sequence[Task],
    workers: int,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[Task, Answer | Failure]]:
    """`work(task)` of every task, each as soon as it is there; a failure in place of what went wrong.

    Processes are spawned, not forked: the threads of torch and ONNX Runtime do not survive a fork.
    `should_stop` ends everything at once, and what was under way is lost.

    Args:
        work: a function that can be pickled.
    """
    waiting = list(reversed(tasks))
    idle: list[_Worker[Task]] = []
    busy: dict[Connection, _Worker[Task]] = {}
    try:
        while (waiting or busy) and not should_stop():
            while waiting and len(busy) < max(1, workers):
                worker = idle.pop() if idle else _start(work)
                worker.task = waiting.pop()
                with contextlib.suppress(OSError):  # one that has died meanwhile is met below
                    worker.connection.send(worker.task)
                busy[worker.connection] = worker
            for ready in wait(list(busy), timeout=POLL):
                assert isinstance(ready, Connection)
                worker = busy.pop(ready)
                task = worker.task
                assert task is not None
                try:
                    answer = ready.recv()
                except (EOFError, OSError):
                    answer = Failure(_death(worker))
                    if should_stop():  # what ended us may have ended it; the task has not failed
                        return
                else:
                    idle.append(worker)
                yield task, answer
    finally:
        for worker in [*idle, *busy.values()]:
            worker.process.terminate()
            worker.process.join()
            worker.connection.close()


def _start(work: Callable[[Task], Answer]) -> _Worker[Task]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, work), daemon=True)
    with _no_interrupts():
        process.start()
    theirs.close()  # so that the death of the process is the end of the pipe
    return _Worker(process, ours)


def _serve(connection: Connection, work: Callable[[Task], Answer]) -> None:
    """A worker's life: a task, its answer, the next; ends when the parent does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    while True:
        try:
            task = connection.recv()
        except (EOFError, OSError):
            return
        answer: Answer | Failure
        try:
            answer = work(task)
        except Exception as error:
            answer = Failure(_line(error))
        try:
            connection.send(answer)
        except OSError:
            return


def _line(error: Exception) -> str:
    from ..errors import SeqzooError

    said = " ".join(str(error).split()) or "no message"
    return said if isinstance(error, SeqzooError) else f"{type(error).__name__}: {said[:300]}"


def _death(worker: _Worker[Task]) -> str:
    worker.process.join()
    worker.connection.close()
    code = worker.process.exitcode or 0
    how = f"was killed by signal {-code}" if code < 0 else f"ended with status {code}"
    return f"its process {how}."


@contextlib.contextmanager
def _no_interrupts() -> Iterator[None]:
    """A process started here holds back Ctrl-C until it has said that it ignores it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # started with the first process, it would let Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
