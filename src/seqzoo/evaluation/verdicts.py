"""Is one model better than another? Paired differences over seeds, with a correction for asking often.

Compared is log(excess): the spread of an excess over seeds grows with it, so that on the log scale models of very
different excess have spreads alike, and a difference there is a ratio, which says the same at every level.

A table asks about many pairs at once. Its intervals are simultaneous, by Bonferroni's inequality (Dunn, "Multiple
comparisons among means", JASA 56, 1961): each of m intervals has the level 1 - 0.05 / m, so that all m hold together
with probability 0.95 at least, however the pairs depend on one another. The verdict and p follow from the same
intervals. Holm's stepwise p-values would detect a little more, but simultaneous intervals that agree with them tell
nothing of the size of most differences (Strassburger and Bretz, Statistics in Medicine 27, 2008).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..errors import MissingExtraError

try:
    from scipy import stats
except ModuleNotFoundError:
    raise MissingExtraError("the arena", "arena") from None

CONFIDENCE = 0.95
LEAST = 1e-12  # an excess below this is rounding of float32 forecasts; its logarithm would say nothing


_Pair = tuple[str, str, list[float]]  # one, other, differences of log(excess), other minus one


class Interval(NamedTuple):
    """A mean and the ends of its Student t interval; the ends are NaN for a single value."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Verdict:
    """Of a pair. `ratio` is the excess of `worse` over that of `better`, in the geometric mean over seeds.

    Its interval is simultaneous with those of all pairs of its kind in the table, and `p` corrected for them
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
    """The mean over seeds with its 95% Student t interval, one of `together` that hold at once (Bonferroni)."""
    numbers = np.asarray(values, np.float64)
    mean = float(numbers.mean())
    if len(numbers) < 2:
        return Interval(mean, math.nan, math.nan)
    quantile = float(stats.t.isf((1 - CONFIDENCE) / (2 * together), len(numbers) - 1))
    reach = quantile * float(numbers.std(ddof=1)) / math.sqrt(len(numbers))
    return Interval(mean, mean - reach, mean + reach)


def geometric_mean(excess: Sequence[float]) -> float:
    """The mean on the scale that verdicts are reached on."""
    return math.exp(sum(map(_log, excess)) / len(excess))


def verdicts(
    excess: Mapping[str, Mapping[int, float]], references: Mapping[str, float] | None = None
) -> list[Verdict]:
    """Every pair of models, then every model with every reference whose excess is positive.

    Models are paired by the seeds that both have; a reference has one exact excess, so that the test is a
    one-sample one. Intervals and p are corrected for the number of pairs of models, and apart from these, which
    are another question, for the number of pairs of a model and a reference. A pair of one seed does not count.

    Args:
        excess: by model and seed.
        references: exact excess by name. Bayes has 0, and nothing to compare: an excess is the distance to it.
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
    """`differences` of log(excess), other minus one: a pair of `together` that are compared."""
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
    if error <= 1e-12 * mean or mean == 0:  # no spread: every seed says the same
        return 1.0 if mean == 0 else 0.0
    return float(2 * stats.t.sf(mean / error, len(numbers) - 1))


def _log(excess: float) -> float:
    return math.log(max(excess, LEAST))


def _exp(value: float) -> float:
    return math.inf if value > 700 else math.exp(value)


def _times(ratio: float) -> str:
    """Two decimals; more where they would round a ratio that is not 1 to 1, since 1 is what a verdict goes by."""
    if ratio >= 100:
        return f"{ratio:,.0f}"
    texts = (f"{ratio:.{places}f}" for places in range(2, 16))
    return next((text for text in texts if ratio == 1 or float(text) != 1), "1.00")
