"""The times of a table: of the column that the caller named, or that looks most like one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ...errors import InputError
from .. import frequency as frequencies
from ..measured import Choices
from ..numerals import shown
from ..written import Form, Part
from . import dates
from .columns import Column, chosen, is_unnamed
from .table import Table

TIME_NAMES = frozenset(
    "ds date datetime time timestamp day month year week quarter period datum zeit zeitpunkt zeitstempel jahr monat "
    "tag mois jour année annee heure fecha hora año mes data ora mese anno tijd datum_tijd t when".split()
)
DATE_NAMES = frozenset("ds date datetime timestamp day datum tag fecha data dato".split())
INDEX_NAMES = frozenset(
    "index idx t i n k nr no id row step obs observation # x time day month year week hour period "
    "position sample".split()
)
_UNIX = {"s": 1_000_000, "ms": 1_000, "us": 1, "ns": 0.001}


@dataclass(frozen=True)
class Stamps:
    """The times of all rows: microseconds [T], or positions of an index."""

    column: Column
    local: NDArray[np.int64]
    offsets: NDArray[np.int64] | None
    form: str
    counted: bool = False
    zone: str | None = None
    beside: tuple[int, ...] = ()  # columns that are part of it
    written: Form | None = None  # how its cells write a time


def stamps_of(
    table: Table, rest: list[Column], every: list[Column], value: Column | None, choices: Choices
) -> Stamps | None:
    """The times of the table: of the column that the caller named, or that looks most like one."""
    if choices.time == "none":
        return None
    if choices.time is not None:
        column = chosen(every, choices.time, "time")
        assert column is not None
        if (stamps := _read_times(table, column, rest, choices, is_named=True)) is None:
            raise InputError(_unknown(table, column))
        return stamps
    numeric = [column for column in rest if column.is_numeric]
    others = len(numeric) + (value is not None)
    written = [
        column
        for column in rest
        if not column.is_blank
        and (
            column.raw.dtype.is_temporal()
            or (
                not column.is_typed
                and column.plain is None  # no number is written as a time
                and dates.looks_like_times(column.cells, column.absent)
            )
        )
    ]
    written.sort(key=lambda column: column.label.lower() != "ds")
    for column in written:
        stamps = _read_times(table, column, rest, choices, is_named=False)
        if stamps is not None:
            return stamps
    positions = None
    for column in numeric:
        is_named = column.label.lower() in TIME_NAMES
        if others < 2 or not (is_named or column.at == 0 or column.label.lower() in INDEX_NAMES):
            continue
        stamps = _number_times(column, table.has_header, is_named)
        if stamps is not None and not stamps.counted:
            return stamps
        positions = positions or stamps
    for column in rest:  # else its rows would silently be read in their order
        if column.label.lower() in TIME_NAMES and not (column.is_typed or column.is_numeric or column.is_blank):
            raise InputError(f"{_unknown(table, column)} Or read the rows in their order with --time none.")
    return positions


def _unknown(table: Table, column: Column) -> str:
    """The refusal of a column whose cells are no times."""
    row = int((~column.absent).arg_max() or 0)
    return (
        f"{table.where(row)}: {shown(str(column.raw[row]))} in {column.shown} is not a time that is known. Write it "
        "as 2024-01-31 or 2024-01-31 13:00."
    )


def _read_times(
    table: Table, column: Column, rest: list[Column], choices: Choices, *, is_named: bool
) -> Stamps | None:
    if column.raw.dtype.is_temporal():
        return _typed_times(column)
    if is_named and (stamps := _number_times(column, table.has_header, True)) is not None:
        return stamps
    cells = column.cells
    beside: tuple[int, ...] = ()
    clock = next((other for other in rest if other is not column and not other.is_typed and other.plain is None
                  and not other.is_blank and not other.raw.dtype.is_temporal()
                  and other.cells.filter(~other.absent).str.contains(dates.CLOCK_ONLY).all()), None)  # fmt: skip
    told = dates.times(column.shown, cells, column.absent, choices.dates, table.where)
    if told is None:
        return None
    if clock is not None and told.whole:
        joined = pl.select(pl.concat_str([cells, clock.cells], separator=" ")).to_series()
        told = dates.times(
            column.shown, joined.fill_null(""), column.absent | clock.absent, choices.dates, table.where
        )
        beside = (clock.at,)
        if told is None:
            return None
    bad = np.flatnonzero(~told.known & ~column.absent.to_numpy())
    if len(bad):
        row = int(bad[0])
        total = " If the last row is a total, delete it." if row == len(cells) - 1 else ""
        raise InputError(
            f"{table.where(row)}: {shown(cells[row])} in {column.shown} is not a time, and other rows are read as "
            f"{told.form}. Correct it, or name another column with --time.{total}"
        )
    written = None if beside else told.written
    return Stamps(column, told.local, told.offsets, told.form, beside=beside, written=written)


def _typed_times(column: Column) -> Stamps | None:
    kind = column.raw.dtype
    if isinstance(kind, pl.Datetime):
        utc = column.raw.dt.cast_time_unit("us")
        zone = kind.time_zone
        if zone is None:
            return Stamps(column, _micro(utc), None, "a date and time")
        instants = _micro(utc)
        local = _micro(utc.dt.replace_time_zone(None))
        return Stamps(column, local, local - instants, "a date and time", zone=zone)
    if kind == pl.Date:
        days = column.raw.cast(pl.Int32).fill_null(0).to_numpy().astype(np.int64)
        return Stamps(column, days * frequencies.DAY, None, "a date")
    return None


def _micro(column: pl.Series) -> NDArray[np.int64]:
    return column.to_physical().fill_null(0).to_numpy().astype(np.int64)


def _number_times(column: Column, has_header: bool, is_named: bool) -> Stamps | None:
    """The times that a column of numbers states: dates without marks, Unix time, years, or the positions of rows."""
    whole = column.whole_numbers
    label = column.label.lower()
    if whole is None and is_named and label in DATE_NAMES and (excel := _excel_clock(column)) is not None:
        return excel
    if whole is None:
        return _even(column) if label in ("t", "time", "zeit", "temps") else None
    smallest, largest = int(whole.min()), int(whole.max())
    is_unix = 10**9 <= smallest < 1_900_000_000  # which some hours as yyyymmddhh also are, of the years before 1900
    if 10**7 <= smallest and largest < 10**14 and not is_unix:
        cells = pl.Series(whole).cast(pl.String)
        told = dates.times(column.shown, cells, pl.Series([False]).new_from_index(0, len(whole)), None, lambda _: "")
        if told is not None and told.form.startswith("yyyymmdd") and told.known.all():
            return Stamps(column, told.local, None, told.form, written=told.written)
    if 150_001 <= smallest and largest <= 230_012 and (whole % 100 >= 1).all() and (whole % 100 <= 12).all():
        if (is_named or (column.at == 0 and not column.label)) and (np.diff(whole) > 0).all():
            months = (whole // 100 - 1970) * 12 + whole % 100 - 1
            local = months.astype("datetime64[M]").astype("datetime64[us]").astype(np.int64)
            return Stamps(column, local, None, "yyyymm", written=Form((Part("y", 4, "yyyy"), Part("m", 2, "mm"))))
    if is_named and label in DATE_NAMES and 20_000 <= smallest and largest <= 80_000:
        return Stamps(column, (whole - 25_569) * frequencies.DAY, None, "day numbers of Excel")
    for unit, size in _UNIX.items():
        ones = 1_000_000 / size
        if (10**9 * ones <= smallest and largest <= 4.2e9 * ones) or (is_named and 10**8 * ones <= smallest
                                                                    and largest <= 4.2e9 * ones):  # fmt: skip
            local = whole // 1_000 if unit == "ns" else whole * int(size)
            written = Form(per_second=round(ones))
            return Stamps(column, local, np.zeros(len(whole), np.int64), f"Unix time in {unit}", written=written)
    steps = np.diff(whole)
    if not len(steps) or not (steps > 0).all():
        return None
    is_year = label in ("year", "jahr", "année", "annee", "año", "anno") or (
        (not has_header or is_named) and (steps == 1).all()
    )
    if 1500 <= smallest and largest <= 2300 and is_year:
        local = (whole - 1970).astype("datetime64[Y]").astype("datetime64[us]").astype(np.int64)
        return Stamps(column, local, None, "years", written=Form((Part("y", 4, "yyyy"),)))
    counts_rows = smallest in (0, 1) and (largest - smallest + 1) <= 1.25 * len(whole) and column.at == 0
    if is_named or ((is_unnamed(label) or label in INDEX_NAMES) and (counts_rows or label in INDEX_NAMES)):
        return Stamps(column, whole, None, "an index", counted=True)
    return None


def _excel_clock(column: Column) -> Stamps | None:
    """The times that day numbers of Excel with a time of day state, to the second."""
    if column.absent.any() or not (column.is_typed or column.plain is not None):
        return None
    days = column.raw.cast(pl.Float64).to_numpy()
    if not (np.isfinite(days).all() and days.min() >= 20_000 and days.max() <= 80_000):
        return None
    local = np.rint((days - 25_569) * 86_400).astype(np.int64) * 1_000_000
    return Stamps(column, local, None, "day numbers of Excel with a time of day")


def _even(column: Column) -> Stamps | None:
    """Times such as 0.0, 0.1, 0.2 as positions, if they are multiples of their smallest step."""
    try:
        values = (
            column.raw.cast(pl.Float64).to_numpy() if column.is_typed else column.cells.cast(pl.Float64).to_numpy()
        )
    except pl.exceptions.PolarsError:
        return None
    steps = np.diff(values)
    if not len(steps) or not np.isfinite(values).all() or not (steps > 0).all():
        return None
    places = (values - values[0]) / np.median(steps)
    whole = np.rint(places)
    if np.abs(places - whole).max() > 0.01 or not (np.diff(whole) > 0).all():
        return None
    return Stamps(column, whole.astype(np.int64), None, f"an index in steps of {np.median(steps):.6g}", counted=True)
