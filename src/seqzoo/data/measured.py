"""What a file or a table of measurements holds once it is read, and the choices that settle how it is read."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .._formats import counted
from ..errors import InputError
from . import frequency as frequencies
from .gaps import parts_of
from .numerals import number, shown
from .series import Series
from .times import zone_of

DATES = ("day-first", "month-first", "year-first")
LONGEST_GAP = 64  # the most values of a gap that a rule fills


class SeveralError(InputError):
    """A column of names tells several series apart, where one was asked for."""


@dataclass(frozen=True)
class Choices:
    """What the caller states about a table. The rest is inferred from all of its rows, and reported.

    Args:
        time: the column of times, by name or by its number from 1; "none" for a table without times.
        value: the column of values, by name or by its number from 1.
        id: the column that names the series of each row.
        only: the one series to read of several, by its name.
        frequency: the steps of the series, as pandas writes them.
        decimal: the decimal mark: "." or ",".
        dates: "day-first", "month-first" or "year-first".
        zone: the time zone of the clock, for times without an offset.
        missing: further words that stand for a missing value.
        keep: numbers such as -999 that are values, although they look like marks of missing ones.

    Raises:
        InputError: a choice is not one of these.
    """

    time: str | None = None
    value: str | None = None
    id: str | None = None
    only: str | None = None
    frequency: str | None = None
    decimal: str | None = None
    dates: str | None = None
    zone: str | None = None
    missing: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.decimal not in (None, ".", ","):
            raise InputError(f"--decimal must be . or , and is {self.decimal!r}.")
        if self.dates not in (None, *DATES):
            raise InputError(f"--dates must be {', '.join(DATES)}, and is {self.dates!r}.")
        if self.frequency is not None:
            frequencies.frequency(self.frequency)
        if self.zone is not None:
            zone_of(self.zone)
        for word in self.keep:
            if number(word) is None:
                raise InputError(f"--keep must be a number such as -999, and is {shown(word)}.")


@dataclass(frozen=True, eq=False)
class Reading:
    """Series that were read, and what was understood of their source.

    Args:
        series: in the order of the table.
        labels: the name of each series in the table; `Series.name` holds the letters of it that a model's name may.
        understood: one line: the kind of the file, the columns, the format of times and numbers, the frequency.
        option: the option that chooses one of several series.
        is_named: whether the source names its series.
        source: what was read, for messages.
        is_set: whether it holds one kind of value of several series, told apart by a column of names.
        counts: rows, values, what was sorted, dropped and filled, and each word that stood for a missing value.
    """

    series: tuple[Series, ...]
    labels: tuple[str, ...]
    understood: str
    counts: dict[str, Any] = field(default_factory=dict)
    option: str = "--only"
    is_named: bool = True
    source: str = "the table"
    is_set: bool = False

    def one(self) -> Series:
        """The one series.

        Raises:
            InputError: there are several.
        """
        if len(self.series) == 1:
            return self.series[0]
        names = ", ".join(self.labels[:12]) + (", ..." if len(self.labels) > 12 else "")
        several = f"{self.source} holds {len(self.series):,} series: {names}"
        kind = SeveralError if self.is_set else InputError
        raise kind(f"{several}. Choose one with {self.option} NAME.")

    def filled(self, rule: str, longest: int) -> Reading:
        """The reading with gaps filled by a rule, as `Series.filled` does, and the filled values counted."""
        series = tuple(each.filled(rule, longest) for each in self.series)
        count = sum(each.missing for each in self.series) - sum(each.missing for each in series)
        return dataclasses.replace(self, series=series, counts={**self.counts, "filled": count})

    def facts(self) -> dict[str, Any]:
        """What was read, for JSON: no values."""
        return {
            "understood": self.understood,
            "series": [
                {
                    "name": label, "values": len(each), "missing": each.missing,
                    "start": None if each.times is None else each.times.stamp(0),
                    "frequency": None if each.times is None else each.times.frequency.alias,
                    "zone": None if each.times is None else each.times.zone,
                }
                for label, each in zip(self.labels, self.series, strict=True)
            ],
            **self.counts,
        }  # fmt: skip


def longest_filled(context_length: int | None = None) -> int:
    """The most values of a gap that a rule fills, the same for a training, a backtest and the doctor.

    Args:
        context_length: L, where one window is read, which must not be wholly invented: then at most L.
    """
    return LONGEST_GAP if context_length is None else min(LONGEST_GAP, context_length)


def names_of(labels: list[str]) -> list[str]:
    """A name for each label that `Series` accepts, no two alike: "Débit (m3/s)" becomes "d_bit_m3_s"."""
    names: dict[str, None] = {}  # in order
    for label in labels:
        plain = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:36] or "series"
        name, again = plain, 2
        while name in names:
            name, again = f"{plain}_{again}", again + 1
        names[name] = None
    return list(names)


def name_of_file(stem: str, chosen: list[str]) -> str:
    """The name of a series of a file: that of the file, and of the column or the series that was chosen in it.

    Models of two series of one file must not replace each other.
    """
    return names_of([" ".join([stem[:17], *chosen]) if chosen else stem])[0]


def undivided(series: Series) -> Series:
    """The last values between missing ones: what trainings of earlier versions took of a series that gaps divide."""
    present = np.flatnonzero(~np.isnan(series.values))
    if not series.missing or not len(present):
        return series
    end = int(present[-1]) + 1
    begin = end - len(Series(series.name, series.values[:end]).unbroken())
    return Series(series.name, series.values[begin:end], None if series.times is None else series.times.after(begin))


def told_of_ends(series: Series, part: Series) -> str:
    """One sentence if values that are missing at the ends of a series are cut off."""
    cut = len(series) - len(part)
    if not cut:
        return ""
    return f"{counted(cut, 'missing value at its ends is', 'missing values at its ends are')} cut off."


def told_of_gaps(series: Series) -> str:
    """One sentence on the parts of a series that gaps divide, which no rule has filled; empty if there are none."""
    parts = parts_of(series.values)
    if len(parts) < 2:
        return ""
    sizes = ", ".join(f"{end - begin:,}" for begin, end in parts[:6]) + (", ..." if len(parts) > 6 else "")
    return (
        f"Gaps divide it into {len(parts):,} unbroken parts, of {sizes} values: a gap of more than {LONGEST_GAP} "
        "values is not filled, and no window crosses one."
    )
