"""The windows a run learns from: drawn without end, or cut from what a budget of points shows.

Batch k depends on (seed, k) alone, so that a run can be taken up at any step without a sampler's state.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ..data import windows
from ..data.windows import Windows
from ..errors import InputError
from ..signals import Signal
from ..zoo._recipes import Recipe

FloatArray = NDArray[np.floating]

HELD_OUT = 5  # one part in five of a finite budget chooses the weights


class Sampler(Protocol):
    """Where batches come from."""

    def batches(self, start: int) -> Iterator[Windows]:
        """context [B, L] and target [B, H] of batch `start` and those after it, without end."""


class Endless(NamedTuple):
    """Fresh windows for every batch."""

    signal: Signal
    batch_size: int
    context_length: int
    horizon: int
    seed: int

    def batches(self, start: int) -> Iterator[Windows]:
        """Batch `start` and those after it."""
        stream = self.signal.endless(
            self.batch_size, self.context_length, self.horizon, seed=self.seed, start=start
        )
        return (Windows(draw.context, draw.target) for draw in stream)


class Finite(NamedTuple):
    """A fixed set of windows, in a new order every epoch."""

    training: Windows
    held_out: Windows
    batch_size: int
    seed: int

    def batches(self, start: int) -> Iterator[Windows]:
        """Batch `start` and those after it; the last of an epoch may be smaller."""
        context, target = self.training
        per_epoch = -(-len(context) // self.batch_size)
        epoch, order, step = -1, np.empty(0, np.intp), start
        while True:
            if step // per_epoch != epoch:
                epoch = step // per_epoch
                order = np.random.default_rng([self.seed, epoch]).permutation(len(context))
            first = step % per_epoch * self.batch_size
            chosen = order[first : first + self.batch_size]
            yield Windows(context[chosen], target[chosen])
            step += 1


def sampler(signal: Signal, recipe: Recipe, context_length: int, horizon: int, seed: int) -> Endless | Finite:
    """The sampler of a run.

    Raises:
        InputError: fewer points than make one window to learn from and one to choose by.
    """
    if recipe.points is None:
        return Endless(signal, recipe.batch_size, context_length, horizon, seed)
    seen = signal.observed_series(recipe.points, context_length, horizon, seed=seed)
    if not _can_be_divided(seen, context_length, horizon):
        raise InputError(
            f"a budget of {recipe.points} points is too small: a fifth of it is held out to choose the weights, and "
            f"one window of {context_length} + {horizon} values must remain. Give at least "
            f"{_fewest(signal, context_length, horizon)}."
        )
    training, held_out = _divided(seen, context_length, horizon)
    return Finite(training, held_out, recipe.batch_size, seed)


def _can_be_divided(seen: list[FloatArray], length: int, horizon: int) -> bool:
    """Whether a window to learn from and one to choose by remain: of one series, or of two and more."""
    held_out = len(seen[0]) // HELD_OUT
    return len(seen) > 1 or (len(seen[0]) - held_out >= length + horizon and held_out >= horizon)


def _divided(seen: list[FloatArray], length: int, horizon: int) -> tuple[Windows, Windows]:
    """Windows to learn from and to choose the weights by; no target is in both.

    The last fifth is held out: of the one series, or of the series.
    """
    if len(seen) == 1:
        cutoff = len(seen[0]) - len(seen[0]) // HELD_OUT
        return windows.split(seen[0], cutoff, length, horizon)
    kept = len(seen) - max(1, len(seen) // HELD_OUT)
    parts = [[windows.sliding(series, length, horizon) for series in part] for part in (seen[:kept], seen[kept:])]
    training, held_out = (
        Windows(*(np.concatenate([one[side] for one in part]) for side in (0, 1))) for part in parts
    )
    return training, held_out


def _fewest(signal: Signal, length: int, horizon: int) -> int:
    """The smallest budget that can be divided: one series if its realisation is long enough, else two."""
    points = max(length + horizon, HELD_OUT * horizon)
    while points - points // HELD_OUT < length + horizon:
        points += 1
    whole = signal.observed_length(length + horizon)
    return points if whole is None or points <= whole else 2 * whole
