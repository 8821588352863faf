"""Reference forecasters of a known signal that are linear, and their exact errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..signals import Signal

FloatArray = NDArray[np.floating]
Forecast = Callable[[FloatArray], FloatArray]

MAX_CONTEXT, MAX_HORIZON = 4096, 10_000
WELL_CONDITIONED = 1e-9  # noise over all second moments: the weights are then good to 1e-7 without an SVD
MOST_SINGULAR = 1024  # values of a window whose SVD takes seconds, not minutes


class Affine(NamedTuple):
    """A linear forecaster with an intercept: weights [H, L], bias [H]."""

    weights: FloatArray
    bias: FloatArray

    def __call__(self, context: FloatArray) -> FloatArray:
        """context [B, L] to forecast [B, H]."""
        return context @ self.weights.T + self.bias


def best_linear(signal: Signal, context_length: int, horizon: int = 1) -> Affine:
    """The affine forecaster of least MSE; row h - 1 is for h steps ahead.

    Raises:
        InputError: a length or horizon outside its range, or a long window with next to no noise.
    """
    _check(context_length, horizon)
    known = signal.moments(context_length, horizon)
    scale = np.trace(known.within) + known.context_mean @ known.context_mean  # no eigenvalue is above it
    if signal.sigma**2 > WELL_CONDITIONED * scale:
        weights = np.linalg.solve(known.within, known.cross.T).T
    elif context_length > MOST_SINGULAR:
        raise InputError(
            f"with so little noise (sigma {signal.sigma:g}) the best linear forecaster is computed for windows of at "
            f"most {MOST_SINGULAR:,} values, got {context_length:,}. Take more noise or a shorter window."
        )
    else:  # the smallest-norm solution: without noise the matrix of a sine has rank 2
        weights = np.linalg.lstsq(known.within, known.cross.T, rcond=None)[0].T
    return Affine(weights, known.target_mean - weights @ known.context_mean)


def line_weights(context_length: int, horizon: int = 1) -> FloatArray:
    """[H, L]: weights of the least-squares line through the window, extended h steps."""
    _check(context_length, horizon)
    if context_length == 1:
        return last_value_weights(1, horizon)
    design = np.stack([np.ones(context_length), np.arange(context_length)], axis=1)
    ahead = np.arange(context_length, context_length + horizon)
    return np.stack([np.ones(horizon), ahead], axis=1) @ np.linalg.pinv(design)


def last_value_weights(context_length: int, horizon: int = 1) -> FloatArray:
    """[H, L]: one on the last value."""
    _check(context_length, horizon)
    weights = np.zeros((horizon, context_length))
    weights[:, -1] = 1.0
    return weights


def linear_mse(signal: Signal, weights: FloatArray, bias: FloatArray | float = 0.0) -> FloatArray:
    """[H]: the exact expected MSE of an affine forecaster with weights [H, L] and bias [H]."""
    horizon, context_length = weights.shape
    known = signal.moments(context_length, horizon)
    quadratic = (weights @ known.within * weights).sum(axis=1)
    offset = weights @ known.context_mean + bias - known.target_mean
    error = known.variance - 2 * (weights * known.cross).sum(axis=1) + quadratic + offset**2
    # Where terms cancel, rounding would end below the noise, or below 0.
    return np.asarray(np.maximum(error, signal.sigma**2))


def _linear(signal: Signal, context_length: int, horizon: int) -> dict[str, Any]:
    """The linear references by name, `Affine` each, from best to simplest."""
    none = np.zeros(horizon)
    return {
        "best_linear": best_linear(signal, context_length, horizon),
        "line": Affine(line_weights(context_length, horizon), none),
        "last_value": Affine(last_value_weights(context_length, horizon), none),
    }


def references_of(signal: Signal, context_length: int, horizon: int = 1) -> dict[str, Forecast]:
    """The reference forecasters by name, from best to simplest."""
    _check(context_length, horizon)

    def bayes(context: FloatArray) -> FloatArray:
        return signal.posterior(context, horizon)[0]

    return {"bayes": bayes, **_linear(signal, context_length, horizon)}


def _check(context_length: int, horizon: int) -> None:
    if not 1 <= context_length <= MAX_CONTEXT:
        raise InputError(f"context_length must be from 1 to {MAX_CONTEXT}, got {context_length}.")
    if not 1 <= horizon <= MAX_HORIZON:
        raise InputError(f"horizon must be from 1 to {MAX_HORIZON}, got {horizon}.")
