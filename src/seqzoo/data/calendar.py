"""Calendar channels: what is known in advance of the step that a window forecasts next, as sines and cosines.

At each position of a window stands the calendar of the step after it. The last position therefore holds the calendar
of the first forecast step. Times are those of a local clock, so that a daily season keeps its hour across clock
changes. Channels pass a model's scaling unchanged. docs/adr/0022 has the reasons.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, UnknownNameError
from .frequency import DAY, Frequency, Stamps

if TYPE_CHECKING:
    from .times import TimeIndex

Array = NDArray[np.float64]

VALUE = "value"  # the name of the first channel, where there are more
PARTS = ("hour", "weekday", "month")
AUTO = "auto"
FRACTIONS = {
    "hour": "(hour + minute / 60 + second / 3600) / 24",
    "weekday": "weekday / 7, where Monday is 0",
    "month": "(month - 1 + (day - 1) / days of the month) / 12",
}
"""The fraction f of a period that has passed; the channels are sin(2 pi f) and cos(2 pi f)."""
_TOO_LONG = {
    "hour": "they are whole days",
    "weekday": "they are whole weeks, or months",
    "month": "they are whole years",
}
DAYS = {"hour": 1, "weekday": 7, "month": 365}  # of a period; `auto` takes a part after two periods
ROUNDING = 1e-6  # of a sine in float32
NO_TIMES = "the series has none: give a file with a column of times."


class Calendar(NamedTuple):
    """The calendar channels of a model.

    Args:
        parts: some of PARTS, in their order.
        zone: the zone whose clock counts, for steps below a day whose instants are known; None for the clock of each
            series. Days and longer steps have their own dates, whatever the zone.
    """

    parts: tuple[str, ...]
    zone: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the channels: "hour_sin", "hour_cos", ..."""
        return tuple(f"{part}_{wave}" for part in self.parts for wave in ("sin", "cos"))

    def channels(self, times: TimeIndex | None, count: int, begin: int = 0) -> Array:
        """[count, 2 P]: the channels of the positions begin, begin + 1, ... of a series.

        Raises:
            InputError: the times are unknown, or the zone is.
        """
        from .times import to_local  # manifests are read without time zones

        if times is None:
            raise InputError(f"calendar channels need a time for each value, and {NO_TIMES}")
        instants = times.instants(count, begin + 1)
        zone = self.zone if self.zone is not None and times.frequency.unit == "us" else times.zone
        clock = instants if times.zone is None or zone is None else to_local(instants, zone)
        waves = [
            wave(2 * np.pi * _fraction(part, clock)) for part in self.parts for wave in (np.sin, np.cos)
        ]
        return np.stack(waves, axis=1) if waves else np.empty((count, 0))


def named(names: Sequence[str], zone: str | None = None) -> Calendar | None:
    """The calendar whose channels have these names; None if they are no calendar's."""
    calendar = Calendar(tuple(part for part in PARTS if f"{part}_sin" in names), zone)
    return calendar if calendar.names == tuple(names) else None


def check_waves(known: NDArray[np.floating], names: Sequence[str]) -> None:
    """Raises InputError if a calendar channel [..., P], of these names, holds what is no sine or cosine."""
    if (is_wave := np.abs(known) <= 1 + ROUNDING).all():
        return
    place = tuple(np.argwhere(~is_wave)[0])
    raise InputError(
        f"calendar channels are sines and cosines, from -1 to 1: {names[place[-1]]} {place[-2]} is {known[place]:g}. "
        "The model's card has the formulas."
    )


def chosen(parts: Iterable[str], times: TimeIndex | None, count: int) -> tuple[str, ...]:
    """The parts in the order of PARTS, after checking that they mean something for a series.

    Args:
        parts: of PARTS; or only "auto", for the parts that the frequency and `count` values allow to learn.
        times: those of the series.

    Raises:
        UnknownNameError: a part does not exist.
        InputError: the series has no times, its steps are too long for a part, or "auto" has company or finds none.
    """
    asked = list(dict.fromkeys(parts))
    for part in asked:
        if part not in (*PARTS, AUTO):
            raise UnknownNameError("part of the calendar", part, [*PARTS, AUTO])
    if not asked:
        return ()
    if times is None:
        raise InputError(f"--calendar {asked[0]} needs a time for each value, and {NO_TIMES}")
    if AUTO in asked:
        if len(asked) > 1:
            raise InputError("--calendar auto chooses the parts itself: give no others.")
        return _automatic(times, count)
    for part in asked:
        if not _varies(part, times.frequency):
            raise InputError(
                f"--calendar {part} says nothing of steps of {times.frequency.alias}: {_TOO_LONG[part]}. "
                f"Leave it out{_instead(times.frequency)}."
            )
    return tuple(part for part in PARTS if part in asked)


def unseen(parts: Iterable[str], times: TimeIndex | None, count: int) -> str:
    """A sentence if `count` values, those that are trained on, do not hold a whole period of a part; else empty."""
    if times is None or count < 1:
        return ""
    days = _days(times, count)
    short = [part for part in parts if days < DAYS[part]]
    if not short:
        return ""
    kinds = " and ".join(short)
    return f"The {days:,.0f} days before the hold-out do not hold every {kinds}: the model meets new ones after them."


def _automatic(times: TimeIndex, count: int) -> tuple[str, ...]:
    days = _days(times, count)
    parts = tuple(part for part in PARTS if _varies(part, times.frequency) and days >= 2 * DAYS[part])
    if not parts:
        raise InputError(
            f"--calendar auto finds no part to use for {count:,} values with steps of {times.frequency.alias}: the "
            "weekday needs two weeks and the month two years before the hold-out. Leave it out."
        )
    return parts


def _days(times: TimeIndex, count: int) -> float:
    """How many days `count` steps take."""
    first, end = times.instants(1)[0], times.instants(1, count)[0]
    return float((end - first).astype("timedelta64[us]").astype(np.int64)) / DAY


def _varies(part: str, frequency: Frequency) -> bool:
    """Whether a part differs between steps of a frequency, in a way that the calendar and not the count decides."""
    unit, step = frequency.unit, frequency.step
    if part == "hour":
        return unit == "us" and step % DAY != 0
    if part == "weekday":
        return unit == "B" or (unit == "us" and step % (7 * DAY) != 0) or (unit == "D" and step % 7 != 0)
    return unit != "M" or step % 12 != 0


def _instead(frequency: Frequency) -> str:
    usable = [part for part in PARTS if _varies(part, frequency)]
    return f", or take {' or '.join(usable)}" if usable else ""


def _fraction(part: str, clock: Stamps) -> Array:
    """The fraction of its period that has passed, as FRACTIONS states it, for times of a local clock."""
    days = clock.astype("datetime64[D]")
    if part == "hour":
        return np.asarray((clock.astype("datetime64[us]") - days).astype(np.int64) / DAY)
    if part == "weekday":
        return np.asarray((days.astype(np.int64) + 3) % 7 / 7)  # 1970-01-01 was a Thursday
    months = days.astype("datetime64[M]")
    first, following = months.astype("datetime64[D]"), (months + 1).astype("datetime64[D]")
    within = (days - first).astype(np.int64) / (following - first).astype(np.int64)
    return np.asarray((months.astype(np.int64) % 12 + within) / 12)
