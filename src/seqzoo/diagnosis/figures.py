"""Figures of a report: the series, its seasonal profile and autocorrelation, the contest, the surrogates' gains."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

import numpy as np

from .. import _palette
from ..evaluation import plots
from .contest import KINDS
from .decomposition import autocorrelation, profile
from .report import Report

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWS = {
    "series": "The series, with its outliers and the first cutoff",
    "structure": "Its seasonal profile and its autocorrelation",
    "contest": "The error of each forecaster with its interval",
    "surrogates": "The gain of a network on the series among its gains on surrogates",
    "learning": "The error against the number of training values",
}
_COLOURS = dict(zip(KINDS, ("last_value", "best_linear", "bayes", "model"), strict=True))
WIDE, NARROW = 9.0, 4.4  # inches
_FEWEST_TICKS, _MOST_TICKS = 3, 9
_MOST_POINTS = 2_000  # of a line; more are drawn as the range of each block


def figure_of(report: Report, name: str, *, narrow: bool = False) -> Figure | None:
    """A figure by its name, a key of SHOWS; None if its stage has no outcome.

    Args:
        narrow: for a phone: half as wide, and panels one below the other.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    width = NARROW if narrow else WIDE
    match name:
        case "series":
            return _series(report, width)
        case "structure":
            return _structure(report, width)
        case "contest":
            return _contest(report, width) if report.contest else None
        case "surrogates":
            return _surrogates(report, width) if report.surrogates is not None and report.surrogates.gains else None
        case _:
            return _learning(report, width) if report.learning else None


def _fitted(words: str, width: float) -> str:
    """The words in lines that fit a figure of this width, in inches."""
    return words if width == WIDE else textwrap.fill(words, 36)


def _series(report: Report, width: float) -> Figure:
    figure, (axes,) = plots.panels(1, width, 3.0)
    values = report.given.values
    block = max(1, len(values) // (_MOST_POINTS // 2))
    colour = _palette.light("seen")
    if block == 1:
        axes.plot(values, color=colour, linewidth=0.9)
    else:
        whole = len(values) // block * block
        blocks = values[:whole].reshape(-1, block)
        places = np.arange(len(blocks)) * block + block / 2
        low, high = np.fmin.reduce(blocks, axis=1), np.fmax.reduce(blocks, axis=1)  # NaN only for a block of gaps
        axes.fill_between(places, low, high, color=colour, linewidth=0.3)
    at = report.series.outlier_positions
    if at:
        axes.plot(at, values[at], "o", color=_palette.light("red"), markersize=4, label="outlier")
    first = np.flatnonzero(~np.isnan(values))[report.protocol.training]  # a step; missing values are no training
    axes.axvline(first, color=_palette.light("ink"), linewidth=0.8, label="first cutoff")
    axes.set_xlabel("step")
    axes.set_ylabel("value")
    axes.legend(frameon=False, fontsize=9)
    return figure


def _structure(report: Report, width: float) -> Figure:
    values, season = report.given.filled, report.series.season
    count, narrow = 2 if season > 1 else 1, width < WIDE
    figure, panels = plots.panels(count, width, 2.8 * (count if narrow else 1), stacked=narrow)
    if season > 1:
        panels[0].plot(np.arange(season), profile(values, season), color=_palette.light("model"), linewidth=1.5)
        panels[0].set_xlabel(f"step of the season of {season}")
        panels[0].set_ylabel("deviation from the trend")
    axes, most = panels[-1], min(len(values) // 2, max(40, 3 * season))
    bound = 2 / math.sqrt(len(values))
    axes.fill_between([0, most], -bound, bound, color=_palette.light("grey"), alpha=0.25, linewidth=0)
    axes.vlines(np.arange(most + 1), 0, autocorrelation(values, most), color=_palette.light("model"), linewidth=1)
    axes.set_xlabel("lag")
    axes.set_ylabel("autocorrelation")
    return figure


def _contest(report: Report, width: float) -> Figure:
    rows = report.contest
    figure, (axes,) = plots.panels(1, width, 1.0 + 0.3 * len(rows))
    for height, row in enumerate(rows):
        colour = _palette.light(_COLOURS[row.kind])
        if not math.isnan(row.interval[0]):
            axes.plot(row.interval, [height, height], "-", color=colour, linewidth=2)
        axes.plot([row.mase], [height], "o", color=colour, markersize=5)
        axes.plot(row.seeds, [height] * len(row.seeds), "|", color=_palette.light("ink"), markersize=7)
    axes.set_yticks(range(len(rows)), [f"{row.label} ({row.kind})" for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    if min(row.mase for row in rows) > 0:
        axes.set_xscale("log")
        ticks = _ticks(*axes.get_xlim())
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.set_xticks([], minor=True)
    axes.set_xlabel(_fitted("MASE; bars: 95% interval, ticks: seeds", width))
    return figure


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers between two ends of a logarithmic axis: 1, 2 and 5 of each decade, or others if it is short."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [part * 10.0**decade for decade in decades for part in (1, 2, 5)]
    inside = [tick for tick in ticks if low <= tick <= high]
    if len(inside) > _MOST_TICKS:
        return inside[::3]
    if len(inside) >= _FEWEST_TICKS:
        return inside
    step = 10.0 ** math.floor(math.log10((high - low) / _FEWEST_TICKS))
    step *= max(part for part in (1, 2, 5) if part * step * _FEWEST_TICKS <= high - low)
    return [round(at * step, 12) for at in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _surrogates(report: Report, width: float) -> Figure:
    test = report.surrogates
    assert test is not None
    figure, (axes,) = plots.panels(1, width, 2.8)
    bins = max(8, len(test.gains) // 5)
    axes.hist(test.gains, bins=bins, color=_palette.light("grey"), label=f"{len(test.gains)} surrogates")
    axes.axvline(test.gain, color=_palette.light("model"), linewidth=2, label="the series")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}" if abs(value) >= 0.1 else f"{value:.1%}")
    axes.locator_params(axis="x", nbins=9 if width == WIDE else 5)
    axes.set_xlabel(_fitted("share of the linear forecaster's squared error that a small network removes", width))
    axes.set_ylabel("surrogates")
    axes.legend(frameon=False, fontsize=9)
    return figure


def _learning(report: Report, width: float) -> Figure:
    figure, (axes,) = plots.panels(1, width, 2.8)
    for curve in report.learning:
        kind = next(row.kind for row in report.contest if row.name == curve.name)
        label = next(row.label for row in report.contest if row.name == curve.name)
        axes.plot(curve.points, curve.mase, "o-", color=_palette.light(_COLOURS[kind]), label=label)
    points = report.learning[0].points
    axes.set_xscale("log")
    axes.set_xticks(points, [f"{count:,}" for count in points])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("values in the training part")
    axes.set_ylabel("MASE")
    axes.legend(frameon=False, fontsize=9)
    return figure
