"""Figures as files: a forecast beside the true values, its error by step ahead, the history of a training."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import math
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import _palette, _storage
from ..errors import InputError, MissingExtraError
from ..forecasters.floors import vanishes
from ..forecasters.table import label, named

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

    from .._course import Evaluation
    from .._estimates import Estimate
    from ..forecasters.rollout import Case

MARKERS = "osD^vPX"  # seven beside eight colours: together they tell 56 models apart
DASHES = ("-", "--", ":")  # with the markers, they tell 21 models apart without their colours

REFERENCE_LINES = {"last_value": ":", "line": "-.", "best_linear": "--"}
"""Line style of each reference in a figure of excess; its colour is that of its role in the palette."""


def panels(
    count: int, width: float = 8.0, height: float = 4.0, *, stacked: bool = False
) -> tuple[Figure, list[Axes]]:
    """A figure of `count` panels, and their axes; `width` and `height` of the whole are in inches.

    Args:
        stacked: one below the other, not side by side.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise MissingExtraError("plotting", "plot") from None
    figure = Figure(figsize=(width, height), dpi=150, layout="constrained")
    rows, columns = (count, 1) if stacked else (1, count)
    all_axes = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for axes in all_axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.2)
    return figure, all_axes


def _figure(width: float = 8.0, height: float = 4.0) -> tuple[Figure, Axes]:
    figure, (axes,) = panels(1, width, height)
    return figure, axes


def styles(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Colour, marker and dash of each model as keywords of `plot`; up to 21 models differ without their colours."""
    colours = [_palette.light(name) for name in _palette.MODELS]
    return {
        name: {
            "color": colours[place % len(colours)], "marker": MARKERS[place % len(MARKERS)],
            "linestyle": DASHES[place // len(MARKERS) % len(DASHES)],
        }
        for name, place in _palette.places(names).items()
    }  # fmt: skip


def percent_ticks(axis: Axis) -> None:
    """Label a logarithmic axis in per cent, also at 2 and 5 between powers of ten, of which few may be in range."""
    _log_ticks(axis, lambda value: f"{value * 100:g}%")


def _log_ticks(axis: Axis, text: Callable[[float], str], decades: float = math.inf) -> None:
    """Label a logarithmic axis, also at 2 and 5 between powers of ten where it is shorter than so many `decades`.

    The labels of matplotlib are formulas, which take as long to lay out as all else in a small figure takes to draw.
    """

    def minor(value: float, _: object) -> str:
        low, high = np.asarray(axis.get_view_interval())
        return text(value) if f"{value:e}"[:3] in ("2.0", "5.0") and high < low * 10**decades else ""

    axis.set_major_formatter(lambda value, _: text(value))
    axis.set_minor_formatter(minor)
    axis.set_tick_params(which="minor", labelsize=7)


def check_kind(path: Path) -> str:
    """The format of a picture by its ending, "png" or "svg"; call it before computing the picture.

    Raises:
        InputError: the ending is another one, or the file cannot be written.
        MissingExtraError: matplotlib is not installed.
    """
    kind = path.suffix.lower().lstrip(".")
    if kind not in ("png", "svg"):
        raise InputError(f"a picture is written as .png or .svg, got {path.name!r}.")
    if importlib.util.find_spec("matplotlib") is None:
        raise MissingExtraError("plotting", "plot")
    _storage.check_file(path)
    return kind


def rendered(figure: Figure, kind: str) -> bytes:
    """A figure as the bytes of a "png" or "svg"; equal figures give equal bytes."""
    import matplotlib

    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "seqzoo", "svg.fonttype": "none"}), _laid_out(figure, kind):
        figure.savefig(buffer, format=kind, metadata={"Date": None} if kind == "svg" else {"Software": None})
    return buffer.getvalue()


@contextlib.contextmanager
def _laid_out(figure: Figure, kind: str) -> Iterator[None]:
    """In this block, the figure has its final layout. `savefig` itself would draw all of it once more for that."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    engine, dpi = figure.get_layout_engine(), figure.dpi
    if engine is not None:
        (FigureCanvasSVG if kind == "svg" else FigureCanvasAgg)(figure)  # knows how wide its letters are
        engine.execute(figure)
        figure.dpi = dpi  # which a canvas of SVG changes
        figure.set_layout_engine(None)
    try:
        yield
    finally:
        figure.set_layout_engine(engine)


def inline(figure: Figure) -> str:
    """A figure as an SVG element that follows the colours of the page."""
    from matplotlib.colors import to_hex

    figure.patch.set_visible(False)
    for axes in figure.axes:
        axes.patch.set_visible(False)
    svg = rendered(figure, "svg").decode()
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    return _palette.follow(svg).replace(to_hex("black"), "currentColor")


def save(figure: Figure, path: Path) -> None:
    """Write a figure as .png or .svg, atomically.

    Raises:
        InputError: as `check_kind`.
    """
    _storage.write_file(path, rendered(figure, check_kind(path)))


def forecast_figure(
    name: str, case: Case, standing: str, clock: NDArray[np.datetime64] | None = None
) -> Figure:
    """A figure of the history, the forecast and, where known, the Bayes forecast, the true values and the intervals.

    Args:
        standing: what to call the Bayes forecast, see `floors.standing`.
        clock: [T + H], the times of the history and of the forecast; by default the axis counts steps.
    """
    history, forecast, bayes, observed, clean, intervals = case
    figure, axes = _figure()
    every: Any = np.arange(-len(history) + 1, len(forecast) + 1) if clock is None else clock
    past, ahead = every[: len(history)], every[len(history) :]
    for place, (level, lower, upper) in enumerate(reversed(intervals)):
        look: dict[str, Any] = {"color": _palette.light("model"), "alpha": 0.15 + 0.1 * place, "linewidth": 0}
        axes.fill_between(ahead, lower, upper, label=f"interval of level {level:g}", **look)
    axes.plot(past, history, ".", color=_palette.light("seen"), markersize=4, label="history")
    if observed is not None:
        axes.plot(ahead, observed, ".", color=_palette.light("seen"), alpha=0.35, markersize=4, label="observed")
    if clean is not None:
        axes.plot(ahead, clean, "-", color=_palette.light("truth"), linewidth=1, label="truth without noise")
    if bayes is not None:
        axes.plot(ahead, bayes, "--", color=_palette.light("bayes"), linewidth=2, label=f"Bayes, {standing}")
    axes.plot(ahead, forecast, "-", color=_palette.light("model"), linewidth=2, label=name)
    axes.axvline(past[-1] + (ahead[0] - past[-1]) / 2, color=_palette.light("grey"), linewidth=0.8)
    axes.set_xlabel("steps from now" if clock is None else "")
    if clock is not None:
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

        where = AutoDateLocator()  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(where)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(where))  # type: ignore[no-untyped-call]
    axes.set_ylabel("value")
    axes.legend(frameon=False, fontsize=8, ncols=2)
    return figure


def error_figure(measured: dict[str, list[Estimate]], known: dict[str, list[float]]) -> Figure:
    """A figure of MSE by step ahead: measured ones with a band of two standard errors, known ones as dashed lines."""
    figure, axes = _figure()
    drawn: list[str] = []  # references that have a line; a second line of one is dotted
    for name, values in known.items():
        reference = named(name) or "noise"
        style = ":" if reference in drawn else "--"
        drawn.append(reference)
        colour = _palette.light(reference)
        axes.plot(np.arange(1, len(values) + 1), values, style, color=colour, linewidth=1.5, label=name)
    for name, look in styles(measured).items():
        estimates, colour = measured[name], look["color"]
        steps = np.arange(1, len(estimates) + 1)
        mean, spread = (np.array(part) for part in zip(*estimates, strict=True))
        if np.isfinite(spread).all():
            low = np.maximum(mean - 2 * spread, mean / 10)  # a logarithmic axis has no zero
            axes.fill_between(steps, low, mean + 2 * spread, color=colour, alpha=0.2, linewidth=0)
        marker = "o" if len(steps) == 1 else None
        axes.plot(steps, mean, "-", color=colour, linewidth=2, marker=marker, label=name)
    axes.set_yscale("log")
    axes.locator_params(axis="x", integer=True)
    axes.set_xlabel("steps ahead")
    axes.set_ylabel("mean squared error")
    axes.legend(frameon=False, fontsize=8)
    return figure


def history_figure(
    name: str, history: list[Evaluation], floors: dict[str, float]
) -> Figure:
    """A figure of the excess over Bayes during training, beside the excess of the baselines.

    If the Bayes floor is zero or unknown, the figure shows the MSE instead.

    Args:
        floors: expected MSE by reference; for a measured series, MSE by rival.
    """
    figure, axes = _figure()
    bayes = floors.get("bayes", 0.0)
    is_relative = "bayes" in floors and not vanishes(floors)
    windows = [point.windows for point in history]
    errors = [point.mse if point.excess is None else bayes * (1 + point.excess) for point in history]
    course = [point.excess for point in history] if is_relative else errors
    values = [math.nan if value is None else value for value in course]
    axes.plot(windows, values, color=_palette.light("model"), linewidth=2, label=name)
    for floor, style in REFERENCE_LINES.items():
        if floor in floors and (is_relative or floors[floor] > 0):
            level = floors[floor] / bayes - 1 if is_relative else floors[floor]
            words = f"{label(floor)} (+{level:.1%})" if is_relative else f"{label(floor)} ({level:.2g})"
            axes.axhline(level, color=_palette.light(floor), linestyle=style, linewidth=1.2, label=words)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("windows seen")
    error = "expected mean squared error" if "bayes" in floors else "mean squared error"
    axes.set_ylabel("excess over Bayes" if is_relative else error)
    _log_ticks(axes.xaxis, lambda value: f"{value:,.0f}", decades=2)
    if is_relative:
        percent_ticks(axes.yaxis)
    else:
        _log_ticks(axes.yaxis, lambda value: f"{value:g}", decades=2)
    axes.legend(frameon=False, fontsize=8)
    return figure
