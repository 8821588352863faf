"""The command line. Each command imports what it needs inside itself, so that all of them start fast."""

from __future__ import annotations

import io
import os
import sys
from typing import NoReturn

import typer

from ..errors import SeqzooError
from . import experiments, forecasts, making, models, runs, serving
from .app import app

__all__ = ["app", "experiments", "forecasts", "main", "making", "models", "runs", "serving"]

# Typer's UsageError; which module it lives in differs between versions.
_USAGE: tuple[type[BaseException], ...] = (typer.BadParameter.__mro__[1],)


def main() -> None:
    """Run the command line. What goes wrong becomes one line on standard error.

    Exit status: 0; 1 if `verify` or `reproduce` found a failure; 2 for every error; 130 on Ctrl-C.
    """
    if sys.stdout is None:  # Python's way to say that the descriptor was closed before it began
        _fail("standard output is closed, so that nothing can be printed. Send it to a file or to /dev/null.")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that the terminal cannot show must not end the run
            stream.reconfigure(errors="backslashreplace")
    try:
        status = app(standalone_mode=False)
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
        _fail("there is not enough memory for that: ask for fewer windows or a smaller model.")
    except OSError as error:
        where = f" ({os.fsdecode(error.filename)})" if isinstance(error.filename, str | bytes) else ""
        _fail(f"{error.strerror or error}{where}. Nothing was left half-written.")
    if sys.stdout is not None and sys.stdout.closed:
        _discard_output()
    raise SystemExit(status if isinstance(status, int) else 0)


def _fail(message: str, status: int = 2) -> NoReturn:
    """Print one line, whatever a file or an argument smuggled into the message, and exit."""
    line = "".join(c if c.isprintable() else repr(c)[1:-1] for c in " ".join(message.split()))
    if sys.stderr is not None:
        sys.stderr.write(f"seqzoo: {line}\n")
    raise SystemExit(status) from None


def _discard_output() -> None:
    """Send what is still buffered nowhere: its reader is gone."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    os.close(sink)
