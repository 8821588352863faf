"""The arena's findings as charts: rows of values with intervals, or curves with error bars."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from ..._formats import MINUS, percent, typeset
from ..._palette import MODELS, places
from ...forecasters.table import named
from ..ui import charts, theme
from ..ui.charts import Options

if TYPE_CHECKING:
    from ...arena.report.findings import Axis, Curve, Finding, Mark

_OUTLINES = {
    "circle": "M13 3a4 4 0 1 1 0 8a4 4 0 1 1 0-8", "rect": "M9 3h8v8h-8z", "triangle": "M13 3l4 8h-8z",
    "diamond": "M13 2l5 5l-5 5l-5-5z", "path://M0 0h8l-4 8z": "M9 3h8l-4 8z",
    "path://M3 0h2v3h3v2h-3v3h-2v-3h-3v-2h3z": "M12 3h2v3h3v2h-3v3h-2v-3h-3v-2h3z",
    "path://M8 0v8l-8-4z": "M17 3v8l-8-4z", "path://M0 0v8l8-4z": "M9 3v8l8-4z",
}  # fmt: skip
# Without their colours, too, 24 models look different: eight shapes of points on three kinds of lines.
SHAPES = tuple(_OUTLINES)
DASHES = ("solid", "dashed", "dotted")
KINDS = {
    "mean over seeds": (theme.light("model"), "circle"),
    "intact": (theme.light("intact"), "circle"),
    "permuted": (theme.light("permuted"), "triangle"),
    "shuffled": (theme.light("shuffled"), "rect"),
    "reference": (theme.light("muted"), "diamond"),
}
SOLID = ("Bayes", "Bayes (changed signal)")
DOTTED = ("best linear, recursive", "straight line", "last value")
MOST_TICKS = 10
FRAME = 62  # pixels around the rows of marks
_PERCENT = f"value => Number((100 * value).toPrecision(3)).toLocaleString('en').replace('-', '{MINUS}') + '%'"
_PLAIN = f"value => Number(value.toPrecision(3)).toLocaleString('en').replace('-', '{MINUS}')"


def options(finding: Finding) -> Options:
    """The ECharts options of a finding's chart."""
    return _marks(finding) if finding.marks else _curves(finding)


def height(finding: Finding) -> str:
    """The CSS height of the chart."""
    rows = len({mark.row for mark in finding.marks})
    return f"{FRAME + (30 if rows <= 12 else 24) * max(rows, 3)}px" if finding.marks else "440px"


def description(finding: Finding) -> str:
    """The chart in words; the table beside it has every number."""
    if finding.marks:
        parts = (f"{mark.row}{'' if mark.name == mark.row else f' {mark.name}'} {with_interval(mark, finding.x)}"
                 for mark in finding.marks)  # fmt: skip
        return f"{finding.x.name}: {'; '.join(parts)}."
    if not finding.curves or finding.y is None:
        return "Nothing to draw yet."
    axis = finding.y
    parts = (f"{c.name} from {_number(c.y[0], axis)} to {_number(c.y[-1], axis)}" for c in finding.curves)
    return f"{axis.name} by {finding.x.name}: {'; '.join(parts)}."


def with_interval(mark: Mark, axis: Axis) -> str:
    """A value with its interval as text."""
    interval = "" if math.isnan(mark.low) else f" ({_number(mark.low, axis)} to {_number(mark.high, axis)})"
    return _number(mark.value, axis) + interval


def _marks(finding: Finding) -> Options:
    rows = list(dict.fromkeys(mark.row for mark in reversed(finding.marks)))
    series: list[Options] = []
    for kind, members in _groups(finding).items():
        colour, shape = KINDS[kind]
        series.append(_bars(kind, ((mark.low, mark.row, mark.high, mark.row) for mark in members), colour))
        means = charts.dots(kind, [], [], colour, size=12, shape=shape)
        means["data"] = [
            {"value": [mark.value, mark.row], "name": f"{mark.row}: {with_interval(mark, finding.x)}"}
            for mark in members
        ]
        each = charts.dots("each seed", [], [], theme.light("muted"), size=5)
        each["data"] = [
            {"value": [value, mark.row], "name": f"{mark.row}, one seed: {_number(value, finding.x)}"}
            for mark in members
            for value in mark.each
        ]
        series += [{**each, "symbolOffset": [0, 9]}, means]
    chart = charts.axes(finding.x.name, "", series)
    _measure(chart["xAxis"], finding.x, [v for m in finding.marks for v in (m.value, m.low, m.high, *m.each)])
    chart["yAxis"] |= {"type": "category", "data": rows, "scale": False, "splitLine": {"show": True, "lineStyle":
                      {"color": theme.light("rule")}}, "boundaryGap": True}  # fmt: skip
    chart["yAxis"]["axisLabel"] = {**chart["yAxis"]["axisLabel"], "interval": 0}
    chart["tooltip"] = {**chart["tooltip"], "trigger": "item", "formatter": "{b}"}
    chart["grid"] = {"left": 14 + 7 * max(map(len, rows)), "right": 26, "top": 8, "bottom": 52}
    chart["legend"] = {"show": False}
    return chart


def _groups(finding: Finding) -> dict[str, list[Mark]]:
    """The marks by kind."""
    groups: dict[str, list[Mark]] = {}
    for mark in finding.marks:
        kind = "reference" if mark.is_reference else mark.name if mark.name in KINDS else "mean over seeds"
        groups.setdefault(kind, []).append(mark)
    return groups


def _curves(finding: Finding) -> Options:
    series: list[Options] = []
    for curve in finding.curves:
        series += _curve(curve, finding.models)
    assert finding.y is not None
    chart = charts.axes(finding.x.name, finding.y.name, series, logarithmic=finding.y.is_logarithmic)
    everything = [value for curve in finding.curves for value in (*curve.y, *curve.low, *curve.high)]
    _measure(chart["yAxis"], finding.y, everything)
    _measure(chart["xAxis"], finding.x, [value for curve in finding.curves for value in curve.x], exact=True)
    formatter = _PERCENT if finding.y.is_share else _PLAIN
    chart["tooltip"][":valueFormatter"] = f"value => value == null ? '' : ({formatter})(value)"
    chart["legend"] = {"show": False}
    chart["grid"] |= {"top": 34, "right": 34}
    if series:
        series[0]["markLine"] = {
            "silent": True, "symbol": "none",
            "lineStyle": {"color": theme.light("grey"), "type": "solid", "width": 1},
            "label": {"formatter": "{b}", "color": theme.light("muted"), "position": "insideEndTop"},
            "data": [{"xAxis": value, "name": name} for name, value in finding.at.items()],
        }  # fmt: skip
    return chart


def _curve(curve: Curve, models: Sequence[str]) -> list[Options]:
    colour, style, shape = _look(curve, models)
    if not shape:
        return [charts.line(curve.name, curve.x, curve.y, colour, width=2, style=style)]
    line = charts.line(curve.name, curve.x, curve.y, colour, width=1.8, style=style)
    line |= {"symbol": shape, "symbolSize": 7, "showAllSymbol": True}
    ends = zip(curve.x, curve.low, curve.x, curve.high, strict=True)
    return [_bars(curve.name, ends, colour), line]


def _look(curve: Curve, models: Sequence[str]) -> tuple[str, str, str]:
    """Colour, style of the line, shape of its points; references have no points."""
    if curve.is_reference:
        style = "solid" if curve.name in SOLID else "dotted" if curve.name in DOTTED else "dashed"
        return theme.light(named(curve.name) or "grey"), style, ""
    place = places(models)[curve.name]
    turn = place // len(SHAPES)
    shape = SHAPES[(place + turn) % len(SHAPES)]
    return theme.light(MODELS[place % len(MODELS)]), DASHES[turn % len(DASHES)], shape


def legend(finding: Finding) -> str:
    """The legend of colours and shapes, as HTML that wraps."""
    if finding.marks:
        keys = [(kind, *KINDS[kind], "") for kind in _groups(finding)]
        if any(mark.each for mark in finding.marks):
            keys.append(("each seed", theme.light("muted"), "circle", ""))
    else:
        looks = ((curve.name, *_look(curve, finding.models)) for curve in finding.curves)
        keys = [(name, colour, shape, style) for name, colour, style, shape in looks]
    return f'<div class="legend" aria-hidden="true">{"".join(_legend_key(*key) for key in keys)}</div>'


def _legend_key(name: str, colour: str, shape: str, style: str) -> str:
    dashes = {"dashed": ' stroke-dasharray="6 4"', "dotted": ' stroke-dasharray="2 3"'}.get(style, "")
    line = f'<path d="M0 7h26" stroke="{colour}" stroke-width="2"{dashes}/>' if style else ""
    mark = f'<path d="{_OUTLINES[shape]}" fill="{colour}"/>' if shape else ""
    drawn = f'<svg class="chart-key" viewBox="0 0 26 14" width="26" height="14">{line}{mark}</svg>'
    return f"<span>{drawn}{escape(name)}</span>"


_Place = float | str


def _bars(name: str, ends: Iterable[tuple[_Place, _Place, _Place, _Place]], colour: str) -> Options:
    """One series of straight strokes, each from (x, y) to (x, y). A stroke with a NaN is left out."""
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
    """Scale an axis to its values and label it. `exact` ends the axis at the least and the largest value."""
    finite = [value for value in values if math.isfinite(value) and (value > 0 or not what.is_logarithmic)]
    formatter = _PERCENT if what.is_share else _PLAIN
    axis["axisLabel"] = {**axis["axisLabel"], ":formatter": formatter}
    axis["axisPointer"] = {"label": {":formatter": f"shown => ({formatter})(shown.value)"}}
    axis["type"] = "log" if what.is_logarithmic else "value"
    axis.pop("minInterval", None)
    axis["splitLine"] = {"show": True, "lineStyle": {"color": theme.light("rule")}}
    if not what.is_logarithmic or not finite:
        return
    low, high = min(finite), max(finite)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ladder = [float(f"{step}e{decade}") for decade in decades for step in (1, 2, 5)]
    axis["min"] = low if exact else max(value for value in ladder if value <= low)
    axis["max"] = high if exact else min((value for value in ladder if value >= high), default=high)
    ticks = [value for value in ladder if axis["min"] <= value <= axis["max"]]
    if len(ticks) > MOST_TICKS:
        ticks = [value for value in ticks if f"{value:e}"[0] == "1"]
    axis["axisLabel"]["customValues"] = ticks
    axis["axisTick"] = {"show": False, "customValues": ticks}


def _number(value: float, axis: Axis) -> str:
    text = percent(value) if axis.is_share else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return typeset(text)
