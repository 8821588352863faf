"""From a table to series: which columns hold the values and the names of series, and the rows of each series."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..._arrays import FloatArray
from ...errors import InputError, UnknownNameError
from .. import frequency as frequencies
from ..measured import Choices, Reading, names_of
from ..regular import Regular, Rows, regular
from ..series import Series
from . import cells as text
from .account import counts_of, missing_words, understood_of
from .columns import Column, chosen, named_as, only_one
from .stamps import Stamps, stamps_of
from .table import Table

MOST_SERIES = 10_000


def read_table(table: Table, named: str, choices: Choices) -> Reading:
    """The series of a table.

    Raises:
        InputError: a cell cannot be read, or what it means is ambiguous.
        UnknownNameError: a column that the caller named does not exist.
    """
    plain = text.all_plain(table.columns)
    every = [Column(at, label, raw, choices.missing, known) for at, (label, raw, known) in
             enumerate(zip(table.labels, table.columns, plain, strict=True))]  # fmt: skip
    usable = [column for column in every if column.label or not column.is_blank]
    if not usable or not len(every[0].raw):
        raise InputError(
            f"{named} holds no rows below its header." if table.has_header else f"{named} holds no rows."
        )
    by_id = chosen(every, choices.id, "id") if choices.id else named_as(every, "unique_id", "id")
    value = chosen(every, choices.value, "value") if choices.value else None
    rest = [column for column in usable if column not in (by_id, value)]
    stamps = stamps_of(table, rest, every, value, choices)
    if stamps is not None and choices.time is None and stamps.column.label:
        only_one([column for column in rest if column.label == stamps.column.label], "time")
    taken = {stamps.column.at, *stamps.beside} if stamps else set()
    others = [column for column in rest if column.at not in taken]
    ignored: list[Column] = []
    if value is not None:
        values = [value]
        ignored = others
    elif by_id is not None and (y := named_as(others, "y", "value")) is not None:
        values, ignored = [y], [column for column in others if column is not y]
    else:
        counters = [column for column in others if stamps is not None and column.counts_rows]
        values = [column for column in others if column.is_numeric and column not in counters]
        ignored = [column for column in others if column not in values]
        if not values and stamps is None and len(usable) == 1 and not usable[0].is_blank:
            values, ignored = usable, []  # to refuse it with its line
        if not values and (named_cells := [column for column in others if not column.is_blank]):
            values, ignored = named_cells[:1], []  # to refuse it with its line
        if not values:
            blank = [column.shown for column in others if column.is_blank]
            why = f"; {blank[0]} holds only missing values" if blank else ""
            raise InputError(
                f"{named} has no column of numbers beside its times{why}. Columns: "
                f"{', '.join(column.shown for column in every[:12])}. State one with --value."
            )
    used = _used_rows(values, stamps)
    arrays, marks = _values(values, table, choices)
    if by_id is None and stamps is not None and choices.id is None and len(values) == 1:
        by_id = _guessed_id(stamps, arrays[0], ignored, used)
        ignored = [column for column in ignored if column is not by_id]
    if stamps is not None:
        used &= _check_times(stamps, values, table)
    parts = _parts(by_id, used, values)
    wanted = [part for part in parts if choices.only is None or choices.only in (part.label, part.short)]
    if not wanted:
        raise UnknownNameError("series", str(choices.only), [part.label for part in parts])
    grid = frequencies.frequency(choices.frequency) if choices.frequency else None
    results = [_regular(part, stamps, arrays, table, grid, choices) for part in wanted]
    labels = [part.label or (_stem(named) if len(wanted) == 1 else f"column {part.short}") for part in wanted]
    series = tuple(
        Series(name, np.ascontiguousarray(result.values[:, 0]), result.times)
        for name, result in zip(names_of(labels), results, strict=True)
    )
    words = missing_words(values, used)
    understood = understood_of(table, named, stamps, values, by_id, ignored, marks, series, results, words)
    counts = counts_of(results, series, words, wide=by_id is None)
    option = "--only" if by_id is not None else "--value"
    is_set = by_id is not None and len(values) == 1 and len(series) > 1
    return Reading(series, tuple(labels), understood, counts, option, table.has_header, named, is_set)


@dataclass(frozen=True)
class _Part:
    """One series of a table: the rows [n] it has, and which of the value columns."""

    label: str
    rows: NDArray[np.intp]
    column: int
    short: str = ""


def _used_rows(values: list[Column], stamps: Stamps | None) -> NDArray[np.bool_]:
    """Rows that are read: where times are known, not those that are blank throughout."""
    used = np.ones(len(values[0].raw), bool)
    if stamps is not None:
        blank = stamps.column.absent.to_numpy().copy()
        for column in values:
            blank &= column.absent.to_numpy()
        used &= ~blank
    return used


def _check_times(stamps: Stamps, values: list[Column], table: Table) -> NDArray[np.bool_]:
    absent = stamps.column.absent.to_numpy()
    told = np.zeros(len(absent), bool)
    for column in values:
        told |= ~column.absent.to_numpy()
    without = np.flatnonzero(absent & told)
    if len(without):
        raise InputError(
            f"{table.where(int(without[0]))}: the time in {stamps.column.shown} is missing, and the row has a value. "
            "Write the time, delete the row, or read the rows in order with --time none."
        )
    return ~absent


def _values(values: list[Column], table: Table, choices: Choices) -> tuple[list[FloatArray], str]:
    """The values of each column, and the decimal mark of the table."""
    marks = {column.at: _marks(column) for column in values if not column.is_typed}
    settled = {mark.settled for mark in marks.values()} - {None}
    arrays: list[FloatArray] = []
    used_mark = "."
    for column in values:
        if column.is_typed:
            if column.raw.dtype.is_nested():
                raise InputError(f"{column.shown} holds lists or objects. Write one number a cell.")
            array = column.raw.cast(pl.Float64, strict=False).to_numpy().astype(np.float64)
            array[column.absent.to_numpy()] = np.nan
            text.check_values(column.shown, array, table.where, partial(_written, column.raw))
            text.check_sentinels(column.shown, array, table.where, choices.keep)
            arrays.append(array)
            continue
        own = marks[column.at]
        mark = choices.decimal or own.settled or (next(iter(settled)) if len(settled) == 1 else None)
        if mark is None:
            text.check_mark(column.shown, column.cells, column.absent, own, table.separator, table.where)
            mark = "."
            if not own.point and not own.comma:  # to name the first cell that differs
                firsts = column.cells.filter(~column.absent).str.contains(",", literal=True)
                mark = "," if len(firsts) and bool(firsts[0]) else "."
        if mark == "," and own.marked:
            used_mark = ","
        if column.plain is not None and not column.words and (mark == "." or not own.marked):
            array = np.asarray(column.plain.values, np.float64)
            text.check_values(column.shown, array, table.where, partial(_written, column.raw))
            text.check_sentinels(column.shown, array, table.where, choices.keep)
            arrays.append(array)
            continue
        arrays.append(text.numbers(column.shown, column.cells, column.absent, mark, table.where, choices.keep))
    return arrays, used_mark


def _marks(column: Column) -> text.Marks:
    if column.plain is None or column.words:
        return text.marks_of(column.cells, column.absent)
    return text.Marks(True, column.plain.comma, column.plain.marked)


def _written(raw: pl.Series, row: int) -> str:
    return str(raw[row])


def _guessed_id(stamps: Stamps, array: FloatArray, ignored: list[Column], used: NDArray[np.bool_]) -> Column | None:
    """The one column of text that tells rows of the same time apart."""
    local = stamps.local[used] - (0 if stamps.offsets is None else stamps.offsets[used])
    if len(np.unique(local)) * 1.2 > len(local):
        return None
    fits = []
    for column in ignored:
        if column.raw.dtype.is_temporal() or column.is_blank:
            continue
        names = column.cells.fill_null("").to_numpy()[used]
        if len(set(zip(local.tolist(), names.tolist(), strict=True))) == len(local):
            fits.append(column)
    return fits[0] if len(fits) == 1 else None


def _parts(by_id: Column | None, used: NDArray[np.bool_], values: list[Column]) -> list[_Part]:
    rows = np.flatnonzero(used)
    if by_id is None:
        return [_Part(column.label, rows, at, str(column.at + 1)) for at, column in enumerate(values)]
    names = by_id.raw.cast(pl.String).fill_null("").to_numpy()[rows]
    unique, first, inverse = np.unique(names.astype(str), return_index=True, return_inverse=True)
    if len(unique) > MOST_SERIES:
        raise InputError(f"{by_id.shown} names {len(unique):,} series: at most {MOST_SERIES:,} are read.")
    order = np.argsort(inverse, kind="stable")
    groups = np.split(order, np.cumsum(np.bincount(inverse))[:-1])
    parts = []
    for name in np.argsort(first):
        for at, column in enumerate(values):
            label = str(unique[name]) if len(values) == 1 else f"{unique[name]} {column.label}"
            parts.append(_Part(label, rows[groups[name]], at))
    return parts


def _regular(
    part: _Part, stamps: Stamps | None, arrays: list[FloatArray], table: Table,
    grid: frequencies.Frequency | None, choices: Choices,
) -> Regular:  # fmt: skip
    values = arrays[part.column][part.rows][:, None]
    if stamps is None:
        return Regular(values, None, {"rows": len(values), "gaps": 0, "absent": 0})
    where: Callable[[int], str] = lambda row: table.where(int(part.rows[row]))  # noqa: E731
    rows = Rows(
        stamps.local[part.rows].astype("datetime64[us]"),
        None if stamps.offsets is None else stamps.offsets[part.rows].astype("timedelta64[us]"),
        values, where, lambda row: str(stamps.column.raw[int(part.rows[row])]), stamps.counted,
    )  # fmt: skip
    result = regular(rows, grid, stamps.zone or choices.zone)
    if result.times is None or stamps.written is None:
        return result
    return dataclasses.replace(result, times=dataclasses.replace(result.times, form=stamps.written))


def _stem(named: str) -> str:
    return named.replace("\\", "/").rpartition("/")[2].partition(".")[0] or "series"
