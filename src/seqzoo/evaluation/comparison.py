"""Two forecasters over the cutoffs of one series: the difference of their mean losses, and how sure it is.

Losses at neighbouring cutoffs are correlated, for targets overlap and errors persist. Two methods allow for it:

- an interval by the circular block bootstrap over cutoffs (Politis and Romano, A circular block-resampling procedure
  for stationary data, 1992), with the block length of Politis and White (Econometric Reviews 23, 2004) as corrected
  by Patton, Politis and White (Econometric Reviews 28, 2009);
- a p-value by Diebold and Mariano (JBES 13, 1995) with the correction of Harvey, Leybourne and Newbold (International
  Journal of Forecasting 13, 1997).

`verdicts` compares models over seeds, which are independent; this module compares over cutoffs, which are not.
Several comparisons with one forecaster are a family: `holm` corrects their p-values. Shapes: n cutoffs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import FloatArray
from ..data.windows import finite_series
from ..errors import InputError
from . import student

CONFIDENCE = 0.95
NORMAL = 1.959964  # the normal distribution's quantile for it
RESAMPLES = 4_000
_INDICES_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Comparison:
    """The mean loss of a forecaster minus that of its rival: below 0, the forecaster is better.

    Args:
        difference: in units of the loss.
        low, high: ends of its 95% interval; NaN where the cutoffs are too few.
        p: two-sided p-value of equal expected losses; NaN where the cutoffs are too few.
        cutoffs: n.
        block: length of the bootstrap's blocks, in cutoffs.
    """

    difference: float
    low: float
    high: float
    p: float
    cutoffs: int
    block: int


def compare(losses: ArrayLike, rival: ArrayLike, horizon: int = 1, *, stride: int = 1) -> Comparison:
    """Compares two forecasters by their losses at the same cutoffs.

    The interval comes from `RESAMPLES` resamples whose seed depends only on the number of cutoffs, the block length
    and the number of resamples. It is NaN below four blocks, as p is below two horizons.

    Args:
        losses: [n] of the forecaster, in order of time; for example squared errors, averaged over the steps ahead.
        rival: [n] at the same cutoffs.
        horizon: H, the steps that a loss looks ahead; losses fewer than H steps apart share targets.
        stride: steps between neighbouring cutoffs.

    Raises:
        InputError: the losses are not two finite arrays of one length [n], n >= 2; or horizon or stride is below 1.
    """
    one, other = finite_series(losses), finite_series(rival)
    if len(one) != len(other) or len(one) < 2:
        raise InputError(
            f"a comparison needs the losses of both forecasters at the same cutoffs, at least 2, got {len(one)} and "
            f"{len(other)}."
        )
    if horizon < 1 or stride < 1:
        raise InputError(f"horizon and stride must be at least 1, got {horizon} and {stride}.")
    differences = one - other
    overlap = -(-horizon // stride)
    # Blocks weigh the autocovariance at lag k by 1 - k / b: at b = H they would omit a third of what overlap causes.
    block = min(max(block_length(differences), 2 * overlap - 1), len(differences))
    low, high = bootstrap_interval(differences, block)
    return Comparison(
        float(differences.mean()), low, high, diebold_mariano(differences, overlap), len(differences), block
    )


def diebold_mariano(differences: FloatArray, horizon: int = 1) -> float:
    """The two-sided p-value of a zero mean of loss differences [n], by Harvey, Leybourne and Newbold.

    With autocovariances gamma_k = 1/n sum_t d_t d_(t+k) of deviations d from the mean D, and h the horizon,

        t = D / sqrt(1/n [gamma_0 + 2 sum_(k=1..h-1) gamma_k]) * sqrt([n + 1 - 2h + h (h - 1) / n] / n),

    which is compared with Student's distribution of n - 1 degrees of freedom. The sum in brackets can be negative
    (Harvey, Leybourne and Whitehouse, International Journal of Forecasting 33, 2017); then Bartlett's weights 1 - k/h
    are used, which make it positive.

    Args:
        differences: [n], in order of time.
        horizon: in cutoffs: differences at least that far apart count as uncorrelated. Above n / 2, p is NaN.
    """
    count = len(differences)
    if count < max(2, 2 * horizon):
        return math.nan
    mean = float(differences.mean())
    gamma = _autocovariances(differences, horizon - 1)
    if math.sqrt(gamma[0]) <= 1e-12 * abs(mean) or gamma[0] == 0:  # the same difference at every cutoff
        return 1.0 if mean == 0 else 0.0
    variance = float(gamma[0] + 2 * gamma[1:].sum())
    if variance <= 0:
        variance = float(gamma[0] + 2 * ((1 - np.arange(1, horizon) / horizon) * gamma[1:]).sum())
    correction = (count + 1 - 2 * horizon + horizon * (horizon - 1) / count) / count
    return 2 * student.tail(abs(mean) * math.sqrt(correction * count / variance), count - 1)


def bootstrap_interval(differences: FloatArray, block: int) -> tuple[float, float]:
    """The ends of the 95% percentile interval of the mean of a stationary sequence [n], by circular blocks.

    Deviations of resampled means are divided by sqrt(1 - b / n), their standard deviation at independent values
    relative to the true one, and multiplied by the ratio of the t quantile with n / b - 1 degrees of freedom to the
    normal one: blocks count as independent values. Both are NaN where n < 4 b.
    """
    count = len(differences)
    if count < 4 * block:
        return math.nan, math.nan
    mean = float(differences.mean())
    deviations = differences - mean
    # Sums of the blocks that begin at each value, around the circle: of whole blocks, and of the one that is cut.
    total = np.concatenate([[0.0], np.cumsum(np.concatenate([deviations, deviations[:block]]))])
    whole, cut = divmod(count, block)
    starts = np.arange(count)
    of_whole, of_cut = total[starts + block] - total[starts], total[starts + cut] - total[starts]
    rng = np.random.default_rng([count, block, RESAMPLES])
    at_once = max(1, _INDICES_AT_ONCE // whole)
    means = np.concatenate(
        [
            of_whole[rng.integers(count, size=(some, whole))].sum(axis=1) + of_cut[rng.integers(count, size=some)]
            for some in [*[at_once] * (RESAMPLES // at_once), RESAMPLES % at_once]
        ]
    )
    tail = (1 - CONFIDENCE) / 2
    widening = student.quantile(tail, count / block - 1) / NORMAL / math.sqrt(1 - block / count)
    low, high = np.quantile(means / count, [tail, 1 - tail]) * widening
    return mean + float(low), mean + float(high)


def block_length(values: FloatArray) -> int:
    """The block length for the circular bootstrap of a mean by Politis and White, from 1 to a quarter of n.

    It is (2 G^2 / D)^(1/3) n^(1/3) with G = sum w_k |k| gamma_k and D = 4/3 (sum w_k gamma_k)^2 over lags k = -M..M,
    where w is 1 up to M / 2 and falls to 0 at M. M is twice the last lag before autocorrelations are negligible.
    """
    count = len(values)
    neighbours = max(5, math.ceil(math.sqrt(math.log10(count))))
    most = min(math.ceil(math.sqrt(count)) + neighbours, count - 1)
    gamma = _autocovariances(values - values.mean(), most)
    if gamma[0] <= 0:
        return 1
    significant = np.abs(gamma[1:] / gamma[0]) > 2 * math.sqrt(math.log10(count) / count)
    last = _last_before_a_gap(significant, neighbours)
    bandwidth = min(2 * max(last, 1), most)
    lag = np.arange(1, bandwidth + 1)
    weighted = np.minimum(1.0, 2 * (1 - lag / bandwidth)) * gamma[1 : bandwidth + 1]
    slope, level = 2 * float((lag * weighted).sum()), float(gamma[0] + 2 * weighted.sum())
    longest = max(1, count // 4)
    if level <= 0:
        return 1 if slope <= 0 else longest
    best: float = (1.5 * (slope / level) ** 2 * count) ** (1 / 3)
    return max(1, min(longest, round(best)))


def holm(p: Sequence[float]) -> list[float]:
    """The p-values of a family, corrected by Holm (Scandinavian Journal of Statistics 6, 1979), in the given order.

    All that are at most 0.05 hold together with at most 5% probability of one false rejection. NaN stands for a test
    that was not made: it stays NaN and does not count.
    """
    ascending = sorted((value, place) for place, value in enumerate(p) if not math.isnan(value))
    corrected, largest = [math.nan] * len(p), 0.0
    for smaller, (value, place) in enumerate(ascending):
        largest = max(largest, min(1.0, (len(ascending) - smaller) * value))
        corrected[place] = largest
    return corrected


def _autocovariances(values: FloatArray, most: int) -> FloatArray:
    """[most + 1]: at lags 0 to `most`, divided by n."""
    deviations = values - values.mean()
    count = len(values)
    return np.array([deviations[: count - lag] @ deviations[lag:] for lag in range(most + 1)]) / count


def _last_before_a_gap(significant: np.ndarray, neighbours: int) -> int:
    """The lag m after which `neighbours` autocorrelations in turn are negligible, else the last that is not."""
    for lag in range(len(significant) - neighbours + 1):
        if not significant[lag : lag + neighbours].any():
            return lag
    return len(significant) - int(np.argmax(significant[::-1])) if significant.any() else 0
