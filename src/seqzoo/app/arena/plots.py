"""The arena's findings as ECharts options: rows of values with intervals, or curves with error bars."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..._formats import MINUS
from ...pages.finding import KINDS, groups, look_of, number, span, with_interval
from ..ui import charts, theme
from ..ui.charts import Options

if TYPE_CHECKING:
    from ...arena.report.findings import Axis, Curve, Finding

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


def _marks(finding: Finding) -> Options:
    rows = list(dict.fromkeys(mark.row for mark in reversed(finding.marks)))
    series: list[Options] = []
    for kind, members in groups(finding).items():
        colour, shape = KINDS[kind]
        series.append(_bars(kind, ((mark.low, mark.row, mark.high, mark.row) for mark in members), colour))
        means = charts.dots(kind, [], [], colour, size=12, shape=shape)
        means["data"] = [
            {"value": [mark.value, mark.row], "name": f"{mark.row}: {with_interval(mark, finding.x)}"}
            for mark in members
        ]
        each = charts.dots("each seed", [], [], theme.light("muted"), size=5)
        each["data"] = [
            {"value": [value, mark.row], "name": f"{mark.row}, one seed: {number(value, finding.x)}"}
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
    colour, style, shape = look_of(curve, models)
    if not shape:
        return [charts.line(curve.name, curve.x, curve.y, colour, width=2, style=style)]
    line = charts.line(curve.name, curve.x, curve.y, colour, width=1.8, style=style)
    line |= {"symbol": shape, "symbolSize": 7, "showAllSymbol": True}
    ends = zip(curve.x, curve.low, curve.x, curve.high, strict=True)
    return [_bars(curve.name, ends, colour), line]


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
    formatter = _PERCENT if what.is_share else _PLAIN
    axis["axisLabel"] = {**axis["axisLabel"], ":formatter": formatter}
    axis["axisPointer"] = {"label": {":formatter": f"shown => ({formatter})(shown.value)"}}
    axis["type"] = "log" if what.is_logarithmic else "value"
    axis.pop("minInterval", None)
    axis["splitLine"] = {"show": True, "lineStyle": {"color": theme.light("rule")}}
    known = span(what, values, exact=exact) if what.is_logarithmic else None
    if known is None:
        return
    axis["min"], axis["max"], ticks = known
    axis["axisLabel"]["customValues"] = ticks
    axis["axisTick"] = {"show": False, "customValues": ticks}
