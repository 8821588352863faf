"""The arena's answers as charts: values with intervals in rows, or curves with bars."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from . import charts, theme
from .charts import Options

if TYPE_CHECKING:
    from ..arena.answer import Answer, Axis, Curve, Mark

# Okabe & Ito's colours beside those of the references, and shapes that tell apart what a colour does not.
COLOURS = (theme.BLUE, theme.VERMILION, theme.GREEN, "#cc79a7", "#56b4e9", "#b8860b")
SHAPES = ("circle", "rect", "triangle", "diamond", "roundRect", "pin", "arrow")
CONDITIONS = {"intact": theme.BLUE, "permuted": theme.ORANGE, "shuffled": theme.VERMILION}
FLOORS = {"Bayes": ("solid", theme.INK), "Bayes that knows": ("solid", theme.INK)}
SECOND = {"Bayes that does not": ("dashed", theme.ORANGE), "best linear": ("dashed", theme.GREY),
          "best linear, direct": ("dashed", theme.GREY)}  # fmt: skip
ROW, FRAME = 30, 96  # pixels: of a row of marks, of what surrounds them
_PERCENT = "value => Number((100 * value).toPrecision(3)).toLocaleString('en') + '%'"
_PLAIN = "value => Number(value.toPrecision(3)).toLocaleString('en')"


def options(answer: Answer) -> Options:
    """What to draw."""
    return _marks(answer) if answer.marks else _curves(answer)


def height(answer: Answer) -> str:
    """Of the chart, for its style."""
    rows = len({mark.row for mark in answer.marks})
    return f"{FRAME + ROW * max(rows, 3)}px" if answer.marks else "460px"


def description(answer: Answer) -> str:
    """The chart in words; the table beside it has every number."""
    if answer.marks:
        shown = (f"{mark.row}{'' if mark.name == mark.row else f' {mark.name}'} {said(mark, answer.x)}"
                 for mark in answer.marks)  # fmt: skip
        return f"{answer.x.name}: {'; '.join(shown)}."
    if not answer.curves or answer.y is None:
        return "Nothing to draw yet."
    axis = answer.y
    parts = (f"{c.name} from {_number(c.y[0], axis)} to {_number(c.y[-1], axis)}" for c in answer.curves)
    return f"{axis.name} by {answer.x.name}: {'; '.join(parts)}."


def said(mark: Mark, axis: Axis) -> str:
    """A value with its interval."""
    interval = "" if math.isnan(mark.low) else f" ({_number(mark.low, axis)} to {_number(mark.high, axis)})"
    return _number(mark.value, axis) + interval


def _marks(answer: Answer) -> Options:
    rows = list(dict.fromkeys(mark.row for mark in reversed(answer.marks)))
    groups: dict[str, list[Mark]] = {}
    for mark in answer.marks:
        kind = mark.name if mark.name in CONDITIONS else "reference" if mark.is_reference else "mean over seeds"
        groups.setdefault(kind, []).append(mark)
    series: list[Options] = []
    for kind, members in groups.items():
        colour = CONDITIONS.get(kind, theme.ORANGE if kind == "reference" else theme.BLUE)
        series.append(_bars(kind, ((mark.low, mark.row, mark.high, mark.row) for mark in members), colour))
        shape = "diamond" if kind in ("reference", "permuted") else "rect" if kind == "shuffled" else "circle"
        means = charts.dots(kind, [], [], colour, size=12, shape=shape)
        means["data"] = [
            {"value": [mark.value, mark.row], "name": f"{mark.row}: {said(mark, answer.x)}"} for mark in members
        ]
        each = charts.dots("each seed", [], [], theme.MUTED, size=5)
        each["data"] = [
            {"value": [value, mark.row], "name": f"{mark.row}, one seed: {_number(value, answer.x)}"}
            for mark in members
            for value in mark.each
        ]
        series += [{**each, "symbolOffset": [0, 9]}, means]
    made = charts.axes(answer.x.name, "", series)
    _measure(made["xAxis"], answer.x, [v for m in answer.marks for v in (m.value, m.low, m.high, *m.each)])
    made["yAxis"] |= {"type": "category", "data": rows, "scale": False, "splitLine": {"show": True, "lineStyle":
                      {"color": theme.GRID}}, "boundaryGap": True}  # fmt: skip
    made["yAxis"]["axisLabel"] = {**made["yAxis"]["axisLabel"], "interval": 0}
    made["tooltip"] = {**made["tooltip"], "trigger": "item", "formatter": "{b}"}
    made["grid"]["top"] = 40
    names = [*groups, *(["each seed"] if any(mark.each for mark in answer.marks) else [])]
    made["legend"]["data"] = [{"name": name} for name in names]
    return made


def _curves(answer: Answer) -> Options:
    series: list[Options] = []
    for curve in answer.curves:
        series += _curve(curve, answer.models)
    assert answer.y is not None
    made = charts.axes(answer.x.name, answer.y.name, series, logarithmic=answer.y.is_logarithmic)
    everything = [value for curve in answer.curves for value in (*curve.y, *curve.low, *curve.high)]
    _measure(made["yAxis"], answer.y, everything)
    _measure(made["xAxis"], answer.x, [value for curve in answer.curves for value in curve.x], exact=True)
    formatter = _PERCENT if answer.y.is_share else _PLAIN
    made["tooltip"][":valueFormatter"] = f"value => value == null ? '' : ({formatter})(value)"
    made["legend"] |= {"type": "scroll"}
    made["legend"]["data"] = [curve.name for curve in answer.curves]
    return made


def _curve(curve: Curve, models: Sequence[str]) -> list[Options]:
    style, colour = (FLOORS | SECOND).get(curve.name, ("dotted", theme.GREY))
    line = charts.line(curve.name, curve.x, curve.y, colour, width=2, style=style)
    if curve.is_reference:
        return [line]
    place = models.index(curve.name)
    colour, shape = COLOURS[place % len(COLOURS)], SHAPES[place % len(SHAPES)]
    line = charts.line(curve.name, curve.x, curve.y, colour, width=1.8)
    line |= {"symbol": shape, "symbolSize": 7, "showAllSymbol": True}
    ends = zip(curve.x, curve.low, curve.x, curve.high, strict=True)
    return [_bars(curve.name, ends, colour), line]


_Place = float | str


def _bars(name: str, ends: Iterable[tuple[_Place, _Place, _Place, _Place]], colour: str) -> Options:
    """Straight strokes from (x, y) to (x, y), as one series; those with an end that is NaN are left out."""
    data: list[list[_Place]] = []
    for x0, y0, x1, y1 in ends:
        if not any(isinstance(value, float) and math.isnan(value) for value in (x0, y0, x1, y1)):
            data += [[x0, y0], [x1, y1], ["-", "-"]]
    return {
        "type": "line", "name": name, "data": data, "symbol": "none", "color": colour, "silent": True,
        "connectNulls": False, "lineStyle": {"color": colour, "width": 2, "opacity": 0.65},
        "tooltip": {"show": False},
    }  # fmt: skip


def _measure(axis: Options, what: Axis, values: Iterable[float], *, exact: bool = False) -> None:
    """Scale an axis to its values and label it. `exact` ends it at the first and the last of them."""
    finite = [value for value in values if math.isfinite(value) and (value > 0 or not what.is_logarithmic)]
    axis["axisLabel"] = {**axis["axisLabel"], ":formatter": _PERCENT if what.is_share else _PLAIN}
    axis["type"] = "log" if what.is_logarithmic else "value"
    axis.pop("minInterval", None)
    axis["splitLine"] = {"show": True, "lineStyle": {"color": theme.GRID}}
    if not what.is_logarithmic or not finite:
        return
    low, high = min(finite), max(finite)
    if exact:
        axis["min"], axis["max"] = low, high
    else:
        axis["min"], axis["max"] = _below(low), _above(high)


def _below(value: float) -> float:
    """The next of 1, 2, 5 times a power of ten at or below."""
    power = 10.0 ** math.floor(math.log10(value))
    return float(f"{next(step for step in (5, 2, 1) if step * power <= value * (1 + 1e-9)) * power:.1g}")


def _above(value: float) -> float:
    """The next of 1, 2, 5 times a power of ten at or above."""
    power = 10.0 ** math.floor(math.log10(value))
    return float(f"{next(step for step in (1, 2, 5, 10) if step * power >= value * (1 - 1e-9)) * power:.1g}")


def _number(value: float, axis: Axis) -> str:
    shown = 100 * value if axis.is_share else value
    return f"{shown:,.0f}{'%' if axis.is_share else ''}" if abs(shown) >= 1000 else (
        f"{shown:.3g}{'%' if axis.is_share else ''}"
    )
