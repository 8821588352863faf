"""A window that the visitor dragged or pasted, and the form in which the address holds it."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..._arrays import channel
from ..._extras import has_polars
from ..._formats import MINUS, counted
from ..._window import DIGITS, LARGEST, LONGEST, MOST_CHARACTERS
from ...data.frequency import frequency
from ...data.numerals import number
from ...data.series import Series
from ...data.times import TimeIndex, zone_of
from ...data.typed import may_be_table, rows_of
from ...data.windows import last_window
from ...errors import InputError, SeqzooError

FloatArray = NDArray[np.float64]

LONGEST_TIMES = 100  # characters
FIRST, LAST = np.datetime64("1000-01-01", "us"), np.datetime64("3000-01-01", "us")
MOST_BYTES = 500_000  # of a chosen file; a message of the browser holds a million, and base64 adds a third


class Pasted(NamedTuple):
    """The last values [L] of a series, and a sentence on what was read and what was taken of it.

    `times` are those of the window, where the table has some.
    """

    window: FloatArray
    understood: str = ""
    times: TimeIndex | None = None


def pasted(text: str, source: str, length: int) -> Pasted | None:
    """The last values [length] of a series that was pasted: numbers, or the rows of a table; None if there are none.

    Raises:
        InputError: the text holds anything else, several series, or fewer than `length` numbers.
    """
    if len(text) > MOST_CHARACTERS:
        raise InputError(f"{source} is too large: at most {MOST_CHARACTERS:,} characters are read.")
    text = text.replace(MINUS, "-")  # as pages write it
    return _window(text, text.encode("utf-8", "replace"), source, length)


def chosen(encoded: str, source: str, length: int) -> Pasted:
    """The last values [length] of the series in a file.

    Args:
        encoded: the bytes of the file in base64.

    Raises:
        InputError: as `pasted`; the file is empty or too large, or it is not in base64.
    """
    raw = decoded(encoded, source)
    own = _window(raw.decode("utf-8", "replace"), raw, source, length)
    if own is None:
        raise InputError(f"{source} is empty. Choose one with a column of numbers.")
    return own


def decoded(encoded: str, source: str) -> bytes:
    """The bytes of a file that `own_panel.file_of` sent.

    Raises:
        InputError: the file is too large, or it is not in base64.
    """
    if len(encoded) > -(-MOST_BYTES // 3) * 4:
        raise InputError(f"{source} is too large: at most {MOST_BYTES:,} bytes are read.")
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise InputError(f"{source} did not arrive whole. Choose it again.") from None


def _window(text: str, raw: bytes, source: str, length: int) -> Pasted | None:
    times = None
    try:
        values = rows_of(text, source, MOST_BYTES).series()
        if not values:
            return None
        understood = f"{source}: {counted(len(values), 'number')}"
    except InputError as refused:
        if not has_polars() or not may_be_table(raw):
            raise
        series, understood = _read(raw, source, refused)
        count = len(series)
        values, times = series.unbroken().tolist(), series.times
        if len(values) < length and series.missing:
            raise InputError(
                f"{counted(len(values), 'value follows', 'values follow')} the last missing one of {source}; "
                f"expected at least {length}."
            ) from None
    if len(values) < length:
        raise InputError(f"expected at least {length} numbers, {source} has {len(values)}.")
    if times is not None:
        times = times.after(count - length)
    taken = f"the last {length} are taken" if len(values) > length else "all are taken"
    window = channel(last_window(values, length)).astype(np.float64).ravel()
    return Pasted(window, f"{understood.rstrip('.')}; {taken}.", times)


def _read(raw: bytes, source: str, refused: InputError) -> tuple[Series, str]:
    """The one series of a table, and what was understood of it.

    Args:
        refused: why the text is not plain numbers; of several columns of numbers without names it says more.
    """
    from ...data.reading import read as read_table

    try:
        reading = read_table(raw, named=source, limit=4 * MOST_BYTES)
        if len(reading.series) > 1 and not reading.is_named:
            raise refused
        return reading.one(), reading.understood
    except InputError as error:
        is_option = "--" in str(error)
        hint = " These are options of `seqzoo forecast --file`; here, give plain numbers." if is_option else ""
        raise InputError(f"{error}{hint}") from None


def written_times(times: TimeIndex) -> str:
    """The times of a window in an address: "2024-02-11T15:00~h~Europe/Berlin", the zone only if it is known."""
    start = str(times.start.astype("datetime64[s]")).removesuffix(":00")
    return "~".join([start, times.frequency.alias, *([times.zone] if times.zone else [])])


def read_times(text: str) -> TimeIndex | None:
    """The times in a text of an address; None if it holds anything else."""
    parts = text[:LONGEST_TIMES].split("~")
    if not 2 <= len(parts) <= 3:
        return None
    try:
        if len(parts) == 3:
            zone_of(parts[2])
        start = np.datetime64(parts[0], "us")
        if np.isnat(start) or not FIRST <= start <= LAST:
            return None
        return TimeIndex(start, frequency(parts[1]), parts[2] if len(parts) == 3 else None)
    except (ValueError, SeqzooError):
        return None


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


def written_changes(changes: Mapping[int, float]) -> str:
    """Changed values by their places from 0 as text in an address, whose places begin at 1: "20_0.5~3_-1"."""
    return "~".join(f"{place + 1}_{value:.15g}" for place, value in sorted(changes.items()))


def read_changes(text: str, length: int) -> dict[int, float]:
    """The changed values in a text of an address, by their places from 0; unusable ones are left out."""
    changes: dict[int, float] = {}
    for item in text[: (LONGEST + 6) * length].split("~"):
        place, _, word = item.partition("_")
        value = number(word) if len(word) <= LONGEST else None
        is_place = place.isascii() and place.isdecimal() and len(place) < 6 and 1 <= int(place) <= length
        if is_place and value is not None and abs(value) <= LARGEST:
            changes[int(place) - 1] = value
    return changes


def _words(values: FloatArray) -> list[str]:
    largest = float(np.abs(values).max())
    span = float(np.ptp(values))  # of a series far from 0, the digits that differ are kept
    size = span if 0 < span < largest / 100 else largest
    decimals = DIGITS - (math.floor(math.log10(size)) if size else 0)
    if not 0 <= decimals <= 9:
        return [f"{value:.6g}".replace("e+", "e") for value in values]
    return [f"{round(value, decimals):.{decimals}f}".rstrip("0").rstrip(".") if decimals else f"{value:.0f}"
            for value in values]  # fmt: skip
