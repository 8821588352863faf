"""The linear reference forecasters of a known signal, and their exact errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .._arrays import FloatArray
from ..errors import InputError
from ..signals import Signal
from .simple import check_lengths
from .table import RULES

Forecast = Callable[[FloatArray], FloatArray]

WELL_CONDITIONED = 1e-9  # noise over the sum of second moments; above it, weights are good to 1e-7 without an SVD
MOST_SINGULAR = 1024  # the longest window whose SVD takes seconds, not minutes


class Affine(NamedTuple):
    """A linear forecaster with an intercept: weights [H, L], bias [H]."""

    weights: FloatArray
    bias: FloatArray

    def __call__(self, context: FloatArray) -> FloatArray:
        """The forecast [B, H] from context [B, L]."""
        return context @ self.weights.T + self.bias


def best_linear(signal: Signal, context_length: int, horizon: int = 1) -> Affine:
    """The affine forecaster of least MSE; row h - 1 is for h steps ahead.

    Raises:
        InputError: a length or horizon lies outside its range, or a window is long and has next to no noise.
    """
    check_lengths(context_length, horizon)
    known = signal.moments(context_length, horizon)
    scale = np.trace(known.within) + known.context_mean @ known.context_mean  # an upper bound of the eigenvalues
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


def linear_mse(signal: Signal, weights: FloatArray, bias: FloatArray | float = 0.0) -> FloatArray:
    """[H]: the exact expected MSE of an affine forecaster with weights [H, L] and bias [H]."""
    horizon, context_length = weights.shape
    known = signal.moments(context_length, horizon)
    quadratic = (weights @ known.within * weights).sum(axis=1)
    offset = weights @ known.context_mean + bias - known.target_mean
    error = known.variance - 2 * (weights * known.cross).sum(axis=1) + quadratic + offset**2
    # Where terms cancel, rounding could give an error below the noise, or below 0.
    return np.asarray(np.maximum(error, signal.sigma**2))


def _linear(signal: Signal, context_length: int, horizon: int) -> dict[str, Any]:
    """The linear references by name, each an `Affine`, from best to simplest."""
    none = np.zeros(horizon)
    rules = {name: Affine(weights(context_length, horizon), none) for name, weights in RULES.items()}
    return {"best_linear": best_linear(signal, context_length, horizon), **rules}


def references_of(signal: Signal, context_length: int, horizon: int = 1) -> dict[str, Forecast]:
    """The reference forecasters by name, from best to simplest; each maps [B, L] to [B, H].

    Raises:
        InputError: as `best_linear`.
    """
    check_lengths(context_length, horizon)

    def bayes(context: FloatArray) -> FloatArray:
        return signal.posterior(context, horizon)[0]

    return {"bayes": bayes, **_linear(signal, context_length, horizon)}
