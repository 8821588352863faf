"""Intervals of a model of a measured series: calibrated before the hold-out, measured on it.

Calibration targets are the last fifth of the values before the cutoff. No weight was fitted to them, but their error
chose the checkpoint, the window and the kind of scaling, so that errors there are a little too small; the ADR on
intervals measures how much. The hold-out has no part in the calibration, and measures the coverage.

Every calibration target gives an error at every step ahead, each from the cutoff h - 1 values before it. Such errors
of one series are not exchangeable: the guarantee of split conformal holds only approximately, and only while the
series does not change. Adaptive intervals start from them and need neither.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._arrays import with_known
from ..data.windows import HELD_OUT
from ..forecasters.rollout import forecast_of
from .backtest import VALUES_AT_ONCE
from .coverage import OverCutoffs, over_cutoffs
from .intervals import least_windows
from .scoring import Predict

LEVELS = (0.8, 0.9, 0.95)
"""The levels whose coverage is measured; a level that needs more calibration errors than there are is left out."""
MOST_WINDOWS = 999  # calibration errors at a step: ranks of 90, 95 and 99% are then whole numbers
MOST_KEPT = 100_000  # calibration errors of a bundle, 8 bytes each
FEWEST = 99  # which are kept of many, however far the horizon


def calibration_begin(cutoff: int) -> int:
    """Index of the first value that no weight is fitted to; `training.sources` divides the series there."""
    return cutoff - cutoff // HELD_OUT


def calibration_errors(
    predict: Predict,
    past: NDArray[np.float64],
    context_length: int,
    horizon: int,
    channels: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """[n, H]: absolute errors at each step ahead for the calibration targets; of many, evenly spaced ones.

    Args:
        predict: maps [B, L, D] to at least [B, H].
        past: [T], the values before the cutoff.
        channels: [T, D - 1], those beside the values, known in advance; None if D is 1.

    Raises:
        InputError: as `forecast_of`.
    """
    begin = calibration_begin(len(past))
    most = min(MOST_WINDOWS, max(FEWEST, MOST_KEPT // horizon))
    stride = -(-(len(past) - begin) // most)
    targets = np.arange(len(past) - 1, begin - 1, -stride)[::-1]
    origins = targets[:, None] - np.arange(horizon)
    cutoffs, places = np.unique(origins, return_inverse=True)
    ahead = forecasts_at(predict, past, cutoffs, context_length, horizon, channels)
    return np.asarray(np.abs(ahead[places.reshape(origins.shape), np.arange(horizon)] - past[targets, None]))


def errors_at_cutoffs(
    predict: Predict,
    values: NDArray[np.float64],
    context_length: int,
    horizon: int,
    *,
    known: bool = True,
    channels: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """[N, H]: absolute errors at every cutoff of a series [T] from L on.

    Args:
        known: whether only cutoffs are meant whose targets are all known. Otherwise the last is T, the end of the
            series, and errors of targets beyond it are NaN.
        channels: [T, D - 1], as for `calibration_errors`.

    Raises:
        InputError: as `forecast_of`.
    """
    last = len(values) - horizon if known else len(values)
    cutoffs = np.arange(context_length, last + 1)
    ahead = forecasts_at(predict, values, cutoffs, context_length, horizon, channels)
    padded = np.concatenate([values, np.full(horizon, np.nan)])
    return np.asarray(np.abs(ahead - np.lib.stride_tricks.sliding_window_view(padded, horizon)[cutoffs]))


def forecasts_at(
    predict: Predict,
    values: NDArray[np.float64],
    cutoffs: NDArray[Any],
    context_length: int,
    horizon: int,
    channels: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """[N, H]: the forecasts from cutoffs, indices of a series [T] from L to T, with its channels [T, D - 1]."""
    windows = np.lib.stride_tricks.sliding_window_view(values, context_length)
    at_once = max(1, VALUES_AT_ONCE // (context_length + horizon))
    parts = []
    for begin in range(0, len(cutoffs), at_once):
        firsts = cutoffs[begin : begin + at_once] - context_length
        beside = None if channels is None else channels[firsts[:, None] + np.arange(context_length)]
        parts.append(forecast_of(predict, with_known(windows[firsts], beside), horizon))
    return np.concatenate(parts)


def measured(calibration: NDArray[np.float64], errors: NDArray[np.float64]) -> dict[float, OverCutoffs]:
    """The intervals at the cutoffs of the hold-out, by level, of the levels that the calibration allows.

    Args:
        calibration: [n, H]
        errors: [N, H], absolute errors at the cutoffs of the hold-out.
    """
    possible = [level for level in LEVELS if least_windows(level) <= len(calibration)]
    return {level: over_cutoffs(calibration, errors, level) for level in possible}
