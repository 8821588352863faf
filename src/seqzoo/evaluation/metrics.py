"""Scores of a forecast with standard errors: mse, skill, excess. NumPy only.

Forecasts and targets are [B] or [B, H]. Rows are independent windows, so standard errors are taken over rows.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._estimates import Estimate, mean
from ..errors import InputError


def mse(forecast: ArrayLike, target: ArrayLike) -> Estimate:
    """Mean squared error, in the signal's units squared."""
    return mean(_squared_distance(forecast, target))


def skill(forecast: ArrayLike, target: ArrayLike, last_value: ArrayLike, bayes: ArrayLike) -> Estimate:
    """(mse_last - mse) / (mse_last - mse_bayes): 0 is the last value repeated, 1 is Bayes-optimal.

    The standard error is that of a ratio of two means (delta method).

    Raises:
        InputError: shapes differ, or the Bayes forecast is no better than the last value on these windows.
    """
    last = _squared_distance(last_value, target)
    return _ratio(
        last - _squared_distance(forecast, target), last - _squared_distance(bayes, target), "skill"
    )


def excess(forecast: ArrayLike, bayes: ArrayLike, mse_bayes: float, bayes_se: float = 0.0) -> Estimate:
    """E[(f - f_bayes)^2] / mse_bayes: the distance from optimal, where 0 is optimal.

    The Bayes forecast is the conditional mean. In expectation the excess therefore equals mse / mse_bayes - 1, but
    this estimate has far less variance.

    Args:
        mse_bayes: the Bayes forecaster's expected MSE (`floors.Floors.bayes`).
        bayes_se: its standard error. Rare windows carry much of the floor of some signals: the excess of a forecaster
            far from optimal is then uncertain by the floor's share of it, whatever the distance's own error.

    Raises:
        InputError: shapes differ, or mse_bayes is not positive.
    """
    if not mse_bayes > 0:
        raise InputError(f"excess is relative to a positive Bayes MSE, got {mse_bayes}.")
    distance = mean(_squared_distance(forecast, bayes))
    value = distance.value / mse_bayes
    return Estimate(value, math.hypot(distance.se / mse_bayes, value * bayes_se / mse_bayes))


def _squared_distance(a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    """[B]: squared difference of each window, averaged over the horizon."""
    left, right = (np.asarray(part, dtype=np.float64) for part in (a, b))
    if left.shape != right.shape or left.ndim not in (1, 2):
        raise InputError(f"forecast and target must both be [B] or [B, H], got {left.shape} and {right.shape}.")
    squares = (left - right) ** 2
    return squares.mean(axis=1) if squares.ndim == 2 else squares


def _ratio(numerator: NDArray[np.float64], denominator: NDArray[np.float64], name: str) -> Estimate:
    below = float(denominator.mean())
    if not below > 0:
        raise InputError(f"{name} is undefined: Bayes is no better than the last value on these windows.")
    value = float(numerator.mean()) / below
    residual = mean(numerator - value * denominator)
    return Estimate(value, residual.se / below)
