"""Ratios of errors on reordered and on intact input, with paired seeds, and what they show."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from ....evaluation.verdicts import Interval, mean_interval
from ....forecasters.exact import linear_mse
from ....forecasters.floors import floors
from ....signals import Sine
from .cases import CONDITIONS, FAMILIES, TESTED, OrderCase, OrderResults

CAUTION = (
    "An interval that includes 1 shows neither a difference nor equality at this number of seeds. No interval is "
    "widened for the number of comparisons."
)
TABLE = ("family", "parameters", "intact", "permuted", "ratio", "shuffled", "ratio")
NEIGHBOURS = "Depends on neighbourhood (worse when permuted)"
ORDER = "Depends on order, not shown to depend on neighbourhood (detectably worse only when shuffled)"
NEITHER = "No dependence shown (not detectably worse in either condition)"
GUESSING = 0.9  # share of wrong answers among ten classes


def ratio(results: OrderResults, data: str, family: str, condition: str) -> Interval:
    """The error as a multiple of that of the intact run: geometric mean over seeds with its 95% t interval.

    Seeds are paired: both runs have the same start, and digits the same split. On digits, half
    a picture is added to each error, so that none is zero.
    """
    least = 0.5 / TESTED if data == "digits" else 0.0
    above, below = (np.array(errors(results, data, family, each)) + least for each in (condition, CONDITIONS[0]))
    logarithm = mean_interval(list(np.log(above / below)))
    return Interval(*(math.exp(value) for value in logarithm))


def errors(results: OrderResults, data: str, family: str, condition: str) -> list[float]:
    """The error of each seed that has finished all three conditions, in the order of the seeds."""
    seeds = sorted({int(key.rpartition("/")[2]) for key in results.runs})
    keys = [[OrderCase(data, family, each, seed).key for each in CONDITIONS] for seed in seeds]
    place = CONDITIONS.index(condition)
    return [results.runs[three[place]].error for three in keys if all(key in results.runs for key in three)]


@functools.cache
def references() -> Mapping[str, float]:
    """Excess over Bayes, on the sine, of the best linear forecaster and of the best multiple of the window's mean."""
    signal, length = Sine(), 20
    moments, floor = signal.moments(length, 1), floors(signal, length)[0]
    of_mean = np.full((1, length), moments.cross.sum() / moments.within.sum())
    return MappingProxyType({
        "best linear": floor.best_linear / floor.bayes.value - 1,
        "best multiple of the mean": float(linear_mse(signal, of_mean)[0]) / floor.bayes.value - 1,
    })  # fmt: skip


def finished(results: OrderResults, data: str, family: str, condition: str) -> list[float]:
    """The error of each seed that has finished this condition, in the order of the seeds."""
    start = f"{data}/{family}/{condition}/"
    seeds = sorted(int(key.removeprefix(start)) for key in results.runs if key.startswith(start))
    return [results.runs[f"{start}{seed}"].error for seed in seeds]


def compared(results: OrderResults) -> list[tuple[str, str]]:
    """Data and family of the comparisons that have two seeds or more."""
    return [
        (data, family)
        for data, families in FAMILIES.items()
        for family in families
        if len(errors(results, data, family, "intact")) > 1
    ]


def row(results: OrderResults, data: str, family: str) -> list[str]:
    """A family's row of the table, under `TABLE`."""
    intact, permuted, shuffled = (_share(errors(results, data, family, each)) for each in CONDITIONS)
    size = next(run.parameters for key, run in results.runs.items() if key.startswith(f"{data}/{family}/"))
    ratios = [times(ratio(results, data, family, each)) for each in CONDITIONS[1:]]
    return [family, f"{size:,}", intact, permuted, ratios[0], shuffled, ratios[1]]


def dependence(results: OrderResults, data: str, family: str) -> tuple[str, str]:
    """What a family is shown to depend on, and the ratios that show it."""
    permuted, shuffled = (ratio(results, data, family, condition) for condition in CONDITIONS[1:])
    if permuted.low > 1:
        return NEIGHBOURS, times(permuted)
    return ORDER if shuffled.low > 1 else NEITHER, f"permuted {times(permuted)}, shuffled {times(shuffled)}"


def _share(values: list[float]) -> str:
    mean, low, _ = mean_interval(values)
    return f"{mean:.1%} ± {mean - low:.1%}"


def times(ratio: Interval) -> str:
    """A ratio with its interval."""
    return f"x{ratio.value:.2f}, {ratio.low:.2f} to {ratio.high:.2f}"
