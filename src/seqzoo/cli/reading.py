"""Numbers from arguments, a file or standard input."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..number_text import rows_of

LIMIT = 16 << 20  # characters; as Python numbers they take some thirty times that


def read_numbers(given: list[str], file: Path | None) -> list[list[float]] | None:
    """Rows of numbers, one row a line; None if neither arguments nor a file were given.

    Numbers are separated by white space, commas or semicolons. A lone "-" reads standard input.

    Raises:
        InputError: both sources given, an unreadable or huge file, or text that is not a number.
    """
    if given and file is not None:
        raise InputError("give the numbers either as arguments or with --file, not both.")
    if given == ["-"]:
        text, source = _standard_input(), "standard input"
    elif file is not None:
        text, source = _text(file), str(file)
    elif given:
        text, source = " ".join(given), "the arguments"
    else:
        return None
    return rows_of(text, source, LIMIT)


def as_windows(rows: list[list[float]], context_length: int) -> NDArray[np.float64]:
    """[B, L, 1]: one window per line where every line has L numbers, else all numbers as one window.

    Raises:
        InputError: they are not `context_length` numbers.
    """
    if not rows:
        raise InputError(f"no numbers were given; expected {context_length} of them, or lines of {context_length}.")
    if all(len(row) == context_length for row in rows):
        return np.array(rows)[:, :, None]
    flat = [value for row in rows for value in row]
    if len(flat) != context_length:
        raise InputError(
            f"expected {context_length} numbers (or lines of {context_length}, a window each), got {len(flat)}. "
            "To forecast from a longer series use `seqzoo forecast`."
        )
    return np.array(flat)[None, :, None]


def _text(file: Path) -> str:
    try:
        with file.open(encoding="utf-8-sig") as handle:
            return handle.read(LIMIT + 1)
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InputError(f"{file} is not a text file of numbers.") from None


def _standard_input() -> str:
    if sys.stdin is None:
        raise InputError("there is no standard input to read.")
    try:
        return sys.stdin.read(LIMIT + 1)
    except UnicodeDecodeError:
        raise InputError("standard input is not text with numbers.") from None
