"""A series that gaps divide: the windows that lie within its unbroken parts, and where its hold-out begins.

A missing value is NaN, and keeps its place: positions of a series are steps of time. What holds or aims at one is no
window, so that none crosses a gap. Shapes: T series length, L context_length, H horizon, N windows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._formats import counted
from .windows import default_cutoff, held_out_of, whole

Array = NDArray[np.float64]
Places = NDArray[np.intp]
Gaps = tuple[tuple[int, int], ...]
"""Of each gap, the position of its first missing value and how many values it lacks."""


def gaps_of(values: Array) -> Gaps:
    """The gaps of a series [T], in order."""
    return tuple((begin, end - begin) for begin, end in _runs(np.isnan(values)))


def parts_of(values: Array) -> list[tuple[int, int]]:
    """Where each unbroken part of a series [T] begins and ends, in order."""
    return _runs(~np.isnan(values))


def marked(first: int, length: int, gaps: Gaps) -> Array:
    """[T - first]: from a position on, 0 where a series of T values with these gaps has a value, else NaN."""
    values = np.zeros(length - first)
    for begin, count in gaps:
        values[max(0, begin - first) : max(0, begin + count - first)] = np.nan
    return values


def default_cutoff_of(values: Array) -> int:
    """Position of the first of the last fifth of the values of a series [T], missing ones not counted."""
    count = _measured(values)
    return position_of_last(values, count - default_cutoff(count))


def cutoff_in_set(values: Array, horizon: int) -> int:
    """The same for a series [T] of a set: of `windows.held_out_of` the values."""
    return position_of_last(values, held_out_of(_measured(values), horizon))


def starts_of(values: Array, context_length: int, horizon: int) -> Places:
    """[N]: where the windows of L + H values of a series [T] begin that hold no missing value."""
    if len(values) < context_length + horizon:
        return np.empty(0, np.intp)
    return np.flatnonzero(whole(values, context_length, horizon))


def unmissing(values: Array, count: int) -> NDArray[np.bool_]:
    """[T - count + 1]: whether each stretch of `count` values of a series [T] holds no missing one."""
    before = np.concatenate([[0], np.cumsum(np.isnan(values))])
    return np.asarray(before[count:] == before[: len(before) - count])


def longest_part(values: Array) -> int:
    """How many values the longest unbroken part of a series [T] has."""
    return max((end - begin for begin, end in parts_of(values)), default=0)


class Division(NamedTuple):
    """Where windows begin [N], by the part of a series that they belong to. No window crosses a gap.

    Args:
        training: they lie wholly before a cutoff.
        held_out: their targets lie at or after it; contexts may begin before it.
    """

    training: Places
    held_out: Places


def divide(starts: Places, cutoff: int, context_length: int, horizon: int) -> Division:
    """Windows of L + H values, by where they begin, divided at a position.

    Those whose targets lie on both sides of it belong to neither part.
    """
    return Division(starts[starts + context_length + horizon <= cutoff], starts[starts + context_length >= cutoff])


class Account(NamedTuple):
    """What becomes of the values of a divided series.

    Args:
        parts: the number of values of each unbroken part, in order.
        training, choosing, held_out: windows to train on, those that choose the weights, those that are scored.
        missing: steps without a value.
        unused: values that no such window holds.
    """

    parts: tuple[int, ...]
    training: int
    choosing: int
    held_out: int
    missing: int
    unused: int

    def __str__(self) -> str:
        sizes = [f"{size:,}" for size in self.parts[:6]]
        more = f" and {len(self.parts) - 6:,} more" if len(self.parts) > 6 else ""
        return (
            f"{counted(len(self.parts), 'unbroken part')} ({', '.join(sizes)}{more} values): "
            f"{counted(self.training, 'window')} to train on, {self.choosing:,} to choose the weights, "
            f"{self.held_out:,} held out, none across a gap; {counted(self.missing, 'value')} missing, "
            f"{self.unused:,} left out, in no window."
        )


def account(values: Array, cutoff: int, inner: int, context_length: int, horizon: int) -> Account:
    """The account of a series [T], which may be `marked`.

    Args:
        cutoff: where the hold-out begins.
        inner: where the values begin, before the cutoff, that choose the weights.
    """
    lengths = context_length, horizon
    after = divide(starts_of(values, *lengths), cutoff, *lengths).held_out
    before = divide(starts_of(values[:cutoff], *lengths), inner, *lengths)
    covered = np.zeros(len(values) + 1, np.int64)
    for starts in (*before, after):
        np.add.at(covered, starts, 1)
        np.add.at(covered, starts + context_length + horizon, -1)
    used = int((np.cumsum(covered)[:-1] > 0).sum())
    sizes = tuple(end - begin for begin, end in parts_of(values))
    counts = (len(before.training), len(before.held_out), len(after))
    return Account(sizes, *counts, len(values) - sum(sizes), sum(sizes) - used)


def _measured(values: Array) -> int:
    return len(values) - int(np.isnan(values).sum())


def position_of_last(values: Array, count: int) -> int:
    """Position of the first of the last `count` values of a series [T] that are not missing; T for none."""
    return int(np.flatnonzero(~np.isnan(values))[-count]) if count else len(values)


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Begin and end of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(begin), int(end)) for begin, end in edges.reshape(-1, 2)]
