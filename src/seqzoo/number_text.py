"""Numbers as people write them, and shares as they read them."""

from __future__ import annotations

import math
import re

from .errors import InputError


def rows_of(text: str, source: str, limit: int) -> list[list[float]]:
    """The rows that hold numbers: a row a line, separated by white space, commas or semicolons.

    Args:
        source: what the text is, as a message calls it.
        limit: the most characters that are read.

    Raises:
        InputError: a longer text, a word that is not a finite number, or decimal commas between semicolons.
    """
    if len(text) > limit:
        raise InputError(f"{source} is too large: at most {limit:,} characters are read.")
    rows = [_row(line, number, source) for number, line in enumerate(text.splitlines(), start=1)]
    return [row for row in rows if row]


def _row(line: str, number: int, source: str) -> list[float]:
    if ";" in line and (found := re.search(r"\d,\d+", line)):
        raise InputError(
            f"line {number} of {source}: it has semicolons between numbers and commas in them, as in "
            f"{found[0][:40]!r}; write a decimal point."
        )
    row = []
    for word in re.split(r"[\s,;]+", line.strip(" \t\r\n[](),;")):
        if not word:
            continue
        shown = word if len(word) <= 40 else word[:37] + "..."
        try:
            value = float(word)
        except ValueError:
            raise InputError(f"line {number} of {source}: {shown!r} is not a number.") from None
        if not math.isfinite(value):
            raise InputError(f"line {number} of {source}: {shown!r} is not a finite number.")
        row.append(value)
    return row


def percent(value: float) -> str:
    """A share with three digits that matter, as "12.6%" or "0.0312%"."""
    if not math.isfinite(value):
        return "∞"
    shown = 100 * value
    digits = 2 if shown == 0 else min(6, max(0, 2 - math.floor(math.log10(abs(shown)))))
    return f"{shown:,.{digits}f}%"
