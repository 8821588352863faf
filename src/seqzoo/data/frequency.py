"""The frequency of a series: the grid that its time stamps lie on, and the grid that fits stamps best. NumPy only.

Stamps are datetime64[us]. Frequencies below a day step in UTC; a day and longer steps in the local calendar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

Stamps = NDArray[np.datetime64]

DAY = 86_400_000_000  # microseconds
_UNITS = {"h": 3_600_000_000, "min": 60_000_000, "s": 1_000_000, "ms": 1_000, "us": 1}
_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_OLDER = {"H": "h", "T": "min", "S": "s", "L": "ms", "M": "ME", "Q": "QE", "A": "YE", "Y": "YE", "BM": "BME"}
_ALIAS = re.compile(r"([1-9][0-9]{0,5})?([A-Za-z]+)(?:-([A-Z]{3}))?")
_WITHIN_MONTH = re.compile(r"([1-9][0-9]{0,2})?MS\+([1-9]|1[0-9]|2[0-7])D")
_ENDS = {"S": "start", "E": "end", "BS": "business start", "BE": "business end"}


@dataclass(frozen=True)
class Frequency:
    """The steps of a regular series. Make one with `frequency`.

    Args:
        alias: as pandas writes it, for example "15min", "h", "D", "B", "W-SUN", "MS", "ME", "QS", "YE".
        unit: "us", "D", "B" or "M": microseconds, days, working days, or months.
        step: units from one stamp to the next.
        day: where in its month a stamp lies, for months: "start", "end", "business start", "business end", or the
            days after the start, as "14".
    """

    alias: str
    unit: str
    step: int
    day: str = ""

    @property
    def seasons(self) -> tuple[int, ...]:
        """Usual season lengths in steps, the shortest first: a day and a week, a week, or a year."""
        if self.unit == "us":
            return tuple(span // self.step for span in (DAY, 7 * DAY) if span % self.step == 0 and span > self.step)
        if self.unit == "M":
            return (12 // self.step,) if self.step < 12 and 12 % self.step == 0 else ()
        if self.unit == "B":
            return (5,) if self.step == 1 else ()
        return {1: (7,), 7: (52,)}.get(self.step, ())

    def season_of(self, count: int) -> int:
        """The shortest usual season that `count` values hold three times; 1 if none."""
        return next((season for season in self.seasons if 3 * season <= count), 1)

    def positions(self, stamps: Stamps, start: np.datetime64, holidays: Stamps | None = None) -> NDArray[np.int64]:
        """How many steps each stamp lies after `start`; -1 for a stamp that is not on the grid or lies before it."""
        counted, on_grid = self._counted(stamps, holidays)
        origin, _ = self._counted(np.array([start]), holidays)
        steps, rest = np.divmod(counted - origin[0], self.step)
        if self.unit != "us":
            on_grid &= _time_of_day(stamps) == _time_of_day(np.array([start]))[0]
        return np.where(on_grid & (rest == 0) & (steps >= 0), steps, -1)

    def stamps(self, start: np.datetime64, count: int, begin: int = 0, holidays: Stamps | None = None) -> Stamps:
        """`count` stamps of the grid, from the one `begin` steps after `start` on."""
        steps = (begin + np.arange(count, dtype=np.int64)) * self.step
        start = start.astype("datetime64[us]")
        if self.unit == "us":
            return start + steps.astype("timedelta64[us]")
        date = start.astype("datetime64[D]")
        if self.unit == "D":
            dates = date + steps.astype("timedelta64[D]")
        elif self.unit == "B":
            dates = np.busday_offset(date, steps, roll="forward", holidays=_listed(holidays))
        else:
            dates = _day_of(date.astype("datetime64[M]") + steps.astype("timedelta64[M]"), self.day)
        stepped: Stamps = dates.astype("datetime64[us]") + (start - date.astype("datetime64[us]"))
        return stepped

    def _counted(self, stamps: Stamps, holidays: Stamps | None) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Units since a fixed origin, and whether each stamp can lie on a grid of this kind."""
        if self.unit == "us":
            return stamps.astype("datetime64[us]").astype(np.int64), np.ones(len(stamps), bool)
        dates = stamps.astype("datetime64[D]")
        if self.unit == "D":
            return dates.astype(np.int64), np.ones(len(dates), bool)
        if self.unit == "B":
            listed = _listed(holidays)
            counted = np.busday_count(np.datetime64("1970-01-01"), dates, holidays=listed).astype(np.int64)
            return counted, np.is_busday(dates, holidays=listed)
        months = dates.astype("datetime64[M]")
        return months.astype(np.int64), dates == _day_of(months, self.day)


class Fit(NamedTuple):
    """A frequency that holds all stamps, and how many stamps of its grid are absent."""

    frequency: Frequency
    absent: int


def frequency(alias: str) -> Frequency:
    """The frequency of an alias, as pandas writes it now or wrote it before version 2.2. pandas has no alias for the
    same day of every month: the 15th is "MS+14D".

    Raises:
        InputError: the alias is unknown.
    """
    if within := _WITHIN_MONTH.fullmatch(alias.strip()):
        return Frequency(alias.strip(), "M", int(within[1] or 1), within[2])
    parts = _ALIAS.fullmatch(alias.strip())
    if parts is not None:
        count, name, anchor = int(parts[1] or 1), _OLDER.get(parts[2], parts[2]), parts[3]
        number = "" if count == 1 else str(count)
        if name in _UNITS and anchor is None:
            return Frequency(f"{number}{name}", "us", count * _UNITS[name])
        if name in ("D", "B") and anchor is None:
            return Frequency(f"{number}{name}", name, count)
        if name == "W" and (anchor or "SUN") in _WEEKDAYS:
            return Frequency(f"{number}W-{anchor or 'SUN'}", "D", 7 * count)
        months = re.fullmatch(r"(B?)([MQY])([SE])", name)
        if months is not None and (anchor is None or (anchor in _MONTHS and months[2] != "M")):
            size = {"M": 1, "Q": 3, "Y": 12}[months[2]]
            ending = f"-{anchor}" if anchor else ""
            return Frequency(f"{number}{name}{ending}", "M", count * size, _ENDS[months[1] + months[3]])
    raise InputError(
        f"unknown frequency {alias[:40]!r}. Write it as pandas does, for example 15min, h, D, B, W-SUN, MS, ME or QS."
    )


def infer(local: Stamps, instants: Stamps) -> Fit:
    """The frequency whose grid holds all stamps with the fewest absent.

    Args:
        local: [T], at least two, ascending and without duplicates: what the local clock showed.
        instants: [T], the same in UTC; `local` again where no zone is known.
    """
    fits = [_fixed(instants)]
    if (_time_of_day(local) == _time_of_day(local[:1])[0]).all():
        fits = [_days(local), *_months(local)]
        if np.is_busday(local.astype("datetime64[D]")).all():
            fits.append(_fit(frequency("B"), local))
        # 2D, 31D and 365D hold few stamps of months too: where as many are absent, months are meant.
        usual = ("D", "B", "MS", "ME")
        fits.sort(key=lambda fit: (
            fit.absent, fit.frequency.unit == "D" and fit.frequency.step not in (1, 7),
            fit.frequency.alias not in usual and fit.frequency.day.isdigit(),
        ))  # fmt: skip
    return fits[0]


def commonest(instants: Stamps) -> tuple[np.timedelta64, float]:
    """The commonest spacing of ascending stamps, and its share of all spacings."""
    spacings, counts = np.unique(np.diff(instants).astype(np.int64), return_counts=True)
    spacings = spacings.astype("timedelta64[us]")
    return spacings[counts.argmax()], float(counts.max() / counts.sum())


def fixed(microseconds: int) -> Frequency:
    """The frequency of a fixed spacing in microseconds."""
    unit, size = next((unit, size) for unit, size in _UNITS.items() if microseconds % size == 0)
    count = microseconds // size
    return Frequency(f"{'' if count == 1 else count}{unit}", "us", microseconds)


def _fit(grid: Frequency, stamps: Stamps) -> Fit:
    return Fit(grid, int(grid.positions(stamps[-1:], stamps[0])[0]) + 1 - len(stamps))


def _fixed(instants: Stamps) -> Fit:
    spacings = np.diff(instants.astype("datetime64[us]")).astype(np.int64)
    return _fit(fixed(int(np.gcd.reduce(spacings))), instants)


def _days(local: Stamps) -> Fit:
    dates = local.astype("datetime64[D]")
    step = int(np.gcd.reduce(np.diff(dates).astype(np.int64)))
    if step % 7 == 0:
        weekday = _WEEKDAYS[(int(dates[0].astype(np.int64)) + 3) % 7]  # 1970-01-01 was a Thursday
        return _fit(frequency(f"{step // 7 if step > 7 else ''}W-{weekday}"), local)
    return _fit(frequency(f"{step}D" if step > 1 else "D"), local)


def _months(local: Stamps) -> list[Fit]:
    dates = local.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    fits = []
    after = np.unique((dates - months.astype("datetime64[D]")).astype(np.int64))
    if len(after) == 1 and 1 <= after[0] <= 27:
        step = int(np.gcd.reduce(np.diff(months).astype(np.int64)))
        fits.append(_fit(frequency(f"{step if step > 1 else ''}MS+{after[0]}D"), local))
    for ending, day in _ENDS.items():
        if not (dates == _day_of(months, day)).all():
            continue
        step = int(np.gcd.reduce(np.diff(months).astype(np.int64)))
        if step == 0:  # two stamps in one month cannot both be its start
            continue
        business, end = ending[:-1], ending[-1]
        month = int(months[0].astype(np.int64)) % 12
        if step % 12 == 0:
            usual = month == (0 if end == "S" else 11)
            alias = f"{step // 12}{business}Y{end}" + ("" if usual else f"-{_MONTHS[month]}")
        elif step == 3:
            usual = month % 3 == (0 if end == "S" else 2)
            alias = f"1{business}Q{end}" + ("" if usual else f"-{_MONTHS[month % 3]}")
        else:
            alias = f"{step}{business}M{end}"
        fits.append(_fit(frequency(re.sub(r"^1(?=\D)", "", alias)), local))
    return fits


def _day_of(months: Stamps, day: str) -> Stamps:
    """The dates of a month's start or end, or of its first or last working day."""
    first = months.astype("datetime64[D]")
    last: Stamps = np.subtract((months + np.timedelta64(1, "M")).astype("datetime64[D]"), np.timedelta64(1, "D"))
    if day == "business start":
        first = np.busday_offset(first, 0, roll="forward")
    if day == "business end":
        last = np.busday_offset(last, 0, roll="backward")
    if day.isdigit():
        first = np.add(first, np.timedelta64(int(day), "D"))
    chosen: Stamps = last if day.endswith("end") else first
    return chosen


def _time_of_day(stamps: Stamps) -> NDArray[np.int64]:
    return stamps.astype("datetime64[us]").astype(np.int64) % DAY


def _listed(holidays: Stamps | None) -> Stamps:
    return np.array([] if holidays is None else holidays, "datetime64[D]")
