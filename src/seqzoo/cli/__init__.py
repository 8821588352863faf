"""The command line. Each command does its imports inside its function, so that every command starts fast."""

from __future__ import annotations

import functools
import io
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import typer

from .._formats import printable
from ..errors import SeqzooError
from .app import app

# `--help` lists the commands in this order.
# isort: off
from . import (
    backtests, doctor, experiments, sweeps, forecasts, training, proving, models, runs, serving, exporting,
    hub, installation,
)  # fmt: skip
# isort: on

__all__ = [
    "app", "backtests", "doctor", "experiments", "exporting", "forecasts", "hub", "installation", "main", "models",
    "proving", "runs", "serving", "sweeps", "training",
]  # fmt: skip

# Typer's UsageError; which module it lives in differs between versions.
_USAGE: tuple[type[BaseException], ...] = (typer.BadParameter.__mro__[1],)


@functools.cache
def _line() -> Callable[..., Any]:
    """The commands as those of Click; `app()` would make them anew at each call, which takes 20 ms."""
    return typer.main.get_command(app)


def main() -> None:
    """Run the command line. An error becomes one line on standard error.

    Exit status: 0 for success, 1 if `verify` or `reproduce` fails, 2 for an error, 130 for Ctrl-C.
    """
    if sys.stdout is None:  # the file descriptor was closed before Python started
        _fail("standard output is closed, so nothing can be printed. Redirect it to a file or to /dev/null.")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a character that the terminal cannot show must not end the command
            stream.reconfigure(errors="backslashreplace")
    try:
        status = _line()(standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except SeqzooError as error:
        _fail(str(error))
    except _USAGE as error:
        _fail(f"{error.format_message().rstrip('.')}. See --help.")  # type: ignore[attr-defined]
    except (KeyboardInterrupt, typer.Abort):
        _fail("interrupted.", 130)
    except BrokenPipeError:
        _discard_output()
        raise SystemExit(1) from None
    except MemoryError:
        _fail("not enough memory: ask for fewer windows or a smaller model.")
    except OSError as error:
        where = f" ({os.fsdecode(error.filename)})" if isinstance(error.filename, str | bytes) else ""
        _fail(f"{error.strerror or error}{where}. Nothing was left half-written.")
    if sys.stdout is not None and sys.stdout.closed:
        _discard_output()
    raise SystemExit(status if isinstance(status, int) else 0)


def _fail(message: str, status: int = 2) -> NoReturn:
    """Print the message as one line of printable characters, and exit with the status."""
    line = printable(" ".join(message.split()))
    if sys.stderr is not None:
        sys.stderr.write(f"seqzoo: {line}\n")
    raise SystemExit(status) from None


def _discard_output() -> None:
    """Discard buffered output, whose reader has gone."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    os.close(sink)
