"""The mean of the window, as the forecast of every step."""

from __future__ import annotations

import numpy as np

from .._arrays import FloatArray


def window_mean_weights(context_length: int, horizon: int = 1) -> FloatArray:
    """[H, L]: all alike."""
    return np.full((horizon, context_length), 1 / context_length)
