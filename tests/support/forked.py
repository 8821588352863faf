"""Processes that need not import torch first, which takes a second: they are forked from one that has."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path


def context() -> ForkServerContext:
    """Starts processes that have torch, the exporter and the training loop; the first call starts their server.

    They do not have the variables that a test has changed.
    """
    forked = multiprocessing.get_context("forkserver")
    forked.set_forkserver_preload(["seqzoo.publishing.build", "seqzoo.cli", "onnxscript", "torch.export"])
    return forked


class Worker:
    """As `execution.child.Child` for the worker of a run, but forked.

    `stops_after`: it stops itself, as by SIGSTOP, once it has recorded so many evaluations; 0 for never.
    """

    stops_after = 0

    def __init__(self, module: str, arguments: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        assert module == "seqzoo.execution.runs.worker"
        forked = context()
        theirs, self._input = forked.Pipe(duplex=False)
        told = {**os.environ, **environment}
        given = theirs, arguments, log, told, self.stops_after
        self._process = forked.Process(target=_work, args=given, daemon=True)
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int | None:
        return self._process.pid

    @property
    def status(self) -> int | None:
        return self._process.exitcode

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    def go_on(self) -> None:
        """Let it run again after it stopped itself."""
        assert self.pid is not None
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self.release()

    def release(self) -> None:
        self._input.close()


class StoppingWorker(Worker):
    """Is seen running for as long as a test likes."""

    stops_after = 2


def _work(
    commands: Connection, arguments: Sequence[str], log: Path, environment: Mapping[str, str], stops_after: int
) -> None:
    from seqzoo.execution.runs import events, recording, worker

    append, evaluations = recording.append, 0

    def appended(path: Path, event: events.Event) -> None:
        nonlocal evaluations
        append(path, event)
        evaluations += isinstance(event, events.Evaluated)
        if isinstance(event, events.Evaluated) and evaluations == stops_after:
            os.kill(os.getpid(), signal.SIGSTOP)

    recording.append = appended

    os.dup2(commands.fileno(), 0)
    commands.close()
    with log.open("ab") as errors:
        os.dup2(errors.fileno(), 2)
    os.environ.update(environment)
    folder, task, argument = arguments
    worker.main(Path(folder), task, argument)
    os._exit(0)
