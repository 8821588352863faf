"""The derivative of a forecast with respect to each value of the window.

It is computed by finite differences, so that it measures the served model: the same engine, in the same float32.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .._arrays import FloatArray
from ..signals import Signal

Forecast = Callable[[FloatArray], FloatArray]
"""Maps windows [B, L] to the forecast of one step [B]."""

# Step sizes of the differences, in the series' units. In float64 the error of a difference is proportional to the
# square of the step. In float32 rounding dominates below 0.01 and curvature above it; with 0.01 the zoo's models are
# within 1e-4 of the exact gradient.
MOVE_DOUBLE, MOVE_SINGLE = 1e-4, 1e-2
ERROR_DOUBLE = 1e-5  # error of the differences at the sharpest posterior that pages show
FLAT = 1e-6
LONGEST = 200  # the longest window whose derivative a page can draw
ROUNDINGS = 4  # rounding error of a network's forecast, in units in the last place


class Slope(NamedTuple):
    """A forecast of a window [L], its derivative [L], and a bound on the error of each value of the derivative."""

    forecast: float
    derivative: FloatArray
    error: float


def exact(forecast: Forecast, window: FloatArray) -> Slope:
    """The derivative of a forecaster in float64: central differences in one batch of 2 L + 1 windows."""
    windows = np.concatenate([window[None], _moved(window, MOVE_DOUBLE)]).astype(np.float64)
    forecasts = np.asarray(forecast(windows), np.float64)
    return Slope(float(forecasts[0]), _central(windows[1:], forecasts[1:]), ERROR_DOUBLE)


def served(
    forecast: Forecast, window: FloatArray, scale: float = 1.0, center: float = 0.0, *, single: bool = True
) -> Slope:
    """The derivative of a model in float32: central differences with two step sizes, extrapolated to step size 0.

    All 4 L + 1 windows are one batch. The extrapolation removes the error of second order (Richardson 1911). The
    bound is that of the difference with the smaller step, before extrapolation, plus the rounding of the forecasts.

    Args:
        scale, center: of the model's scaling; the step sizes are proportional to the scale.
        single: whether the model reads its windows in float32; else it reads float64, and computes in float32.
    """
    move, length = MOVE_SINGLE * scale, len(window)
    windows = np.concatenate([window[None], _moved(window, move), _moved(window, 2 * move)])
    windows = windows.astype(np.float32 if single else np.float64)
    forecasts = np.asarray(forecast(windows), np.float64)
    near = _central(windows[1 : 2 * length + 1], forecasts[1 : 2 * length + 1])
    far = _central(windows[2 * length + 1 :], forecasts[2 * length + 1 :])
    largest = max(scale, float(np.abs(forecasts - center).max()))
    rounding = ROUNDINGS * float(np.finfo(np.float32).eps) * largest / move
    curvature = float(np.abs(far - near).max()) / 3
    return Slope(float(forecasts[0]), (4 * near - far) / 3, curvature + rounding)


def of_bayes(signal: Signal, window: FloatArray, step: int = 1) -> Slope:
    """The derivative of the Bayes forecast of a window [L], `step` values ahead: by a formula where there is one."""
    known = signal.slope(np.asarray(window, np.float64), step)
    if known is not None:
        return Slope(*known, ERROR_DOUBLE)
    return exact(lambda windows: signal.posterior(windows, step)[0][:, step - 1], np.asarray(window, np.float64))


def cosine(one: FloatArray, other: FloatArray) -> float:
    """The cosine of the angle between two derivatives [L]: 1 if they are proportional; 0 if either is flat."""
    if is_flat(one) or is_flat(other):
        return 0.0
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


def is_flat(derivative: FloatArray) -> bool:
    """Whether a derivative is zero up to rounding."""
    return float(np.linalg.norm(derivative)) < FLAT


def _moved(window: FloatArray, move: float) -> FloatArray:
    """[2 L, L]: each value moved up, then each moved down."""
    moves = move * np.eye(len(window))
    return np.asarray(window + np.concatenate([moves, -moves]))


def _central(windows: FloatArray, forecasts: FloatArray) -> FloatArray:
    """Derivative [L] from forecasts of `_moved` windows; divides by the moves as float32 rounded them."""
    above, below = np.split(windows.astype(np.float64), 2)
    up, down = np.split(forecasts, 2)
    return np.asarray((up - down) / np.diagonal(above - below))
