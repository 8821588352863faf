"""Linear forecasters that need neither training nor a law: their weights depend on the lengths only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

FloatArray = NDArray[np.floating]
MAX_CONTEXT, MAX_HORIZON = 4096, 10_000


def line_weights(context_length: int, horizon: int = 1) -> FloatArray:
    """[H, L]: weights of the least-squares line through the window, extended h steps."""
    check_lengths(context_length, horizon)
    if context_length == 1:
        return last_value_weights(1, horizon)
    design = np.stack([np.ones(context_length), np.arange(context_length)], axis=1)
    ahead = np.arange(context_length, context_length + horizon)
    return np.stack([np.ones(horizon), ahead], axis=1) @ np.linalg.pinv(design)


def last_value_weights(context_length: int, horizon: int = 1) -> FloatArray:
    """[H, L]: one on the last value."""
    check_lengths(context_length, horizon)
    weights = np.zeros((horizon, context_length))
    weights[:, -1] = 1.0
    return weights


def check_lengths(context_length: int, horizon: int) -> None:
    """Raises InputError for a length or horizon outside its range."""
    if not 1 <= context_length <= MAX_CONTEXT:
        raise InputError(f"context_length must be from 1 to {MAX_CONTEXT}, got {context_length}.")
    if not 1 <= horizon <= MAX_HORIZON:
        raise InputError(f"horizon must be from 1 to {MAX_HORIZON}, got {horizon}.")
