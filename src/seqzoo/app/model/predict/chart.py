"""The chart and the numbers that the view *Predict* shows for one window."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np

from ...._arrays import FloatArray
from ...._formats import typeset
from ....forecasters.familiarity import Outside
from ...ui import charts, controls, theme
from ...ui.theme import LEVEL

LINES = 6  # about the largest number of steps of the vertical axis


class Forecasts(NamedTuple):
    """Context [L], forecasts [H] each, the clean values [L + H] or None if unknown, radius of the interval [H].

    `standing` says how good the Bayes forecast is here, see `floors.standing`; `is_own` whether the visitor gave or
    changed values. `outside` tells what training windows do not cover; None where they cover this window.
    """

    context: FloatArray
    model: FloatArray
    bayes: FloatArray
    linear: FloatArray
    clean: FloatArray | None
    radius: FloatArray
    standing: str
    outside: Outside | None
    is_own: bool


def options(view: Forecasts, name: str) -> charts.Options:
    """The options of the chart."""
    length, ahead = len(view.context), len(view.model)
    past, future = np.arange(1 - length, 1), np.arange(1, ahead + 1)
    interval, series = f"{LEVEL:.0%} interval", []
    lower, upper = view.model - view.radius, view.model + view.radius
    if ahead == 1:
        bar = charts.line(interval, [1, 1], [lower[0], upper[0]], theme.light("model"), width=9)
        bar["lineStyle"]["opacity"] = 0.25
        series.append(bar)
    else:
        series += charts.band(interval, future, lower, upper, theme.light("model"))
    if view.clean is not None:
        seen = np.arange(1 - length, ahead + 1)
        series.append(charts.line("truth", seen, view.clean, theme.light("truth"), width=1.2))
    series.append(charts.dots("window", past, view.context, theme.light("seen"), size=7))
    bayes = theme.bayes(view.standing, is_best=not view.is_own)
    series += charts.outside(view.outside, past, view.context)
    forecasts = (
        ("best linear", view.linear, theme.light("best_linear"), "triangle", 17),
        (bayes, view.bayes, theme.light("bayes"), "diamond", 15),
        (name, view.model, theme.light("model"), "circle", 8),
    )
    for label, values, colour, shape, size in forecasts:
        if ahead == 1:
            series.append(charts.dots(label, future, values, colour, size=size, shape=shape))
        else:
            series.append(charts.line(label, future, values, colour, style="solid" if label == name else "dashed"))
    options = charts.axes("steps from now", "value", series)
    options["yAxis"] |= dict(zip(("min", "max", "interval"), scale(view), strict=True))
    options["xAxis"]["max"] = ahead + (1 if ahead == 1 else 0)
    names = [interval, *([] if view.clean is None else ["truth"]), "window", "best linear", bayes, name]
    longest = theme.bayes(view.standing, is_best=False)
    return charts.legend_of(options, names, [longest if each == bayes else each for each in names])


def numbers(view: Forecasts, name: str) -> str:
    """The forecasts of the next value by each forecaster, as HTML."""
    last = view.bayes[0]

    def against(value: float) -> str:
        return f"{value - last:+.4f} from Bayes"

    own = view.model[0]
    items = [controls.number(escape(name), f"{own:.4f}", theme.variable("model"), against(own))]
    items.append(controls.number(theme.term("Bayes"), f"{last:.4f}", theme.variable("bayes"), view.standing))
    if view.clean is not None:
        truth = view.clean[len(view.context)]
        items.append(controls.number(theme.term("truth"), f"{truth:.4f}", theme.variable("truth"), against(truth)))
    linear = view.linear[0]
    words = theme.term("best linear")
    items.append(controls.number(words, f"{linear:.4f}", theme.variable("best_linear"), against(linear)))
    items.append(
        controls.number(
            theme.term(f"{LEVEL:.0%} interval"), f"±{view.radius[0]:.3f}", "var(--muted)", "for the trained signal"
        )
    )
    marks = [(name, view.model[0], theme.variable("model")), ("Bayes", view.bayes[0], theme.variable("bayes")),
             ("best linear", view.linear[0], theme.variable("best_linear"))]  # fmt: skip
    if view.clean is not None:
        marks.append(("truth", view.clean[len(view.context)], theme.variable("truth")))
    return f'<div class="numbers">{"".join(items)}</div>' + close_up(marks, len(view.model))


def close_up(marks: Sequence[tuple[str, float, str]], ahead: int) -> str:
    """A vertical line with the forecasts of the next value as far apart as the page allows, as HTML.

    Args:
        marks: the name, value and colour of each; what followed is a line, a forecast a dot.
        ahead: how many steps are forecast.
    """
    values = [float(value) for _, value, _ in marks]
    low, high = min(values), max(values)
    margin = max(0.12 * (high - low), 1e-4 * max(abs(low), abs(high))) or 1e-4
    low, high = low - margin, high + margin
    ticks = ""
    for words, value, colour in marks:
        kind = "line" if words in ("truth", "observed") else "dot"
        place = f"bottom:{100 * (value - low) / (high - low):.2f}%;--c:{colour}"
        title = f"{escape(words)} {typeset(f'{value:.4f}')}"
        ticks += f'<span class="{kind}" style="{place}" title="{title}"></span>'
    what = "the next value, enlarged" if ahead == 1 else f"step 1 of {ahead}, enlarged"
    top, bottom = (typeset(f"{end:.4f}" if abs(end) < 100 else f"{end:,.4g}") for end in (high, low))
    strip = f"<p>{top}</p><div>{ticks}</div><p>{bottom}</p><p>{what}</p>"
    return f'<div class="number-line" aria-hidden="true">{strip}</div>'


def described(view: Forecasts, name: str) -> str:
    """The text alternative of the chart."""
    truth = "" if view.clean is None else f", truth {view.clean[len(view.context)]:.4f}"
    return (
        f"The last {len(view.context)} values and the next: {name} {view.model[0]:.4f}, "
        f"Bayes, {view.standing}, {view.bayes[0]:.4f}, best linear {view.linear[0]:.4f}{truth}."
    )


def scale(view: Forecasts) -> tuple[float, float, float]:
    """Both ends of the vertical axis and the step between its lines, rounded so that a drag seldom moves them."""
    every = [view.context, view.model - view.radius, view.model + view.radius, view.bayes, view.linear]
    values = np.concatenate([*every, *([] if view.clean is None else [view.clean])])
    low, high = float(values.min()), float(values.max())
    least = max((high - low) / LINES, 1e-6 * max(abs(low), abs(high)), 1e-30)
    decade = 10.0 ** math.floor(math.log10(least))
    step = next(part * decade for part in (1, 2, 5, 10, 20) if part * decade >= least)
    digits = 1 - math.floor(math.log10(step))  # without rounding, a label could read 1.2000000000000002
    return round(step * math.floor(low / step), digits), round(step * math.ceil(high / step), digits), step
