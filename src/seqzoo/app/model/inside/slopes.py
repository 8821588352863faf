"""Charts and sentences of derivatives: the model's, that of Bayes, and the best linear weights."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...._arrays import FloatArray
from ...._formats import typeset
from ....evaluation.sensitivity import Slope, cosine, is_flat
from ....forecasters.familiarity import Outside
from ...ui import charts, controls, theme

ROOM = 78  # pixels above a chart, for a legend of two lines


class Slopes(NamedTuple):
    """One window [L] and the forecast and derivative of each forecaster at it.

    Args:
        name: the model's, with the number of units that are off.
        step: how many steps ahead they forecast.
        bayes: None where the process is unknown.
        whole: of the model with nothing switched off; None where nothing is.
        standing: how good the Bayes forecast is here, see `floors.standing`.
        outside: what the training windows did not cover; None where they cover this window.
        linear_name: what the linear forecaster is called.
    """

    name: str
    step: int
    context: FloatArray
    model: Slope
    bayes: Slope | None
    linear: Slope
    whole: Slope | None
    standing: str
    outside: Outside | None = None
    linear_name: str = "best linear"

    def lines(self) -> list[tuple[str, Slope, str, str]]:
        """Name, slope, role of the colour and mark of each forecaster. The model is last, and so drawn on top."""
        rows = [
            (self.linear_name, self.linear, "best_linear", "triangle"),
            *([] if self.bayes is None else [("Bayes", self.bayes, "bayes", "diamond")]),
            (self.name, self.model, "model", "circle"),
        ]
        return rows if self.whole is None else [("nothing off", self.whole, "grey", "rect"), *rows]


def slopes(view: Slopes) -> charts.Options:
    """The options of a chart with a line for each derivative, over steps from now."""
    at = _steps(view)
    series = []
    for label, slope, role, mark in view.lines():
        colour = theme.light(role)
        curve = charts.line(label, at, slope.derivative, colour, width=2.5 if role == "model" else 2)
        curve.update(symbol=mark, symbolSize=8 if mark != "circle" else 6, showSymbol=True)
        curve["itemStyle"] = {"color": colour, "opacity": 1}
        series.append(curve)
    options = charts.axes("steps from now", "change of the forecast per unit", series)
    _room(options, view)
    options["xAxis"]["axisLine"]["show"] = False
    options["grid"]["top"] = ROOM
    series[-1]["markLine"] = {
        "silent": True, "symbol": "none", "label": {"show": False}, "data": [{"yAxis": 0}],
        "lineStyle": {"color": theme.light("grey"), "type": "solid", "width": 1},
    }  # fmt: skip
    return charts.legend_of(options, [label for label, *_ in reversed(view.lines())])


def _room(options: charts.Options, view: Slopes, **limits: int) -> None:
    """Leave a step before the first value, and label whole steps only, none of them beside another."""
    axis = options["xAxis"]
    axis.update(min=-len(view.context), **limits)
    axis["axisLabel"] = {**axis["axisLabel"], "showMinLabel": False, "showMaxLabel": not limits}


def window(view: Slopes, poked: int | None) -> charts.Options:
    """The options of a chart with the window as points, and the forecasts."""
    at = _steps(view)
    series = [charts.dots("window", at, view.context, theme.light("seen"), size=7)]
    if poked is not None:
        series.append(charts.dots("changed", [poked], [view.context[poked - 1]], theme.light("red"), size=20))
    for (label, slope, role, mark), size in zip(reversed(view.lines()), (9, 14, 15, 12), strict=False):
        colour = theme.light(role)
        series.insert(1, charts.dots(label, [view.step], [slope.forecast], colour, size=size, shape=mark))
    names = [dots["name"] for dots in series]
    series += charts.outside(view.outside, at, view.context)
    options = charts.axes("steps from now", "value", series)
    _room(options, view, max=view.step + 1)
    options["grid"]["top"] = ROOM
    return charts.legend_of(options, names)


def slopes_described(view: Slopes) -> str:
    """The text alternative of `slopes`."""
    parts = []
    for label, slope, *_ in reversed(view.lines()):
        place = int(np.abs(slope.derivative).argmax())
        parts.append(f"{label} depends most on the value at {place + 1 - len(view.context)}, by "
                    f"{slope.derivative[place]:.3f} per unit")  # fmt: skip
    return f"The influence of each of {len(view.context)} inputs on each forecast: {'; '.join(parts)}."


def window_described(view: Slopes) -> str:
    """The text alternative of `window`."""
    parts = ", ".join(f"{label} {_forecast(view, slope)}" for label, slope, *_ in reversed(view.lines()))
    ahead = "the next" if view.step == 1 else f"the value {view.step} steps ahead"
    return f"The last {len(view.context)} values and the forecasts of {ahead}: {parts}."


def words(view: Slopes) -> str:
    """Sentences that compare the derivatives of the model and of Bayes, as HTML."""
    own, name = view.model.derivative, escape(view.name)
    if view.bayes is None:
        return _words_on_series(view)
    bayes = view.bayes.derivative
    to_linear = cosine(own, view.linear.derivative)
    most, worst = int(np.abs(own).argmax()), int(np.abs(own - bayes).argmax())
    if is_flat(own):
        return f"In this window, no value moves the forecast of {name}: the influence of each is zero."
    sentences = [
        f"In this window, {name} depends most on <strong>{_place(own, most)}</strong>: the forecast moves by "
        f"{_number(own[most])} per unit of it (Bayes: {_number(bayes[most])})."
    ]
    if is_flat(bayes):
        sentences.append("No value moves the forecast of Bayes: after this window, the next value is certain.")
    elif np.abs(own - bayes).max() > 1e-3:
        sentences.append(
            f"{theme.term('cosine', 'Cosine')} to the influences in Bayes {_number(cosine(own, bayes), '')}, to the "
            f"best linear weights {_number(to_linear, '')}. It is farthest from Bayes at {_place(own, worst)}: "
            f"{_number(own[worst])} against {_number(bayes[worst])}."
        )
    else:
        sentences.append(
            f"Each influence equals that in Bayes; the {theme.term('cosine')} to the best linear weights is "
            f"{_number(to_linear, '')}."
        )
    sentences.append(
        f"If all values rise together, it moves by {_number(own.sum())} per unit (Bayes: {_number(bayes.sum())}). "
        f"An influence is a derivative, by a difference quotient; its error is below {view.model.error:.5f}."
    )
    return " ".join(sentences)


def _words_on_series(view: Slopes) -> str:
    """The same for a measured series, whose best possible forecaster is unknown."""
    own, linear, name = view.model.derivative, view.linear.derivative, escape(view.name)
    most, words = int(np.abs(own).argmax()), escape(view.linear_name)
    if is_flat(own):
        return f"In this window, no value moves the forecast of {name}: the influence of each is zero."
    return (
        f"In this window, {name} depends most on <strong>{_place(own, most)}</strong>: the forecast moves by "
        f"{_number(own[most])} per unit of it ({words}: {_number(linear[most])}). "
        f"{theme.term('cosine', 'Cosine')} to the weights of {words} {_number(cosine(own, linear), '')}. If all "
        f"values rise together, it moves by {_number(own.sum())} per unit ({words}: {_number(linear.sum())}). An "
        f"influence is a derivative, by a difference quotient; its error is below {view.model.error:.5f}."
    )


def _forecast(view: Slopes, slope: Slope) -> str:
    """A forecast as text: of a measured series with six digits, whatever its size."""
    return f"{slope.forecast:,.6g}" if view.bayes is None else f"{slope.forecast:.4f}"


def _number(value: float, sign: str = "+") -> str:
    return f"<b class=num>{typeset(f'{value:{sign}.3f}')}</b>"


def _place(values: FloatArray, place: int) -> str:
    return "the last value" if place == len(values) - 1 else f"the value {len(values) - 1 - place} before the last"


def numbers(view: Slopes) -> str:
    """The forecast of each forecaster, as HTML."""
    best, whose = (view.model, "the model") if view.bayes is None else (view.bayes, "Bayes")
    items = []
    for label, slope, role, _ in reversed(view.lines()):
        title = theme.term(label) if label in theme.TERMS else escape(label)
        away = slope.forecast - best.forecast
        detail = f"{away:+.4f} from {whose}" if view.bayes is not None else f"{away:+,.4g} from {whose}"
        if slope is best:
            detail = view.standing
        items.append(controls.number(title, _forecast(view, slope), theme.variable(role), detail))
    return f'<div class="numbers">{"".join(items)}</div>'


def _steps(view: Slopes) -> NDArray[np.int_]:
    return np.arange(1 - len(view.context), 1)
