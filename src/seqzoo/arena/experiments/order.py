"""Time against picture: what a family loses when the steps of a window or the pixels of a picture lose their order.

Every family is trained and tested in three conditions: intact; permuted, by one fixed order, which destroys who
is whose neighbour and nothing else; shuffled, each window by an order of its own, which leaves only the values.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from ... import _palette
from ...errors import InputError
from ...evaluation import plots
from ...evaluation.verdicts import Interval, mean_interval
from ...forecasters.exact import linear_mse
from ...forecasters.floors import floors
from ...forecasters.table import named
from ...signals import Sine
from .. import stored

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RESULTS = "time-against-picture.json"
CONDITIONS = ("intact", "permuted", "shuffled")
TESTED = 500  # pictures
CAUTION = (
    "An interval that includes 1 shows no difference at this number of seeds, and no equality. The intervals are "
    "each family's own: none is widened for the number of comparisons."
)
TABLE = ("family", "parameters", "intact", "permuted", "ratio", "shuffled", "ratio")
NEIGHBOURS = "Leans on neighbourhood (worse when permuted, though nothing else is lost)"
ORDER = "Leans on order; a need of neighbours is not shown (not surely worse when permuted, worse when shuffled)"
NEITHER = "No leaning shown (not surely worse in either condition)"
GUESSING = 0.9  # share of wrong answers among ten classes
FAMILIES = {
    "sine": ("lstm", "gru", "mlp", "tcn", "gaf_cnn"),
    "digits": ("cnn", "mlp", "lstm by row", "gru by row", "lstm by pixel", "gru by pixel"),
}


class Case(NamedTuple):
    """One run: a family on data ("sine" or "digits") in a condition."""

    data: str
    family: str
    condition: str
    seed: int

    @property
    def key(self) -> str:
        """As "sine/lstm/intact/0"."""
        return "/".join(map(str, self))


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the runs are. `steps` is by architecture, on the sine; `windows` are what it is scored on."""

    steps: dict[str, int]
    epochs: int
    windows: int


FULL = Settings({"lstm": 1000, "gru": 1000, "mlp": 1000, "tcn": 600, "gaf_cnn": 600}, epochs=50, windows=20_000)
QUICK = Settings({"lstm": 150, "gru": 100, "mlp": 150, "tcn": 60, "gaf_cnn": 30}, epochs=4, windows=5_000)


class Measured(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a run came to. `error` is the excess over the ordered Bayes forecast, or the share of wrong answers."""

    error: float
    parameters: int
    seconds: float


class Results(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every run that is done, by `Case.key`."""

    settings: Settings
    runs: dict[str, Measured] = {}


def cases(seeds: int) -> list[Case]:
    """Every run of so many seeds; seed by seed, so that an early end leaves whole comparisons.

    Raises:
        InputError: fewer than two seeds, of which no interval can be made, or more than 100.
    """
    if not 2 <= seeds <= 100:
        raise InputError(f"seeds must be from 2 to 100, got {seeds}.")
    return [
        Case(data, family, condition, seed)
        for seed in range(seeds)
        for data, families in FAMILIES.items()
        for family in families
        for condition in CONDITIONS
    ]


def read(folder: Path) -> Results:
    """The results in a folder; raises as `stored.read`."""
    return stored.read(folder / RESULTS, Results)


def save(results: Results, folder: Path) -> None:
    """Write the results as JSON, whole or not at all."""
    stored.write(folder / RESULTS, results)


def ratio(results: Results, data: str, family: str, condition: str) -> Interval:
    """How many times the error of the intact run: geometric mean over seeds with its 95% t interval.

    Seeds are paired: both runs have the same start, and digits the same split. To errors counted in pictures half
    a picture is added, so that none is zero.
    """
    least = 0.5 / TESTED if data == "digits" else 0.0
    above, below = (np.array(errors(results, data, family, each)) + least for each in (condition, CONDITIONS[0]))
    found = mean_interval(list(np.log(above / below)))
    return Interval(*(math.exp(value) for value in found))


def errors(results: Results, data: str, family: str, condition: str) -> list[float]:
    """The error of each seed that has finished all three conditions, in the order of the seeds."""
    seeds = sorted({int(key.rpartition("/")[2]) for key in results.runs})
    keys = [[Case(data, family, each, seed).key for each in CONDITIONS] for seed in seeds]
    place = CONDITIONS.index(condition)
    return [results.runs[three[place]].error for three in keys if all(key in results.runs for key in three)]


@functools.cache
def references() -> Mapping[str, float]:
    """Excess over Bayes, on the sine, of the best that is linear in the window, and in the window's mean alone."""
    signal, length = Sine(), 20
    moments, floor = signal.moments(length, 1), floors(signal, length)[0]
    of_mean = np.full((1, length), moments.cross.sum() / moments.within.sum())
    return MappingProxyType({
        "best linear": floor.best_linear / floor.bayes.value - 1,
        "best multiple of the mean": float(linear_mse(signal, of_mean)[0]) / floor.bayes.value - 1,
    })  # fmt: skip


def finished(results: Results, data: str, family: str, condition: str) -> list[float]:
    """The error of each seed that has finished this condition, in the order of the seeds."""
    start = f"{data}/{family}/{condition}/"
    seeds = sorted(int(key.removeprefix(start)) for key in results.runs if key.startswith(start))
    return [results.runs[f"{start}{seed}"].error for seed in seeds]


def compared(results: Results) -> list[tuple[str, str]]:
    """Data and family of those that have two seeds or more."""
    return [
        (data, family)
        for data, families in FAMILIES.items()
        for family in families
        if len(errors(results, data, family, "intact")) > 1
    ]


def figure(results: Results) -> Figure:
    """The error of each family in each condition, one dot a seed and a bar at their mean."""
    figure, panels = plots.panels(len(FAMILIES), width=11.0, height=4.5)
    colours = {condition: _palette.light(condition) for condition in CONDITIONS}
    lines = {"sine": references(), "digits": {"guessing": GUESSING}}
    titles = {"sine": "sine windows: excess over the ordered Bayes", "digits": "digits: share of wrong answers"}
    for axes, data in zip(panels, FAMILIES, strict=True):
        families = [family for of, family in compared(results) if of == data]
        for place, family in enumerate(families):
            for shift, condition in zip((-0.2, 0.0, 0.2), CONDITIONS, strict=True):
                values = [max(error, 0.5 / TESTED) for error in errors(results, data, family, condition)]
                colour, label = colours[condition], condition if place == 0 else None
                axes.plot([place + shift] * len(values), values, ".", color=colour, alpha=0.6, label=label)
                axes.plot([place + shift], [np.mean(values)], "_", color=colour, markersize=12, markeredgewidth=2.5)
        for (name, height), style in zip(lines[data].items(), ("--", ":"), strict=False):
            colour = _palette.light(named(name) or "grey")
            axes.axhline(height, color=colour, linestyle=style, linewidth=1, label=name)
        axes.set_yscale("log")
        plots.percent_ticks(axes.yaxis)
        axes.set_xticks(range(len(families)), [family.replace(" ", "\n", 1) for family in families], fontsize=8)
        axes.set_title(titles[data], fontsize=10)
        axes.legend(frameon=False, fontsize=8)
    return figure


def markdown(results: Results) -> str:
    """The section on order: what was done, the table, and what the numbers say."""
    shown, linear = compared(results), references()
    seeds = sorted({len(errors(results, data, family, "intact")) for data, family in shown})
    lines = [
        "The same families read windows of the noisy sine and pictures of handwritten digits (8 x 8 pixels), trained "
        f"and tested in three conditions, {' or '.join(map(str, seeds)) or 'no'} seeds each. *Permuted*: one fixed "
        "order for all of training and test; nothing is lost but who is whose neighbour. *Shuffled*: every window or "
        "picture in an order of its own, drawn anew each time it is shown; only the values are left. Errors are the "
        "excess over the Bayes forecast on the sine and the share of wrong answers on the digits; the Bayes forecast "
        "is that of the ordered window also where the model sees a shuffled one, for which the best possible is "
        "worse. Means over seeds with 95% t intervals; ratios to intact are geometric means of paired seeds.",
        "",
        f"| data | {' | '.join(TABLE)} |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for data, family in shown:
        lines.append(f"| {' | '.join([data, *row(results, data, family)])} |")
    known = ", ".join(f"{name} {excess:.1%}" for name, excess in linear.items())
    lines += ["", f"For scale: on the sine {known}; guessing a digit is wrong in {GUESSING:.0%}.", ""]
    return "\n".join([*lines, *_leanings(results, shown, linear)]) + "\n"


def row(results: Results, data: str, family: str) -> list[str]:
    """A family's row of the table, under `TABLE`."""
    intact, permuted, shuffled = (_share(errors(results, data, family, each)) for each in CONDITIONS)
    size = next(run.parameters for key, run in results.runs.items() if key.startswith(f"{data}/{family}/"))
    ratios = [_times(ratio(results, data, family, each)) for each in CONDITIONS[1:]]
    return [family, f"{size:,}", intact, permuted, ratios[0], shuffled, ratios[1]]


def leaning(results: Results, data: str, family: str) -> tuple[str, str]:
    """What a family is shown to lean on, and the ratios that show it."""
    permuted, shuffled = (ratio(results, data, family, condition) for condition in CONDITIONS[1:])
    if permuted.low > 1:
        return NEIGHBOURS, _times(permuted)
    return ORDER if shuffled.low > 1 else NEITHER, f"permuted {_times(permuted)}, shuffled {_times(shuffled)}"


def _leanings(results: Results, shown: list[tuple[str, str]], linear: Mapping[str, float]) -> list[str]:
    """Which families lean on what, as far as the intervals tell them apart."""
    groups: dict[str, list[str]] = {
        claim: []
        for claim in (
            NEIGHBOURS,
            ORDER,
            NEITHER,
            "Better when permuted than intact",
            "When shuffled, not shown to beat guessing a digit or the best multiple of the window's mean",
        )
    }
    *_, better, blind = groups.values()
    for data, family in shown:
        name = f"{family} on {'the sine' if data == 'sine' else data}"
        claim, ratios = leaning(results, data, family)
        groups[claim].append(f"{name} ({ratios})")
        permuted = ratio(results, data, family, "permuted")
        if permuted.high < 1:
            better.append(f"{name} ({_times(permuted)})")
        least = GUESSING if data == "digits" else linear["best multiple of the mean"]
        if mean_interval(errors(results, data, family, "shuffled")).high >= least:
            blind.append(name)
    lines = [f"- **{claim}**: {'; '.join(names) or 'none'}." for claim, names in groups.items()]
    return [*lines, "", CAUTION]


def _share(values: list[float]) -> str:
    mean, low, _ = mean_interval(values)
    return f"{mean:.1%} ± {mean - low:.1%}"


def _times(found: Interval) -> str:
    return f"x{found.value:.2f}, {found.low:.2f} to {found.high:.2f}"
