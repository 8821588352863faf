"""Commands in processes of their own that get a signal; trainings send it themselves, and no test waits for it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TextIO

from support import forked


class Training:
    """`seqzoo train` in a process."""

    def __init__(self, process: BaseProcess, told: Connection, folder: Path) -> None:
        self.process, self._told, self._folder = process, told, folder

    def wait_for_signal(self) -> None:
        """Wait for the moment at which it sends itself the signal. Raises EOFError if it ended before."""
        self._told.recv()

    def go_on(self) -> None:
        """Let it run again after SIGSTOP."""
        assert self.process.pid is not None
        os.kill(self.process.pid, signal.SIGCONT)

    def ended(self) -> tuple[int | None, str, str]:
        """Wait for its end: its exit status, or minus the signal that killed it; what it printed; its errors."""
        self.process.join()
        out, err = ((self._folder / name).read_text("utf-8") for name in ("out", "err"))
        return self.process.exitcode, out, err


@contextlib.contextmanager
def training(number: signal.Signals, *arguments: str) -> Iterator[Training]:
    """`seqzoo train` with these arguments, which sends itself that signal after its first checkpoint."""
    context = forked.context()
    told, end = context.Pipe(duplex=False)
    with tempfile.TemporaryDirectory() as folder, told:
        process = context.Process(target=_train, args=(number, arguments, dict(os.environ), folder, end))
        process.start()
        end.close()
        try:
            yield Training(process, told, Path(folder))
        finally:
            process.kill()
            process.join()


def _train(
    number: int, arguments: tuple[str, ...], environment: Mapping[str, str], folder: str, end: Connection
) -> None:
    """In the process. As with the fixture `few_windows`, its score is of few windows."""
    from seqzoo.cli import main
    from seqzoo.signals import Sine
    from seqzoo.training import checkpoints, validation

    for descriptor, name in ((1, "out"), (2, "err")):
        with (Path(folder) / name).open("wb") as file:
            os.dup2(file.fileno(), descriptor)
    os.environ.update(environment)
    Sine.windows_to_score, validation.WINDOWS = 2_000, 256
    save = checkpoints.save

    def saved(*given: object) -> None:
        save(*given)  # type: ignore[arg-type]
        checkpoints.save = save
        end.send(None)
        os.kill(os.getpid(), number)

    checkpoints.save = saved
    sys.argv = ["seqzoo", "train", *arguments]
    main()


class Command:
    """`seqzoo` in a process; `out` is what it prints."""

    def __init__(self, process: BaseProcess, out: TextIO, errors: Path) -> None:
        self.out, self._process, self._errors = out, process, errors

    def interrupt(self) -> None:
        """As Ctrl-C does."""
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGINT)

    def ended(self) -> tuple[int | None, str, str]:
        """Wait for its end: its exit status, the rest of what it printed, its errors."""
        out = self.out.read()
        self._process.join()
        return self._process.exitcode, out, self._errors.read_text("utf-8")


@contextlib.contextmanager
def command(*arguments: str) -> Iterator[Command]:
    """`seqzoo` with these arguments, whose processes on this machine are forked too."""
    context = forked.context()
    read, written = context.Pipe(duplex=False)
    with tempfile.TemporaryDirectory() as folder, os.fdopen(os.dup(read.fileno())) as out:
        read.close()
        errors = Path(folder) / "err"
        errors.touch()
        process = context.Process(target=_run, args=(arguments, dict(os.environ), written, errors))
        process.start()
        written.close()
        try:
            yield Command(process, out, errors)
        finally:
            process.kill()
            process.join()


def _run(arguments: tuple[str, ...], environment: Mapping[str, str], out: Connection, errors: Path) -> None:
    from seqzoo.cli import main

    os.dup2(out.fileno(), 1)
    out.close()
    with errors.open("wb") as file:
        os.dup2(file.fileno(), 2)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))  # not what 1 and 2 were
    os.environ.clear()
    os.environ.update(environment)
    forking = forked.context()
    multiprocessing.get_context = lambda method=None: forking  # type: ignore[assignment]
    sys.argv = ["seqzoo", *arguments]
    main()
