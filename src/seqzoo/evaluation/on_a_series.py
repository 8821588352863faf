"""A backtest on one measured series: its cutoffs, the units of its errors, its entrants, its run and its results."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from ..data.gaps import starts_of
from ..data.times import TimeIndex
from ..data.windows import whole
from ..errors import InputError
from ..forecasters.statistical import FEWEST
from . import accuracy
from .backtest import check_memory, cutoffs_of
from .holdout import rules_of_windows
from .results import Parts, Results, interval_of
from .rolling import Block, Entrant, Stopped, rivals_as_entrants, roll, rules_as_entrants

Array = NDArray[np.float64]


def first_of_last(count: int, context_length: int, horizon: int, stride: int, last: int) -> int:
    """The first of the last N cutoffs of a series of `count` values.

    Raises:
        InputError: the series has fewer cutoffs with a whole window.
    """
    first = count - horizon - (last - 1) * stride
    if first < context_length:
        raise InputError(
            f"the series of {count:,} values has fewer than {last:,} cutoffs with a window of "
            f"{context_length}, {horizon} ahead and a stride of {stride}: give a smaller --last."
        )
    return first


def check_start(start: str) -> None:
    """Raises InputError unless a text may name a cutoff of some series."""
    if not (_is_position(start) or _is_time(start)):
        raise InputError(f"--start is a position or a time in ISO 8601, as 2024-06-01, and is {start[:40]!r}.")


def _is_position(start: str) -> bool:
    return start.isascii() and start.isdecimal()


def _is_time(start: str) -> bool:
    """Whether it begins with a date in ISO 8601, or is the beginning of one."""
    try:
        date.fromisoformat(f"{start}{'2000-01-01'[len(start):]}"[:10])
    except ValueError:
        return False
    return True


def cutoff_at(start: str, count: int, times: TimeIndex | None) -> int:
    """The cutoff that a user names by its position, or by its time in ISO 8601, in a series of `count` values.

    Raises:
        InputError: it is no position, and no time of the series.
    """
    if _is_position(start):
        return int(start[:12])
    if times is None:
        raise InputError(f"--start is a position here, as the series has no times, and is {start[:40]!r}.")
    stamps = times.stamps(count)
    place = next((at for at, stamp in enumerate(stamps) if stamp >= start), None)
    if place is None or not _is_time(start):
        raise InputError(
            f"--start {start[:40]!r} is no time of the series, which lasts from {stamps[0]} to {stamps[-1]}. "
            "Give a time in ISO 8601, or a position."
        )
    return place


def whole_cutoffs(
    values: Array, context_length: int, horizon: int, stride: int, first: int
) -> tuple[NDArray[np.intp], int]:
    """The cutoffs [N] of a series [T] whose windows and targets hold no missing value, and how many were left out.

    Raises:
        InputError: none is left; or as `backtest.cutoffs_of`.
    """
    count = cutoffs_of(len(values), context_length, horizon, stride, first)
    check_memory(count, context_length, horizon)
    kept = whole(values[first - context_length :], context_length, horizon, stride)
    cutoffs = (first + stride * np.arange(count))[kept[:count]]
    if not len(cutoffs):
        raise InputError(
            f"each of the {count:,} windows of {context_length + horizon} values holds a missing value. Fill "
            "them with --gaps interpolate or --gaps last."
        )
    return cutoffs, count - len(cutoffs)


@dataclass(frozen=True)
class Units:
    """The units of MASE and RMSSE, which are errors of seasonal naive before the first cutoff; NaN where unknown.

    Args:
        season: steps of the season that they are of.
        note: why they are unknown, if too few values tell them.
    """

    season: int
    mase: float
    rmsse: float
    note: str = ""


def units_of(past: Array, season: int, *, is_stated: bool) -> Units:
    """The units from the values [t] before the first cutoff.

    Args:
        is_stated: whether the user stated the season; one that was not and does not fit is taken as none.

    Raises:
        InputError: a stated season does not fit.
    """
    for steps in dict.fromkeys((season, season if is_stated else 1)):
        try:
            return Units(steps, accuracy.absolute_scale(past, steps), accuracy.squared_scale(past, steps))
        except InputError:
            if is_stated:
                raise
    return Units(1, math.nan, math.nan, "MASE and RMSSE have no unit: too few values lie before the first cutoff.")


def entrants_of(
    own: Entrant, values: Array, first: int, context_length: int, horizon: int, season: int, *, statistical: bool
) -> tuple[list[Entrant], dict[str, str]]:
    """A model, the rules that read its windows, and the rivals that can be fitted before the first cutoff.

    Args:
        values: [T]; NaN where a value is missing.
        statistical: as of `rivals_as_entrants`.

    Returns: the entrants, the model first; and by rival that is left out, the reason.
    """
    cutoffs = starts_of(values, context_length, horizon) + context_length
    cutoffs = cutoffs[cutoffs >= first]
    missing = np.isnan(values)
    last_missing = np.maximum.accumulate(np.where(missing, np.arange(len(values)), -1))
    unbroken = int((cutoffs - 1 - last_missing[cutoffs - 1]).min(initial=len(values)))
    entrants = [own, *rules_as_entrants(rules_of_windows(context_length, horizon, season), context_length)]
    left_out: dict[str, str] = {}
    for rival in rivals_as_entrants(context_length, horizon, season, statistical=statistical, known=own.known):
        reason = ""
        if rival.reads is not None and rival.reads > first:
            reason = "its window is longer than what lies before the first cutoff"
        elif missing.any() and (rival.reads or max(2 * season, FEWEST)) > unbroken:
            reason = f"it cannot read across a gap, and only {unbroken:,} values lie between one and a cutoff"
        elif rival.needs_past and rival.reads is not None:  # quick to try
            try:
                rival.fit(values[:first])
            except InputError as error:
                reason = f"{str(error).rstrip('.')}; a later --start gives it more"
        if reason:
            left_out[rival.name] = reason
        else:
            entrants.append(rival)
    return entrants, left_out


def forecasts_of(
    entrants: Sequence[Entrant],
    values: Array,
    horizon: int,
    blocks: Sequence[Block],
    store: Parts | None = None,
    *,
    on_resumed: Callable[[int], None] = lambda done: None,
    on_progress: Callable[[int], None] = lambda done: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> dict[str, Array] | None:
    """The forecasts [N, H] by entrant, of which finished blocks are read from the store; None if it was stopped.

    Args:
        on_resumed: called with the number of cutoffs that were finished already, if any were.
        on_progress: called with the number of finished cutoffs, at the start and after each block.

    Raises:
        InputError: as `rolling.roll`.
        OSError: the store cannot be written to.
    """
    finished: dict[int, dict[str, Array]] = {}
    if store is not None:
        finished = {each.number: part for each in blocks if (part := store.read(each)) is not None}
    done = sum(len(each.cutoffs) for each in blocks if each.number in finished)
    if done:
        on_resumed(done)
    on_progress(done)
    rest = roll(entrants, values, horizon, [each for each in blocks if each.number not in finished])
    try:
        while len(finished) < len(blocks):
            if should_stop():
                return None
            block, part = next(rest)
            if store is not None:
                store.write(block, part)
            finished[block.number] = part
            done += len(block.cutoffs)
            on_progress(done)
    except Stopped:
        return None
    return {each.name: np.concatenate([finished[at.number][each.name] for at in blocks]) for each in entrants}


def results_of(
    values: Array, cutoffs: NDArray[np.intp], forecasts: dict[str, Array], levels: Sequence[float], units: Units
) -> Results:
    """The results of forecasts [N, H] from cutoffs [N] of a series [T], with an interval of each level."""
    horizon = next(iter(forecasts.values())).shape[1]
    target = np.stack([values[at : at + horizon] for at in cutoffs])
    intervals = {
        name: {level: interval_of(forecast, target, cutoffs, level) for level in sorted(set(levels))}
        for name, forecast in forecasts.items()
    }
    return Results(cutoffs, target, forecasts, intervals if levels else {}, (units.mase, units.rmsse))
