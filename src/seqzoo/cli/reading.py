"""Numbers from arguments, a file or standard input."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .._arrays import with_channel
from ..data.numerals import number, shown
from ..data.reading import Lines, rows_of
from ..errors import InputError

LIMIT = 16 << 20  # bytes; as Python numbers they take about thirty times the memory
STANDARD_INPUT = Path("-")


def read_numbers(given: list[str], file: Path | None) -> Lines | None:
    """The lines of numbers, as `rows_of` reads them; None if neither arguments nor a file were given.

    A lone "-", as an argument or a file, reads standard input.

    Raises:
        InputError: both sources are given, the file is unreadable or too large, or the text holds other than numbers.
    """
    for word in given:  # first, because a misspelt option looks like a number argument
        if word.startswith("--"):
            raise InputError(f"{shown(word)} is neither a number nor an option. To read a file, use --file.")
    if given and file is not None:
        raise InputError("give the numbers either as arguments or with --file, not both.")
    if given == ["-"] or file == STANDARD_INPUT:
        text, source = _standard_input(), "standard input"
    elif file is not None:
        text, source = _text(file), str(file)
    elif given:
        _check_arguments(given)
        text, source = " ".join(given), "the arguments"
    else:
        return None
    return rows_of(text, source, LIMIT)


def read_series(given: list[str], file: Path | None) -> NDArray[np.float64] | None:
    """The numbers as one series [T]; None if neither arguments nor a file were given.

    Raises:
        InputError: as `read_numbers`; or the lines hold several columns or several windows.
    """
    lines = read_numbers(given, file)
    return None if lines is None else np.array(lines.series(), np.float64)


def as_windows(lines: Lines, context_length: int) -> NDArray[np.float64]:
    """The windows [B, L, 1]: each line of L numbers, or one window from L lines of one number.

    Raises:
        InputError: a line has another length.
    """
    return with_channel(np.array(lines.windows(context_length), np.float64))


def _check_arguments(given: list[str]) -> None:
    """Check the arguments before they are read as numbers.

    Raises:
        InputError: one is empty, a file, or a `-` among numbers.
    """
    for position, word in enumerate(given, start=1):
        if not word.strip():
            raise InputError(f"argument {position} of the numbers is empty: a value may be missing.")
        if word == "-":
            raise InputError("`-` reads standard input only if no numbers are given with it.")
        if number(word) is None and _is_file(word):
            raise InputError(f"{shown(word)} is not a number but a file. Read it with --file.")


def _is_file(word: str) -> bool:
    try:
        return len(word) < 1000 and Path(word).is_file()
    except (OSError, ValueError):
        return False


def _text(file: Path) -> str:
    try:
        with file.open("rb") as handle:
            return _decoded(handle.read(LIMIT + 1), str(file))
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}.") from None


def _standard_input() -> str:
    if sys.stdin is None:
        raise InputError("standard input is closed: give the numbers as arguments or with --file.")
    return _decoded(sys.stdin.buffer.read(LIMIT + 1), "standard input")


def _decoded(raw: bytes, source: str) -> str:
    """The text of bytes. U+FFFD replaces those that are not UTF-8; `rows_of` then refuses it."""
    if len(raw) > LIMIT:
        raise InputError(f"{source} is too large: at most {LIMIT:,} bytes are read.")
    return raw.decode("utf-8", "replace")
