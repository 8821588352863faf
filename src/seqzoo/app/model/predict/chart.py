"""What the view *Predict* shows of one window: the chart, the numbers, and both in words."""

from __future__ import annotations

import math
from html import escape
from typing import NamedTuple

import numpy as np

from ...._arrays import FloatArray
from ...ui import charts, controls, theme
from ...ui.theme import LEVEL

LINES = 6  # at most so many steps of the vertical axis, give or take one


class Forecasts(NamedTuple):
    """Context [L], forecasts [H] each, the clean values [L + H] where they are known, radius [H].

    `standing` is what the Bayes forecast is here, see `floors.standing`; `outside` says what training did not see.
    """

    context: FloatArray
    model: FloatArray
    bayes: FloatArray
    linear: FloatArray
    clean: FloatArray | None
    radius: FloatArray
    standing: str
    outside: str


def options(found: Forecasts, name: str) -> charts.Options:
    """The chart."""
    length, ahead = len(found.context), len(found.model)
    past, future = np.arange(1 - length, 1), np.arange(1, ahead + 1)
    interval, series = f"{LEVEL:.0%} interval", []
    lower, upper = found.model - found.radius, found.model + found.radius
    if ahead == 1:
        bar = charts.line(interval, [1, 1], [lower[0], upper[0]], theme.light("model"), width=9)
        bar["lineStyle"]["opacity"] = 0.25
        series.append(bar)
    else:
        series += charts.band(interval, future, lower, upper, theme.light("model"))
    if found.clean is not None:
        seen = np.arange(1 - length, ahead + 1)
        series.append(charts.line("truth", seen, found.clean, theme.light("truth"), width=1.2))
    series.append(charts.dots("window", past, found.context, theme.light("seen"), size=7))
    forecasts = (
        ("best linear", found.linear, theme.light("best_linear"), "triangle", 17),
        ("Bayes", found.bayes, theme.light("bayes"), "diamond", 15),
        (name, found.model, theme.light("model"), "circle", 8),
    )
    for label, values, colour, shape, size in forecasts:
        if ahead == 1:
            series.append(charts.dots(label, future, values, colour, size=size, shape=shape))
        else:
            series.append(charts.line(label, future, values, colour, style="solid" if label == name else "dashed"))
    options = charts.axes("steps from now", "value", series)
    options["yAxis"] |= dict(zip(("min", "max", "interval"), scale(found), strict=True))
    options["xAxis"]["max"] = ahead + (1 if ahead == 1 else 0)
    names = [interval, *([] if found.clean is None else ["truth"]), "window", "best linear", "Bayes", name]
    return charts.legend_of(options, names)


def numbers(found: Forecasts, name: str) -> str:
    """The next value, forecast by each, as HTML."""
    last = found.bayes[0]

    def against(value: float) -> str:
        return f"{value - last:+.4f} from Bayes"

    own = found.model[0]
    items = [controls.number(escape(name), f"{own:.4f}", theme.variable("model"), against(own))]
    items.append(controls.number(theme.term("Bayes"), f"{last:.4f}", theme.variable("bayes"), found.standing))
    if found.clean is not None:
        truth = found.clean[len(found.context)]
        items.append(controls.number(theme.term("truth"), f"{truth:.4f}", theme.variable("truth"), against(truth)))
    linear = found.linear[0]
    words = theme.term("best linear")
    items.append(controls.number(words, f"{linear:.4f}", theme.variable("best_linear"), against(linear)))
    items.append(
        controls.number(
            theme.term(f"{LEVEL:.0%} interval"), f"±{found.radius[0]:.3f}", "var(--muted)", "for the trained signal"
        )
    )
    return f'<div class="numbers">{"".join(items)}</div>' + _number_line(found, name)


def _number_line(found: Forecasts, name: str) -> str:
    """The forecasts of the next value on one line, as far apart as the page allows."""
    marks = [(name, found.model[0], theme.variable("model")), ("Bayes", found.bayes[0], theme.variable("bayes")),
             ("best linear", found.linear[0], theme.variable("best_linear"))]  # fmt: skip
    if found.clean is not None:
        marks.append(("truth", found.clean[len(found.context)], theme.variable("truth")))
    values = [float(value) for _, value, _ in marks]
    low, high = min(values), max(values)
    margin = max(0.12 * (high - low), 1e-4)
    low, high = low - margin, high + margin
    ticks = "".join(
        f'<span style="left:{100 * (value - low) / (high - low):.2f}%;--c:{colour}" '
        f'title="{escape(label)} {value:.4f}"></span>'
        for label, value, colour in marks
    )
    ahead = len(found.model)
    close = "the next value, close up" if ahead == 1 else f"the first of {ahead} steps, close up"
    return (
        f'<div class="number-line" aria-hidden="true"><div>{ticks}</div>'
        f"<p><span>{low:.4f}</span><span>{close}</span><span>{high:.4f}</span></p></div>"
    )


def described(found: Forecasts, name: str) -> str:
    """The chart in words."""
    truth = "" if found.clean is None else f", truth {found.clean[len(found.context)]:.4f}"
    return (
        f"The last {len(found.context)} values and the next: {name} {found.model[0]:.4f}, "
        f"Bayes, {found.standing}, {found.bayes[0]:.4f}, best linear {found.linear[0]:.4f}{truth}."
    )


def scale(found: Forecasts) -> tuple[float, float, float]:
    """Ends of the vertical axis and the step between its lines: round, so that they seldom move during a drag."""
    every = [found.context, found.model - found.radius, found.model + found.radius, found.bayes, found.linear]
    values = np.concatenate([*every, *([] if found.clean is None else [found.clean])])
    low, high = float(values.min()), float(values.max())
    least = max((high - low) / LINES, 1e-6 * max(abs(low), abs(high)), 1e-30)
    decade = 10.0 ** math.floor(math.log10(least))
    step = next(part * decade for part in (1, 2, 5, 10, 20) if part * decade >= least)
    digits = 1 - math.floor(math.log10(step))  # an end as 1.2000000000000002 would have a label that wide
    return round(step * math.floor(low / step), digits), round(step * math.ceil(high / step), digits), step
