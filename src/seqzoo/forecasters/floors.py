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

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .._arrays import FloatArray
from .._estimates import Estimate, mean
from ..errors import InputError
from ..signals import Signal
from .exact import _linear, linear_mse
from .simple import check_lengths
from .table import FLOORS

ZERO = 1e-9  # of the error of the last value: a smaller floor is only rounding
NO_EXCESS = "excess is undefined: the floor is zero, for without noise the best forecaster makes no error"


MAX_SAMPLED = 20_000_000  # values of all windows that the Bayes floor is averaged over


def standing(signal: Signal, *, own: bool) -> str:
    """What to call the Bayes forecast: "the best possible" for a draw of its signal, or "the best for the sine it
    assumes" for a user's numbers (`own`), whose law is unknown."""
    return f"the best for the {signal.noun} it assumes" if own else "the best possible"


@dataclass(frozen=True)
class Floors:
    """Expected MSE at one step ahead, in the signal's units squared; `bayes` is an estimate, the others are exact."""

    noise: float
    bayes: Estimate
    linear: Mapping[str, float]

    @property
    def best_linear(self) -> float:
        """The expected MSE of the best linear forecaster."""
        return self.linear["best_linear"]

    def items(self) -> list[tuple[str, float]]:
        """(name, MSE) of each reference, in the order of `table.FLOORS`."""
        known = {"noise": self.noise, "bayes": self.bayes.value, **self.linear}
        return [(name, known[name]) for name in FLOORS]


def floors(
    signal: Signal, context_length: int, horizon: int = 1, *, samples: int | None = None, seed: int = 0
) -> list[Floors]:
    """Expected MSE of every reference at each step 1..H ahead.

    All are exact except Bayes, which is estimated with a standard error. By the law of total variance it is sigma^2
    plus the mean posterior variance, here over `samples` windows.

    Args:
        samples: by default 50,000, or fewer where the posterior is expensive or windows are long.

    Raises:
        InputError: a length, the horizon or the sample count lies outside its range.
    """
    check_lengths(context_length, horizon)
    most = MAX_SAMPLED // max(context_length, horizon)
    samples = min(50_000, signal.windows_to_score, most) if samples is None else samples
    if samples < 2:
        raise InputError(f"samples must be at least 2, got {samples}.")
    if samples > most:
        raise InputError(f"samples must be at most {most:,} for this context_length and horizon, got {samples:,}.")
    return list(_floors(signal, context_length, horizon, samples, seed))


@functools.lru_cache(maxsize=64)  # each training of a sweep asks for those of its signal
def _floors(signal: Signal, context_length: int, horizon: int, samples: int, seed: int) -> tuple[Floors, ...]:
    draw = signal.draw(samples, context_length, 1, np.random.default_rng(seed))
    return tuple(floors_on(signal, signal.posterior(draw.context, horizon)[1], context_length))


def floors_on(signal: Signal, variance: FloatArray, context_length: int) -> list[Floors]:
    """The floors at each step, from the posterior variance [B, H] of the windows that Bayes is averaged over."""
    horizon = variance.shape[1]
    errors = {
        name: linear_mse(signal, forecaster.weights, forecaster.bias)
        for name, forecaster in _linear(signal, context_length, horizon).items()
    }
    noise = signal.sigma**2
    table = []
    for step in range(horizon):
        spread = mean(variance[:, step])
        linear = {name: float(values[step]) for name, values in errors.items()}
        table.append(Floors(noise, Estimate(noise + spread.value, spread.se), linear))
    return table


def vanishes(known: Mapping[str, float]) -> bool:
    """Whether the Bayes floor, among floors by name, is zero up to rounding: an excess over it is then undefined.

    On a sine without noise the best linear forecaster is exact, while the quadrature of Bayes leaves 1e-12 of the
    signal's power.
    """
    bayes, last, linear = (known.get(name, math.inf) for name in ("bayes", "last_value", "best_linear"))
    return bayes <= 0 or bayes <= ZERO * last < math.inf or linear < 1e-3 * bayes


def averaged(table: list[Floors]) -> dict[str, float]:
    """Expected MSE of every reference by name, averaged over the horizon."""
    rows = [dict(step.items()) for step in table]
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
