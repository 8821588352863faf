"""The command line. Each command imports what it needs inside itself, so that all of them start fast."""

from __future__ import annotations

import sys

from ..errors import SeqzooError
from . import making, models
from .app import app

__all__ = ["app", "main", "making", "models"]


def main() -> None:
    """Run the command line; errors of ours become one line and exit status 2."""
    try:
        app()
    except SeqzooError as error:
        sys.stderr.write(f"seqzoo: {error}\n")
        raise SystemExit(2) from None
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        sys.stderr.write(f"seqzoo: {error.strerror or error}{where}. Nothing was left half-written.\n")
        raise SystemExit(1) from None
