"""The worst forecasts of a backtest, and the training windows that are nearest to the window before one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data.gaps import starts_of
from ..data.scaling import Frame, Scaling
from .backtest import VALUES_AT_ONCE
from .rolling import Entrant, blocks, roll

Array = NDArray[np.float64]


class Neighbour(NamedTuple):
    """A training window like another window.

    Args:
        start: index of its first value in the training part.
        distance: the Euclidean distance between both windows in the units of the network, divided by the square root
            of L: so many of these units for each value.
        values: [L + H], its values and those that followed, moved and stretched as the network sees them: with a
            scaling of each window, to the level and the spread of the other window.
    """

    start: int
    distance: float
    values: Array


def errors_of(entrants: Sequence[Entrant], values: Array, context_length: int, horizon: int) -> dict[str, Array]:
    """The mean absolute error over H steps of each entrant, at every cutoff of a series [T] from L on, [N].

    It is NaN where the window, or what followed, holds a missing value (NaN).

    Raises:
        InputError: a forecaster returns too few steps or values that are not finite.
    """
    windows = np.lib.stride_tricks.sliding_window_view(values, horizon)
    cutoffs = starts_of(values, context_length, horizon) + context_length
    parts = blocks(cutoffs, None, max(1, VALUES_AT_ONCE // (context_length + horizon)))
    errors: dict[str, list[Array]] = {each.name: [] for each in entrants}
    for block, forecasts in roll(entrants, values, horizon, parts):
        for name, forecast in forecasts.items():
            errors[name].append(np.abs(forecast - windows[block.cutoffs]).mean(axis=1))
    everywhere = {name: np.full(len(windows) - context_length, np.nan) for name in errors}
    for name, each in errors.items():
        everywhere[name][cutoffs - context_length] = np.concatenate(each)
    return everywhere


def forecasts_from(entrants: Sequence[Entrant], values: Array, cutoff: int, horizon: int) -> dict[str, Array]:
    """The forecast [H] of each entrant at one cutoff.

    Raises:
        InputError: as `errors_of`.
    """
    ((_, forecasts),) = roll(entrants, values, horizon, blocks(np.array([cutoff]), None, 1))
    return {name: forecast[0] for name, forecast in forecasts.items()}


def largest(errors: Array, apart: int, most: int) -> list[int]:
    """The indices of the `most` largest errors [N], the largest first, any two at least `apart` from each other.

    NaN is no error.

    Neighbouring cutoffs share targets: without the distance, one event would fill the list.
    """
    chosen: list[int] = []
    for index in np.argsort(-errors, kind="stable"):
        if not np.isnan(errors[index]) and all(abs(int(index) - other) >= apart for other in chosen):
            chosen.append(int(index))
            if len(chosen) == most:
                break
    return chosen


def nearest(window: Array, past: Array, horizon: int, scaling: Scaling, most: int) -> list[Neighbour]:
    """The training windows nearest to a window [L], the nearest first, no two of which overlap.

    Args:
        past: [t], the values before the cutoff; a training window and the H values after it lie in it.
        scaling: that of the model: distances are those that its network sees.
    """
    length = len(window)
    if len(past) < length + horizon:
        return []
    frame = scaling.frame(window[None])
    seen = frame.enter(window[None])
    windows = np.lib.stride_tricks.sliding_window_view(past[: len(past) - horizon], length)
    at_once = max(1, VALUES_AT_ONCE // length)
    distances = np.concatenate(
        [_distances(windows[begin : begin + at_once], seen, scaling) for begin in range(0, len(windows), at_once)]
    )
    distances[~np.isin(np.arange(len(windows)), starts_of(past, length, horizon))] = np.nan
    neighbours = []
    for start in largest(-distances, length, most):
        values = past[start : start + length + horizon]
        own = scaling.frame(values[None, :length])
        moved = Frame(frame.level, frame.spread).leave(own.enter(values[None]))[0]
        neighbours.append(Neighbour(start, float(distances[start]), moved))
    return neighbours


def _distances(windows: Array, seen: Array, scaling: Scaling) -> Array:
    standardised = scaling.frame(windows).enter(windows)
    return np.asarray(np.sqrt(np.square(standardised - seen).mean(axis=1)))
