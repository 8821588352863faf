"""How often targets lie in their intervals, by step ahead, and a test of whether that is their level.

Coverage c is the share of cutoffs whose target lies in its interval. Neighbouring cutoffs share targets, so n of them
are worth fewer independent ones: c (1 - c) / s^2, with the standard error s of Newey and West (`backtest.mean_of`).
With few cutoffs s is too small: it is multiplied by 1 + (2.9694 b + 0.4160 b^2 - 0.5324 b^3) / 1.96, where b is the
share of cutoffs that its bandwidth spans (Kiefer and Vogelsang, A New Asymptotic Theory for
Heteroskedasticity-Autocorrelation Robust Tests, Econometric Theory 21, 2005, table 1). Where all targets or none are
covered, n cutoffs h steps ahead are worth n / h: errors of the best forecaster are a moving average of h - 1 lags.

An interval misses its level where its share of misses differs from 1 - level by more than a tenth of that, and so
many independent draws that are covered with the level seldom give a coverage as far away: an exact binomial test of
both tails at 5%. Each of the H steps is tested at 5% / H (Bonferroni).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._estimates import Estimate
from ..errors import InputError
from .backtest import mean_of

SIGNIFICANCE = 0.05
MATERIAL = 0.1  # of the share of misses that a level allows


@dataclass(frozen=True)
class Coverage:
    """Coverage of the intervals of one level over N cutoffs.

    Args:
        level: the nominal coverage.
        cutoffs: N.
        overall: the share of all targets covered; its standard error counts the correlation of cutoffs.
        steps: the same at each step 1..H ahead.
        width: [H], the mean width of the interval, in the series' units.
    """

    level: float
    cutoffs: int
    overall: Estimate
    steps: list[Estimate]
    width: NDArray[np.float64]


def coverage(residuals: ArrayLike, radius: ArrayLike, level: float) -> Coverage:
    """The coverage of intervals, forecast ± radius.

    Args:
        residuals: [N, H], absolute errors at successive cutoffs. Rows with NaN, for a missing target, are left out.
        radius: [N, H], or [H] where it is the same at every cutoff.
        level: the nominal coverage.

    Raises:
        InputError: the shapes do not match, or fewer than two rows are without NaN.
    """
    errors, half = np.asarray(residuals, dtype=np.float64), np.asarray(radius, dtype=np.float64)
    if errors.ndim != 2 or 0 in errors.shape or half.shape not in (errors.shape, errors.shape[1:]):
        raise InputError(
            f"coverage needs residuals [N, H] and a radius [N, H] or [H], got {list(errors.shape)} and "
            f"{list(half.shape)}."
        )
    half = np.broadcast_to(half, errors.shape)
    kept = ~np.isnan(errors).any(axis=1)
    errors, half = errors[kept], half[kept]
    if len(errors) < 2:
        raise InputError(f"coverage needs at least 2 cutoffs whose targets are known, got {len(errors)}.")
    covered = (errors <= half).astype(np.float64)
    count, horizon = covered.shape
    overall = _estimate(covered.mean(axis=1), level, horizon, covered.size)
    steps = [_estimate(covered[:, step], level, step + 1, count) for step in range(horizon)]
    return Coverage(level, count, overall, steps, 2 * half.mean(axis=0))


def verdict(measured: Estimate, level: float, tests: int = 1) -> int:
    """-1 or 1 if a coverage, with its standard error under the level, misses the level from below or above, else 0.

    Args:
        tests: how many coverages are tested at once.
    """
    if abs(measured.value - level) <= MATERIAL * (1 - level):
        return 0
    draws = max(1, round(level * (1 - level) / measured.se**2))
    hits = measured.value * draws
    below = _binomial(math.floor(hits + 1e-9), draws, level)
    above = _binomial(draws - math.ceil(hits - 1e-9), draws, 1 - level)
    if 2 * min(below, above) >= SIGNIFICANCE / tests:
        return 0
    return -1 if below < above else 1


def _estimate(covered: NDArray[np.float64], level: float, step: int, most: float) -> Estimate:
    """The mean of [N], with the standard error of as many independent draws under the level as the cutoffs are worth.

    So it is not zero where every target is covered.

    Args:
        step: how many steps ahead the farthest target lies.
        most: the most draws that the cutoffs are worth.
    """
    count = len(covered)
    # Errors are correlated beyond the targets that they share too: lags grow slowly with the count, as is usual.
    wanted = max(2 * (step - 1), math.ceil(4 * (count / 100) ** 0.25))
    lags = min(wanted, max(0, count // 2 - 1))
    mean, spread = mean_of(covered[:, None], lags)[0]
    used = (lags + 1) / count
    spread *= 1 + (2.9694 * used + 0.4160 * used**2 - 0.5324 * used**3) / 1.9600
    worth = mean * (1 - mean) / spread**2 if spread > 0 and math.isfinite(spread) else count / step
    if lags < wanted:  # correlations beyond them are not counted
        most = 2 * count / step
    return Estimate(mean, math.sqrt(level * (1 - level) / min(worth, most)))


def _binomial(most: int, draws: int, chance: float) -> float:
    """The probability of at most `most` hits in `draws` independent draws."""
    hits = np.arange(most + 1)
    log = [math.lgamma(draws + 1) - math.lgamma(k + 1) - math.lgamma(draws - k + 1) for k in hits]
    return float(np.exp(np.array(log) + hits * math.log(chance) + (draws - hits) * math.log1p(-chance)).sum())
