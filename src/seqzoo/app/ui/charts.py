"""Charts as ECharts options, drawn as SVG in the light colours; the style sheet replaces them in dark mode."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from nicegui import ui
from numpy.typing import ArrayLike, NDArray

from ..._formats import MINUS, short, typeset
from ...data.times import TimeIndex, to_local
from ...forecasters.familiarity import Outside
from . import modules, theme

Options = dict[str, Any]

NARROW, MIDDLE, WIDE = 290, 430, 680  # widths of a chart, in pixels, at which the legend changes its lines


LABELS_APART = 7  # pixels on both sides of a label of the horizontal axis
KINDS = ("svg", "png", "csv")


class _Chart(ui.echart):
    """A chart and the buttons that download it, by kind."""

    saves: dict[str, ui.element]


def chart(options: Options, description: str) -> ui.echart:
    """A chart with its text alternative, and beneath it the buttons that download it as SVG, PNG and CSV.

    Without options it is a grey place until `redraw` gives it some.
    """
    element = _Chart(options, renderer="svg").classes("chart" if options else "chart waiting")
    element.props('role="img"')
    element.saves, saves = {}, modules.address(modules.SAVES)
    with ui.element("div").classes("saves"):
        theme.html("Download", tag="span").props('aria-hidden="true"')
        for kind in KINDS:
            element.saves[kind] = button = ui.element("button").props(f'type="button" data-save="{kind}"')
            with button:
                theme.html(kind.upper(), tag="span")
            save = f"saveChart(getElement({element.id})?.chart, '{kind}')"
            button.on("click", js_handler=f"() => import('{saves}').then(({{ saveChart }}) => {save})")
    _describe(element, options, description)
    return element


def redraw(element: ui.echart, options: Options, description: str) -> None:
    """Replace the options and the text alternative of a chart."""
    element.classes(remove="waiting")
    element.options.clear()
    element.options.update(options)
    _describe(element, options, description)
    element.update()


def _describe(element: ui.echart, options: Options, description: str) -> None:
    element.props["aria-label"] = typeset(description)
    assert isinstance(element, _Chart)
    names = [options.get(axis, {}).get("name") for axis in ("yAxis", "xAxis")]
    subject = " by ".join(name for name in names if name) or "the chart"
    for kind, button in element.saves.items():
        label = f"Download {subject} as {kind.upper()}"
        if button.props.get("aria-label") != label:  # an equal name is not sent again while a slider moves
            button.props["aria-label"] = label


def axes(x: str, y: str, series: list[Options], *, logarithmic: bool = False) -> Options:
    """Options of a chart with two axes named `x` and `y`."""
    text = {"color": theme.light("muted"), "fontSize": 12}
    label = {**text, "hideOverlap": True, ":formatter": _PLAIN}
    shared: Options = {"nameTextStyle": text, "axisLabel": label, "axisTick": {"show": False}}
    lines = {"splitLine": {"lineStyle": {"color": theme.light("rule")}}}
    # The end of an axis is labelled wherever it lies: `textMargin`, in pixels, keeps "6" and "8" from reading "6 8".
    apart = {"axisLabel": {**shared["axisLabel"], "textMargin": [0, LABELS_APART]}}
    return {
        "animation": False,
        "textStyle": {"fontFamily": "system-ui, sans-serif"},
        "grid": {"left": 8, "right": 18, "top": 74, "bottom": 30, "containLabel": True},
        "legend": {"top": 0, "left": 0, "textStyle": text, "itemWidth": 18, "itemHeight": 9, "itemGap": 16,
                   "inactiveColor": theme.light("grey")},
        "tooltip": {"trigger": "axis", "className": "tip", "confine": True, "order": "seriesAsc",
                    "textStyle": {"fontSize": 12}, ":valueFormatter": _SHORT},
        "xAxis": {"type": "value", "name": x, "nameLocation": "middle", "nameGap": 28, "minInterval": 1,
                  "min": "dataMin", "max": "dataMax", "splitLine": {"show": False},
                  "axisLine": {"onZero": False, "lineStyle": {"color": theme.light("grey")}}, **shared, **apart},
        "yAxis": {"type": "log" if logarithmic else "value", "name": y, "scale": True, "nameGap": 12,
                  **shared, **lines, "axisLine": {"show": False, "onZero": False},
                  "axisLabel": {**shared["axisLabel"], "margin": 12},
                  "nameTextStyle": {**text, "align": "left"}},
        "series": series,
    }  # fmt: skip


def over_time(options: Options, name: str = "time") -> Options:
    """The same options with a horizontal axis of times, in the milliseconds of `clock`."""
    axis = options["xAxis"]
    axis.pop("minInterval", None)
    axis["axisLabel"] = {key: value for key, value in axis["axisLabel"].items() if key != ":formatter"}
    axis |= {"type": "time", "name": name}
    return {**options, "useUTC": True}


def clock(times: TimeIndex, count: int, begin: int = 0) -> NDArray[np.int64]:
    """[T]: what the clock of a series shows at its stamps, in milliseconds since 1970."""
    instants = times.instants(count, begin)
    local = instants if times.zone is None else to_local(instants, times.zone)
    return local.astype("datetime64[ms]").astype(np.int64)


def line(name: str, x: ArrayLike, y: ArrayLike, colour: str, *, width: float = 2, style: str = "solid") -> Options:
    """A line through points [T]."""
    return {
        "type": "line", "name": name, "data": _pairs(x, y), "symbol": "none", "color": colour,
        "lineStyle": {"color": colour, "width": width, "type": style},
    }  # fmt: skip


def dots(name: str, x: ArrayLike, y: ArrayLike, colour: str, *, size: int = 6, shape: str = "circle") -> Options:
    """Points [T]."""
    return {
        "type": "scatter", "name": name, "data": _pairs(x, y), "symbolSize": size, "symbol": shape, "color": colour,
        "itemStyle": {"color": colour, "opacity": 1},
    }  # fmt: skip


def outside(marked: Outside | None, x: ArrayLike, values: ArrayLike) -> list[Options]:
    """Rings around the values [L] that lie outside training, and beside the farthest one how far; else nothing."""
    places, heights = np.asarray(x, float), np.asarray(values, float)
    far = np.zeros(len(heights)) if marked is None else marked.far(heights)
    if marked is None or not far.any():
        return []
    worst = int(far.argmax())
    rings = dots("outside training", places[far > 0], heights[far > 0], theme.light("red"), size=19)
    rings["itemStyle"] = {"color": "transparent", "borderColor": theme.light("red"), "borderWidth": 2, "opacity": 1}
    rings["data"][int((far[:worst] > 0).sum())] = {
        "value": [places[worst], heights[worst]],
        "label": {
            "show": True, "position": "right" if worst < len(far) / 2 else "left", "distance": 9,
            "color": theme.light("red"), "fontSize": 12, "lineHeight": 15,
            "formatter": f"outside what\n{marked.whose}:\n{typeset(short(far[worst], 3))} standard deviations",
        },
    }  # fmt: skip
    return [rings]


def band(name: str, x: ArrayLike, lower: ArrayLike, upper: ArrayLike, colour: str) -> list[Options]:
    """The area between two lines [T], under all else: two stacked series, of which the legend shows the second."""
    low, high = np.asarray(lower, float), np.asarray(upper, float)
    hidden = {"lineStyle": {"opacity": 0}, "symbol": "none", "silent": True, "tooltip": {"show": False}}
    stacked = {"type": "line", "z": 1, "stack": name, "stackStrategy": "all", "color": colour, **hidden}
    return [
        {**stacked, "name": f"{name}, lower end", "data": _pairs(x, low)},
        {**stacked, "name": name, "data": _pairs(x, high - low), "areaStyle": {"color": colour, "opacity": 0.16}},
    ]


def legend_of(options: Options, names: Sequence[str]) -> Options:
    """The same options with these series in the legend."""
    lines = {each["name"]: each["lineStyle"].get("type") for each in options["series"] if each["type"] == "line"}

    def icon(name: str) -> Options:
        area = name.endswith(("interval", "band"))
        if area:
            return {"icon": "roundRect", "itemStyle": {"opacity": 0.3}}
        return {"icon": _STROKES[lines[name]]} if name in lines else {}

    def below(width: int) -> Options:
        """Options of the grid, below a legend of as many lines as the names need at this width."""
        return {"grid": {"top": 36 + 20 * _lines(names, width)}}

    options["media"] = [
        {"query": {"maxWidth": MIDDLE}, "option": below(NARROW)},
        {"query": {"minWidth": MIDDLE + 1, "maxWidth": WIDE}, "option": below(MIDDLE)},
        {"option": below(WIDE)},
    ]
    options["legend"]["data"] = [{"name": name, **icon(name)} for name in names]
    return options


def _lines(names: Sequence[str], width: int) -> int:
    """How many lines a legend needs at a width, about: a name is not broken."""
    lines, used = 1, 0.0
    for name in names:
        size = 6.4 * len(name) + 40
        if used and used + size > width:
            lines, used = lines + 1, 0.0
        used += size
    return lines


def _pairs(x: ArrayLike, y: ArrayLike) -> list[list[float]]:
    values = np.asarray(y, float)
    told = values[np.isfinite(values)]
    span = float(np.ptp(told)) if len(told) else 0.0
    digits = 6 if span == 0 or span >= 1 else min(6 - math.floor(math.log10(span)), 300)  # six of the range
    pairs: list[list[float]] = np.column_stack([np.asarray(x, float), np.round(values, digits)]).tolist()
    return pairs


_STROKES = {
    "solid": "path://M0 0h18v3h-18z",
    "dashed": "path://M0 0h7v3h-7zM11 0h7v3h-7z",
    "dotted": "path://M0 0h3v3h-3zM5 0h3v3h-3zM10 0h3v3h-3zM15 0h3v3h-3z",
}
_SIGNED = f".replace('-', '{MINUS}')"
_SHORT = f"value => (value == null ? '' : Number(value).toPrecision(4){_SIGNED})"
_PLAIN = f"""value => typeof value === 'string' ? value
  : Number(value.toPrecision(12)).toLocaleString('en', {{maximumFractionDigits: 20}}){_SIGNED}"""
