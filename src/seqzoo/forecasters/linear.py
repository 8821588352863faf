"""The best linear forecaster of a measured series: ridge regression of H next values on L past values.

Beside a model that reads the calendar stands a second one, which reads the same channels.
"""

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
        of_known: [H, D - 1], the weights of the channels at the last position of a window; None if D is 1.
    """

    weights: Array
    bias: Array
    centre: float
    choice: Choice
    of_known: Array | None = None

    def __call__(self, past: Array) -> Array:
        """Forecasts [H] from a past [t] of at least L values, or [B, H] from windows [B, L] or [B, L, D].

        With `of_known`, only from windows [B, L, D]; else channels after the first are not read.
        """
        windows = channel(past) if past.ndim == 3 else past
        length = self.weights.shape[1]
        if windows.shape[-1] < length:
            raise InputError(f"the forecaster reads {length} values, got {windows.shape[-1]}.")
        recent = np.asarray(windows[..., -length:], np.float64) - self.centre
        forecast = np.asarray(recent @ self.weights.T + self.bias + self.centre)
        if self.of_known is None:
            return forecast
        count = self.of_known.shape[1]
        if past.ndim != 3 or past.shape[2] != 1 + count:
            raise InputError(f"the forecaster reads windows [B, L, {1 + count}], got {list(past.shape)}.")
        return np.asarray(forecast + past[:, -1, 1:] @ self.of_known.T)


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
    with_calendar: ClassVar[str] = "linear_calendar"  # the name of one that also reads known channels
    label: ClassVar[str] = table.label(name)

    context_length: int | None = None
    season: int = 1

    def fit(self, past: ArrayLike, horizon: int, known: Array | None = None) -> FittedLinear:
        """The forecaster fitted on a past [t]; NaN where a value is missing, which no window holds.

        Args:
            known: [t, D - 1], channels that are known in advance, of which it reads those at the last position of a
                window: the calendar of the first step ahead, from which that of the others follows. They count in
                units of the past's deviation, so that the penalty does not depend on its unit.

        Raises:
            InputError: the past is infinite or too short, or a length lies outside its range.
        """
        values = finite_series(past, missing=True)
        length = self._length_of(values, horizon)
        measured = values[~np.isnan(values)]
        centre = float(measured.mean())
        windows = sliding(values - centre, length, horizon)
        beside, unit = None, float(measured.std()) or 1.0
        if known is not None:
            beside = unit * np.asarray(known, np.float64)[length - 1 :][: len(windows.context)]
        if len(measured) < len(values):
            starts = _enough_starts(values, length, horizon)
            windows = Windows(windows.context[starts], windows.target[starts])
            beside = None if beside is None else beside[starts]
        error = validation_errors(windows, max(1, len(windows.context) // HELD_OUT), beside=beside)
        best = min(error, key=error.__getitem__)
        ((_, weights, bias),) = fits(*windows, [best], beside)
        of_known = None if beside is None else unit * weights[:, length:]
        return FittedLinear(weights[:, :length], bias, centre, best, of_known)

    def _length_of(self, values: Array, horizon: int) -> int:
        """L for a past [t], of whose unbroken parts the longest decides where gaps divide it."""
        if not np.isnan(values).any():
            return self._length(len(values), horizon)
        length = self.context_length or self._length(longest_part(values), horizon)
        check_lengths(length, horizon)
        return length

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


def _enough_starts(values: Array, length: int, horizon: int) -> NDArray[np.intp]:
    """Where the windows of a past [t] begin that hold no missing value, if they are enough for a fit."""
    starts = starts_of(values, length, horizon)
    if len(starts) < (fewest := _fewest(horizon)):
        raise InputError(
            f"a linear forecaster of {length} values, {horizon} steps ahead, needs {fewest} windows without a "
            f"missing value, got {len(starts)}. Fill the gaps, or give a shorter context or horizon."
        )
    return starts


def validation_errors(
    windows: Windows, held_out: int, fewest: int = 1, *, beside: Array | None = None
) -> dict[Choice, float]:
    """The mean squared error of each of CHOICES on the last `held_out` windows of a series, fitted on earlier ones.

    No fitted window holds a value of a held-out target. Empty if fewer than `fewest` windows are left to fit on.

    Args:
        beside: as for `fits`.
    """
    context, target = windows
    until = len(context) - held_out - target.shape[1] + 1
    if until < fewest:
        return {}
    fitted, judged = Windows(context[:until], target[:until]), Windows(context[-held_out:], target[-held_out:])
    return judged_errors(fitted, judged, None if beside is None else (beside[:until], beside[-held_out:]))


def judged_errors(
    fitted: Windows, judged: Windows, beside: tuple[Array, Array] | None = None
) -> dict[Choice, float]:
    """The mean squared error of each of CHOICES on some windows, fitted on others.

    Args:
        beside: of the fitted and of the judged windows, as for `fits`.
    """
    context, target = judged
    read = context if beside is None else np.column_stack([context, beside[1]])
    return {
        choice: float(np.mean((target - read @ weights.T - bias) ** 2))
        for choice, weights, bias in fits(*fitted, CHOICES, None if beside is None else beside[0])
    }


def fits(
    context: FloatArray, target: FloatArray, choices: list[Choice], beside: Array | None = None
) -> Iterator[tuple[Choice, Array, Array]]:
    """Weights [H, L] and bias [H] of ridge regressions on windows [N, L] and [N, H], for each choice.

    With C and Y the windows' deviations from their means, over their number: W' = (C'C + p e I)^-1 C'Y, where p is
    the penalty and e the mean eigenvalue of C'C. The intercept is not penalised. With `follows_last`, contexts and
    targets are first counted from the last value of the context.

    Args:
        beside: [N, P], further inputs, whose weights follow those of the values: they are then [H, L + P].
    """
    length = context.shape[1]
    for follows_last in dict.fromkeys(choice.follows_last for choice in choices):
        last = context[:, -1:] if follows_last else np.zeros((len(context), 1))
        inputs, outputs = context - last, target - last
        if beside is not None:
            inputs = np.column_stack([inputs, beside])
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
                weights[:, length - 1] += 1.0 - weights[:, :length].sum(axis=1)
            yield choice, weights, bias
