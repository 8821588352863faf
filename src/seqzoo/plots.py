"""Figures as files: a forecast beside the truth, the course of a training."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from . import files
from .errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .checkpoints import Evaluation
    from .forecasting import Case

# Okabe & Ito's palette: told apart with every common kind of colour vision.
INK, GREY, BLUE, ORANGE, GREEN, VERMILION = "#222222", "#8c8c8c", "#0072b2", "#e69f00", "#009e73", "#d55e00"


def _figure(width: float = 8.0, height: float = 4.0) -> tuple[Figure, Axes]:
    figure, (axes,) = panels(1, width, height)
    return figure, axes


def panels(count: int, width: float = 8.0, height: float = 4.0) -> tuple[Figure, list[Axes]]:
    """A figure of so many panels side by side; sizes in inches.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise MissingExtraError("plotting", "plot") from None
    figure = Figure(figsize=(width, height), dpi=150, layout="constrained")
    drawn = list(figure.subplots(1, count, squeeze=False)[0])
    for axes in drawn:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.2)
    return figure, drawn


def check_kind(path: Path) -> str:
    """The format of a picture by its ending, "png" or "svg".

    Raises:
        InputError: another ending.
        MissingExtraError: matplotlib is not installed.
    """
    kind = path.suffix.lower().lstrip(".")
    if kind not in ("png", "svg"):
        raise InputError(f"a picture is written as .png or .svg, got {path.name!r}.")
    if importlib.util.find_spec("matplotlib") is None:
        raise MissingExtraError("plotting", "plot")
    return kind


def save(figure: Figure, path: Path) -> None:
    """Write a figure as .png or .svg, whole or not at all.

    Raises:
        InputError: another ending.
    """
    import matplotlib

    kind = check_kind(path)
    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "seqzoo", "svg.fonttype": "none"}):
        figure.savefig(buffer, format=kind, metadata={"Date": None} if kind == "svg" else {"Software": None})
    files.write_file(path, buffer.getvalue())


def forecast_figure(name: str, case: Case) -> Figure:
    """History, forecast and the Bayes forecast; the truth where it is known."""
    history, forecast, bayes, observed, clean = case
    figure, axes = _figure()
    past = np.arange(-len(history) + 1, 1)
    ahead = np.arange(1, len(forecast) + 1)
    axes.plot(past, history, ".", color=GREY, markersize=4, label="history")
    if observed is not None:
        axes.plot(ahead, observed, ".", color=GREY, alpha=0.35, markersize=4, label="what came")
    if clean is not None:
        axes.plot(ahead, clean, "-", color=INK, linewidth=1, label="truth without noise")
    axes.plot(ahead, bayes, "--", color=ORANGE, linewidth=2, label="Bayes, the best possible")
    axes.plot(ahead, forecast, "-", color=BLUE, linewidth=2, label=name)
    axes.axvline(0.5, color=GREY, linewidth=0.8)
    axes.set_xlabel("steps from now")
    axes.set_ylabel("value")
    axes.legend(frameon=False, fontsize=8, ncols=2)
    return figure


def history_figure(
    name: str, history: list[Evaluation], floors: dict[str, float], bayes: float
) -> Figure:
    """Excess over Bayes along the training, beside the excess of the simple forecasters."""
    figure, axes = _figure()
    windows = [point.windows for point in history]
    axes.plot(windows, [point.excess for point in history], color=BLUE, linewidth=2, label=name)
    for floor, colour in (("last_value", VERMILION), ("line", GREEN), ("best_linear", ORANGE)):
        if floor in floors:
            level = floors[floor] / bayes - 1
            text = f"{floor.replace('_', ' ')} (+{level:.1%})"
            axes.axhline(level, color=colour, linestyle="--", linewidth=1.2, label=text)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("windows seen")
    axes.set_ylabel("excess over Bayes")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value * 100:g}%")
    axes.legend(frameon=False, fontsize=8)
    return figure
