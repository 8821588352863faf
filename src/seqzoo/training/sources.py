"""The training windows of a run: fresh draws without end, or windows of a finite budget or of measured series.

Batch k depends only on (seed, k), so a run can continue at any step without stored sampler state.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from .._arrays import FloatArray
from ..data import gaps, windows
from ..data.scaling import Scaling
from ..data.windows import HELD_OUT, Windows, default_cutoff, spread_out
from ..errors import InputError
from ..signals import Observed, ObservedSet, Signal
from .spec import TrainingSpec

MOST_JUDGED = 4096  # windows of a set that choose the weights, evenly spaced


class Sampler(Protocol):
    """A source of batches."""

    def batches(self, start: int) -> Iterator[Windows]:
        """Batch `start` and all later ones, without end: context [B, L] or [B, L, D], and target [B, H]."""


class Endless(NamedTuple):
    """Fresh windows for every batch."""

    signal: Signal
    batch_size: int
    context_length: int
    horizon: int
    seed: int

    def batches(self, start: int) -> Iterator[Windows]:
        """Batch `start` and all later ones."""
        stream = self.signal.endless(
            self.batch_size, self.context_length, self.horizon, seed=self.seed, start=start
        )
        return (Windows(draw.context, draw.target) for draw in stream)


class Finite(NamedTuple):
    """A fixed set of windows, in a new order every epoch.

    Args:
        places: which windows of `training` are trained on; None for all.
        scaling: from the units of the windows to those in which errors are stated.
    """

    training: Windows
    held_out: Windows
    batch_size: int
    seed: int
    places: NDArray[np.intp] | None = None
    scaling: Scaling = Scaling()

    def batches(self, start: int) -> Iterator[Windows]:
        """Batch `start` and all later ones; the last of an epoch may be smaller."""
        context, target = self.training
        count = len(context) if self.places is None else len(self.places)
        per_epoch = -(-count // self.batch_size)
        epoch, order, step = -1, np.empty(0, np.intp), start
        while True:
            if step // per_epoch != epoch:
                epoch = step // per_epoch
                order = np.random.default_rng([self.seed, epoch]).permutation(count)
                order = order if self.places is None else self.places[order]
            first = step % per_epoch * self.batch_size
            chosen = order[first : first + self.batch_size]
            yield Windows(context[chosen], target[chosen])
            step += 1


def sampler_of(spec: TrainingSpec) -> Endless | Finite:
    """The sampler of a run; windows of a measured series are standardised by it, those of a set each by its own.

    Raises:
        InputError: the points are too few for one training window and one held-out window, or the series is not
            stored on this machine.
    """
    length, horizon, process, points = spec.context_length, spec.horizon, spec.source.process, spec.recipe.points
    if process is not None and points is None:
        return Endless(process, spec.recipe.batch_size, length, horizon, spec.seed)
    if isinstance(spec.source, ObservedSet):
        return _of_set(spec, spec.source)
    if process is not None and points is not None:
        seen = process.observed_series(points, length, horizon, seed=spec.seed)
        what, whole, remedy = f"a budget of {points} points", process.observed_length(length + horizon), ""
        known = None
    else:
        assert isinstance(spec.source, Observed)
        known = spec.known()
        values = spec.source.past()
        if spec.source.missing:
            return _of_parts(spec, values, None if known is None else known[0])
        seen = [spec.scaling.standardise(values).astype(np.float64)]
        what, whole = f"a series of {len(values)} points before its cutoff", None
        remedy = " before the cutoff, or a shorter context or horizon"
    if not _can_be_divided(seen, length, horizon):
        raise InputError(
            f"{what} is too small: a fifth of it is held out to choose the weights, and one window of {length} + "
            f"{horizon} values must remain. Give at least "
            f"{_fewest(whole, length, horizon)}{remedy}."
        )
    training, held_out = _divided(seen, length, horizon, None if known is None else known[0][: len(seen[0])])
    return Finite(training, held_out, spec.recipe.batch_size, spec.seed, scaling=spec.scaling)


def _of_parts(spec: TrainingSpec, values: NDArray[np.float64], known: NDArray[np.float64] | None) -> Finite:
    """Windows of every unbroken part of a series that gaps divide.

    The last fifth of the values chooses the weights, wherever gaps lie.

    Args:
        values: those before the cutoff; NaN where one is missing.
    """
    length, horizon = spec.context_length, spec.horizon
    if gaps.longest_part(values) < length + horizon:
        raise InputError(_no_windows(length, horizon))
    seen = spec.scaling.standardise(values).astype(np.float64)
    starts = gaps.starts_of(values, length, horizon)
    training, held_out = gaps.divide(starts, gaps.default_cutoff_of(values), length, horizon)
    if not len(training) or not len(held_out):
        raise InputError(_no_windows(length, horizon))
    every = windows.sliding(seen, length, horizon, known=None if known is None else known[: len(seen)])
    judged = Windows(every.context[held_out], every.target[held_out])
    return Finite(every, judged, spec.recipe.batch_size, spec.seed, training, spec.scaling)


def _no_windows(length: int, horizon: int) -> str:
    return (
        f"no unbroken part before the cutoff has a window of {length} + {horizon} values to train on and, in the "
        "last fifth of the values, one to choose the weights. Fill the gaps, or give a shorter context or horizon."
    )


def _of_set(spec: TrainingSpec, source: ObservedSet) -> Finite:
    """Windows of all series of a set, each window as likely as any other.

    Each series is standardised by the values before its cutoff, so that a window's error counts alike whatever its
    series' units. The last part of these values chooses the weights, as `gaps.cutoff_in_set` says.
    """
    length, horizon = spec.context_length, spec.horizon
    pasts = [member.past() for member in source.members]
    seen = [Scaling.fit(past).standardise(past).astype(np.float64) for past in pasts]
    known = spec.known()
    if known is not None:
        known = [channels[: len(past)] for channels, past in zip(known, pasts, strict=True)]
    every, own = windows.pooled(seen, length, horizon, known=known)
    training, held_out, begin = [], [], 0
    for past, places in zip(seen, own, strict=True):
        before, after = gaps.divide(places, begin + gaps.cutoff_in_set(past, horizon), length, horizon)
        training.append(before)
        held_out.append(after)
        begin += len(past)
    judged = spread_out(np.concatenate(held_out), MOST_JUDGED)
    return Finite(
        every, Windows(every.context[judged], every.target[judged]), spec.recipe.batch_size, spec.seed,
        np.concatenate(training),
    )  # fmt: skip


def _can_be_divided(seen: list[FloatArray], length: int, horizon: int) -> bool:
    """Whether one or more series give at least one training window and one held-out window."""
    held_out = len(seen[0]) // HELD_OUT
    return len(seen) > 1 or (len(seen[0]) - held_out >= length + horizon and held_out >= horizon)


def _divided(
    seen: list[FloatArray], length: int, horizon: int, known: FloatArray | None = None
) -> tuple[Windows, Windows]:
    """Training windows and held-out windows; no target is in both.

    Of one series, its last fifth is held out; of several series, the last fifth of them.

    Args:
        known: [T, D - 1], channels of the one series that are known in advance.
    """
    if len(seen) == 1:
        return windows.split(seen[0], default_cutoff(len(seen[0])), length, horizon, known=known)
    first = len(seen) - max(1, len(seen) // HELD_OUT)  # index of the first held-out series
    parts = [[windows.sliding(series, length, horizon) for series in part] for part in (seen[:first], seen[first:])]
    training, held_out = (
        Windows(*(np.concatenate([one[side] for one in part]) for side in (0, 1))) for part in parts
    )
    return training, held_out


def _fewest(whole: int | None, length: int, horizon: int) -> int:
    """The smallest budget that can be divided: one series if a realisation of `whole` values is long enough, else
    two."""
    points = max(length + horizon, HELD_OUT * horizon)
    while default_cutoff(points) < length + horizon:
        points += 1
    return points if whole is None or points <= whole else 2 * whole
