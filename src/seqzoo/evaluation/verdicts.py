"""Verdicts on pairs of models: paired differences over seeds, corrected for multiple comparisons.

log(excess) is compared. The spread of an excess over seeds grows with the excess; on the log scale, models of very
different excess have similar spreads. A difference of logarithms is a ratio, which means the same at every level.

A table compares many pairs at once. Its intervals are simultaneous, by Bonferroni's inequality (Dunn, "Multiple
comparisons among means", JASA 56, 1961): each of m intervals has the level 1 - 0.05 / m. All m then hold together
with probability at least 0.95, however the pairs depend on one another. The verdict and p follow from the same
intervals. Holm's stepwise p-values would detect a little more, but simultaneous intervals that agree with them say
nothing about the size of most differences (Strassburger and Bretz, Statistics in Medicine 27, 2008).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from . import student

CONFIDENCE = 0.95
LEAST = 1e-12  # a smaller excess is rounding of float32 forecasts, and its logarithm is meaningless


_Pair = tuple[str, str, list[float]]  # one, other, differences of log(excess), other minus one


class Interval(NamedTuple):
    """A mean and the ends of its Student t interval; the ends are NaN for a single value."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Verdict:
    """The verdict on a pair. `ratio` is the excess of `worse` divided by that of `better`, as a geometric mean over
    seeds.

    Its interval is simultaneous with those of all pairs of its kind in the table, and `p` is corrected for them
    (Bonferroni): p < 0.05 where the interval excludes 1.
    """

    better: str
    worse: str
    ratio: Interval
    seeds: int
    p: float

    @property
    def is_detected(self) -> bool:
        """Whether the two differ: their simultaneous interval excludes a ratio of 1."""
        return self.ratio.low > 1 or self.ratio.high < 1

    def __str__(self) -> str:
        if self.seeds < 2:
            return f"{self.better} and {self.worse}: one seed: no verdict"
        interval = f"(simultaneous 95% CI {_times(self.ratio.low)} to {_times(self.ratio.high)})"
        if self.is_detected:
            return (
                f"{self.better} is better than {self.worse}: its excess is {_times(self.ratio.value)} times smaller "
                f"{interval}"
            )
        return f"{self.better} and {self.worse}: no difference detected {interval}"


def mean_interval(values: Sequence[float], together: int = 1) -> Interval:
    """The mean over seeds with its 95% Student t interval, simultaneous with `together` intervals (Bonferroni)."""
    numbers = np.asarray(values, np.float64)
    mean = float(numbers.mean())
    if len(numbers) < 2:
        return Interval(mean, math.nan, math.nan)
    quantile = student.quantile((1 - CONFIDENCE) / (2 * together), len(numbers) - 1)
    reach = quantile * float(numbers.std(ddof=1)) / math.sqrt(len(numbers))
    return Interval(mean, mean - reach, mean + reach)


def geometric_mean(excess: Sequence[float]) -> float:
    """The geometric mean, which is the mean on the log scale of verdicts."""
    return math.exp(sum(map(_log, excess)) / len(excess))


def verdicts(
    excess: Mapping[str, Mapping[int, float]], references: Mapping[str, float] | None = None
) -> list[Verdict]:
    """The verdicts on every pair of models, then on every model with every reference whose excess is positive.

    Models are paired by the seeds that both have. A reference has one exact excess, so its test is a one-sample test.
    Intervals and p are corrected for the number of pairs of models and, separately, for the number of pairs of a
    model and a reference. Pairs with one seed do not count.

    Args:
        excess: excess by model and seed.
        references: exact excess by name. Bayes has 0 and is not compared: an excess is the distance to it.
    """
    names = list(excess)
    pairs: list[_Pair] = []
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            shared = sorted(excess[one].keys() & excess[other].keys())
            pairs.append((one, other, [_log(excess[other][seed]) - _log(excess[one][seed]) for seed in shared]))
    with_references: list[_Pair] = [
        (name, reference, [_log(exact) - _log(value) for value in excess[name].values()])
        for name in names
        for reference, exact in (references or {}).items()
        if exact > 0
    ]
    return [*_corrected(pairs), *_corrected(with_references)]


def _corrected(pairs: Sequence[_Pair]) -> list[Verdict]:
    together = sum(len(differences) > 1 for _, _, differences in pairs)
    return [_verdict(*pair, together) for pair in pairs if pair[2]]


def _verdict(one: str, other: str, differences: list[float], together: int) -> Verdict:
    """The verdict from `differences` of log(excess), other minus one; `together` pairs are compared."""
    mean, low, high = mean_interval(differences, together)
    if mean < 0:
        one, other, mean, low, high = other, one, -mean, -high, -low
    p = together * _p(differences)
    ratio = Interval(_exp(mean), _exp(low), _exp(high))
    return Verdict(one, other, ratio, len(differences), p if math.isnan(p) else min(1.0, p))


def _p(differences: list[float]) -> float:
    """Two-sided p-value of Student's t test that the mean difference is 0."""
    if len(differences) < 2:
        return math.nan
    numbers = np.asarray(differences)
    error = float(numbers.std(ddof=1)) / math.sqrt(len(numbers))
    mean = abs(float(numbers.mean()))
    if error <= 1e-12 * mean or mean == 0:  # no spread over seeds
        return 1.0 if mean == 0 else 0.0
    return 2 * student.tail(mean / error, len(numbers) - 1)


def _log(excess: float) -> float:
    return math.log(max(excess, LEAST))


def _exp(value: float) -> float:
    return math.inf if value > 700 else math.exp(value)


def _times(ratio: float) -> str:
    """A ratio with two decimals; with more if two would round it to 1, which decides the verdict."""
    if ratio >= 100:
        return f"{ratio:,.0f}"
    texts = (f"{ratio:.{places}f}" for places in range(2, 16))
    return next((text for text in texts if ratio == 1 or float(text) != 1), "1.00")
