"""Forecasts of many steps from a model that gives H at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .floors import MAX_HORIZON

FloatArray = NDArray[np.floating]


class Case(NamedTuple):
    """A forecast and what it stands beside, each [T]; the truth is None where nobody knows it."""

    history: FloatArray
    forecast: FloatArray
    bayes: FloatArray
    observed: FloatArray | None
    clean: FloatArray | None


def recursive(
    predict: Callable[[NDArray[np.float32]], NDArray[np.float32]], context: NDArray[np.float32], horizon: int
) -> NDArray[np.float32]:
    """Roll a model out: its forecasts join the window that it reads next.

    Noise in the window biases the weights of any least-squares forecaster towards zero, those of the
    best linear one too (they sum to 0.984 for the zoo's sine), so that its roll-out fades even though
    no single step is wrong. A network rolls out in its own way: see the limitations in its card.

    Args:
        predict: maps [B, L, 1] to [B, H].
        context: [B, L, 1]
        horizon: steps to forecast, 1 to 10,000.

    Returns:
        float32 [B, horizon]

    Raises:
        InputError: a horizon outside its range.
    """
    check_horizon(horizon)
    parts: list[NDArray[np.float32]] = []
    done = 0
    length = context.shape[1]
    while done < horizon:
        ahead = predict(context)[:, : horizon - done]
        parts.append(ahead)
        done += ahead.shape[1]
        context = np.concatenate([context, ahead[:, :, None]], axis=1)[:, -length:]
    return np.concatenate(parts, axis=1)


def check_horizon(horizon: int) -> None:
    """Raises InputError unless horizon is a whole number from 1 to 10,000."""
    if not isinstance(horizon, int | np.integer) or not 1 <= horizon <= MAX_HORIZON:
        raise InputError(f"horizon must be from 1 to {MAX_HORIZON:,}, got {horizon!r}.")
