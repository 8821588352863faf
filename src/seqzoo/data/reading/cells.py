"""Columns of text to numbers, decided from all cells of a column and never from one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
import polars as pl

from ..._arrays import FloatArray
from ...errors import InputError
from ..numerals import MISSING, shown

Where = Callable[[int], str]

WORDS = sorted(
    {*MISSING, "", "n.a.", "-nan", "+nan", "#value!", "#div/0!", "#ref!", "#null!", "\\n", "---", "(null)"}
)
# What loggers and data sets write for a missing value: -999 and its like, and the fill value of NetCDF.
SENTINELS = (
    *(-99.0, -99.9, -99.99, -999.0, -999.9, -999.99, -9999.0, -9999.9, -99999.0, -999999.0, -9999999.0),
    *(999.0, 9999.0, 99999.0, 999999.0, 1e20, -1e20, 1e30, 9.969209968386869e36),
)
LARGEST = 3.4028234663852886e38  # of float32

_EXPONENT = r"([eE][+-]?[0-9]{1,4})?"
_POINT_GROUPS = "[1-9][0-9]{0,2}([, '][0-9]{3})+|[1-9][0-9]?(,[0-9]{2})+,[0-9]{3}"  # 1,234 and 12,34,567
_COMMA_GROUPS = "[1-9][0-9]{0,2}([. '][0-9]{3})+"
_POINT = rf"^[+-]?(([0-9]+|{_POINT_GROUPS})(\.[0-9]*)?|\.[0-9]+){_EXPONENT}$"
_COMMA = rf"^[+-]?(([0-9]+|{_COMMA_GROUPS})(,[0-9]*)?|,[0-9]+){_EXPONENT}$"
_PLAIN = r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?$"
_INFINITE = r"^[+-]?(?i)(inf|infinity|∞)$"


def plain(column: pl.Series) -> pl.Series:
    """The cells without white space around them, and with ordinary blanks, apostrophes and minus signs."""
    return (
        column.cast(pl.String)
        .str.replace_all("[\u00a0\u2007\u2009\u202f]", " ")
        .str.replace_all("[’ʼ]", "'")
        .str.replace_all("[−﹣]", "-")
        .str.strip_chars(" \t\n\ufeff")
    )


@dataclass(frozen=True)
class Plain:
    """What is known of a column of text each of whose cells is empty, or a number as Python writes it.

    Args:
        values: [T], NaN where a cell is empty; not all are.
        comma: whether each cell is also a number with a decimal comma: 1.234, and whole numbers.
        marked: whether a cell has a decimal point.
    """

    values: FloatArray
    comma: bool
    marked: bool


def all_plain(columns: list[pl.Series]) -> list[Plain | None]:
    """For each column whether it is plain; None for others. One pass of polars for all: a pass costs more than most
    columns do, and a wide table has thousands."""
    texts = {str(at): column for at, column in enumerate(columns) if column.dtype == pl.String and len(column)}
    if not texts:
        return [None] * len(columns)
    frame = pl.DataFrame(list(column.alias(name) for name, column in texts.items()))
    is_plain = frame.select(pl.all().str.contains(_PLAIN).all()).row(0)
    told = frame.select(pl.all().is_not_null().any()).row(0)
    names = [name for name, *both in zip(frame.columns, is_plain, told, strict=True) if all(both)]
    if not names:
        return [None] * len(columns)
    frame = frame.select(names)
    commas = frame.select(pl.all().str.contains(_COMMA).all()).row(0)
    marked = frame.select(pl.all().str.contains(".", literal=True).any()).row(0)
    values = frame.select(pl.all().cast(pl.Float64))
    facts = {
        name: Plain(values[name].fill_null(np.nan).to_numpy().astype(np.float64), bool(comma), bool(point))
        for name, comma, point in zip(names, commas, marked, strict=True)
    }
    return [facts.get(str(at)) for at in range(len(columns))]


def is_missing(cells: pl.Series, words: tuple[str, ...]) -> pl.Series:
    """Which cells hold a word that stands for a missing value, or nothing."""
    lower = cells.str.to_lowercase()
    return lower.is_in([*WORDS, *(word.strip().lower() for word in words)]).fill_null(True)


def is_number(cells: pl.Series) -> pl.Series:
    """Which cells are numbers, with whatever decimal mark."""
    return cells.str.contains(_POINT) | cells.str.contains(_COMMA) | cells.str.contains(_INFINITE)


@dataclass(frozen=True)
class Marks:
    """The decimal marks with which every cell of a column is a number, and whether they differ in what they say."""

    point: bool
    comma: bool
    marked: bool

    @property
    def settled(self) -> str | None:
        """The mark that the column proves."""
        if not self.marked or self.point == self.comma:
            return None
        return "." if self.point else ","


def marks_of(cells: pl.Series, absent: pl.Series) -> Marks:
    """The marks of a column of numbers."""
    told = cells.filter(~absent)
    told = told.filter(~told.str.contains(_INFINITE))
    return Marks(
        bool(told.str.contains(_POINT).all()), bool(told.str.contains(_COMMA).all()),
        bool(told.str.contains("[.,]").any()),
    )  # fmt: skip


def check_mark(name: str, cells: pl.Series, absent: pl.Series, marks: Marks, separator: str, where: Where) -> None:
    """Refuse a column that can be read with either mark, where nothing else settles it.

    What Python itself reads as a number has a decimal point, except where semicolons separate the columns: there
    1.234 may well be more than a thousand.

    Raises:
        InputError: with both readings of the first such cell.
    """
    if not (marks.marked and marks.point and marks.comma):
        return
    row = int((~absent & cells.str.contains("[.,]")).arg_max() or 0)
    cell = cells[row]
    if "," not in "".join(cells.filter(cells.str.contains(",", literal=True)).head(1)) and separator != ";":
        return
    point, comma = cell.replace(",", ""), cell.replace(".", "").replace(",", ".")
    raise InputError(
        f"{where(row)}: {shown(cell)} in {name} can be read as {point} or as {comma}, and no other cell of the "
        "column settles it. State the decimal mark: --decimal . or --decimal ,"
    )


def numbers(
    name: str, cells: pl.Series, absent: pl.Series, mark: str, where: Where, keep: tuple[str, ...]
) -> FloatArray:
    """The values [T] of a column, NaN where one is missing.

    Raises:
        InputError: a cell is not a number with this decimal mark, or infinite; or a number looks like a mark of
            missing values.
    """
    pattern, groups = (_POINT, "[, ']") if mark == "." else (_COMMA, "[. ']")
    bad = ~absent & ~cells.str.contains(pattern)
    if bad.any():
        _refuse(name, cells, int(bad.arg_max() or 0), mark, where)
    clean = cells.str.replace_all(groups, "")
    if mark == ",":
        clean = clean.str.replace(",", ".", literal=True)
    clean = clean.str.replace(r"\.$", "").str.replace(r"\.([eE])", "$1").str.strip_prefix("+")
    values = clean.set(absent, None).cast(pl.Float64, strict=False).to_numpy().astype(np.float64)
    check_values(name, values, where, lambda row: str(cells[row]))
    check_sentinels(name, values, where, keep)
    return values


def check_values(name: str, values: FloatArray, where: Where, written: Callable[[int], str]) -> None:
    """Raises InputError for a value that is infinite in float32."""
    bad = np.flatnonzero(np.abs(values) > LARGEST)
    if len(bad):
        raise InputError(
            f"{where(int(bad[0]))}: {shown(written(int(bad[0])))} in {name} is not finite in float32. "
            "Delete it, or state that it stands for a missing value with --missing."
        )


def check_sentinels(name: str, values: FloatArray, where: Where, keep: tuple[str, ...]) -> None:
    """Refuse a number such as -999 that stands far outside the other values, unless the caller keeps it.

    Raises:
        InputError: with both options.
    """
    kept = {float(word) for word in keep}
    for mark in SENTINELS:
        hits = values == mark
        if mark in kept or not hits.any():
            continue
        rest = values[~hits & ~np.isnan(values)]
        if not len(rest):
            continue
        width = max(float(rest.max() - rest.min()), 1e-9)
        if rest.min() - 3 * width <= mark <= rest.max() + 3 * width:
            continue
        raise InputError(
            f"{where(int(hits.argmax()))}: {mark:g} in {name} may stand for a missing value: {hits.sum():,} of "
            f"{len(values):,} rows have it, and the others lie from {rest.min():g} to {rest.max():g}. "
            f"If it does, add --missing={mark:g}; if it was measured, --keep={mark:g}."
        )


def _refuse(name: str, cells: pl.Series, row: int, mark: str, where: Where) -> NoReturn:
    cell = cells[row]
    other = _COMMA if mark == "." else _POINT
    if pl.Series([cell]).str.contains(_INFINITE)[0]:
        raise InputError(f"{where(row)}: {shown(cell)} in {name} is not a finite number. Delete it, or add "
                         f"--missing={cell}.")  # fmt: skip
    if pl.Series([cell]).str.contains(other)[0]:
        raise InputError(
            f"{where(row)}: {shown(cell)} in {name} is a number only with a decimal "
            f"{'comma' if mark == '.' else 'point'}, and other cells have the other. Write one decimal mark."
        )
    only = "Write the number only, without a unit or a note. " if any(map(str.isdigit, cell)) else ""
    raise InputError(
        f"{where(row)}: {shown(cell)} in {name} is not a number. {only}If it stands for a missing value, add "
        f"--missing={shown(cell)}; to read another column, use --value."
    )
