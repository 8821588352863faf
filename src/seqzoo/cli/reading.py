"""Numbers from arguments, a file or standard input."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..data.numerals import number, shown
from ..data.reading import Lines, rows_of
from ..errors import InputError

LIMIT = 16 << 20  # bytes; as Python numbers they take some thirty times that
STANDARD_INPUT = Path("-")


def read_numbers(given: list[str], file: Path | None) -> Lines | None:
    """The lines of numbers, as `rows_of` reads them; None if neither arguments nor a file were given.

    A lone "-", as an argument or a file, reads standard input.

    Raises:
        InputError: both sources given, an unreadable or huge file, or what is not plain numbers.
    """
    for word in given:  # first: an option that does not exist is why numbers seem to be given
        if word.startswith("--"):
            raise InputError(f"{shown(word)} is not a number, and no option. Read numbers from a file with --file.")
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
    """[T]: the numbers as one series; None if neither arguments nor a file were given.

    Raises:
        InputError: as `read_numbers`, and for several columns or several windows.
    """
    lines = read_numbers(given, file)
    return None if lines is None else np.array(lines.series(), np.float64)


def as_windows(lines: Lines, context_length: int) -> NDArray[np.float64]:
    """[B, L, 1]: one window a line of L numbers, or a single one whose L numbers stand one a line.

    Raises:
        InputError: lines of other lengths.
    """
    return np.array(lines.windows(context_length), np.float64)[:, :, None]


def _check_arguments(given: list[str]) -> None:
    """Refuse what is a file or nothing rather than a number."""
    for position, word in enumerate(given, start=1):
        if not word.strip():
            raise InputError(f"argument {position} of the numbers is empty: a value may be missing.")
        if word == "-":
            raise InputError("`-` reads standard input where it stands without numbers beside it.")
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
        raise InputError("there is no standard input to read.")
    return _decoded(sys.stdin.buffer.read(LIMIT + 1), "standard input")


def _decoded(raw: bytes, source: str) -> str:
    """The text of bytes; U+FFFD stands for those that are not UTF-8, and `rows_of` refuses it with a reason."""
    if len(raw) > LIMIT:
        raise InputError(f"{source} is too large: at most {LIMIT:,} bytes are read.")
    return raw.decode("utf-8", "replace")
