"""Prediction intervals by split conformal prediction, the variant with absolute residuals.

A forecaster is fixed; its absolute errors on n calibration windows that it was not fitted to are sorted, for
each step ahead h on its own; the radius at h is the k-th smallest, k = ceil((n + 1) level). The interval is
forecast ± radius.

The guarantee: if the calibration windows and the new one are exchangeable (as independent draws of one signal
are), the new target at step h lies in its interval with probability k / (n + 1), on average over calibration sets
and new windows: at least `level`, and where residuals have no ties at most level + 1 / (n + 1). Given one
calibration set the coverage is Beta(k, n + 1 - k) distributed.

What it does not say: that all steps of one forecast are covered at once (it holds per step ahead); that windows of
every kind, as those at a peak, are covered equally (it is marginal); anything at all once the series has changed.

Sources: Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World (2005); Papadopoulos et al.,
Inductive Confidence Machines for Regression (ECML 2002); Lei et al., Distribution-Free Predictive Inference for
Regression (JASA 113, 2018), theorem 2 for both bounds; Vovk, Conditional Validity of Inductive Conformal
Predictors (ACML 2012) for the Beta distribution.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

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
    """Intervals of one level; see the module for what they promise.

    Args:
        level: the probability of a target to lie in its interval, in (0, 1).
        radius: [H] half the width at each step ahead, in the series' units.
        windows: how many windows it was calibrated on.
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
    """k = ceil((n + 1) level): which of n sorted residuals is the radius.

    The level counts as the decimal that was written, so that 99 windows at 0.07 give rank 7 as on paper, not 8.

    Raises:
        InputError: a level outside (0, 1), or too few windows for it.
    """
    least = least_windows(level)
    if windows < least:
        raise InputError(
            f"intervals of level {level:g} need at least {least:,} calibration windows, got {windows:,}: "
            "give more of them or lower the level."
        )
    return math.ceil((windows + 1) * Fraction(str(float(level))))


def least_windows(level: float) -> int:
    """The fewest calibration windows for which an interval of that level is finite: level / (1 - level), rounded up.

    Raises:
        InputError: a level outside (0, 1).
    """
    if not isinstance(level, int | float | np.number) or not 0 < level < 1:
        raise InputError(f"the level of an interval must be above 0 and below 1, as 0.9, got {level!r}.")
    exact = Fraction(str(float(level)))
    return math.ceil(exact / (1 - exact))


def calibrate(forecaster: Predict, context: ArrayLike, target: ArrayLike, level: float) -> SplitConformal:
    """Intervals for a forecaster from windows that it was not fitted to.

    Args:
        forecaster: maps [B, L, 1] to at least [B, H].
        context: [N, L]
        target: [N, H], what came.
        level: in (0, 1).

    Raises:
        InputError: a level outside its range, too few windows for it, shapes that do not belong together, values
            that are not finite, or a forecaster that gives fewer steps.
    """
    given, came = np.asarray(context, dtype=np.float64), np.asarray(target, dtype=np.float64)
    if given.ndim != 2 or came.ndim != 2 or len(given) != len(came) or 0 in came.shape:
        raise InputError(
            f"calibration needs context [N, L] and target [N, H], got {list(given.shape)} and {list(came.shape)}."
        )
    if not all(np.isfinite(single(values)).all() for values in (given, came)):
        raise InputError("every value of the calibration windows must be finite in float32.")
    chosen = rank(len(came), level)
    residuals = np.abs(forecast_of(forecaster, given, came.shape[1]) - came)
    return SplitConformal(float(level), np.partition(residuals, chosen - 1, axis=0)[chosen - 1], len(came))


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
    """Intervals from fresh, independent windows of a known signal: exchangeable with any other of that signal.

    Args:
        forecaster: maps [B, L, 1] to at least [B, horizon].
        windows: with 2,000 the coverage of a 90% interval is 90% give or take 0.7%.
        seed: at least `scoring.HELD_OUT_SEEDS`, so that nothing is calibrated on what was trained on; a new one by
            default.

    Raises:
        InputError: see `calibrate`; a seed below that, a horizon or number of windows outside its range.
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
    """Intervals from the windows of one series [T]; the guarantee holds approximately only.

    Neighbouring windows share values and are not exchangeable, so that the series must hold as many targets without
    overlap as a calibration needs windows, and coverage is near the level where it varies about one state throughout.

    Args:
        forecaster: maps [B, L, 1] to at least [B, horizon].
        most: windows to use; beyond that the latest ones are thinned evenly.

    Raises:
        InputError: see `calibrate`; a series too short.
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
