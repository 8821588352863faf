"""The charts and the words of a derivative: that of the model beside that of Bayes and the best linear weights."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...._arrays import FloatArray
from ....evaluation.sensitivity import Slope, cosine, is_flat
from ...ui import charts, controls, theme

ROOM = 78  # above a chart, for a legend of two lines


class Slopes(NamedTuple):
    """What the model is called now, the window [L] as it is read, and what each forecaster makes of it.

    Args:
        step: how many steps ahead they forecast.
        whole: of the model with nothing switched off, where something is.
        standing: what the Bayes forecast is here, see `floors.standing`.
        outside: what about the window training did not see, in words; empty where nothing.
    """

    name: str
    step: int
    context: FloatArray
    model: Slope
    bayes: Slope
    linear: Slope
    whole: Slope | None
    standing: str
    outside: str = ""

    def lines(self) -> list[tuple[str, Slope, str, str]]:
        """Name, slope, role of the colour and mark of each forecaster, the model last and so on top."""
        made = [
            ("best linear", self.linear, "best_linear", "triangle"),
            ("Bayes", self.bayes, "bayes", "diamond"),
            (self.name, self.model, "model", "circle"),
        ]
        return made if self.whole is None else [("nothing off", self.whole, "grey", "rect"), *made]


def slopes(found: Slopes) -> charts.Options:
    """A line for each derivative, over steps from now."""
    at = _steps(found)
    series = []
    for label, slope, role, mark in found.lines():
        colour = theme.light(role)
        made = charts.line(label, at, slope.derivative, colour, width=2.5 if role == "model" else 2)
        made.update(symbol=mark, symbolSize=8 if mark != "circle" else 6, showSymbol=True)
        made["itemStyle"] = {"color": colour, "opacity": 1}
        series.append(made)
    options = charts.axes("steps from now", "forecast moved, per unit", series)
    options["xAxis"].update(min=1 - len(found.context))
    options["xAxis"]["axisLine"]["show"] = False
    options["grid"]["top"] = ROOM
    series[-1]["markLine"] = {
        "silent": True, "symbol": "none", "label": {"show": False}, "data": [{"yAxis": 0}],
        "lineStyle": {"color": theme.light("grey"), "type": "solid", "width": 1},
    }  # fmt: skip
    return charts.legend_of(options, [label for label, *_ in reversed(found.lines())])


def window(found: Slopes, poked: int | None) -> charts.Options:
    """The window as points, and the forecasts of what comes next."""
    at = _steps(found)
    series = [charts.dots("window", at, found.context, theme.light("seen"), size=7)]
    if poked is not None:
        series.append(charts.dots("poked", [poked], [found.context[poked - 1]], theme.light("red"), size=20))
    for (label, slope, role, mark), size in zip(reversed(found.lines()), (9, 14, 15, 12), strict=False):
        colour = theme.light(role)
        series.insert(1, charts.dots(label, [found.step], [slope.forecast], colour, size=size, shape=mark))
    options = charts.axes("steps from now", "value", series)
    options["xAxis"].update(min=1 - len(found.context), max=found.step + 1)
    options["grid"]["top"] = ROOM
    return charts.legend_of(options, [made["name"] for made in series])


def slopes_described(found: Slopes) -> str:
    """The text alternative of `slopes`."""
    told = []
    for label, slope, *_ in reversed(found.lines()):
        place = int(np.abs(slope.derivative).argmax())
        told.append(f"{label} is moved most by the value at {place + 1 - len(found.context)}, by "
                    f"{slope.derivative[place]:.3f} per unit")  # fmt: skip
    return f"The derivative of each forecast with respect to {len(found.context)} values: {'; '.join(told)}."


def window_described(found: Slopes) -> str:
    """The text alternative of `window`."""
    told = ", ".join(f"{label} {slope.forecast:.4f}" for label, slope, *_ in reversed(found.lines()))
    ahead = "the next" if found.step == 1 else f"the value {found.step} steps ahead"
    return f"The last {len(found.context)} values and the forecasts of {ahead}: {told}."


def words(found: Slopes) -> str:
    """What the model attends to against what it should, as HTML."""
    own, bayes, name = found.model.derivative, found.bayes.derivative, escape(found.name)
    to_linear = cosine(own, found.linear.derivative)
    most, worst = int(np.abs(own).argmax()), int(np.abs(own - bayes).argmax())
    if is_flat(own):
        return f"In this window, no value moves the forecast of {name}: a little more or less of any changes nothing."
    said = [
        f"In this window, {name} attends most to <strong>{_place(own, most)}</strong>: the forecast moves by "
        f"{_number(own[most])} per unit of it (Bayes: {_number(bayes[most])})."
    ]
    if is_flat(bayes):
        said.append("Bayes is not moved by any value: this window leaves it no doubt of what comes next.")
    elif np.abs(own - bayes).max() > 1e-3:
        said.append(
            f"{theme.term('cosine', 'Cosine')} to the derivative of Bayes {_number(cosine(own, bayes), '')}, to the "
            f"best linear weights {_number(to_linear, '')}; it is farthest from Bayes at {_place(own, worst)}, "
            f"{_number(own[worst])} against {_number(bayes[worst])}."
        )
    else:
        said.append(
            f"This is the derivative of Bayes; its {theme.term('cosine')} to the best linear weights is "
            f"{_number(to_linear, '')}."
        )
    said.append(
        f"Where all values move together, it moves by {_number(own.sum())} per unit (Bayes: {_number(bayes.sum())}). "
        f"The derivative is taken by differences, each number to within {found.model.error:.5f}."
    )
    return " ".join(said)


def _number(value: float, sign: str = "+") -> str:
    return f"<b class=num>{value:{sign}.3f}</b>"


def _place(values: FloatArray, place: int) -> str:
    return "the last value" if place == len(values) - 1 else f"the value {len(values) - 1 - place} before the last"


def numbers(found: Slopes) -> str:
    """The forecasts, as HTML."""
    best = found.bayes.forecast
    items = []
    for label, slope, role, _ in reversed(found.lines()):
        shown = theme.term(label) if label in theme.TERMS else escape(label)
        detail = found.standing if label == "Bayes" else f"{slope.forecast - best:+.4f} from Bayes"
        items.append(controls.number(shown, f"{slope.forecast:.4f}", theme.variable(role), detail))
    return f'<div class="numbers">{"".join(items)}</div>'


def _steps(found: Slopes) -> NDArray[np.int_]:
    return np.arange(1 - len(found.context), 1)
