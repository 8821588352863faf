"""Prediction intervals by split conformal prediction, the variant with absolute residuals.

The forecaster is fixed. For each step ahead h, its absolute errors on n calibration windows, which it was not fitted
to, are sorted. The radius at h is the k-th smallest error, k = ceil((n + 1) level). The interval: forecast ± radius.

The guarantee: let the calibration windows and the new one be exchangeable, as independent draws of one signal are.
Then the new target at step h lies in its interval with probability k / (n + 1), on average over calibration sets and
new windows. This is at least `level` and, where residuals have no ties, at most level + 1 / (n + 1). Given one
calibration set, the coverage has the distribution Beta(k, n + 1 - k).

Not guaranteed: that all steps of one forecast are covered at once (the coverage is per step); that windows of every
kind, for example those at a peak, are covered equally (it is marginal); anything once the series has changed.

Sources: Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World (2005); Papadopoulos et al.,
Inductive Confidence Machines for Regression (ECML 2002); Lei et al., Distribution-Free Predictive Inference for
Regression (JASA 113, 2018), theorem 2 for both bounds; Vovk, Conditional Validity of Inductive Conformal
Predictors (ACML 2012) for the Beta distribution.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import FloatArray
from ..data.windows import finite_series, single, sliding
from ..errors import InputError
from ..forecasters.rollout import check_horizon, forecast_of
from ..signals import Signal
from .scoring import HELD_OUT_SEEDS, Predict, fresh_seed, most_windows


@dataclass(frozen=True)
class SplitConformal:
    """Intervals of one level; the module states what they guarantee.

    Args:
        level: the probability that a target lies in its interval, in (0, 1).
        radius: [H] half the width at each step ahead, in the series' units.
        windows: the number of calibration windows.
    """

    level: float
    radius: FloatArray
    windows: int

    def around(self, forecast: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Lower and upper ends, [B, h] each, for a forecast [B, h] of the first h <= H steps.

        Raises:
            InputError: another shape.
        """
        centre = np.asarray(forecast, dtype=np.float64)
        if centre.ndim != 2 or not 1 <= centre.shape[1] <= len(self.radius):
            raise InputError(
                f"these intervals are for forecasts [B, h] of 1 to {len(self.radius)} steps, "
                f"got {list(centre.shape)}."
            )
        radius = self.radius[: centre.shape[1]]
        return centre - radius, centre + radius


def rank(windows: int, level: float) -> int:
    """k = ceil((n + 1) level): the rank among n sorted residuals of the one that is the radius.

    The level is read as a decimal, not as the nearest float: 99 windows at level 0.07 give rank 7, not 8.

    Raises:
        InputError: the level is outside (0, 1), or the windows are too few for it.
    """
    least = least_windows(level)
    if windows < least:
        raise InputError(
            f"intervals of level {level:.12g} need at least {least:,} calibration windows, got {windows:,}: "
            f"give more of them or a lower level, at most {highest_level(windows):g}."
        )
    return math.ceil((windows + 1) * Fraction(str(float(level))))


def ascending(levels: Iterable[float]) -> list[float]:
    """The levels in ascending order, each once.

    Raises:
        InputError: two levels differ beyond six digits only, so that their columns would have one name.
    """
    ordered = sorted(set(levels))
    for lower, upper in pairwise(ordered):
        if f"{100 * lower:g}" == f"{100 * upper:g}":
            raise InputError(f"the levels {lower!r} and {upper!r} differ beyond six digits only: give one of them.")
    return ordered


def least_windows(level: float) -> int:
    """The fewest calibration windows for a finite interval of this level: level / (1 - level), rounded up.

    Raises:
        InputError: the level is outside (0, 1).
    """
    if not isinstance(level, int | float | np.number) or not 0 < level < 1:
        raise InputError(f"the level of an interval must be above 0 and below 1, as 0.9, got {level!r}.")
    exact = Fraction(str(float(level)))
    return math.ceil(exact / (1 - exact))


def highest_level(windows: int) -> float:
    """The highest level in thousandths for which n windows suffice: n / (n + 1), rounded down; 0 if there is none."""
    return math.floor(1000 * windows / (windows + 1)) / 1000


def radius_of(residuals: FloatArray, level: float) -> FloatArray:
    """[H]: the radius at each step ahead, from absolute errors [n, H] of calibration windows in any order.

    Raises:
        InputError: as `rank`.
    """
    chosen = rank(len(residuals), level) - 1
    return np.asarray(np.partition(residuals, chosen, axis=0)[chosen])


def calibrate(forecaster: Predict, context: ArrayLike, target: ArrayLike, level: float) -> SplitConformal:
    """Intervals for a forecaster, calibrated on windows that it was not fitted to.

    Args:
        forecaster: maps [B, L, 1] to at least [B, H].
        context: [N, L]
        target: [N, H], the observed values.
        level: in (0, 1).

    Raises:
        InputError: the level lies outside its range; the windows are too few for it; the shapes do not match; a value
            is not finite; or the forecaster returns too few steps.
    """
    read, observed = np.asarray(context, dtype=np.float64), np.asarray(target, dtype=np.float64)
    if read.ndim != 2 or observed.ndim != 2 or len(read) != len(observed) or 0 in observed.shape:
        raise InputError(
            f"calibration needs context [N, L] and target [N, H], got {list(read.shape)} and {list(observed.shape)}."
        )
    if not all(np.isfinite(single(values)).all() for values in (read, observed)):
        raise InputError("every value of the calibration windows must be finite in float32.")
    rank(len(observed), level)  # before the forecasts are made
    residuals = np.abs(forecast_of(forecaster, read, observed.shape[1]) - observed)
    return SplitConformal(float(level), radius_of(residuals, level), len(observed))


def calibrate_on_signal(
    forecaster: Predict,
    signal: Signal,
    context_length: int,
    horizon: int,
    level: float,
    *,
    windows: int = 2_000,
    seed: int | None = None,
) -> SplitConformal:
    """Intervals from fresh, independent windows of a known signal, which are exchangeable with other windows of it.

    Args:
        forecaster: maps [B, L, 1] to at least [B, horizon].
        windows: the number of windows; with 2,000, the coverage of a 90% interval has a standard deviation of 0.7%.
        seed: at least `scoring.HELD_OUT_SEEDS`, so that no window is one of training; by default a new seed.

    Raises:
        InputError: as `calibrate`; the seed is smaller; or horizon or number of windows lies outside its range.
    """
    check_horizon(horizon)
    rank(windows, level)
    if seed is not None and seed < HELD_OUT_SEEDS:
        raise InputError(f"calibration draws from seeds at or above {HELD_OUT_SEEDS:,}, got {seed:,}.")
    if windows > most_windows(context_length, horizon):
        raise InputError(
            f"at most {most_windows(context_length, horizon):,} windows of {context_length} + {horizon} values fit "
            f"into memory, got {windows:,}."
        )
    rng = np.random.default_rng(fresh_seed() if seed is None else seed)
    draw = signal.draw(windows, context_length, horizon, rng)
    return calibrate(forecaster, draw.context, draw.target, level)


def calibrate_on_series(
    forecaster: Predict, series: ArrayLike, context_length: int, horizon: int, level: float, *, most: int = 2_000
) -> SplitConformal:
    """Intervals from the windows of one series [T]; the guarantee holds only approximately.

    Neighbouring windows share values and are not exchangeable. The series must therefore hold as many targets without
    overlap as a calibration needs windows. Coverage is near the level if the series is stationary.

    Args:
        forecaster: maps [B, L, 1] to at least [B, horizon].
        most: the most windows to use; of more, evenly spaced ones that end at the latest are used.

    Raises:
        InputError: as `calibrate`, or the series is too short.
    """
    check_horizon(horizon)
    values = finite_series(series)
    needed = context_length + least_windows(level) * horizon
    if len(values) < needed:
        raise InputError(
            f"intervals of level {level:g} for {horizon} steps need a series of at least {needed:,} values, "
            f"{context_length} of context and {least_windows(level):,} times {horizon}; got {values.size:,}. "
            "Give more history, a lower level or a shorter horizon."
        )
    every = sliding(values, context_length, horizon)
    stride = -(-len(every.target) // most)
    return calibrate(forecaster, every.context[::-stride], every.target[::-stride], level)
