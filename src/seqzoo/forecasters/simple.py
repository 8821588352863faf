"""Linear forecasters that need neither training nor a signal's law: their weights depend only on the lengths."""

from __future__ import annotations

import numpy as np

from .._arrays import FloatArray
from ..errors import InputError

MAX_CONTEXT, MAX_HORIZON = 4096, 10_000


def line_weights(context_length: int, horizon: int = 1) -> FloatArray:
    """Weights [H, L] of the least-squares line through the window, extended h steps."""
    check_lengths(context_length, horizon)
    if context_length == 1:
        return last_value_weights(1, horizon)
    design = np.stack([np.ones(context_length), np.arange(context_length)], axis=1)
    ahead = np.arange(context_length, context_length + horizon)
    return np.stack([np.ones(horizon), ahead], axis=1) @ np.linalg.pinv(design)


def last_value_weights(context_length: int, horizon: int = 1) -> FloatArray:
    """Weights [H, L]: 1 on the last value, 0 on the others."""
    check_lengths(context_length, horizon)
    weights = np.zeros((horizon, context_length))
    weights[:, -1] = 1.0
    return weights


def mean_weights(context_length: int, horizon: int = 1) -> FloatArray:
    """Weights [H, L] of the mean of the window, repeated."""
    check_lengths(context_length, horizon)
    return np.full((horizon, context_length), 1.0 / context_length)


def drift_weights(context_length: int, horizon: int = 1) -> FloatArray:
    """Weights [H, L] of the line through the first and the last value of the window, extended h steps."""
    weights = last_value_weights(context_length, horizon)
    if context_length > 1:
        slopes = np.arange(1, horizon + 1) / (context_length - 1)
        weights[:, -1] += slopes
        weights[:, 0] -= slopes
    return weights


def seasonal_naive_weights(context_length: int, horizon: int = 1, *, season: int) -> FloatArray:
    """Weights [H, L] of the last season of the window, repeated.

    Raises:
        InputError: a length or horizon lies outside its range, or the window is shorter than the season.
    """
    check_lengths(context_length, horizon)
    check_season(season)
    if context_length < season:
        raise InputError(
            f"seasonal naive repeats the last season, {season} values; a window of {context_length} does not hold it."
        )
    weights = np.zeros((horizon, context_length))
    steps = np.arange(horizon)
    weights[steps, context_length - season + steps % season] = 1.0
    return weights


def weighted_sum(weights: FloatArray, windows: FloatArray) -> FloatArray:
    """Forecasts [..., H] of a rule from windows [..., L], for weights [H, L] that sum to 1 at each step.

    Values are counted from the last one of the window: far from zero, their differences keep their digits.
    """
    last = windows[..., -1:]
    forecast: FloatArray = (windows - last) @ weights.T + last
    return forecast


def check_season(season: int) -> None:
    """Raises InputError unless the length of a season is a whole number of steps, at least 1."""
    if isinstance(season, bool) or not isinstance(season, int | np.integer) or season < 1:
        raise InputError(f"a season must be a whole number of steps, 1 for a series without one, got {season!r}.")


def check_lengths(context_length: int, horizon: int) -> None:
    """Raises InputError if a length or horizon lies outside its range."""
    if not 1 <= context_length <= MAX_CONTEXT:
        raise InputError(f"context_length must be from 1 to {MAX_CONTEXT}, got {context_length}.")
    if not 1 <= horizon <= MAX_HORIZON:
        raise InputError(f"horizon must be from 1 to {MAX_HORIZON}, got {horizon}.")
