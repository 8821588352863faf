"""From a table to series: which column holds the times, which the values, which the names of series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..._arrays import FloatArray
from ...errors import InputError, UnknownNameError
from .. import frequency as frequencies
from ..measured import Choices, Reading, names_of
from ..numerals import shown
from ..regular import Regular, Rows, regular
from ..series import Series
from . import cells as text
from . import dates
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
MOST_SERIES = 10_000


def is_unnamed(label: str) -> bool:
    """Whether a label is what pandas and R write above an index."""
    return label.lower() in ("", "index", "row", "x", "id") or label.lower().startswith("unnamed:")


@dataclass(eq=False)
class Column:
    """One column and what it may hold."""

    at: int
    label: str
    raw: pl.Series
    words: tuple[str, ...]

    @property
    def shown(self) -> str:
        """Its name for messages, or its number."""
        return shown(self.label) if self.label else f"column {self.at + 1}"

    @cached_property
    def cells(self) -> pl.Series:
        """Its cells as text."""
        return text.plain(self.raw)

    @cached_property
    def absent(self) -> pl.Series:
        """Which cells are missing."""
        return text.is_missing(self.cells, self.words)

    @property
    def is_typed(self) -> bool:
        """Whether the source states that the column holds numbers."""
        return self.raw.dtype.is_numeric()

    @cached_property
    def is_blank(self) -> bool:
        """Whether every cell is missing."""
        return bool(self.absent.all())

    @cached_property
    def is_numeric(self) -> bool:
        """Whether at least half of the cells that are not missing are numbers."""
        if self.is_typed:
            return True
        if self.raw.dtype.is_temporal() or self.is_blank:
            return False
        told = self.cells.filter(~self.absent)
        return int(text.is_number(told).sum()) * 2 >= len(told)

    @property
    def counts_rows(self) -> bool:
        """Whether it numbers the rows from 0 or 1, as the index that pandas and R write first."""
        whole = self.whole_numbers if self.at == 0 and is_unnamed(self.label) else None
        return whole is not None and whole[0] in (0, 1) and bool((np.diff(whole) == 1).all())

    @cached_property
    def whole_numbers(self) -> NDArray[np.int64] | None:
        """The cells as whole numbers [T], if they all are."""
        if self.absent.any():
            return None
        try:
            if self.is_typed:
                values = self.raw.to_numpy()
                whole = values.astype(np.int64)
                return whole if (whole == values).all() else None
            if not self.cells.str.contains("^[0-9]{1,18}(\\.0+)?$").all() or not len(self.cells):
                return None
            return self.cells.str.replace(r"\.0+$", "").cast(pl.Int64).to_numpy()
        except (ValueError, TypeError, pl.exceptions.PolarsError):
            return None


@dataclass(frozen=True)
class _Stamps:
    """The times of all rows: microseconds [T], or positions of an index."""

    column: Column
    local: NDArray[np.int64]
    offsets: NDArray[np.int64] | None
    form: str
    counted: bool = False
    zone: str | None = None
    beside: tuple[int, ...] = ()  # columns that are part of it


def read_table(table: Table, named: str, choices: Choices) -> Reading:
    """The series of a table.

    Raises:
        InputError: a cell cannot be read, or what it means is ambiguous.
        UnknownNameError: a column that the caller named does not exist.
    """
    every = [Column(at, label, raw, choices.missing) for at, (label, raw) in
             enumerate(zip(table.labels, table.columns, strict=True))]  # fmt: skip
    usable = [column for column in every if column.label or not column.is_blank]
    if not usable or not len(every[0].raw):
        raise InputError(
            f"{named} holds no rows below its header." if table.has_header else f"{named} holds no rows."
        )
    by_id = _chosen(every, choices.id, "id") if choices.id else _named(every, "unique_id")
    value = _chosen(every, choices.value, "value") if choices.value else None
    rest = [column for column in usable if column not in (by_id, value)]
    stamps = _stamps(table, rest, every, value, choices)
    taken = {stamps.column.at, *stamps.beside} if stamps else set()
    others = [column for column in rest if column.at not in taken]
    ignored: list[Column] = []
    if value is not None:
        values = [value]
        ignored = others
    elif by_id is not None and (y := _named(others, "y")) is not None:
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
    words = _missing_words(values, used)
    understood = _understood(table, named, stamps, values, by_id, ignored, marks, series, results, words)
    counts = _counts(results, series, words, wide=by_id is None)
    option = "--only" if by_id is not None else "--value"
    return Reading(series, tuple(labels), understood, counts, option, table.has_header, named)


@dataclass(frozen=True)
class _Part:
    """One series of a table: the rows [n] it has, and which of the value columns."""

    label: str
    rows: NDArray[np.intp]
    column: int
    short: str = ""


def _named(columns: list[Column], name: str) -> Column | None:
    return next((column for column in columns if column.label.lower() == name), None)


def _chosen(columns: list[Column], given: str | None, option: str) -> Column | None:
    if given is None:
        return None
    same = [column for column in columns if column.label == given]
    if len(same) > 1:
        numbers = " or ".join(f"--{option} {column.at + 1}" for column in same)
        raise InputError(f"{len(same)} columns are named {shown(given)}. State one by its number: {numbers}.")
    if same:
        return same[0]
    alike = [column for column in columns if column.label.lower() == given.lower()]
    if len(alike) == 1:
        return alike[0]
    if given.isascii() and given.isdigit() and 1 <= int(given) <= len(columns):
        return columns[int(given) - 1]
    raise UnknownNameError(
        f"column for --{option}", given, [column.label or str(column.at + 1) for column in columns]
    )


def _stamps(
    table: Table, rest: list[Column], every: list[Column], value: Column | None, choices: Choices
) -> _Stamps | None:
    """The times of the table: of the column that the caller named, or that looks most like one."""
    if choices.time == "none":
        return None
    if choices.time is not None:
        column = _chosen(every, choices.time, "time")
        assert column is not None
        if (stamps := _read_times(table, column, rest, choices, is_named=True)) is None:
            row = int((~column.absent).arg_max() or 0)
            raise InputError(f"{table.where(row)}: {shown(str(column.raw[row]))} in {column.shown} is not a time "
                             "that is known. Write it as 2024-01-31 or 2024-01-31 13:00.")  # fmt: skip
        return stamps
    numeric = [column for column in rest if column.is_numeric]
    others = len(numeric) + (value is not None)
    written = [
        column
        for column in rest
        if not column.is_blank
        and (
            column.raw.dtype.is_temporal()
            or (not column.is_typed and dates.looks_like_times(column.cells, column.absent))
        )
    ]
    written.sort(key=lambda column: column.label.lower() != "ds")
    for column in written:
        stamps = _read_times(table, column, rest, choices, is_named=False)
        if stamps is not None:
            return stamps
    for column in numeric:
        is_named = column.label.lower() in TIME_NAMES
        if others < 2 or not (is_named or column.at == 0 or column.label.lower() in INDEX_NAMES):
            continue
        stamps = _number_times(column, table.has_header, is_named)
        if stamps is not None:
            return stamps
    return None


def _read_times(
    table: Table, column: Column, rest: list[Column], choices: Choices, *, is_named: bool
) -> _Stamps | None:
    if column.raw.dtype.is_temporal():
        return _typed_times(column)
    if is_named and (stamps := _number_times(column, table.has_header, True)) is not None:
        return stamps
    cells = column.cells
    beside: tuple[int, ...] = ()
    clock = next((other for other in rest if other is not column and not other.is_typed and not other.is_blank
                  and not other.raw.dtype.is_temporal()
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
        raise InputError(
            f"{table.where(row)}: {shown(cells[row])} in {column.shown} is not a time, and other rows are read as "
            f"{told.form}. Correct it, or name another column with --time."
        )
    return _Stamps(column, told.local, told.offsets, told.form, beside=beside)


def _typed_times(column: Column) -> _Stamps | None:
    kind = column.raw.dtype
    if isinstance(kind, pl.Datetime):
        utc = column.raw.dt.cast_time_unit("us")
        zone = kind.time_zone
        if zone is None:
            return _Stamps(column, _micro(utc), None, "a date and time")
        instants = _micro(utc)
        local = _micro(utc.dt.replace_time_zone(None))
        return _Stamps(column, local, local - instants, "a date and time", zone=zone)
    if kind == pl.Date:
        days = column.raw.cast(pl.Int32).fill_null(0).to_numpy().astype(np.int64)
        return _Stamps(column, days * frequencies.DAY, None, "a date")
    return None


def _micro(column: pl.Series) -> NDArray[np.int64]:
    return column.to_physical().fill_null(0).to_numpy().astype(np.int64)


def _number_times(column: Column, has_header: bool, is_named: bool) -> _Stamps | None:
    """The times that a column of numbers states: dates without marks, Unix time, years, or the positions of rows."""
    whole = column.whole_numbers
    label = column.label.lower()
    if whole is None:
        return _even(column) if label in ("t", "time", "zeit", "temps") else None
    smallest, largest = int(whole.min()), int(whole.max())
    if 10**7 <= smallest and largest < 10**14:
        cells = pl.Series(whole).cast(pl.String)
        told = dates.times(column.shown, cells, pl.Series([False]).new_from_index(0, len(whole)), None, lambda _: "")
        if told is not None and told.form.startswith("yyyymmdd") and told.known.all():
            return _Stamps(column, told.local, None, told.form)
    if 150_001 <= smallest and largest <= 230_012 and (whole % 100 >= 1).all() and (whole % 100 <= 12).all():
        if (is_named or (column.at == 0 and not column.label)) and (np.diff(whole) > 0).all():
            months = (whole // 100 - 1970) * 12 + whole % 100 - 1
            local = months.astype("datetime64[M]").astype("datetime64[us]").astype(np.int64)
            return _Stamps(column, local, None, "yyyymm")
    if is_named and label in DATE_NAMES and 20_000 <= smallest and largest <= 80_000:
        return _Stamps(column, (whole - 25_569) * frequencies.DAY, None, "day numbers of Excel")
    for unit, size in _UNIX.items():
        ones = 1_000_000 / size
        if (10**9 * ones <= smallest and largest <= 4.2e9 * ones) or (is_named and 10**8 * ones <= smallest
                                                                    and largest <= 4.2e9 * ones):  # fmt: skip
            local = whole // 1_000 if unit == "ns" else whole * int(size)
            return _Stamps(column, local, np.zeros(len(whole), np.int64), f"Unix time in {unit}")
    steps = np.diff(whole)
    if not len(steps) or not (steps > 0).all():
        return None
    is_year = label in ("year", "jahr", "année", "annee", "año", "anno") or (
        (not has_header or is_named) and (steps == 1).all()
    )
    if 1500 <= smallest and largest <= 2300 and is_year:
        local = (whole - 1970).astype("datetime64[Y]").astype("datetime64[us]").astype(np.int64)
        return _Stamps(column, local, None, "years")
    counts_rows = smallest in (0, 1) and (largest - smallest + 1) <= 1.25 * len(whole) and column.at == 0
    if is_named or ((is_unnamed(label) or label in INDEX_NAMES) and (counts_rows or label in INDEX_NAMES)):
        return _Stamps(column, whole, None, "an index", counted=True)
    return None


def _even(column: Column) -> _Stamps | None:
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
    return _Stamps(column, whole.astype(np.int64), None, f"an index in steps of {np.median(steps):.6g}", counted=True)


def _used_rows(values: list[Column], stamps: _Stamps | None) -> NDArray[np.bool_]:
    """Rows that are read: where times are known, not those that are blank throughout."""
    used = np.ones(len(values[0].raw), bool)
    if stamps is not None:
        blank = stamps.column.absent.to_numpy().copy()
        for column in values:
            blank &= column.absent.to_numpy()
        used &= ~blank
    return used


def _check_times(stamps: _Stamps, values: list[Column], table: Table) -> NDArray[np.bool_]:
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
    marks = {column.at: text.marks_of(column.cells, column.absent) for column in values if not column.is_typed}
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
        arrays.append(text.numbers(column.shown, column.cells, column.absent, mark, table.where, choices.keep))
    return arrays, used_mark


def _written(raw: pl.Series, row: int) -> str:
    return str(raw[row])


def _guessed_id(stamps: _Stamps, array: FloatArray, ignored: list[Column], used: NDArray[np.bool_]) -> Column | None:
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
    part: _Part, stamps: _Stamps | None, arrays: list[FloatArray], table: Table,
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
    return regular(rows, grid, stamps.zone or choices.zone)


def _missing_words(values: list[Column], used: NDArray[np.bool_]) -> dict[str, int]:
    """How often each word stood for a missing value in the rows that are read."""
    words: dict[str, int] = {}
    for column in values:
        for word in column.raw.filter(column.absent & pl.Series(used)).cast(pl.String).fill_null("").to_list():
            key = word.strip() or "empty"
            words[key] = words.get(key, 0) + 1
    return words


def _counts(
    results: list[Regular], series: tuple[Series, ...], words: dict[str, int], *, wide: bool
) -> dict[str, Any]:
    """What was counted. Columns side by side share their rows."""
    total: dict[str, Any] = {"missing": sum(each.missing for each in series), "missing_words": words}
    for key in ("rows", "out_of_order", "exact_duplicates", "gaps", "absent"):
        counts = [int(result.counts.get(key, 0)) for result in results]
        total[key] = max(counts) if wide else sum(counts)
    for key in ("clock_changes", "absent_working_days"):
        total[key] = sorted({item for result in results for item in result.counts.get(key, [])})
    total["longest_gap"] = max((int(result.counts.get("longest_gap", 0)) for result in results), default=0)
    return total


def _understood(
    table: Table, named: str, stamps: _Stamps | None, values: list[Column], by_id: Column | None,
    ignored: list[Column], mark: str, series: tuple[Series, ...], results: list[Regular], words: dict[str, int],
) -> str:  # fmt: skip
    parts = [f"{named}: {table.kind}" + ("" if table.has_header else ", no header")]
    parts += table.notes
    if stamps is None:
        parts.append("no times, so values in the order of their rows")
    else:
        parts.append(f"times in {stamps.column.shown} ({stamps.form})")
    some = ", ".join(column.shown for column in values[:6]) + (", ..." if len(values) > 6 else "")
    parts.append(f"values in {some}" + (" with a decimal comma" if mark == "," else ""))
    if by_id is not None:
        parts.append(f"{len(series):,} series named in {by_id.shown}")
    first = series[0]
    if len(series) == 1:
        span = f"{len(first):,} values"
        if first.times is not None:
            begin, end = first.times.stamps(1)[0], first.times.stamps(1, len(first) - 1)[0]
            zone = f", {first.times.zone}" if first.times.zone else ""
            span += f", frequency {first.times.frequency.alias}, {begin} to {end}{zone}"
        parts.append(span)
        told = first.values[~np.isnan(first.values)]
        if len(told) > 1 and (told == told[0]).all():
            parts.append(f"constant: every value is {told[0]:g}")
    elif len({(len(each), each.times and each.times.frequency.alias) for each in series}) == 1:
        step = f", frequency {first.times.frequency.alias}" if first.times is not None else ""
        parts.append(f"{len(first):,} values each{step}")
    seen: list[str] = []
    for result in results[:20]:
        seen += [note for note in result.notes if note not in seen]
    parts += seen[:6]
    if words:
        parts.append(
            f"{sum(words.values()):,} missing values ("
            + ", ".join(
                f"{word if word == 'empty' else shown(word)} {count:,}" for word, count in sorted(words.items())[:10]
            )
            + ")"
        )
    if ignored:
        parts.append("not read: " + ", ".join(column.shown for column in ignored[:6]))
    return "; ".join(parts) + "."


def _stem(named: str) -> str:
    return named.replace("\\", "/").rpartition("/")[2].partition(".")[0] or "series"
