"""A window that the visitor dragged or pasted, and the form in which the address holds it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..._arrays import channel
from ...data.numerals import number
from ...data.reading import rows_of
from ...data.windows import last_window
from ...errors import InputError

FloatArray = NDArray[np.float64]

DIGITS = 4  # decimals where the largest value is from 1 to 10; one fewer for each power of ten
LONGEST = 64  # characters of one number
LARGEST = float(np.finfo(np.float32).max)
MOST_CHARACTERS = 100_000  # of a pasted text or a chosen file


def pasted(text: str, source: str, length: int) -> FloatArray | None:
    """The last values [length] of a series that was pasted or read from a file; None if the text holds none.

    Raises:
        InputError: the text holds anything but numbers, several columns, or fewer than `length` numbers.
    """
    series = rows_of(text, source, MOST_CHARACTERS).series()
    if not series:
        return None
    if len(series) < length:
        raise InputError(f"expected at least {length} numbers, {source} has {len(series)}.")
    return channel(last_window(series, length)).astype(np.float64).ravel()


def rounded(values: ArrayLike) -> FloatArray:
    """The values [L] rounded as the address holds them, so that a link opens exactly the same window."""
    array = np.asarray(values, np.float64)
    return np.array([float(word) for word in _words(array)])


def written(values: ArrayLike) -> str:
    """The values [L] as text that needs no escapes in an address: "0.5_-0.25_1"."""
    return "_".join(_words(np.asarray(values, np.float64)))


def read(text: str, length: int) -> FloatArray | None:
    """The values [length] in a text of an address; None if it holds anything else."""
    words = text[: (LONGEST + 1) * length + 1].split("_")
    if len(words) != length or any(len(word) > LONGEST for word in words):
        return None
    numbers = [number(word) for word in words]
    if None in numbers:
        return None
    values = np.array(numbers, np.float64)
    return values if np.isfinite(values).all() and np.abs(values).max() <= LARGEST else None


def _words(values: FloatArray) -> list[str]:
    largest = float(np.abs(values).max())
    decimals = DIGITS - (math.floor(math.log10(largest)) if largest else 0)
    if not 0 <= decimals <= 9:
        return [f"{value:.6g}".replace("e+", "e") for value in values]
    return [f"{round(value, decimals):.{decimals}f}".rstrip("0").rstrip(".") if decimals else f"{value:.0f}"
            for value in values]  # fmt: skip
