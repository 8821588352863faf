"""Reference forecasters of a known signal and their exact errors.

Each forecaster maps context [B, L] to a forecast [B, H] of the next H values:

- `bayes`: the conditional mean; no forecaster of that signal can have a lower MSE.
- `best_linear`: the affine map of least MSE; its weights solve the normal equations
  Cov(context) v = Cov(context, target), for the sine
  (A^2/2 cos(w(i-j)) + sigma^2 I) v = A^2/2 cos(w(L-1+h-j)).
- `line`: a straight line fitted to the window by least squares, extended.
- `last_value`: the last value, repeated.
- noise (not a forecaster): sigma^2, the error left if the clean signal were known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .metrics import Estimate, mean
from .signals import FAMILIES, Signal

FloatArray = NDArray[np.floating]
Forecaster = Callable[[FloatArray], FloatArray]

REFERENCES = ("bayes", "best_linear", "line", "last_value")
MAX_CONTEXT, MAX_HORIZON = 4096, 10_000
WELL_CONDITIONED = 1e-9  # noise over all second moments: the weights are then good to 1e-7 without an SVD
MOST_SINGULAR = 1024  # values of a window whose SVD takes seconds, not minutes
ZERO = 1e-9  # of the last value's error: what a smaller floor is worth, rounding decides
NO_EXCESS = "excess is undefined: the floor is zero, for without noise the best forecaster makes no error"
MAX_SAMPLED = 20_000_000  # values that the Bayes floor is averaged over


class Affine(NamedTuple):
    """A linear forecaster with an intercept: weights [H, L], bias [H]."""

    weights: FloatArray
    bias: FloatArray

    def __call__(self, context: FloatArray) -> FloatArray:
        """context [B, L] to forecast [B, H]."""
        return context @ self.weights.T + self.bias


def standing(signal: Signal, *, own: bool) -> str:
    """What the Bayes forecast is: "the best possible" for a draw of its signal; for numbers that somebody gave,
    whose law nobody knows, only "the best for the sine it assumes"."""
    return f"the best for the {signal.noun} it assumes" if own else "the best possible"


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


def forecasters(signal: Signal, context_length: int, horizon: int = 1) -> dict[str, Forecaster]:
    """The reference forecasters by name, from best to simplest."""
    _check(context_length, horizon)

    def bayes(context: FloatArray) -> FloatArray:
        return signal.posterior(context, horizon)[0]

    return {"bayes": bayes, **_linear(signal, context_length, horizon)}


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
    signal: Signal, context_length: int, horizon: int = 1, *, samples: int | None = None, seed: int = 0
) -> list[Floors]:
    """Expected MSE of every reference at each step 1..H ahead.

    All are exact but Bayes, which is sigma^2 plus the posterior variance averaged over `samples`
    windows (the law of total variance), with its standard error.

    Args:
        samples: by default 50,000, or fewer where the posterior is dear or windows are long.

    Raises:
        InputError: a length, horizon or sample count outside its range.
    """
    _check(context_length, horizon)
    most = MAX_SAMPLED // max(context_length, horizon)
    samples = min(50_000, signal.windows_to_score, most) if samples is None else samples
    if samples < 2:
        raise InputError(f"samples must be at least 2, got {samples}.")
    if samples > most:
        raise InputError(f"samples must be at most {most:,} for this context_length and horizon, got {samples:,}.")
    draw = signal.draw(samples, context_length, 1, np.random.default_rng(seed))
    return floors_on(signal, signal.posterior(draw.context, horizon)[1], context_length)


def floors_on(signal: Signal, variance: FloatArray, context_length: int) -> list[Floors]:
    """The floors, given the posterior variance [B, H] of the windows that Bayes is averaged over."""
    horizon = variance.shape[1]
    errors = {
        name: linear_mse(signal, made.weights, made.bias)
        for name, made in _linear(signal, context_length, horizon).items()
    }
    noise = signal.sigma**2
    table = []
    for step in range(horizon):
        spread = mean(variance[:, step])
        linear = {name: float(values[step]) for name, values in errors.items()}
        table.append(Floors(noise=noise, bayes=Estimate(noise + spread.value, spread.se), **linear))
    return table


def vanishes(known: Mapping[str, float]) -> bool:
    """Whether the Bayes floor is zero among floors by name: an excess over it is then undefined.

    Zero up to rounding, that is: the quadrature of a sine without noise leaves 1e-12 of its power, where the best
    linear forecaster is exact.
    """
    bayes, last, linear = (known.get(name, math.inf) for name in ("bayes", "last_value", "best_linear"))
    return bayes <= 0 or bayes <= ZERO * last < math.inf or linear < 1e-3 * bayes


def averaged(table: list[Floors]) -> dict[str, float]:
    """Expected MSE of every reference by name, averaged over the horizon."""
    rows = [dict(step.items()) for step in table]
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def reference_of(name: str) -> tuple[str, str] | None:
    """Reference and signal family of a name as "bayes.sine"; None if it is not one's name."""
    reference, _, family = name.partition(".")
    return (reference, family) if reference in REFERENCES and family in FAMILIES else None


def _check(context_length: int, horizon: int) -> None:
    if not 1 <= context_length <= MAX_CONTEXT:
        raise InputError(f"context_length must be from 1 to {MAX_CONTEXT}, got {context_length}.")
    if not 1 <= horizon <= MAX_HORIZON:
        raise InputError(f"horizon must be from 1 to {MAX_HORIZON}, got {horizon}.")
