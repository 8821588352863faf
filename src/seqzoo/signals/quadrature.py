"""The posterior of a signal, approximated by finitely many curves.

A family with unknown phase or frequency is put on a grid of nodes. Each node is a curve m with a prior
weight p. With Gaussian noise, the posterior weight of a node given a window x is

    w ∝ p exp((x · m - |m|^2 / 2) / sigma^2),

and mean and variance of any later value are sums over the nodes. For a smooth posterior of standard
deviation s the trapezoid rule with step d errs by about 2 exp(-2 (pi s / d)^2): d = 0.8 s leaves 1e-13.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .._arrays import FloatArray
from ..errors import InputError

STEP = 0.8  # of the narrowest standard deviation a posterior can have
MOST_NODES = 200_000
MOST_VALUES = 1 << 23  # of a curve at all nodes, and of all rows at all nodes: 64 MB each


def nodes_for(extent: float, narrowest: float, fewest: int) -> int:
    """The number of nodes on an interval of length `extent`, for posteriors of standard deviation >= `narrowest`."""
    return max(fewest, math.ceil(extent / (STEP * narrowest))) if narrowest > 0 else MOST_NODES + 1


def fejer(count: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of Fejér's first rule (1933) on [-1, 1]; it converges geometrically for smooth functions."""
    angle = (np.arange(count) + 0.5) * np.pi / count
    order = np.arange(1, count // 2 + 1)
    total = np.cos(2 * np.outer(angle, order)) @ (1 / (4.0 * order**2 - 1))
    return np.cos(angle), 2 / count * (1 - 2 * total)


def check_size(nodes: int, sigma: float) -> None:
    """Raises InputError if a grid is too large, which happens when the noise is very small."""
    if nodes > MOST_NODES:
        raise InputError(
            f"the posterior needs a grid of more than {MOST_NODES:,} nodes: sigma {sigma:g} is too small for this "
            "amplitude and a window of this length. Take more noise or a shorter window."
        )


Curve = Callable[[FloatArray], FloatArray]
"""Maps steps [n] to the clean values of every node there, [N, n]."""


def slope(window: FloatArray, step: int, curve: Curve, prior: FloatArray, sigma: float) -> tuple[float, FloatArray]:
    """The posterior mean `step` values after a window [L], and its derivative [L] by each value of the window.

    With Gaussian noise the derivative is a covariance of the posterior, Cov(m_ahead, m_t) / sigma^2 (Efron 2011, on
    Tweedie's formula). One window tells it, where differences take 2 L + 1. Other arguments are as for `posterior`.
    """
    window = np.asarray(window, np.float64)
    length = len(window)
    every = curve(np.append(np.arange(length, dtype=np.float64), length + step - 1))
    past, ahead = every[:, :-1], every[:, -1]
    with np.errstate(divide="ignore"):
        log_weight = past @ (window / sigma**2) + np.log(prior) - np.einsum("nt,nt->n", past, past) / (2 * sigma**2)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    mean = float(weight @ ahead)
    return mean, np.asarray((weight * (ahead - mean)) @ past / sigma**2)


def posterior(
    context: FloatArray,
    horizon: int,
    curve: Curve,
    prior: FloatArray,
    sigma: float,
) -> tuple[FloatArray, FloatArray]:
    """Posterior mean and variance, both [B, H], of the values after each window.

    Args:
        context: [B, L]
        prior: [N] weights of the nodes.
        sigma: standard deviation of the noise, above 0.
    """
    context = np.asarray(context, np.float64)
    rows, length = context.shape
    past = curve(np.arange(length, dtype=np.float64))
    with np.errstate(divide="ignore"):
        offset = np.log(prior) - (past**2).sum(axis=1) / (2 * sigma**2)
    mean, variance = np.empty((rows, horizon)), np.empty((rows, horizon))
    at_once = max(1, MOST_VALUES // len(prior))
    for first in range(0, rows, at_once):
        piece = slice(first, first + at_once)
        log_weight = (context[piece] / sigma**2) @ past.T + offset
        log_weight -= log_weight.max(axis=1, keepdims=True)
        # Single precision suffices from here on: errors of 1e-7 relative to the largest weight average out.
        with np.errstate(over="ignore"):  # a window far from a node gives it a weight of 0
            weight = np.exp(log_weight.astype(np.float32))
        weight /= weight.sum(axis=1, keepdims=True, dtype=np.float64).astype(np.float32)
        for start in range(0, horizon, at_once):
            steps = np.arange(length + start, length + min(start + at_once, horizon), dtype=np.float64)
            ahead = curve(steps).astype(np.float32)
            columns = slice(start, start + len(steps))
            mean[piece, columns] = weight @ ahead
            variance[piece, columns] = weight @ ahead**2
    return mean, np.maximum(variance - mean**2, 0.0)
