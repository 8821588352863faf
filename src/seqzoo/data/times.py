"""When the values of a regular series were measured: its first stamp, its frequency, its zone. NumPy and zoneinfo."""

from __future__ import annotations

import dataclasses
import functools
import re
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .frequency import Frequency, Stamps
from .written import Form

# One zone for each rule of clock changes in use: what a file's clock can be compared with.
ZONES = (
    "Europe/Berlin", "Europe/London", "Europe/Helsinki", "America/New_York", "America/Chicago", "America/Denver",
    "America/Los_Angeles", "America/Anchorage", "America/Halifax", "America/St_Johns", "America/Santiago",
    "America/Asuncion", "America/Havana", "America/Sao_Paulo", "America/Mexico_City", "Australia/Sydney",
    "Australia/Adelaide", "Australia/Lord_Howe", "Pacific/Auckland", "Asia/Jerusalem", "Asia/Beirut", "Africa/Cairo",
    "Europe/Chisinau", "Europe/Moscow", "Asia/Tehran", "Africa/Casablanca", "Atlantic/Azores",
)  # fmt: skip
_OFFSET = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})?")


@dataclass(frozen=True)
class TimeIndex:
    """The stamps of a regular series.

    Args:
        start: the first stamp: an instant in UTC if the zone is known, else what the clock showed.
        frequency: the steps from stamp to stamp.
        zone: "Europe/Berlin", "UTC" or "+01:00"; None if the file states no zone.
        holidays: working days without a value, for a series of working days.
        form: how the file that was read writes a time; None for ISO 8601.
    """

    start: np.datetime64
    frequency: Frequency
    zone: str | None = None
    holidays: tuple[np.datetime64, ...] = field(default=())
    form: Form | None = field(default=None, compare=False)

    def instants(self, count: int, begin: int = 0) -> Stamps:
        """`count` stamps in UTC, or of the clock if no zone is known, from the one at position `begin` on."""
        if self.zone is None or self.frequency.unit == "us":
            return self._stepped(self.start, count, begin)
        first = to_local(np.array([self.start]), self.zone)[0]
        return to_instants(self._stepped(first, count, begin), self.zone)

    def stamps(self, count: int, begin: int = 0) -> list[str]:
        """The same stamps in ISO 8601, as the local clock shows them, with the offset where a zone is known."""
        instants = self.instants(count, begin)
        if self.zone is None:
            return [_written(stamp, whole=self.frequency.unit != "us") for stamp in instants]
        local = to_local(instants, self.zone)
        offsets = (local - instants).astype("timedelta64[m]").astype(int)
        return [
            f"{_written(stamp, whole=False)}{'-' if offset < 0 else '+'}{abs(offset) // 60:02}:{abs(offset) % 60:02}"
            for stamp, offset in zip(local, offsets, strict=True)
        ]

    def stamp(self, position: int) -> str:
        """The stamp at one position, as in `stamps`."""
        return self.stamps(1, position)[0]

    def written(self, count: int, begin: int = 0) -> list[str]:
        """The same stamps as the file writes them that was read."""
        if self.form is None:
            return self.stamps(count, begin)
        instants = self.instants(count, begin)
        local = instants if self.zone is None else to_local(instants, self.zone)
        pairs = zip(_microseconds(local), _microseconds(instants), strict=True)
        return [self.form.write(clock, clock - instant) for clock, instant in pairs]

    def after(self, count: int) -> TimeIndex:
        """The index without its first `count` stamps."""
        return dataclasses.replace(self, start=self.instants(1, count)[0])

    def _stepped(self, first: np.datetime64, count: int, begin: int) -> Stamps:
        listed = np.array(self.holidays, "datetime64[D]")
        return self.frequency.stamps(first, count, begin, listed)


def zone_of(name: str) -> tzinfo:
    """The time zone of a name of the IANA database, or of an offset such as +01:00.

    Raises:
        InputError: it is unknown.
    """
    if offset := _OFFSET.fullmatch(name):
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))
    try:
        return UTC if name == "UTC" else zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(f"unknown time zone {name[:60]!r}. Write it as Europe/Berlin, UTC or +01:00.") from None


def to_local(instants: Stamps, zone: str) -> Stamps:
    """What the clock of a zone shows at instants in UTC."""
    if not len(instants):
        return instants
    changes = _changes_around(instants, zone)
    at = np.searchsorted(changes.instants, instants, side="right")
    return instants + changes.offsets[at]


def to_instants(local: Stamps, zone: str, *, second: NDArray[np.bool_] | None = None) -> Stamps:
    """The instants in UTC at which the clock of a zone shows `local`.

    Args:
        second: of the times that the clock shows twice, which are meant the second time. By default none.
    """
    if not len(local):
        return local
    changes = _changes_around(local, zone)
    before, after = changes.offsets[:-1], changes.offsets[1:]
    at = np.searchsorted(changes.instants + np.maximum(before, after), local, side="right")
    if second is not None:
        later = np.searchsorted(changes.instants + np.minimum(before, after), local, side="right")
        at = np.where(second, later, at)
    return local - changes.offsets[at]


def skipped_and_repeated(local: Stamps, zone: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which times the clock of a zone never shows, and which it shows twice."""
    first = to_instants(local, zone)
    never = to_local(first, zone) != local
    twice = first != to_instants(local, zone, second=np.ones(len(local), bool))
    return never, twice & ~never


class _Changes(NamedTuple):
    """Instants [n] in UTC at which a zone's offset changes, and the offsets [n + 1] around them."""

    instants: Stamps
    offsets: NDArray[np.timedelta64]


def _changes_around(stamps: Stamps, zone: str) -> _Changes:
    years = np.array([stamps.min(), stamps.max()]).astype("datetime64[Y]").astype(int) + 1970
    return _changes(zone, int(years[0]) - 1, int(years[1]) + 1)


@functools.lru_cache(maxsize=64)
def _changes(zone: str, first: int, last: int) -> _Changes:
    where = zone_of(zone)

    def offset(instant: datetime) -> timedelta:
        return instant.astimezone(where).utcoffset() or timedelta()

    day = datetime(max(first, 2), 1, 1, tzinfo=UTC)
    end = datetime(min(last, 9998), 12, 31, tzinfo=UTC)
    instants, offsets = [], [offset(day)]
    while day < end:
        following = min(day + timedelta(days=7), end)  # no zone has changed its clocks twice within a week and back
        if offset(following) != offsets[-1]:
            low, high = day, following
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                low, high = (middle, high) if offset(middle) == offsets[-1] else (low, middle)
            instants.append(high.replace(microsecond=0))
            offsets.append(offset(high))
            day = high
        else:
            day = following
    return _Changes(
        np.array([instant.replace(tzinfo=None) for instant in instants], "datetime64[us]"),
        np.array([round(size.total_seconds() * 1e6) for size in offsets], "timedelta64[us]"),
    )


def fitting_zones(instants: Stamps, local: Stamps) -> Iterable[str]:
    """The zones whose clocks show `local` at these instants."""
    return (zone for zone in ZONES if (to_local(instants, zone) == local).all())


def _written(stamp: np.datetime64, *, whole: bool) -> str:
    text = str(stamp.astype("datetime64[us]"))
    text = re.sub(r"\.0+$", "", text)
    text = re.sub(r"(T[0-9]{2}:[0-9]{2}):00$", r"\1", text)
    return text.removesuffix("T00:00") if whole else text


def _microseconds(stamps: Stamps) -> list[int]:
    return [int(stamp) for stamp in stamps.astype("datetime64[us]").astype(np.int64)]
