"""Columns of text to times: one format for a column, and the order of day and month from all of its cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ...errors import InputError
from ..frequency import DAY
from ..numerals import shown
from ..written import Form, form_of
from .cells import Where, is_number

_CLOCK = (
    r"(?:(?:T|t|,? +)(?P<H>[0-9]{1,2})(?::(?P<M>[0-9]{2})(?::(?P<S>[0-9]{2})(?:[.,](?P<f>[0-9]{1,9}))?)?)?"
    r" ?(?P<p>[AaPp]\.?[Mm]\.?)? ?(?P<o>Z|z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)?)?$"
)
_MONTHS = {name: month for month, names in enumerate((
    "january jan januar januari janvier janv enero ene gennaio gen janeiro",
    "february feb februar februari février fevrier févr fevr fév febrero febbraio fevereiro fev",
    "march mar märz maerz mär mrz mars marzo maart mrt março marco marts",
    "april apr avril avr abril abr aprile",
    "may mai mayo maggio mag mei maio maj",
    "june jun juni juin junio giugno giu junho",
    "july jul juli juillet juil julio luglio lug julho",
    "august aug août aout agosto ago augustus augusti",
    "september sep sept septembre septiembre setiembre settembre set setembro",
    "october oct oktober okt octobre octubre ottobre ott outubro out",
    "november nov novembre noviembre novembro",
    "december dec dezember dez décembre decembre déc diciembre dic dicembre dezembro",
), start=1) for name in names.split()}  # English, German, French, Spanish, Italian, Dutch, Portuguese, Nordic
_NAMES = r"(?P<b>[^\W\d_]{3,10})"
_KNOWN = f"(?P<b>(?i:{'|'.join(_MONTHS)}))"  # where another word and a number, as "Shop 1001", would be no time
_WEEKDAY = r"^(?:[^\W\d_]{2,10}\.?,? )?"
_COMPACT_CLOCK = (
    "(?:[T ]?(?P<H>[0-9]{2})(?::?(?P<M>[0-9]{2})(?::?(?P<S>[0-9]{2}))?)? ?(?P<o>Z|[+-][0-9]{2}:?[0-9]{2})?)?$"
)
_SHORT = "month-name and year of two digits"  # or a day: only months in succession tell
_FORMATS = (
    ("year-month-day", r"^(?P<y>[0-9]{4})[-/.](?P<m>[0-9]{1,2})[-/.](?P<d>[0-9]{1,2})" + _CLOCK),
    ("three", r"^(?P<a>[0-9]{1,2})[-/. ](?P<c>[0-9]{1,2})[-/. ](?P<y>[0-9]{4}|[0-9]{2})" + _CLOCK),
    ("yyyymmdd", r"^(?P<y>(?:1[5-9]|2[0-2])[0-9]{2})(?P<m>[0-9]{2})(?P<d>[0-9]{2})" + _COMPACT_CLOCK),
    ("year-month", r"^(?P<y>[0-9]{4})[-/. ]?[-/.M ](?P<m>[0-9]{1,2})$"),
    ("month-year", r"^(?P<m>[0-9]{1,2})[-/.](?P<y>[0-9]{4})$"),
    ("year-quarter", r"^(?P<y>[0-9]{4})[-/. ]?[QqTt](?P<q>[1-4])$"),
    ("quarter-year", r"^[QqTt](?P<q>[1-4])[-/. ]?(?P<y>[0-9]{4})$"),
    ("quarter-year", r"^[QqTt](?P<q>[1-4])[-/. ]+'?(?P<y>[0-9]{2})$"),
    ("quarter-year", r"^(?P<q>[1-4])(?:[Qq]|\. ?Quartal )[-/. ]?'?(?P<y>[0-9]{4}|[0-9]{2})$"),
    ("ISO week", r"^(?P<y>[0-9]{4})[-/. ]?[Ww](?P<w>[0-9]{1,2})$"),
    ("day month-name year", _WEEKDAY + r"(?P<d>[0-9]{1,2})[-/. ]+(?:de )?" + _NAMES
                            + r"[-/., ]+(?:de )?(?P<y>[0-9]{4}|[0-9]{2})" + _CLOCK),
    ("month-name day year", _WEEKDAY + _NAMES + r"[-. ]+(?P<d>[0-9]{1,2}),? +(?P<y>[0-9]{4})" + _CLOCK),
    ("month-name year", r"^" + _KNOWN + r"[-./ ]+(?:de )?(?P<y>[0-9]{4})$"),
    ("year month-name", r"^(?P<y>[0-9]{4})[-./ ]+" + _KNOWN + "$"),
    (_SHORT, r"^" + _KNOWN + r"[-./ ]+'?(?P<y>[0-9]{2})$"),
    (_SHORT, r"^(?P<y>[0-9]{2})[-./ ]+" + _KNOWN + "$"),
)  # fmt: skip
CLOCK_ONLY = r"^[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?( ?[AaPp]\.?[Mm]\.?)?$"


@dataclass(frozen=True)
class Times:
    """The stamps of a column. `known` is false for a cell that is not a time of the format.

    Args:
        local: [T] in microseconds since 1970, as the clock showed it.
        offsets: [T] in microseconds, local time minus UTC; None if the cells state none.
        form: the format, for people.
        whole: whether no cell states a time of day.
        written: how the cells write a time; None where no form writes them all.
    """

    local: NDArray[np.int64]
    offsets: NDArray[np.int64] | None
    known: NDArray[np.bool_]
    form: str
    whole: bool = False
    written: Form | None = None


def looks_like_times(cells: pl.Series, absent: pl.Series) -> bool:
    """Whether most cells have the form of one kind of time that no number has."""
    return _format_of(cells, absent, written_only=True) is not None


def times(name: str, cells: pl.Series, absent: pl.Series, order: str | None, where: Where) -> Times | None:
    """The stamps of a column, or None if it does not hold times.

    Args:
        order: "day-first", "month-first" or "year-first", or None to infer it from all cells.

    Raises:
        InputError: the order of day and month is ambiguous, or some stamps state an offset and others none.
    """
    told = _format_of(cells, absent, written_only=False)
    if told is None:
        return None
    form, pattern = told
    parts = cells.str.extract_groups(pattern).struct.unnest()
    known = parts["y"].is_not_null()
    named: dict[str, str] = {}
    if form == "three":
        form, parts, named = _ordered(name, cells, parts, known, order, where)
    frame = parts.with_columns(
        y=pl.when(pl.col("y").str.len_chars() == 2)
        .then(pl.col("y").cast(pl.Int32) + pl.when(pl.col("y").cast(pl.Int32) < 69).then(2000).otherwise(1900))
        .otherwise(pl.col("y").cast(pl.Int32))
    )
    dates, told_date = _dates(frame, form)
    day, odd = _time_of_day(frame)
    known = known & told_date & ~odd
    if form == _SHORT and not _in_succession(dates, known):
        return None
    if form == "year-month" and _are_fiscal(frame, known):
        return None
    local = dates.fill_null(0).to_numpy().astype(np.int64) * DAY + day
    offsets = _offsets(name, frame, known, where)
    if offsets is not None:
        known = known & pl.Series(np.abs(offsets) < DAY)
    has_clock = "H" in frame.columns and bool(frame["H"].is_not_null().any())
    rows = known.to_numpy()
    stated = None if offsets is None else offsets[rows]
    written = form_of(pattern, named, cells.filter(known).to_list(), local[rows], stated)
    return Times(local, offsets, rows, form + (" and time" if has_clock else ""), not has_clock, written)


def _are_fiscal(frame: pl.DataFrame, known: pl.Series) -> bool:
    """Whether what looks like months are years that begin in one and end in the next, as 2000/01 and 2001/02."""
    year, month = (frame[key].cast(pl.Int32).filter(known) for key in ("y", "m"))
    return len(year) > 1 and bool(((year + 1) % 100 == month).all())


def _in_succession(days: pl.Series, known: pl.Series) -> bool:
    """Whether each month follows the one before, forwards or backwards, as months do and days of no year do not."""
    months = days.filter(known).cast(pl.Date).to_numpy().astype("datetime64[M]").astype(np.int64)
    steps = np.unique(np.diff(months))
    return len(steps) == 1 and abs(int(steps[0])) == 1


def _format_of(cells: pl.Series, absent: pl.Series, *, written_only: bool) -> tuple[str, str] | None:
    told = cells.filter(~absent)
    if not len(told):
        return None
    for form, pattern in _FORMATS:
        if written_only and form in ("yyyymmdd", "month-year", "year-month") and is_number(told).all():
            continue
        matches = told.str.contains(pattern)
        if int(matches.sum()) * 2 > len(told):
            return form, pattern
    return None


def _ordered(
    name: str, cells: pl.Series, parts: pl.DataFrame, known: pl.Series, order: str | None, where: Where
) -> tuple[str, pl.DataFrame, dict[str, str]]:
    """The name of the format, the parts with day, month and year named, and these names by group."""
    first, second, third = (parts[key].cast(pl.Int32).filter(known).to_numpy() for key in ("a", "c", "y"))
    short = bool((parts["y"].filter(known).str.len_chars() == 2).any())
    dotted = bool(cells.filter(known).str.contains(".", literal=True).all())
    possible = []
    if first.max() <= 31 and second.max() <= 12 and not (short and (int(third.max()) > 99)):
        possible.append("day-first")
    if first.max() <= 12 and second.max() <= 31 and not (dotted and second.max() <= 12):
        possible.append("month-first")
    # A year that leads with two digits stays the same from row to row, and the day that follows does not.
    if short and second.max() <= 12 and third.max() <= 31 and (
        len(np.unique(first)) < len(np.unique(third)) or first.max() > 31
    ):  # fmt: skip
        possible.append("year-first")
    if first.max() > 31 and not short:
        possible = []
    if order is not None:
        possible = [order]
    elif possible == ["day-first", "month-first"] and (first == second).all():
        possible = ["day-first"]
    elif len(possible) > 1:
        differing = np.flatnonzero(first != second) if "year-first" not in possible else np.array([0])
        row = int(np.flatnonzero(known.to_numpy())[differing[0]])
        readings = " or as ".join(
            _read_as(choice, *(parts[key][row] for key in ("a", "c", "y"))) for choice in possible
        )
        raise InputError(
            f"{where(row)}: {shown(cells[row])} in {name} can be read as {readings}, and no row settles it. "
            f"State the order: --dates {' or --dates '.join(possible)}."
        )
    chosen = possible[0] if possible else "day-first"
    keys = {"day-first": ("d", "m", "y"), "month-first": ("m", "d", "y"), "year-first": ("y", "m", "d")}[chosen]
    named = dict(zip(("a", "c", "y"), keys, strict=True))
    parts = parts.rename({old: f"_{new}" for old, new in named.items()}).rename({f"_{key}": key for key in keys})
    words = {"d": "day", "m": "month", "y": "year"}
    return "-".join(words[key] for key in keys), parts, named


def _read_as(order: str, first: str, second: str, third: str) -> str:
    day, month, year = {
        "day-first": (first, second, third), "month-first": (second, first, third),
        "year-first": (third, second, first),
    }[order]  # fmt: skip
    century = "" if len(year) == 4 else ("20" if int(year) < 69 else "19")
    return f"{century}{year}-{int(month):02}-{int(day):02}"


def _dates(frame: pl.DataFrame, form: str) -> tuple[pl.Series, pl.Series]:
    """Days since 1970, and whether the date exists."""
    whole = {key: frame[key].cast(pl.Int32) for key in ("y", "m", "d", "q", "w") if key in frame.columns}
    year = whole["y"]
    if "w" in whole:
        text = year.cast(pl.String).str.zfill(4) + "-W" + whole["w"].cast(pl.String).str.zfill(2) + "-1"
        date = text.str.to_date("%G-W%V-%u", strict=False)
    else:
        if "q" in whole:
            month = whole["q"] * 3 - 2
        elif "b" in frame.columns:
            month = frame["b"].str.to_lowercase().replace_strict(_MONTHS, default=None, return_dtype=pl.Int32)
        else:
            month = whole["m"]
        day = whole.get("d", pl.Series([1]).new_from_index(0, len(year)))
        text = pl.select(
            pl.concat_str(
                [year.cast(pl.String).str.zfill(4), month.cast(pl.String), day.cast(pl.String)], separator="-"
            )
        ).to_series()
        date = text.str.to_date("%Y-%m-%d", strict=False)
    return date.cast(pl.Int32), date.is_not_null() & (year >= 1)


def _time_of_day(frame: pl.DataFrame) -> tuple[NDArray[np.int64], pl.Series]:
    """Microseconds since midnight [T], and whether the time of day does not exist."""
    if "H" not in frame.columns:
        return np.zeros(len(frame), np.int64), pl.Series([False]).new_from_index(0, len(frame))

    def part(key: str) -> pl.Series:
        column = (
            frame[key] if key in frame.columns else pl.Series([None], dtype=pl.String).new_from_index(0, len(frame))
        )
        return column.cast(pl.Int64).fill_null(0)

    hour, minute, second = part("H"), part("M"), part("S")
    odd = (hour > 24) | (minute > 59) | (second > 59) | ((hour == 24) & ((minute > 0) | (second > 0)))
    if "p" in frame.columns:
        half = frame["p"].str.to_lowercase().str.slice(0, 1)
        odd = odd | (half.is_not_null() & ((hour < 1) | (hour > 12)))
        hour = hour.zip_with(half.is_null(), hour % 12 + (half == "p").fill_null(False).cast(pl.Int64) * 12)
    total = ((hour * 60 + minute) * 60 + second) * 1_000_000
    if "f" in frame.columns:
        total = total + frame["f"].str.pad_end(9, "0").str.slice(0, 6).cast(pl.Int64).fill_null(0)
    return total.to_numpy().astype(np.int64), odd.fill_null(False)


def _offsets(name: str, frame: pl.DataFrame, known: pl.Series, where: Where) -> NDArray[np.int64] | None:
    if "o" not in frame.columns or not frame["o"].is_not_null().any():
        return None
    stated = frame["o"]
    without = known & stated.is_null()
    if without.any():
        raise InputError(
            f"{where(int(without.arg_max() or 0))}: the time in {name} states no offset from UTC, and other rows do. "
            "Write it in every row, or in none."
        )
    digits = stated.str.replace_all("[^0-9+-]", "")
    hours = digits.str.slice(1, 2).cast(pl.Int64, strict=False).fill_null(0)
    minutes = digits.str.slice(3, 2).replace("", "0").cast(pl.Int64, strict=False).fill_null(0)
    sign = stated.str.starts_with("-").cast(pl.Int64) * -2 + 1
    return ((hours * 60 + minutes) * sign * 60_000_000).fill_null(0).to_numpy().astype(np.int64)
