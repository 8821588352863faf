"""A finding of the arena as HTML: its legend, its sentences, its table, how it was measured, and a figure in SVG."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from .. import _palette
from .._formats import percent, typeset
from .._glossary import TERMS
from .._palette import MODELS, light, places
from ..forecasters.table import named
from . import look

if TYPE_CHECKING:
    from ..arena.report.findings import Axis, Curve, Finding, Mark

OUTLINES = {
    "circle": "M13 3a4 4 0 1 1 0 8a4 4 0 1 1 0-8", "rect": "M9 3h8v8h-8z", "triangle": "M13 3l4 8h-8z",
    "diamond": "M13 2l5 5l-5 5l-5-5z", "path://M0 0h8l-4 8z": "M9 3h8l-4 8z",
    "path://M3 0h2v3h3v2h-3v3h-2v-3h-3v-2h3z": "M12 3h2v3h3v2h-3v3h-2v-3h-3v-2h3z",
    "path://M8 0v8l-8-4z": "M17 3v8l-8-4z", "path://M0 0v8l8-4z": "M9 3v8l8-4z",
}  # fmt: skip
# Without their colours, too, 24 models look different: eight shapes of points on three kinds of lines.
SHAPES = tuple(OUTLINES)
DASHES = ("solid", "dashed", "dotted")
KINDS = {
    "mean over seeds": (light("model"), "circle"),
    "intact": (light("intact"), "circle"),
    "permuted": (light("permuted"), "triangle"),
    "shuffled": (light("shuffled"), "rect"),
    "reference": (light("muted"), "diamond"),
}
SOLID = ("Bayes", "Bayes (changed signal)")
DOTTED = ("best linear, recursive", "straight line", "last value")
MOST_TICKS = 10
LONGEST_NAME = 40  # characters before a colon that are set in bold
_TERMS = {"excess": look.term("excess"), "skill": look.term("skill")}  # of columns


def description(finding: Finding) -> str:
    """The chart in words; the table beside it has every number."""
    if finding.marks:
        parts = (f"{mark.row}{'' if mark.name == mark.row else f' {mark.name}'} {with_interval(mark, finding.x)}"
                 for mark in finding.marks)  # fmt: skip
        return f"{finding.x.name}: {'; '.join(parts)}."
    if not finding.curves or finding.y is None:
        return "Nothing to draw yet."
    axis = finding.y
    parts = (f"{c.name} from {number(c.y[0], axis)} to {number(c.y[-1], axis)}" for c in finding.curves)
    return f"{axis.name} by {finding.x.name}: {'; '.join(parts)}."


def with_interval(mark: Mark, axis: Axis) -> str:
    """A value with its interval as text."""
    interval = "" if math.isnan(mark.low) else f" ({number(mark.low, axis)} to {number(mark.high, axis)})"
    return number(mark.value, axis) + interval


def groups(finding: Finding) -> dict[str, list[Mark]]:
    """The marks by kind."""
    groups: dict[str, list[Mark]] = {}
    for mark in finding.marks:
        kind = "reference" if mark.is_reference else mark.name if mark.name in KINDS else "mean over seeds"
        groups.setdefault(kind, []).append(mark)
    return groups


def look_of(curve: Curve, models: Sequence[str]) -> tuple[str, str, str]:
    """Colour, style of the line, shape of its points; references have no points."""
    if curve.is_reference:
        style = "solid" if curve.name in SOLID else "dotted" if curve.name in DOTTED else "dashed"
        return light(named(curve.name) or "grey"), style, ""
    place = places(models)[curve.name]
    turn = place // len(SHAPES)
    shape = SHAPES[(place + turn) % len(SHAPES)]
    return light(MODELS[place % len(MODELS)]), DASHES[turn % len(DASHES)], shape


def legend(finding: Finding) -> str:
    """The legend of colours and shapes, as HTML that wraps."""
    if finding.marks:
        keys = [(kind, *KINDS[kind], "") for kind in groups(finding)]
        if any(mark.each for mark in finding.marks):
            keys.append(("each seed", light("muted"), "circle", ""))
    else:
        looks = ((curve.name, *look_of(curve, finding.models)) for curve in finding.curves)
        keys = [(name, colour, shape, style) for name, colour, style, shape in looks]
    return f'<div class="legend" aria-hidden="true">{"".join(_legend_key(*key) for key in keys)}</div>'


def _legend_key(name: str, colour: str, shape: str, style: str) -> str:
    dashes = {"dashed": ' stroke-dasharray="6 4"', "dotted": ' stroke-dasharray="2 3"'}.get(style, "")
    line = f'<path d="M0 7h26" stroke="{colour}" stroke-width="2"{dashes}/>' if style else ""
    mark = f'<path d="{OUTLINES[shape]}" fill="{colour}"/>' if shape else ""
    drawn = f'<svg class="chart-key" viewBox="0 0 26 14" width="26" height="14">{line}{mark}</svg>'
    return f"<span>{drawn}{escape(name)}</span>"


class Span(NamedTuple):
    """The ends of an axis, and where its labels stand."""

    low: float
    high: float
    ticks: list[float]


def span(axis: Axis, values: Iterable[float], *, exact: bool = False) -> Span | None:
    """The span of a logarithmic axis; None without a value above zero. `exact` ends it at the outermost values."""
    above = [value for value in values if math.isfinite(value) and value > 0]
    if not above:
        return None
    low, high = min(above), max(above)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ladder = [float(f"{step}e{decade}") for decade in decades for step in (1, 2, 5)]
    least = low if exact else max(value for value in ladder if value <= low)
    most = high if exact else min((value for value in ladder if value >= high), default=high)
    ticks = [value for value in ladder if least <= value <= most]
    if len(ticks) > MOST_TICKS:
        ticks = [value for value in ticks if f"{value:e}"[0] == "1"]
    return Span(least, most, ticks)


def number(value: float, axis: Axis) -> str:
    """A value on an axis as text."""
    text = percent(value) if axis.is_share else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return typeset(text)


def sentences(finding: Finding) -> str:
    """The conclusions as HTML."""
    lines = _list(finding.sentences) if finding.sentences else "<p>The results so far allow no conclusion.</p>"
    if not finding.details:
        return lines
    return f"{lines}<details><summary>Every pair</summary>{_list(finding.details)}</details>"


def _list(lines: Sequence[str]) -> str:
    def item(line: str) -> str:
        name, colon, rest = typeset(line).partition(":")
        if not colon or len(name) > LONGEST_NAME:
            return f"<li>{escape(name + colon + rest)}</li>"
        return f"<li><b>{escape(name)}</b>:{escape(rest)}</li>"

    return f"<ul>{''.join(item(line) for line in lines)}</ul>"


def table(title: str, finding: Finding) -> str:
    """The table as HTML. Where it is too wide for the page it scrolls, by keyboard too."""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in finding.headings)
    body = ""
    for first, *rest in finding.rows:
        cells = "".join(f"<td>{escape(typeset(text))}</td>" for text in rest)
        body += f'<tr><th scope="row">{escape(first)}</th>{cells}</tr>'
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="Table: {escape(title)}"><table class="table">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def columns(finding: Finding) -> str:
    """The columns of the table that the glossary explains, as HTML; empty without any."""
    terms = [shown for word, shown in _TERMS.items() if word in finding.headings]
    return f"Columns of the table: {' · '.join(terms)}" if terms else ""


def measured(finding: Finding, command: str) -> str:
    """How all was measured, as HTML. `command` is the command line that measures it."""
    facts = "".join(f"<dt>{escape(key)}</dt><dd>{escape(text)}</dd>" for key, text in finding.measured.items())
    return f'<dl class="measured">{facts}<dt>Command</dt><dd><code>{escape(command)}</code></dd></dl>'


def bars(finding: Finding) -> str:
    """What the error bars are, as HTML."""
    return f"Bars: {escape(finding.measured['Bars'])}."


INTRO = (
    "Each experiment compares all models and the best possible forecaster on the same data. Intervals show which "
    "model is better, and which differences are too small to tell."
)


def notice(text: str) -> str:
    """An experiment's notice as HTML. A word in braces gets its definition if the glossary has one."""
    return re.sub(r"\{(.+?)\}", lambda word: look.term(word[1]) if word[1] in TERMS else word[1], escape(text))


def figure(finding: Finding, width: int) -> str:
    """The figure as SVG of a width in pixels, in the colours of the page."""
    drawing = _rows(finding, width) if finding.marks else _lines(finding, width)
    return _palette.follow(drawing)


class _Scale:
    """Places along an axis, in pixels, and its labels."""

    def __init__(self, axis: Axis, values: Sequence[float], begin: float, end: float, *, exact: bool = False) -> None:
        self.axis, self.begin, self.end = axis, begin, end
        known = span(axis, values, exact=exact) if axis.is_logarithmic else None
        self._turn = math.log10 if known else float
        self.low, self.high, self.ticks = known or _linear(values)

    def __call__(self, value: float) -> float:
        low, high, turn = self.low, self.high, self._turn
        kept = min(max(value, low), high)
        return self.begin + (self.end - self.begin) * (turn(kept) - turn(low)) / ((turn(high) - turn(low)) or 1.0)

    def label(self, value: float) -> str:
        if self.axis.is_share:
            return typeset(f"{float(f'{100 * value:.3g}'):,g}%")
        return typeset(f"{float(f'{value:.3g}'):,g}")

    def shown(self, apart: float) -> list[float]:
        """The ticks whose labels do not touch, at least `apart` pixels from one another."""
        kept: list[float] = []
        for tick in self.ticks:
            if not kept or abs(self(tick) - self(kept[-1])) >= apart:
                kept.append(tick)
        return kept


def _linear(values: Sequence[float]) -> Span:
    finite = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    rough = ((high - low) or 1.0) / 5
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * times for times in (1, 2, 5, 10) if size * times >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    return Span(first * step, last * step, [n * step for n in range(first, last + 1)])


def _svg(width: int, height: float, parts: Iterable[str]) -> str:
    return (
        f'<svg class="figure" viewBox="0 0 {width} {height:g}" width="{width}" height="{height:g}" '
        f'aria-hidden="true">{"".join(parts)}</svg>'
    )


def _text(x: float, y: float, words: str, anchor: str = "middle", kind: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{kind and f" class={kind!r}"}>{escape(words)}</text>'


def _mark(x: float, y: float, shape: str, colour: str, size: float, words: str = "") -> str:
    told = f"<title>{escape(words)}</title>" if words else ""
    return (
        f'<path transform="translate({x:.1f} {y:.1f}) scale({size:g}) translate(-13 -7)" d="{OUTLINES[shape]}" '
        f'fill="{colour}">{told}</path>'
    )


def _rows(finding: Finding, width: int) -> str:
    names = list(dict.fromkeys(mark.row for mark in finding.marks))
    tall = 34 if any(mark.each for mark in finding.marks) else 28
    left, bottom = 14 + 7.0 * max(map(len, names)), 12 + tall * len(names)
    values = [v for m in finding.marks for v in (m.value, m.low, m.high, *m.each)]
    across = _Scale(finding.x, values, left, width - 26)
    parts = []
    for tick in across.shown(46):
        at = across(tick)
        parts += [f'<path class="rule" d="M{at:.1f} 8V{bottom:g}"/>', _text(at, bottom + 18, across.label(tick))]
    height = {name: 12 + tall * (place + 0.5) for place, name in enumerate(names)}
    parts += [_text(left - 10, y + 4, name, "end") for name, y in height.items()]
    for kind, members in groups(finding).items():
        colour, shape = KINDS[kind]
        for mark in members:
            y = height[mark.row]
            if not math.isnan(mark.low):
                ends = f"M{across(mark.low):.1f} {y:g}H{across(mark.high):.1f}"
                parts.append(f'<path class="bar" stroke="{colour}" d="{ends}"/>')
            parts += [
                _mark(across(value), y + 10, "circle", light("muted"), 0.6, f"{mark.row}, one seed: "
                      f"{number(value, finding.x)}") for value in mark.each
            ]  # fmt: skip
            words = f"{mark.row}: {with_interval(mark, finding.x)}"
            parts.append(_mark(across(mark.value), y, shape, colour, 1.5, words))
    parts.append(_text((left + width - 26) / 2, bottom + 40, finding.x.name, kind="name"))
    return _svg(width, bottom + 50, parts)


def _lines(finding: Finding, width: int) -> str:
    assert finding.y is not None
    left, right, top, bottom = 62, width - 18, 34, 380 if width > 500 else 300
    across = _Scale(finding.x, [v for c in finding.curves for v in c.x], left, right, exact=True)
    values = [value for curve in finding.curves for value in (*curve.y, *curve.low, *curve.high)]
    up = _Scale(finding.y, values, bottom, top)
    parts = [_text(8, 16, finding.y.name, "start", "name")]
    for tick in up.shown(18):
        y = up(tick)
        parts += [f'<path class="rule" d="M{left} {y:.1f}H{right}"/>', _text(left - 8, y + 4, up.label(tick), "end")]
    for tick in across.shown(46):
        x = across(tick)
        parts += [f'<path class="rule" d="M{x:.1f} {top}V{bottom}"/>', _text(x, bottom + 18, across.label(tick))]
    for name, value in finding.at.items():
        x = across(value)
        parts += [f'<path class="at" d="M{x:.1f} {top - 6}V{bottom}"/>', _text(x, top - 10, name)]
    for curve in finding.curves:
        colour, style, shape = look_of(curve, finding.models)
        dashes = {"dashed": ' stroke-dasharray="6 4"', "dotted": ' stroke-dasharray="2 3"'}.get(style, "")
        line = "L".join(f"{across(x):.1f} {up(y):.1f}" for x, y in zip(curve.x, curve.y, strict=True))
        told = f"<title>{escape(curve.name)}</title>"
        parts.append(f'<path class="line" stroke="{colour}"{dashes} d="M{line}">{told}</path>')
        for x, y, low, high in zip(curve.x, curve.y, curve.low, curve.high, strict=True) if shape else ():
            if not math.isnan(low):
                ends = f"M{across(x):.1f} {up(low):.1f}V{up(high):.1f}"
                parts.append(f'<path class="bar" stroke="{colour}" d="{ends}"/>')
            words = f"{curve.name} at {across.label(x)}: {number(y, finding.y)}"
            parts.append(_mark(across(x), up(y), shape, colour, 0.9, words))
    parts.append(_text((left + right) / 2, bottom + 40, finding.x.name, kind="name"))
    return _svg(width, bottom + 50, parts)
