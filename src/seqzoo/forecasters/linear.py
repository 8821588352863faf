"""The best linear forecaster of a measured series: ridge regression of H next values on L past values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._arrays import FloatArray, channel
from ..data.gaps import longest_part, starts_of
from ..data.windows import HELD_OUT, Windows, finite_series, sliding
from ..errors import InputError
from . import table
from .simple import MAX_CONTEXT, check_lengths, check_season

Array = NDArray[np.float64]

PENALTIES = tuple(10.0**power for power in range(-8, 3))  # in units of the mean eigenvalue of the second moments


class Choice(NamedTuple):
    """What validation chose.

    Args:
        follows_last: whether the weights shrink to the last value, as for a random walk, not to the mean.
        penalty: one of PENALTIES.
    """

    follows_last: bool
    penalty: float


CHOICES = [Choice(follows_last, penalty) for follows_last in (False, True) for penalty in PENALTIES]


@dataclass(frozen=True, eq=False)
class FittedLinear:
    """An affine forecaster, in deviations from a constant, which keeps float64's digits far from zero.

    Args:
        weights: [H, L]
        bias: [H]
        centre: the constant.
        choice: what validation chose.
    """

    weights: Array
    bias: Array
    centre: float
    choice: Choice

    def __call__(self, past: Array) -> Array:
        """Forecasts [H] from a past [t] of at least L values, or [B, H] from windows [B, L] or [B, L, 1]."""
        windows = channel(past) if past.ndim == 3 else past
        length = self.weights.shape[1]
        if windows.shape[-1] < length:
            raise InputError(f"the forecaster reads {length} values, got {windows.shape[-1]}.")
        recent = np.asarray(windows[..., -length:], np.float64) - self.centre
        return np.asarray(recent @ self.weights.T + self.bias + self.centre)


@dataclass(frozen=True)
class RidgeAutoregression:
    """Ridge regression of each of H next values on the last L values, with an intercept.

    The last fifth of the training windows chooses the penalty, and whether the weights shrink to the last value or to
    the mean; the weights are then fitted on all windows. No value is in a fitted window and a validation target.

    Args:
        context_length: L; by default two seasons and at least 8, less where the past is short.
        season: steps of a season.
    """

    name: ClassVar[str] = "linear"
    label: ClassVar[str] = table.label(name)

    context_length: int | None = None
    season: int = 1

    def fit(self, past: ArrayLike, horizon: int) -> FittedLinear:
        """The forecaster fitted on a past [t]; NaN where a value is missing, which no window holds.

        Raises:
            InputError: the past is infinite or too short, or a length lies outside its range.
        """
        values = finite_series(past, missing=True)
        missing = np.isnan(values)
        if missing.any():
            return self._fit_parts(values, float(values[~missing].mean()), horizon)
        length = self._length(len(values), horizon)
        centre = float(values.mean())
        return _fitted(sliding(values - centre, length, horizon), centre)

    def _fit_parts(self, values: Array, centre: float, horizon: int) -> FittedLinear:
        """The forecaster fitted on the windows of every unbroken part of a past [t] that gaps divide."""
        length = self.context_length or self._length(longest_part(values), horizon)
        check_lengths(length, horizon)
        starts = starts_of(values, length, horizon)
        if len(starts) < (fewest := _fewest(horizon)):
            raise InputError(
                f"a linear forecaster of {length} values, {horizon} steps ahead, needs {fewest} windows without a "
                f"missing value, got {len(starts)}. Fill the gaps, or give a shorter context or horizon."
            )
        context, target = sliding(values - centre, length, horizon)
        return _fitted(Windows(context[starts], target[starts]), centre)

    def _length(self, count: int, horizon: int) -> int:
        """L, of which a past of `count` values allows a fit and its validation."""
        check_season(self.season)
        length = 1 if self.context_length is None else self.context_length
        check_lengths(length, horizon)
        fewest = _fewest(horizon)
        most = count - horizon + 1 - fewest
        if length > most:
            raise InputError(
                f"a linear forecaster of {length} values, {horizon} steps ahead, needs a past of at least "
                f"{length + horizon - 1 + fewest} values, got {count}. Give a longer past, or a shorter context or "
                "horizon."
            )
        wanted = min(max(2 * self.season, 8), MAX_CONTEXT, max(1, most // 2))
        return wanted if self.context_length is None else length


def _fewest(horizon: int) -> int:
    """The fewest windows of a fit, of which two are fitted on and a fifth is held out."""
    return -(-5 * (horizon + 1) // 4) + 1


def _fitted(windows: Windows, centre: float) -> FittedLinear:
    """The forecaster of windows that are counted from a constant."""
    error = validation_errors(windows, max(1, len(windows.context) // HELD_OUT))
    best = min(error, key=error.__getitem__)
    ((_, weights, bias),) = fits(*windows, [best])
    return FittedLinear(weights, bias, centre, best)


def validation_errors(windows: Windows, held_out: int, fewest: int = 1) -> dict[Choice, float]:
    """The mean squared error of each of CHOICES on the last `held_out` windows of a series, fitted on earlier ones.

    No fitted window holds a value of a held-out target. Empty if fewer than `fewest` windows are left to fit on.
    """
    context, target = windows
    until = len(context) - held_out - target.shape[1] + 1
    judged = Windows(context[-held_out:], target[-held_out:])
    return {} if until < fewest else judged_errors(Windows(context[:until], target[:until]), judged)


def judged_errors(fitted: Windows, judged: Windows) -> dict[Choice, float]:
    """The mean squared error of each of CHOICES on some windows, fitted on others."""
    context, target = judged
    return {
        choice: float(np.mean((target - context @ weights.T - bias) ** 2))
        for choice, weights, bias in fits(*fitted, CHOICES)
    }


def fits(context: FloatArray, target: FloatArray, choices: list[Choice]) -> Iterator[tuple[Choice, Array, Array]]:
    """Weights [H, L] and bias [H] of ridge regressions on windows [N, L] and [N, H], for each choice.

    With C and Y the windows' deviations from their means, over their number: W' = (C'C + p e I)^-1 C'Y, where p is
    the penalty and e the mean eigenvalue of C'C. The intercept is not penalised. With `follows_last`, contexts and
    targets are first counted from the last value of the context.
    """
    for follows_last in dict.fromkeys(choice.follows_last for choice in choices):
        last = context[:, -1:] if follows_last else np.zeros((len(context), 1))
        inputs, outputs = context - last, target - last
        input_mean, output_mean = inputs.mean(axis=0), outputs.mean(axis=0)
        inputs = inputs - input_mean
        sizes, axes = np.linalg.eigh(inputs.T @ inputs / len(inputs))
        along = axes.T @ (inputs.T @ (outputs - output_mean)) / len(inputs)
        mean_size = sizes.mean()
        for choice in choices:
            if choice.follows_last != follows_last:
                continue
            strength = np.maximum(sizes, 0) + choice.penalty * mean_size
            shrunk = np.divide(along, strength[:, None], out=np.zeros_like(along), where=strength[:, None] > 0)
            weights = (axes @ shrunk).T
            bias = output_mean - weights @ input_mean
            if follows_last:  # the same forecast, as a sum of the values themselves
                weights[:, -1] += 1.0 - weights.sum(axis=1)
            yield choice, weights, bias
