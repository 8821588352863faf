"""How much a forecast moves when one value of the window does: its derivative with respect to each input.

By differences, so that it is asked of what is served: the same engine, the same float32.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .._arrays import FloatArray
from ..signals import Signal

Forecast = Callable[[FloatArray], FloatArray]
"""Windows [B, L] to the forecast of one step [B]."""

# Of one value, in the series' units. Doubles: the error of the difference is of its square. Singles: a smaller move
# drowns in rounding, a larger one in curvature; 0.01 is where the zoo's models are within 1e-4 of the exact gradient.
MOVE_DOUBLE, MOVE_SINGLE = 1e-4, 1e-2
ERROR_DOUBLE = 1e-5  # of the sharpest posterior that is shown
FLAT = 1e-6
LONGEST = 200  # values of a window that is looked at: more do not fit beside one another
ROUNDINGS = 4  # units in the last place that a network's forecast may be off by


class Slope(NamedTuple):
    """A forecast of a window [L], its derivative [L], and a bound on the error of the derivative's numbers."""

    forecast: float
    derivative: FloatArray
    error: float


def exact(forecast: Forecast, window: FloatArray) -> Slope:
    """Of a forecaster that computes in float64: central differences in one batch of 2 L + 1 windows."""
    windows = np.concatenate([window[None], _moved(window, MOVE_DOUBLE)]).astype(np.float64)
    said = np.asarray(forecast(windows), np.float64)
    return Slope(float(said[0]), _central(windows[1:], said[1:]), ERROR_DOUBLE)


def served(forecast: Forecast, window: FloatArray, scale: float = 1.0) -> Slope:
    """Of a model in float32: differences over two moves, extrapolated to none, in one batch of 4 L + 1 windows.

    The extrapolation removes the error of second order (Richardson 1911); the bound is that of the better of the two
    differences before it, with the rounding of the forecasts.

    Args:
        scale: of the model's normaliser, which a move is in proportion to.
    """
    move, length = MOVE_SINGLE * scale, len(window)
    windows = np.concatenate([window[None], _moved(window, move), _moved(window, 2 * move)]).astype(np.float32)
    said = np.asarray(forecast(windows), np.float64)
    near = _central(windows[1 : 2 * length + 1], said[1 : 2 * length + 1])
    far = _central(windows[2 * length + 1 :], said[2 * length + 1 :])
    rounding = ROUNDINGS * float(np.finfo(np.float32).eps) * max(scale, float(np.abs(said).max())) / move
    curvature = float(np.abs(far - near).max()) / 3
    return Slope(float(said[0]), (4 * near - far) / 3, curvature + rounding)


def of_bayes(signal: Signal, window: FloatArray, step: int = 1) -> Slope:
    """Of the Bayes forecast of a window [L], `step` values ahead."""
    return exact(lambda windows: signal.posterior(windows, step)[0][:, step - 1], np.asarray(window, np.float64))


def cosine(one: FloatArray, other: FloatArray) -> float:
    """Of the angle between two derivatives [L]: 1 where they weigh the window alike; 0 if either is flat."""
    if is_flat(one) or is_flat(other):
        return 0.0
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


def is_flat(derivative: FloatArray) -> bool:
    """Whether no small change of the window moves the forecast: what is left is the rounding of differences."""
    return float(np.linalg.norm(derivative)) < FLAT


def _moved(window: FloatArray, move: float) -> FloatArray:
    """[2 L, L]: each value moved up, then each moved down."""
    moves = move * np.eye(len(window))
    return np.asarray(window + np.concatenate([moves, -moves]))


def _central(windows: FloatArray, said: FloatArray) -> FloatArray:
    """Derivative [L] from `_moved` windows, by the moves that were really made after rounding."""
    above, below = np.split(windows.astype(np.float64), 2)
    up, down = np.split(said, 2)
    return np.asarray((up - down) / np.diagonal(above - below))
