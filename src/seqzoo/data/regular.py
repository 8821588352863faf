"""Stamped rows to a regular series: sorted, without duplicates, on one grid, and every change of it counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._arrays import FloatArray
from .._formats import counted
from ..errors import InputError
from .frequency import DAY, Frequency, Stamps, commonest, infer
from .times import ZONES, TimeIndex, fitting_zones, skipped_and_repeated, to_instants, to_local

LONGEST_HOLIDAY = 5  # working days in a row that may be holidays; more are a gap
MOST_TIMES = 50  # a grid of more than so many times the rows is a wrong frequency
_FEW = 3  # names and stamps listed in a message


@dataclass(frozen=True)
class Rows:
    """The rows of a series as a table states them.

    Args:
        local: [T], what the clock showed.
        offsets: [T], local time minus UTC, where the stamps state it.
        values: [T, C], NaN where a value is missing.
        where: the place of a row for messages, "line 3".
        written: the stamp of a row as it stood in the table.
        counted: whether the stamps are the positions of an index, one microsecond for each.
    """

    local: Stamps
    offsets: NDArray[np.timedelta64] | None
    values: FloatArray
    where: Callable[[int], str]
    written: Callable[[int], str]
    counted: bool = False


@dataclass(frozen=True)
class Regular:
    """Values [T, C] on a grid. `notes` are parts of a sentence; `counts` are for JSON."""

    values: FloatArray
    times: TimeIndex | None
    counts: dict[str, Any]
    notes: list[str] = field(default_factory=list)


class _Clock(NamedTuple):
    """Instants in UTC, or of the clock where the zone is None, and what is known of the zone."""

    instants: Stamps
    zone: str | None
    notes: list[str]
    changes: list[str]


def regular(rows: Rows, frequency: Frequency | None = None, zone: str | None = None) -> Regular:
    """The rows on a regular grid.

    Args:
        frequency: of the grid; by default inferred.
        zone: the time zone of stamps without an offset; by default inferred from clock changes, or unknown.

    Raises:
        InputError: two rows of one time differ, a time does not exist in the zone, or the times fit no grid.
    """
    clock = _clock(rows, zone)
    instants, values = clock.instants, rows.values
    counts: dict[str, Any] = {"rows": len(values), "clock_changes": clock.changes}
    notes = list(clock.notes)
    steps = np.diff(instants)
    backward = int((steps < np.timedelta64(0)).sum())
    counts["out_of_order"] = backward
    if backward:
        newest_first = bool((steps <= np.timedelta64(0)).all())
        sorted_rows = f"{counted(backward, 'row')} out of order, sorted"
        notes.append("newest first, so reversed" if newest_first else sorted_rows)
    order = np.argsort(instants, kind="stable")
    kept = _without_duplicates(rows, instants, order)
    counts["exact_duplicates"] = len(order) - len(kept)
    if len(order) > len(kept):
        notes.append(f"{counted(len(order) - len(kept), 'exact duplicate')} dropped")
    instants, values = instants[kept], values[kept]
    if len(kept) < 2:
        return Regular(values, None, {**counts, "gaps": 0, "absent": 0}, notes)
    local = instants if clock.zone is None else to_local(instants, clock.zone)
    grid = frequency or (infer(instants, instants) if rows.counted else infer(local, instants)).frequency
    if frequency is None:
        _check_share(grid, instants, rows, kept)
    base = instants if grid.unit == "us" else local
    at = grid.positions(base, base[0])
    off = np.flatnonzero(at < 0)
    if len(off):
        row = kept[off[0]]
        raise InputError(f"{rows.where(row)}: {rows.written(row)} is not a time of the frequency {grid.alias}. "
                         "State another with --frequency.")  # fmt: skip
    length = int(at[-1]) + 1
    if length > MOST_TIMES * len(kept) + 1000:
        raise InputError(
            f"the frequency {grid.alias} has {length:,} times from the first row to the last, and {len(kept):,} of "
            "them have a row. State a longer one with --frequency."
        )
    doubled = np.flatnonzero(np.diff(at) == 0)
    if len(doubled):
        first, second = kept[doubled[0]], kept[doubled[0] + 1]
        raise InputError(
            f"{rows.where(first)} and {rows.where(second)} lie in one step of the frequency {grid.alias}."
        )
    holidays: Stamps = np.array([], "datetime64[D]")
    if grid.alias == "B" and length > len(kept):
        holidays = _holidays(grid, base[0], at)
        if len(holidays):
            at = grid.positions(base, base[0], holidays)
            length = int(at[-1]) + 1
            counts["absent_working_days"] = [str(day) for day in holidays]
            some = ", ".join(str(day) for day in holidays[:LONGEST_HOLIDAY])
            more = ", ..." if len(holidays) > LONGEST_HOLIDAY else ""
            as_what = "a holiday" if len(holidays) == 1 else "holidays"
            notes.append(f"{counted(len(holidays), 'working day')} absent, taken as {as_what} ({some}{more})")
    regular_values = np.full((length, values.shape[1]), np.nan)
    regular_values[at] = values
    spans = np.diff(at) - 1
    absent, gaps = length - len(at), int((spans > 0).sum())
    counts |= {"gaps": gaps, "absent": absent, "longest_gap": int(spans.max(initial=0))}
    times = None if rows.counted else TimeIndex(instants[0], grid, clock.zone, tuple(holidays))
    if absent:
        first = int(at[spans.argmax()]) + 1
        index = int(instants[0].astype(np.int64)) + first * grid.step
        where = f"position {index}" if times is None else times.stamp(first)
        longest = f"the longest of {spans.max():,} from {where}" if gaps > 1 else f"from {where}"
        notes.append(f"{counted(absent, 'time')} absent in {counted(gaps, 'gap')}, {longest}")
    return Regular(regular_values, times, counts, notes)


def _clock(rows: Rows, zone: str | None) -> _Clock:
    local = rows.local
    if rows.counted:
        return _Clock(local, None, [], [])
    if rows.offsets is not None:
        instants = local - rows.offsets
        if zone is not None:
            return _Clock(instants, zone, [], [])
        sizes = np.unique(rows.offsets)
        if len(sizes) == 1:
            return _Clock(instants, _offset(sizes[0]), [], [])
        named = next(iter(fitting_zones(instants, local)), None)
        if named is not None:
            return _Clock(instants, named, [f"offsets as in {named}"], [])
        last = _offset(rows.offsets[np.argmax(instants)])
        return _Clock(instants, last, [f"several offsets, of no known zone; the last one, {last}, is kept"], [])
    occurrence = _occurrence(local)
    if zone is not None:
        never, twice = skipped_and_repeated(local, zone)
        if never.any():
            row = int(never.argmax())
            raise InputError(
                f"{rows.where(row)}: the clock of {zone} never shows {rows.written(row)}: a clock change skips it. "
                "State another with --zone."
            )
        second = twice & (occurrence == 1)
        return _Clock(to_instants(local, zone, second=second), zone, [], [])
    return _recognised(local, occurrence) or _Clock(local, None, [], [])


def _recognised(local: Stamps, occurrence: NDArray[np.int64]) -> _Clock | None:
    """The clock of a zone, if the stamps skip and repeat exactly what it skips and repeats."""
    if len(local) < 3 or occurrence.max() > 1:
        return None
    unique = np.sort(local[occurrence == 0])  # np.unique takes three times as long
    spacing, _ = commonest(unique)
    if spacing >= np.timedelta64(DAY, "us"):
        return None
    doubled = np.sort(local[occurrence == 1])
    jumps = np.flatnonzero(np.diff(unique) > spacing)
    hour = np.timedelta64(3_600_000_000, "us")
    short = jumps[np.diff(unique)[jumps] <= 2 * hour + spacing]
    absent: Stamps = np.add(unique[short], spacing)  # the first time of each short gap
    if not len(doubled) and not len(absent):
        return None
    for zone in ZONES:
        if len(doubled) and not skipped_and_repeated(doubled, zone)[1].all():
            continue
        skipped = absent[skipped_and_repeated(absent, zone)[0]] if len(absent) else absent
        if not len(doubled) and not len(skipped):
            continue
        never, twice = skipped_and_repeated(unique, zone)
        once = unique[twice & ~np.isin(unique, doubled)]
        if never.any() or (len(doubled) and len(once) and once[0] < unique[-1] - 2 * hour):
            continue  # the stamps may end within an hour that comes twice, and not omit one
        _, often = skipped_and_repeated(local, zone)
        instants = to_instants(local, zone, second=often & (occurrence == 1))
        changes = [f"{_short(first)} is absent" for first in skipped]
        changes += [f"{_short(first)} comes twice" for first in _begins(doubled, spacing)]
        some = " and ".join(changes if len(changes) < _FEW else [changes[0], f"{len(changes) - 1} more"])
        why = f"{some}: the clock changes of {zone}, so read as its local time (another: --zone)"
        return _Clock(instants, zone, [why], sorted(changes))
    return None


def _occurrence(local: Stamps) -> NDArray[np.int64]:
    """For each row, how many earlier rows have its stamp; where the newest row is first, how many later ones."""
    backward = bool((np.diff(local) < np.timedelta64(0)).mean() > 0.5) if len(local) > 1 else False
    ordered = local[::-1] if backward else local
    order = np.argsort(ordered, kind="stable")
    fresh = np.concatenate([[True], np.diff(ordered[order]) != np.timedelta64(0)])
    begins = np.maximum.accumulate(np.where(fresh, np.arange(len(order)), 0))
    count = np.empty(len(order), np.int64)
    count[order] = np.arange(len(order)) - begins
    return count[::-1] if backward else count


def _without_duplicates(rows: Rows, instants: Stamps, order: NDArray[np.intp]) -> NDArray[np.intp]:
    """The rows in order of time, without those that repeat another exactly.

    Raises:
        InputError: two rows of one time differ.
    """
    same = np.flatnonzero(np.diff(instants[order]) == np.timedelta64(0))
    if not len(same):
        return order
    first, second = order[same], order[same + 1]
    one, other = rows.values[first], rows.values[second]
    differ = ~((one == other) | (np.isnan(one) & np.isnan(other))).all(axis=1)
    if differ.any():
        at = int(differ.argmax())
        column = int((~((one[at] == other[at]) | (np.isnan(one[at]) & np.isnan(other[at])))).argmax())
        more = f", and so do {differ.sum() - 1:,} other pairs" if differ.sum() > 1 else ""
        raise InputError(
            f"{rows.where(first[at])} and {rows.where(second[at])} both state {rows.written(first[at])}, with the "
            f"values {one[at, column]:g} and {other[at, column]:g}{more}. Keep one row for each time; "
            "if a column names the series of each row, state it with --id."
        )
    keep = np.ones(len(order), bool)
    keep[same + 1] = False
    return order[keep]


def _check_share(grid: Frequency, instants: Stamps, rows: Rows, kept: NDArray[np.intp]) -> None:
    """Refuse stamps that fit a grid only because it is very fine."""
    if grid.unit == "M" or len(instants) < 3:
        return
    step = np.timedelta64(grid.step if grid.unit == "us" else grid.step * DAY, "us")
    spacing, share = commonest(instants)
    if (instants[-1] - instants[0]) / step + 1 <= 2 * len(instants) or (spacing == step and share >= 0.5):
        return
    off = np.flatnonzero((instants - instants[0]) % spacing != np.timedelta64(0))
    row = kept[off[0]] if len(off) else kept[1]
    raise InputError(
        f"the times are irregular: {share:.0%} of the rows follow after {_span(spacing, rows.counted)}, but "
        f"{rows.where(row)} has {rows.written(row)}. Round the times, or state the grid with --frequency."
    )


def _holidays(grid: Frequency, start: np.datetime64, at: NDArray[np.int64]) -> Stamps:
    """The absent working days, but for runs of more than LONGEST_HOLIDAY, which are gaps."""
    spans = np.diff(at) - 1
    days = [
        grid.stamps(start, int(span), int(at[index]) + 1).astype("datetime64[D]")
        for index, span in enumerate(spans) if 0 < span <= LONGEST_HOLIDAY
    ]  # fmt: skip
    return np.concatenate(days) if days else np.array([], "datetime64[D]")


def _begins(stamps: Stamps, spacing: np.timedelta64) -> Stamps:
    """The first stamp of each run."""
    return stamps[np.concatenate([[True], np.diff(stamps) > spacing])] if len(stamps) else stamps


def _offset(size: np.timedelta64) -> str:
    minutes = int(size.astype("timedelta64[m]").astype(int))
    if not minutes:
        return "UTC"
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _short(stamp: np.datetime64) -> str:
    return str(stamp.astype("datetime64[m]")).replace("T", " ")


def _span(spacing: np.timedelta64, counted: bool) -> str:
    count = int(spacing.astype("timedelta64[us]").astype(int))
    if counted:
        return str(count)
    units = (("d", DAY), ("h", DAY // 24), ("min", 60_000_000), ("s", 1_000_000), ("us", 1))
    unit, size = next((unit, size) for unit, size in units if count % size == 0)
    return f"{count // size} {unit}"
