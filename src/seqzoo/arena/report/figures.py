"""Figures of the arena: excess by model, and excess against the number of points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ... import _palette
from ...evaluation import plots
from ...evaluation.verdicts import LEAST, geometric_mean
from ...forecasters.table import label
from .tables import Board

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def arena_figure(boards: Sequence[Board]) -> Figure:
    """A figure with a panel for each board: seeds as dots, means with intervals, references as lines."""
    most = max((len(board.rows) for board in boards), default=1)
    figure, panels = plots.panels(max(1, len(boards)), 4.6 * max(1, len(boards)), 1.6 + 0.3 * most)
    for axes, board in zip(panels, boards, strict=False):
        _board(axes, board)
    return figure


def _board(axes: Axes, board: Board) -> None:
    _reference_lines(axes, {row.name: row.excess.value for row in board.rows if row.is_reference}, across=False)
    rows = [row for row in board.rows if not (row.is_reference or row.error)]
    colour = _palette.light("model")
    for height, row in enumerate(rows):
        dots = [max(value, LEAST) for value in row.outcomes.values()]
        axes.plot(dots, [height] * len(dots), ".", color=_palette.light("ink"), alpha=0.6, markersize=5, zorder=5)
        mean, low, high = row.excess
        if not math.isnan(low):
            # An interval may reach below zero, which a logarithmic axis does not have.
            axes.plot([max(low, min(dots) / 2), high], [height, height], "-", color=colour, linewidth=2, zorder=3)
        axes.plot([max(mean, LEAST)], [height], "o", color=colour, markersize=5, zorder=4)
    axes.set_yticks(range(len(rows)), [row.name for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xscale("log")
    plots.percent_ticks(axes.xaxis)
    axes.set_xlabel("excess over Bayes")
    axes.set_title(board.title, fontsize=10)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=3)


Curves = Mapping[str, Mapping[int, Sequence[float]]]


def efficiency_figure(panels: Mapping[str, Curves], references: Mapping[str, float]) -> Figure:
    """A figure of excess against points, both logarithmic: lines through geometric means, seeds as dots.

    Args:
        panels: the excess of each seed, by title, model and points.
        references: the excess of each reference.
    """
    figure, axes = plots.panels(max(1, len(panels)), 8.0 * max(1, len(panels)), 5.0)
    for one, (title, curves) in zip(axes, panels.items(), strict=False):
        _reference_lines(one, references, across=True)
        _curves(one, curves)
        one.set_title(title, fontsize=10)
    return figure


def _curves(axes: Axes, curves: Curves) -> None:
    looks = plots.styles(curves)
    for name, curve in curves.items():
        points = sorted(curve)
        means = [geometric_mean(curve[at]) for at in points]
        axes.plot(points, means, markersize=4, linewidth=1.5, label=name, **looks[name])
        for at in points:
            axes.plot([at] * len(curve[at]), curve[at], ".", color=looks[name]["color"], alpha=0.35, markersize=4)
    axes.set_xscale("log")
    axes.set_yscale("log")
    ticks = sorted({at for curve in curves.values() for at in curve})
    axes.set_xticks(ticks, [f"{at:,}" for at in ticks], rotation=30)
    axes.set_xticks([], minor=True)
    plots.percent_ticks(axes.yaxis)
    axes.set_xlabel("points of the observed series")
    axes.set_ylabel("excess over Bayes")
    if curves:
        axes.legend(frameon=False, fontsize=8, ncols=2)


def _reference_lines(axes: Axes, references: Mapping[str, float], *, across: bool) -> None:
    for name, style in plots.REFERENCE_LINES.items():
        level = references.get(name, 0.0)
        if level > 0:
            draw = axes.axhline if across else axes.axvline
            draw(level, color=_palette.light(name), linestyle=style, linewidth=1.2, label=label(name), zorder=1)
