"""Prediction intervals that follow a drifting series: the radius moves after every error that becomes known.

For each step ahead h the radius is r = exp(q). It starts at that of split conformal. Once the error of the forecast
from cutoff t is known, at cutoff t + h, it moves by

    q <- q + rate_h (miss - alpha),   miss = 1 if the target lay outside the interval given at t, else 0,

with alpha = 1 - level. A miss widens the interval and a hit narrows it; they balance where a share alpha misses.

The guarantee holds for every series, exchangeable or not, and every forecaster. If no error exceeds b and cutoffs are
one step apart, then among the first n errors known,

    misses / n - alpha <= (max(0, log(b / r_1)) + rate_h h) / (rate_h n).

Proof: the moves sum to q_(n+1) - q_1. Once r > b, no new forecast misses, and at most h - 1 errors are not yet
known, so q stays below log b + rate_h h. If every error exceeds a > 0, the mirrored bound with log(r_1 / a) holds
from below. It is a guarantee in the long run, not of any single interval.

This is the quantile tracker of Angelopoulos, Candes and Tibshirani, Conformal PID Control for Time Series Prediction
(NeurIPS 2023), proposition 1, with the logarithm of the absolute error as score, and the delay counted. It descends
from Gibbs and Candes, Adaptive Conformal Inference Under Distribution Shift (NeurIPS 2021), which moves the level
instead of the radius: there the level leaves (0, 1) after a run of misses, and the interval becomes infinite. The
radius here stays finite and above zero. On the logarithm, the rate means the same in every unit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError

RATE = 0.1
"""A miss of a 90% interval of one step ahead widens it by 9.4%, a hit narrows it by 1%."""


def rates(horizon: int, rate: float = RATE) -> NDArray[np.float64]:
    """[H]: the rate at each step ahead, rate / sqrt(h).

    The error of step h is known h steps late, and up to h misses in a row share their cause: with one rate for all, a
    far step overshoots. That of online gradient descent with delay h falls as 1 / sqrt(h) (Joulani et al., Online
    Learning under Delayed Feedback, ICML 2013).
    """
    return rate / np.sqrt(np.arange(1, horizon + 1))


def follow(
    residuals: ArrayLike,
    start: ArrayLike,
    level: float,
    *,
    cutoffs: ArrayLike | None = None,
    rate: float = RATE,
) -> NDArray[np.float64]:
    """The radius of the interval at each cutoff and step ahead, [N, H], from the errors known at that cutoff.

    Args:
        residuals: [N, H], absolute errors; the one at step h from cutoff c is used from cutoff c + h on. NaN
            where the target is missing or lies in the future: a last row of NaN asks for that of a new forecast.
        start: [H], the radius before any error is known, as that of split conformal. One of 0, which no factor
            widens, is replaced by the first error above 0 once that is known.
        level: in (0, 1).
        cutoffs: [N], ascending indices of the series; by default neighbouring ones.
        rate: the step size, see `rates`.

    Raises:
        InputError: the shapes do not match, the cutoffs do not ascend, a radius or an error is negative or infinite,
            or the level or the rate lies outside its range.
    """
    errors, radius = np.asarray(residuals, dtype=np.float64), np.asarray(start, dtype=np.float64)
    if errors.ndim != 2 or radius.shape != errors.shape[1:] or not radius.size:
        raise InputError(
            f"adaptive intervals need residuals [N, H] and a start [H], got {list(errors.shape)} and "
            f"{list(radius.shape)}."
        )
    if not (np.isfinite(radius).all() and (radius >= 0).all()) or np.isinf(errors).any() or (errors < 0).any():
        raise InputError("every radius and every absolute error must be finite and at least 0.")
    if not 0 < level < 1:
        raise InputError(f"the level of an interval must be above 0 and below 1, as 0.9, got {level!r}.")
    if not 0 < rate < 1:
        raise InputError(f"the rate of adaptive intervals must be above 0 and below 1, got {rate!r}.")
    origin = np.arange(len(errors)) if cutoffs is None else np.asarray(cutoffs)
    if origin.shape != errors.shape[:1] or origin.dtype.kind not in "iu" or (np.diff(origin) <= 0).any():
        raise InputError(f"adaptive intervals need {len(errors)} ascending cutoffs, whole numbers.")
    steps, moves, column = np.arange(1, radius.size + 1), rates(radius.size, rate), np.arange(radius.size)
    given, known = np.empty_like(errors), np.zeros(radius.size, np.intp)  # by step, how many errors were used
    growth = np.zeros(radius.size)
    for at in range(len(errors)):
        while True:
            due = known < at
            due &= origin[known] + steps <= origin[at]
            if not due.any():
                break
            error, issued = errors[known, column], given[known, column]
            move = np.where(np.isnan(error), 0.0, moves * ((error > issued) - (1 - level)))
            growth += np.where(due, move, 0.0)
            begins = due & (radius == 0) & (error > 0)
            radius, growth = np.where(begins, error, radius), np.where(begins, 0.0, growth)
            known += due
        given[at] = radius * np.exp(growth)
    return given
