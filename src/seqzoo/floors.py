"""Reference forecasters of a known signal and their exact errors.

Each forecaster maps context [B, L] to a forecast [B, H] of the next H values:

- `bayes`: the conditional mean; no forecaster can have a lower MSE.
- `best_linear`: the linear map of least MSE; its weights solve the normal equations
  (A^2/2 cos(w(i-j)) + sigma^2 I) v = A^2/2 cos(w(L-1+h-j)).
- `line`: a straight line fitted to the window by least squares, extended.
- `last_value`: the last value, repeated.
- noise (not a forecaster): sigma^2, the error left if the clean signal were known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .metrics import Estimate, mean
from .signals import Sine

FloatArray = NDArray[np.floating]
Forecaster = Callable[[FloatArray], FloatArray]

MAX_CONTEXT, MAX_HORIZON = 4096, 10_000
MAX_SAMPLED = 20_000_000  # values that the Bayes floor is averaged over


def best_linear_weights(signal: Sine, context_length: int, horizon: int = 1) -> FloatArray:
    """[H, L]: row h - 1 holds the weights of the best linear forecast h steps ahead."""
    _check(context_length, horizon)
    index = np.arange(context_length)
    covariance = signal.autocovariance(np.abs(index[:, None] - index[None, :]).astype(np.float64))
    ahead = np.arange(1, horizon + 1)
    cross = signal.autocovariance((context_length - 1 + ahead[:, None] - index).astype(np.float64))
    # The smallest-norm solution: without noise the matrix has rank 2.
    return np.linalg.lstsq(covariance, cross.T, rcond=None)[0].T


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


def linear_mse(signal: Sine, weights: FloatArray) -> FloatArray:
    """[H]: the exact expected MSE of a linear forecaster with weights [H, L]."""
    horizon, context_length = weights.shape
    index = np.arange(context_length)
    covariance = signal.autocovariance(np.abs(index[:, None] - index[None, :]).astype(np.float64))
    ahead = np.arange(1, horizon + 1)
    cross = signal.autocovariance((context_length - 1 + ahead[:, None] - index).astype(np.float64))
    variance = signal.autocovariance(np.zeros(1))
    quadratic = np.einsum("hl,lk,hk->h", weights, covariance, weights)
    return np.asarray(variance - 2 * (weights * cross).sum(axis=1) + quadratic)


def forecasters(signal: Sine, context_length: int, horizon: int = 1) -> dict[str, Forecaster]:
    """The reference forecasters by name, from best to simplest."""
    _check(context_length, horizon)
    linear = {
        "best_linear": best_linear_weights(signal, context_length, horizon),
        "line": line_weights(context_length, horizon),
        "last_value": last_value_weights(context_length, horizon),
    }

    def through(weights: FloatArray) -> Forecaster:
        return lambda context: context @ weights.T

    return {
        "bayes": lambda context: signal.posterior(context, horizon)[0],
        **{name: through(weights) for name, weights in linear.items()},
    }


@dataclass(frozen=True)
class Floors:
    """Expected MSE at one step ahead, in the signal's units squared; `bayes` is an estimate."""

    noise: float
    bayes: Estimate
    best_linear: float
    line: float
    last_value: float

    def items(self) -> list[tuple[str, float]]:
        """(name, MSE) from the lowest to the highest kind of reference."""
        return [
            ("noise", self.noise),
            ("bayes", self.bayes.value),
            ("best_linear", self.best_linear),
            ("line", self.line),
            ("last_value", self.last_value),
        ]


def floors(
    signal: Sine, context_length: int, horizon: int = 1, *, samples: int = 50_000, seed: int = 0
) -> list[Floors]:
    """Expected MSE of every reference at each step 1..H ahead.

    All are exact but Bayes, which is sigma^2 plus the posterior variance averaged over `samples`
    windows (the law of total variance), with its standard error.

    Raises:
        InputError: a length, horizon or sample count outside its range.
    """
    _check(context_length, horizon)
    if samples < 2:
        raise InputError(f"samples must be at least 2, got {samples}.")
    most = MAX_SAMPLED // max(context_length, horizon)
    if samples > most:
        raise InputError(f"samples must be at most {most:,} for this context_length and horizon, got {samples:,}.")
    linear = [
        linear_mse(signal, weights)
        for weights in (
            best_linear_weights(signal, context_length, horizon),
            line_weights(context_length, horizon),
            last_value_weights(context_length, horizon),
        )
    ]
    draw = signal.draw(samples, context_length, 1, np.random.default_rng(seed))
    variance = signal.posterior(draw.context, horizon)[1]
    noise = signal.sigma**2
    table = []
    for step in range(horizon):
        spread = mean(variance[:, step])
        best, line, last = (float(errors[step]) for errors in linear)
        table.append(Floors(noise, Estimate(noise + spread.value, spread.se), best, line, last))
    return table


def _check(context_length: int, horizon: int) -> None:
    if not 1 <= context_length <= MAX_CONTEXT:
        raise InputError(f"context_length must be from 1 to {MAX_CONTEXT}, got {context_length}.")
    if not 1 <= horizon <= MAX_HORIZON:
        raise InputError(f"horizon must be from 1 to {MAX_HORIZON}, got {horizon}.")
