"""Backtests: the error of a forecaster by step ahead, over successive cutoffs of a series.

At cutoff c the forecaster reads the L values before c and forecasts the H values from c on, which it does not see.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._arrays import FloatArray, with_known
from .._estimates import Estimate
from ..data.windows import finite_series, whole
from ..errors import InputError
from ..forecasters.rollout import check_horizon, forecast_of
from .scoring import Predict, most_windows

VALUES_AT_ONCE = 500_000  # the most values in one batch of windows


@dataclass(frozen=True)
class Backtest:
    """Errors of a forecaster over successive cutoffs.

    Args:
        cutoffs: the number of cutoffs.
        stride: steps between neighbouring cutoffs.
        bandwidth: the largest lag, in cutoffs, at which errors count as correlated.
        steps: MSE at each step 1..H ahead, in the series' units squared, with its standard error; see `mean_of`.
    """

    cutoffs: int
    stride: int
    bandwidth: int
    steps: list[Estimate]


def backtest(
    forecaster: Predict,
    series: ArrayLike | list[FloatArray],
    context_length: int,
    horizon: int,
    *,
    stride: int = 1,
    start: int | None = None,
    missing: bool = False,
    widest: int | None = None,
    known: FloatArray | None = None,
) -> Backtest:
    """The errors of a forecaster at every cutoff start, start + stride, ... of a series.

    Neighbouring windows share values, so their errors are correlated, and the standard errors allow for it (see
    `mean_of`). The bandwidth is twice the number of cutoffs whose windows of L + H values overlap. Bartlett's weights
    fall off linearly; a bandwidth equal to the overlap would omit a third of a correlation that falls off linearly
    too. With several series, the bandwidth is at least the number of cutoffs of the longest one.

    Args:
        forecaster: maps [B, L, 1] to at least [B, horizon].
        series: [T], or a list of arrays [T] that are independent realisations.
        context_length: L, the number of values before the cutoff that the forecaster reads.
        horizon: H, 1 to 10,000.
        stride: steps from one cutoff to the next.
        start: the first cutoff, an index of the series of at least L; by default L.
        missing: whether NaN stands for a missing value, and cutoffs whose windows hold one are left out. The errors
            that remain lie at least as far apart in time as their places tell, so the bandwidth still suffices.
        widest: the largest bandwidth, by default what the overlap asks for; a smaller one gives errors that are
            too small where cutoffs are few.
        known: [T, D - 1], channels of one series that are known in advance; the forecaster is then called with
            [B, L, D] and [B, horizon, D - 1], see `rollout.forecast_of`.

    Raises:
        InputError: a series is too short or not of finite numbers; horizon, stride or start lies outside its range;
            the errors do not fit into memory; or the forecaster returns too few steps or values that are not finite.
    """
    check_horizon(horizon)
    several = isinstance(series, list) and len(series) > 0 and isinstance(series[0], np.ndarray)
    given = series if several else [series]
    parts = [finite_series(part, missing=missing) for part in given]  # type: ignore[union-attr]
    first = context_length if start is None else start
    counts = [cutoffs_of(len(part), context_length, horizon, stride, first) for part in parts]
    check_memory(sum(counts), context_length, horizon)
    losses = np.concatenate(
        [_losses(forecaster, part, context_length, horizon, first, stride, known) for part in parts]
    )
    if not len(losses):
        raise InputError(
            f"each of the {sum(counts):,} windows of {context_length + horizon} values holds a missing value. "
            "Fill them with --gaps interpolate or --gaps last."
        )
    bandwidth = max(bandwidth_of(context_length, horizon, stride), max(counts) if len(parts) > 1 else 0)
    if widest is not None:
        bandwidth = min(bandwidth, widest)
    return Backtest(len(losses), stride, bandwidth, mean_of(losses, bandwidth))


def cutoffs_of(count: int, context_length: int, horizon: int, stride: int, first: int) -> int:
    """The number of cutoffs first, first + stride, ... of a series of `count` values that leave H values.

    Raises:
        InputError: a number is not whole or lies outside its range, or the series is too short for one cutoff.
    """
    if not all(isinstance(value, int | np.integer) for value in (context_length, stride, first)):
        raise InputError(
            f"context_length, stride and the first cutoff must be whole numbers, got {context_length!r}, {stride!r} "
            f"and {first!r}."
        )
    if context_length < 1 or stride < 1 or first < context_length:
        raise InputError(
            "context_length and stride must be at least 1 and the first cutoff at least context_length, got "
            f"{context_length}, {stride} and {first}."
        )
    if count < first + horizon:
        raise InputError(
            f"a series of {count:,} values is too short to backtest: {first} before the first cutoff and a "
            f"horizon of {horizon} need {first + horizon:,}."
        )
    return (count - horizon - first) // stride + 1


def check_memory(cutoffs: int, context_length: int, horizon: int) -> None:
    """Raises InputError if the errors of so many cutoffs do not fit into memory."""
    if cutoffs > (most := most_windows(context_length, horizon)):
        raise InputError(
            f"{cutoffs:,} cutoffs with a horizon of {horizon} do not fit into memory: at most {most:,} do. Take a "
            "larger stride."
        )


def bandwidth_of(context_length: int, horizon: int, stride: int) -> int:
    """Twice the number of later cutoffs whose windows overlap with those of one cutoff."""
    return 2 * (-(-(context_length + horizon) // stride) - 1)


def widest_of(cutoffs: int) -> int:
    """The largest bandwidth at which so many cutoffs of a measured series have a standard error, see `mean_of`.

    Its cutoffs are often few. One that is smaller than the overlap of windows asks for gives standard errors that are
    too small, which is better than none where it is told: the score of a training and a backtest both follow it.
    """
    return max(0, cutoffs // 2 - 1)


def mean_of(losses: FloatArray, bandwidth: int) -> list[Estimate]:
    """The mean of each column of a correlated sequence [n, H], with its standard error.

    Newey and West, A Simple, Positive Semi-Definite, Heteroskedasticity and Autocorrelation Consistent Covariance
    Matrix (Econometrica 55, 1987): the variance of the mean is 1/n of

        gamma_0 + 2 sum_(j=1..m) (1 - j / (m + 1)) gamma_j,   gamma_j = 1/n sum_t d_t d_(t+j),

    with bandwidth m and deviations d from the mean. It is divided by its expectation for independent values of
    variance 1, so that bandwidth 0 gives the usual standard error. The standard error is NaN if n < 2 (m + 1), where
    it would be meaningless.
    """
    count = len(losses)
    mean = losses.mean(axis=0)
    if count < 2 * (bandwidth + 1):
        return [Estimate(float(value), math.nan) for value in mean]
    # The weighted sum of the gammas equals a sum of squared sums over m + 1 neighbours, with zeros beyond both ends.
    padded = np.zeros((count + 2 * bandwidth + 1, losses.shape[1]))
    padded[bandwidth + 1 : bandwidth + 1 + count] = losses - mean
    total = np.cumsum(padded, axis=0)
    sums = total[bandwidth + 1 :] - total[: -bandwidth - 1]
    variance = (sums**2).sum(axis=0) / (count * (bandwidth + 1))
    lag = np.arange(1, bandwidth + 1)
    lost = (1 + 2 * ((1 - lag / (bandwidth + 1)) * (1 - lag / count)).sum()) / count
    spread = np.sqrt(variance / (1 - lost) / count)
    return [Estimate(float(value), float(se)) for value, se in zip(mean, spread, strict=True)]


def _losses(
    forecaster: Predict,
    series: FloatArray,
    context_length: int,
    horizon: int,
    first: int,
    stride: int,
    known: FloatArray | None,
) -> FloatArray:
    """[n, H]: squared errors from each cutoff."""
    cutoffs = np.arange(first, len(series) - horizon + 1, stride)
    if np.isnan(series).any():
        cutoffs = cutoffs[whole(series[first - context_length :], context_length, horizon, stride)]
    forecast = forecasts_at(forecaster, series, cutoffs, context_length, horizon, known)
    return np.asarray((forecast - series[cutoffs[:, None] + np.arange(horizon)]) ** 2)


def contexts_at(
    values: FloatArray, cutoffs: NDArray[Any], context_length: int, known: FloatArray | None = None
) -> FloatArray:
    """[N, L, D]: the values of a series [T] before each cutoff, with its channels [T, D - 1] that are known."""
    rows = cutoffs[:, None] + np.arange(-context_length, 0)
    return with_known(values[rows], None if known is None else known[rows])


def forecasts_at(
    forecaster: Predict,
    values: FloatArray,
    cutoffs: NDArray[Any],
    context_length: int,
    horizon: int,
    known: FloatArray | None = None,
    *,
    ahead: bool = True,
) -> NDArray[np.float64]:
    """[N, H]: the forecasts from cutoffs, indices of a series [T] from L to T.

    Args:
        known: [T, D - 1], the channels beside the values; None if D is 1.
        ahead: whether the forecaster is also called with the channels [B, H, D - 1] of the steps ahead, which the
            series then holds.

    Raises:
        InputError: as `forecast_of`.
    """
    at_once = max(1, VALUES_AT_ONCE // (context_length + horizon))
    parts = []
    for begin in range(0, len(cutoffs), at_once):
        some = cutoffs[begin : begin + at_once]
        following = None if known is None or not ahead else known[some[:, None] + np.arange(horizon)]
        parts.append(forecast_of(forecaster, contexts_at(values, some, context_length, known), horizon, following))
    return np.concatenate(parts) if parts else np.empty((0, horizon))
