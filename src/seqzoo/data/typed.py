"""Reads numbers that a person typed or pasted: one a line, several on a line, or a list in brackets."""

from __future__ import annotations

import json
import math
import re
from itertools import pairwise
from typing import NamedTuple

from ..errors import InputError
from .numerals import COLUMN, check_commas, check_kind, number, refuse, shown

_SEPARATOR = re.compile(r"[ \t]*[,;][ \t]*|[ \t]+")


_BLANK_CELL = re.compile(r"(^|[,;])[ \t]*[,;]|\t *\t")


_LIST = re.compile(r"[\[(]([^\[\]()]*)[\])]")


class Row(NamedTuple):
    """The numbers of one line, or of one list in brackets, which begins on that line."""

    line: int
    values: list[float]


class Lines(NamedTuple):
    """The numbers of a text, one row for each line. `source` names the text in messages."""

    source: str
    rows: list[Row]

    def series(self) -> list[float]:
        """The numbers as one series: they stand one a line, or all on one line.

        Raises:
            InputError: several lines with several numbers: several columns or several windows.
        """
        if len(self.rows) > 1:
            wide = next((row for row in self.rows if len(row.values) != 1), None)
            if wide is not None:
                hint = _first_column([row.values for row in self.rows])
                raise InputError(
                    f"line {wide.line} of {self.source} has {len(wide.values)} numbers, which are not one series"
                    f"{hint}. {COLUMN}"
                )
        return [value for row in self.rows for value in row.values]

    def windows(self, length: int) -> list[list[float]]:
        """Windows of `length` numbers: one window a line, or one window with one number a line.

        Raises:
            InputError: there are no numbers, or a line has another length; the message names the first such line.
        """
        sizes = [len(row.values) for row in self.rows]
        if not sizes:
            raise InputError(f"no numbers were given; expected {length} of them, or lines of {length}.")
        if set(sizes) == {length}:
            return [row.values for row in self.rows]
        if set(sizes) == {1} and len(sizes) == length:
            return [self.series()]
        if len(sizes) == 1 or set(sizes) == {1}:
            raise InputError(
                f"expected {length} numbers (or lines of {length}, a window each), got {sum(sizes)}. "
                "To forecast from a longer series use `seqzoo forecast`."
            )
        line, values = next(row for row in self.rows if len(row.values) != length)
        raise InputError(
            f"line {line} of {self.source} has {len(values)} numbers; expected lines of {length}, a window each, "
            f"or {length} lines of one number."
        )


def may_be_table(raw: bytes) -> bool:
    """Whether bytes that `rows_of` refuses may hold a table: several lines, or no ASCII text; no list in brackets."""
    start = raw.strip()
    if start.startswith((b"[", b"(")) and not re.match(rb"\[\s*\{", start[:1_000]):
        return False
    return b"\n" in start or b"\r" in start or not start.isascii()


def rows_of(text: str, source: str, limit: int) -> Lines:
    """The numbers of a text: one row for each line, or for each list in brackets, as JSON and Python write it.

    White space, commas or semicolons separate numbers.

    Args:
        text: decoded as UTF-8, with U+FFFD for each invalid byte.
        source: what the text is, for messages.
        limit: the largest number of characters allowed.

    Raises:
        InputError: the text is longer; a word is not a finite number in ASCII digits; a line or cell between numbers
            is blank; or a comma may be a decimal comma.
    """
    if len(text) > limit:
        raise InputError(f"{source} is too large: at most {limit:,} characters are read.")
    text = text.removeprefix("\ufeff")
    check_kind(text, source)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    plain = text.strip()
    if (values := _json_list(plain)) is not None:
        return Lines(source, [Row(1, values)])
    if plain.startswith(("[", "(")):
        return Lines(source, _lists(text, source))
    if plain.startswith("{"):
        raise InputError(f"cannot read numbers from {source}: it is a JSON object. Give its list, as [1, 2, 3].")
    if not plain.strip(",; \t\r\n"):
        return Lines(source, [])
    rows: list[Row] = []
    blank, lines = 0, text.split("\n")  # str.splitlines also ends lines at form feeds and other rare characters
    for at, line in enumerate(lines, start=1):
        value = number(line)  # most lines hold one number and nothing else
        if value is not None and math.isfinite(value):
            values = [value]
        elif line.strip():
            values = _values(line, f"line {at} of {source}", header=not rows and at < len(lines))
        else:
            blank = blank or (at if rows else 0)
            continue
        if blank:
            raise InputError(
                f"line {blank} of {source} is blank, and numbers follow it: a value may be missing. "
                "Delete the line, or fill it."
            )
        rows.append(Row(at, values))
    return Lines(source, rows)


def _json_list(text: str) -> list[float] | None:
    """The finite numbers of a flat list in JSON; None for any other text."""
    if not text.startswith("["):
        return None
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not values or not all(type(value) in (int, float) for value in values):
        return None
    try:
        floats = [float(value) for value in values]
    except OverflowError:
        return None
    return floats if all(map(math.isfinite, floats)) else None


def _values(line: str, where: str, *, header: bool = False, listed: bool = False) -> list[float]:
    """The numbers of a line that is not blank."""
    plain = line.strip(" \t")
    ended = plain[:-1].rstrip(" \t") if plain.endswith((",", ";")) else plain  # a separator may end a line
    words = _SEPARATOR.split(ended)
    values = [value for word in words if (value := number(word)) is not None and math.isfinite(value)]
    if len(values) < len(words) or _BLANK_CELL.search(plain):
        refuse(line, where, header=header)
    check_commas(plain.rstrip(",; \t"), where, listed=listed)
    return values


def _lists(text: str, source: str) -> list[Row]:
    """One row for each flat list in brackets, over any number of lines; the lists may stand within an outer list."""
    rows = []
    at, counted = 1, 0
    for match in _LIST.finditer(text):
        at, counted = at + text.count("\n", counted, match.start()), match.start()
        values: list[float] = []
        before = ","
        for line, part in enumerate(map(str.strip, match[1].split("\n")), start=at):
            if part:
                is_continued = part[0] == "," and values and not before.endswith(",")  # a comma may begin a line
                values += _values(part[1:] if is_continued else part, f"line {line} of {source}", listed=True)
                before = part
        rows.append(Row(at, values))
    around = re.sub(r"[\s,]", "", _LIST.sub("", text))
    if negative := re.search(r"\([ \t]*[0-9][0-9.,]*[ \t]*\)", text):
        raise InputError(
            f"{source} holds {shown(negative[0])}, which may be a negative number as accountants write it. "
            "Write it with a minus sign, or without brackets."
        )
    is_nested = around in ("[]", "()")
    if not rows or not (is_nested or not around) or (is_nested and all(len(row.values) < 2 for row in rows)):
        raise InputError(
            f"cannot read numbers from {source}: its brackets are not one flat list, but as in "
            f"{shown(text.strip())}. Write one flat list, as [1, 2, 3], or one number a line."
        )
    return [row for row in rows if row.values]


def _first_column(rows: list[list[float]]) -> str:
    """A guess at what the first of several columns holds, for a message; empty without a guess."""
    first = [row[0] for row in rows]
    if min(map(len, rows)) > 1 and all(value.is_integer() for value in first):
        if all(later - earlier == 1 for earlier, later in pairwise(first)) and first[0] in (0, 1):
            return ": the first column counts the lines"
        if all(18000101 <= value <= 22001231 for value in first):
            return ": the first column seems to hold dates"
    return ""
