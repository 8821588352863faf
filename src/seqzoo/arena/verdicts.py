"""Is one model better than another? Paired differences over seeds, with a correction for asking often.

Compared is log(excess): the spread of an excess over seeds grows with it, so that on the log scale models of very
different excess have spreads alike, and a difference there is a ratio, which says the same at every level.
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

    `p` is corrected for all pairs of its kind in the table (Holm); the interval of the ratio is this pair's own.
    """

    better: str
    worse: str
    ratio: Interval
    seeds: int
    p: float

    @property
    def is_detected(self) -> bool:
        """Whether the two differ."""
        return self.p < 1 - CONFIDENCE

    def __str__(self) -> str:
        if self.seeds < 2:
            return f"{self.better} and {self.worse}: one seed: no verdict"
        interval = f"(95% CI {_times(self.ratio.low)} to {_times(self.ratio.high)})"
        if self.is_detected:
            return (
                f"{self.better} is better than {self.worse}: its excess is {_times(self.ratio.value)} times smaller "
                f"{interval}"
            )
        return f"{self.better} and {self.worse}: no difference detected {interval}"


def mean_interval(values: Sequence[float]) -> Interval:
    """The mean over seeds with its 95% Student t interval."""
    numbers = np.asarray(values, np.float64)
    mean = float(numbers.mean())
    if len(numbers) < 2:
        return Interval(mean, math.nan, math.nan)
    quantile = float(stats.t.ppf(0.5 + CONFIDENCE / 2, len(numbers) - 1))
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
    one-sample one. Holm's method (1979) corrects p for the number of pairs of models, and apart from these,
    which are another question, for the number of pairs of a model and a reference.

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
    compared = [pair for pair in pairs if pair[2]]
    adjusted = holm([_p(differences) for _, _, differences in compared])
    return [_verdict(*pair, p) for pair, p in zip(compared, adjusted, strict=True)]


def holm(p: Sequence[float]) -> list[float]:
    """Adjusted p-values of Holm's step-down method: p_(i) times the number of hypotheses still in, made monotone.

    A p-value that is NaN is of no test: it stays NaN and does not count.
    """
    tested = sorted((value, place) for place, value in enumerate(p) if not math.isnan(value))
    adjusted = [math.nan] * len(p)
    highest = 0.0
    for rank, (value, place) in enumerate(tested):
        highest = max(highest, min(1.0, value * (len(tested) - rank)))
        adjusted[place] = highest
    return adjusted


def _verdict(one: str, other: str, differences: list[float], p: float) -> Verdict:
    """`differences` of log(excess), other minus one."""
    mean, low, high = mean_interval(differences)
    if mean < 0:
        one, other, mean, low, high = other, one, -mean, -high, -low
    return Verdict(one, other, Interval(_exp(mean), _exp(low), _exp(high)), len(differences), p)


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
    return f"{ratio:.2f}" if ratio < 100 else f"{ratio:,.0f}"
