"""Intervals of a model of a measured series or a set: calibrated before the hold-out, measured on it.

Calibration targets are the last fifth of the values before the cutoff. No weight was fitted to them, but their error
chose the checkpoint, the window and the kind of scaling, so that errors there may be a little too small; decision 20
measures by how much. The hold-out has no part in the calibration, and measures the coverage.

Every calibration target gives an error at every step ahead, each from the cutoff h - 1 values before it. Such errors
of one series are not exchangeable: the guarantee of split conformal holds only approximately, and only while the
series does not change. Adaptive intervals start from them and need neither.

Errors on a set of series are pooled, each divided by the spread of its window as the network sees it: split conformal
with locally weighted errors (Lei et al., Distribution-Free Predictive Inference for Regression, JASA 113, 2018,
section 5.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.gaps import default_cutoff_of, starts_of
from ..data.scaling import Scaling
from . import adaptive
from .backtest import forecasts_at
from .coverage import Coverage, coverage
from .intervals import least_windows, radius_of
from .scoring import Predict

LEVELS = (0.8, 0.9, 0.95)
"""The levels whose coverage is measured; a level that needs more calibration errors than there are is left out."""
MOST_WINDOWS = 999  # calibration errors at a step: ranks of 90, 95 and 99% are then whole numbers
MOST_KEPT = 100_000  # calibration errors of a bundle, 8 bytes each
FEWEST = 99  # which are kept of many, however far the horizon


def calibration_errors(
    predict: Predict,
    past: NDArray[np.float64],
    context_length: int,
    horizon: int,
    channels: NDArray[np.float64] | None = None,
    *,
    begin: int | None = None,
    unit: Scaling | None = None,
) -> NDArray[np.float64]:
    """[n, H]: absolute errors at each step ahead for the calibration targets; of many, evenly spaced ones.

    Args:
        predict: maps [B, L, D] to at least [B, H].
        past: [T], the values before the cutoff. Targets are left out where a missing value (NaN) enters an error.
        channels: [T, D - 1], those beside the values, known in advance; None if D is 1.
        begin: index of the first calibration target, by default where `training.sources` divides the past.
        unit: the scaling whose spread of each window divides its errors, see `spreads_at`; None for none.

    Raises:
        InputError: as `forecast_of`.
    """
    begin = default_cutoff_of(past) if begin is None else begin
    targets = np.arange(begin, len(past))
    if np.isnan(past).any():  # an error at every step ahead reads the L + H - 1 values before its target
        ends = starts_of(past, context_length, horizon) + context_length + horizon - 1
        targets = ends[ends >= begin]
    targets = targets[:: -max(1, -(-len(targets) // most_kept(horizon)))][::-1]
    origins = targets[:, None] - np.arange(horizon)
    cutoffs, places = np.unique(origins, return_inverse=True)
    places = places.reshape(origins.shape)
    ahead = forecasts_at(predict, past, cutoffs, context_length, horizon, channels, ahead=False)
    errors = np.abs(ahead[places, np.arange(horizon)] - past[targets, None])
    return np.asarray(errors if unit is None else errors / spreads_at(unit, past, cutoffs, context_length)[places])


def most_kept(horizon: int) -> int:
    """The most calibration errors at each step ahead that a bundle keeps."""
    return min(MOST_WINDOWS, max(FEWEST, MOST_KEPT // horizon))


def spreads_at(
    unit: Scaling, values: NDArray[np.float64], cutoffs: NDArray[Any], context_length: int
) -> NDArray[np.float64]:
    """[N]: the spread of the window before each cutoff of a series [T], in which errors on a set of series count."""
    windows = np.lib.stride_tricks.sliding_window_view(values, context_length)[cutoffs - context_length]
    return np.broadcast_to(np.asarray(unit.frame(windows).spread, np.float64), (len(cutoffs), 1))[:, 0]


def errors_at_cutoffs(
    predict: Predict,
    values: NDArray[np.float64],
    context_length: int,
    horizon: int,
    *,
    known: bool = True,
    channels: NDArray[np.float64] | None = None,
    unit: Scaling | None = None,
) -> NDArray[np.float64]:
    """[N, H]: absolute errors at every cutoff of a series [T] from L on.

    With `known`, cutoffs whose windows hold or aim at a missing value (NaN) are left out.

    Args:
        known: whether only cutoffs are meant whose targets are all known. Otherwise the last is T, the end of the
            series, and errors of targets beyond it are NaN.
        channels, unit: as for `calibration_errors`.

    Raises:
        InputError: as `forecast_of`.
    """
    last = len(values) - horizon if known else len(values)
    cutoffs = np.arange(context_length, last + 1)
    if known and np.isnan(values).any():
        cutoffs = starts_of(values, context_length, horizon) + context_length
    ahead = forecasts_at(predict, values, cutoffs, context_length, horizon, channels, ahead=False)
    errors = absolute_errors(ahead, values, cutoffs)
    return np.asarray(errors if unit is None else errors / spreads_at(unit, values, cutoffs, context_length)[:, None])


def absolute_errors(
    forecast: NDArray[np.float64], values: NDArray[np.float64], cutoffs: NDArray[Any]
) -> NDArray[np.float64]:
    """[N, H]: absolute errors of forecasts [N, H] from cutoffs of a series [T]; NaN for targets beyond its end."""
    horizon = forecast.shape[1]
    padded = np.concatenate([values, np.full(horizon, np.nan)])
    return np.asarray(np.abs(forecast - np.lib.stride_tricks.sliding_window_view(padded, horizon)[cutoffs]))


def measured(
    calibration: NDArray[np.float64], errors: Sequence[NDArray[np.float64]]
) -> dict[float, tuple[Coverage, Coverage]]:
    """The coverage of split conformal and of adaptive intervals on the hold-outs, by level, where there are errors
    enough for it.

    Args:
        calibration: [n, H]
        errors: [N, H] of each series, absolute errors at the cutoffs of its hold-out, in the unit of `calibration`.
            Adaptive intervals follow each series by itself.
    """
    together, coverages = np.concatenate(errors), {}
    for level in (each for each in LEVELS if least_windows(each) <= len(calibration)):
        radius = radius_of(calibration, level)
        moved = np.concatenate([adaptive.follow(each, radius, level) for each in errors])
        coverages[level] = coverage(together, radius, level), coverage(together, moved, level)
    return coverages
