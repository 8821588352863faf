"""Picture and text of the experiment on order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from .... import _palette
from ....evaluation import plots
from ....evaluation.verdicts import mean_interval
from ....forecasters.table import named
from .cases import CONDITIONS, FAMILIES, TESTED, OrderResults
from .conclusions import (
    CAUTION,
    GUESSING,
    NEIGHBOURS,
    NEITHER,
    ORDER,
    TABLE,
    compared,
    dependence,
    errors,
    ratio,
    references,
    row,
    times,
)  # fmt: skip

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure(results: OrderResults) -> Figure:
    """The error of each family in each condition: a dot for each seed, and a bar at their mean."""
    figure, panels = plots.panels(len(FAMILIES), width=11.0, height=4.5)
    colours = {condition: _palette.light(condition) for condition in CONDITIONS}
    lines = {"sine": references(), "digits": {"guessing": GUESSING}}
    titles = {"sine": "windows of the sine: excess over Bayes", "digits": "digits: share of wrong answers"}
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


def markdown(results: OrderResults) -> str:
    """The section on order: the method, the table, and the conclusions."""
    comparable, linear = compared(results), references()
    seeds = sorted({len(errors(results, data, family, "intact")) for data, family in comparable})
    lines = [
        "Families of models read windows of the noisy sine and pictures of handwritten digits (8 x 8 pixels). "
        f"They are trained and tested in three conditions, with {' or '.join(map(str, seeds)) or 'no'} seeds each. "
        "*Intact*: the original order. *Permuted*: one fixed order for every input, in training and test; only the "
        "neighbourhood is lost. *Shuffled*: a new random order for each input, each time it is read; only "
        "the values are left.",
        "",
        "The error on the sine is the excess over the Bayes forecast, that on digits the share of wrong answers. The "
        "Bayes forecast is always that of the ordered window; from a shuffled window, even the best possible "
        "forecast has a larger error. The table states means over seeds with 95% t intervals. Ratios to intact are "
        "geometric means over paired seeds.",
        "",
        f"| data | {' | '.join(TABLE)} |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for data, family in comparable:
        lines.append(f"| {' | '.join([data, *row(results, data, family)])} |")
    known = ", ".join(f"{name} {excess:.1%}" for name, excess in linear.items())
    guessed = f"A guessed digit is wrong in {GUESSING:.0%} of cases."
    lines += ["", f"For comparison, the excess on the sine: {known}. {guessed}", ""]
    return "\n".join([*lines, *_dependences(results, comparable, linear)]) + "\n"


def _dependences(results: OrderResults, comparable: list[tuple[str, str]], linear: Mapping[str, float]) -> list[str]:
    """Which families depend on what, as far as the intervals show it."""
    groups: dict[str, list[str]] = {
        claim: []
        for claim in (
            NEIGHBOURS,
            ORDER,
            NEITHER,
            "Better when permuted than intact",
            "When shuffled, not shown to beat a guessed digit or the best multiple of the window's mean",
        )
    }
    *_, better, blind = groups.values()
    for data, family in comparable:
        name = f"{family} on {'the sine' if data == 'sine' else data}"
        claim, ratios = dependence(results, data, family)
        groups[claim].append(f"{name} ({ratios})")
        permuted = ratio(results, data, family, "permuted")
        if permuted.high < 1:
            better.append(f"{name} ({times(permuted)})")
        least = GUESSING if data == "digits" else linear["best multiple of the mean"]
        if mean_interval(errors(results, data, family, "shuffled")).high >= least:
            blind.append(name)
    lines = [f"- **{claim}**: {'; '.join(names) or 'none'}." for claim, names in groups.items()]
    return [*lines, "", CAUTION]
