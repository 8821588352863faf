"""The view *Predict* of a model of a measured series: a held-out window or the visitor's own, and simple rivals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from html import escape
from typing import NamedTuple

import numpy as np
from anyio import to_thread
from nicegui import ui

from ...._arrays import FloatArray, with_known
from ...._formats import short, typeset
from ....errors import InputError
from ....evaluation.holdout import LINEAR
from ....forecasters.familiarity import Outside
from ....forecasters.linear import FittedLinear
from ....forecasters.protocol import has_bundle
from ....forecasters.simple import weighted_sum
from ....forecasters.table import label, rules
from ....signals import Observed
from ...ui import charts, controls, theme
from ...ui.handles import Points
from ...ui.latest import Latest
from .. import engines_panel
from ..held_out import Window
from ..own_panel import OwnPanel
from ..own_window import Pasted
from ..visit import Visit, computed
from ..window import HeldOutWindow, window_of
from ..window_panel import WindowPanel


class View(NamedTuple):
    """What is shown of a window: the forecasts [H] of the model and of its rivals.

    `outside` tells what the training windows did not cover; None where they cover this window.
    """

    window: Window
    model: FloatArray
    rivals: dict[str, FloatArray]
    outside: Outside | None


class _Measured:
    """The state of one visitor."""

    def __init__(self, visit: Visit) -> None:
        known = visit.known
        assert has_bundle(known)
        self.visit, self.contract = visit, known.manifest.contract
        window = window_of(visit)
        assert isinstance(window, HeldOutWindow)
        self.window, held_out = window, window.held_out
        self.length, self.horizon = known.context_length, known.horizon
        self.rivals = _rivals(held_out.source, self.length, self.horizon, held_out.linear)
        self.engines = engines_panel.Engines(visit)
        self.refresh = Latest(self._refresh)
        self.panel = WindowPanel(window, self.refresh)

    async def show(self) -> None:
        """Fill the view."""
        theme.lead("Move along the held-out values, drag a value or give your own, and compare each forecast.")
        with ui.element("div").classes("split"):
            with ui.element("div").classes("stack"):
                with ui.element("div").classes("panel with-result"):
                    with ui.element("div").classes("handled"):
                        self.chart = charts.chart({}, "Loading")
                        self.points = Points(self.chart, "The window: up and down change a value", self._drag)
                        self.outside = theme.html("", "outside", "p").props('role="status"')
                    self.numbers = theme.html("", "result").props('aria-live="polite"')
            with ui.element("div").classes("stack"):
                self.panel.show()
                with ui.element("div").classes("panel"):
                    theme.html("The best possible forecast of a measured series is unknown.", "hint", "p")
                    if self.contract.calendar is not None:
                        parts = " and the ".join(self.contract.calendar.parts)
                        theme.html(f"The model also reads the {parts}; its rivals read values only.", "hint", "p")
                OwnPanel(self.length, self._give, self._check).show()
                with ui.element("div").classes("panel"):
                    self.engines.show(self.refresh)
        self.failure = theme.html("", "error-line")
        self.window.follow("predict", self.panel.changed)
        await self.refresh()

    async def _drag(self, index: int, value: float) -> None:
        self.window.drag(index, value)
        await self.refresh()

    async def _give(self, given: Pasted | None) -> None:
        self.window.give(given)
        await self.refresh()

    def _check(self, given: Pasted) -> None:
        """Raises InputError if the steps of a table are not those of the series, or if they lack times."""
        own, expected = given.times, self.contract.frequency
        if own is None and self.contract.calendar is not None:
            raise InputError(
                f"{self.visit.name} also reads {', '.join(self.contract.names[1:])}, and these values have no times: "
                "give a table with a column of times."
            )
        if own is not None and expected is not None and own.frequency.alias != expected:
            raise InputError(
                f"{self.visit.name} forecasts steps of {expected}, and these values have steps of "
                f"{own.frequency.alias}: give values of that frequency."
            )

    async def _refresh(self) -> None:
        version = self.window.version
        view = await computed(self._compute, self.failure)
        if view is None:
            return
        self.window.shows("predict", version)
        name, context = self.visit.name, view.window.context
        charts.redraw(self.chart, options(view, name), described(view, name))
        step = float(np.ptp(context)) / 20 or self.contract.scaling.scale / 20
        self.points.show(context, step, places(view.window, self.horizon)[: self.length])
        self.numbers.set_content(numbers(view, name))
        self.outside.set_content("" if view.outside is None else escape(view.outside.note))

    def _compute(self) -> View:
        window, model = self.window.window(), self.engines.model
        forecasts = {name: np.asarray(forecast(window.context), float) for name, forecast in self.rivals.items()}
        known = None if window.known is None else window.known[None]
        read = with_known(window.context[None], known)
        ahead = np.asarray(model.predict(read)[0], np.float64)
        return View(window, ahead, forecasts, model.outside(read))


def places(window: Window, horizon: int) -> np.ndarray:
    """[L + H]: where the values and the forecasts stand on the horizontal axis: at their times, or steps from now."""
    length = len(window.context)
    if window.times is None:
        return np.arange(1 - length, horizon + 1)
    return charts.clock(window.times, length + horizon)


def _rows(view: View, name: str) -> list[tuple[str, FloatArray, str]]:
    """Label, values and role of the colour of each forecast; the model is last, and so drawn on top."""
    rows = [(label(key), values, key) for key, values in view.rivals.items()]
    if view.window.observed is not None:
        rows.append(("observed", view.window.observed, "truth"))
    return [*rows, (name, view.model, "model")]


def options(view: View, name: str) -> charts.Options:
    """The options of the chart."""
    horizon, length = len(view.model), len(view.window.context)
    at = places(view.window, horizon)
    past, future = at[:length], at[length:]
    series = [charts.dots("window", past, view.window.context, theme.light("seen"), size=7)]
    series += charts.outside(view.outside, past, view.window.context)
    for words, values, role in _rows(view, name):
        colour = theme.light(role)
        if horizon == 1:
            series.append(charts.dots(words, future, values, colour, size=9))
        else:
            series.append(charts.line(words, future, values, colour))
    chart = charts.axes("steps from now", "value", series)
    if (times := view.window.times) is not None:
        chart = charts.over_time(chart, f"time, {times.zone}" if times.zone else "time")
    return charts.legend_of(chart, ["window", *(words for words, *_ in _rows(view, name))])


def described(view: View, name: str) -> str:
    """The text alternative of the chart."""
    length, times = len(view.window.context), view.window.times
    until = "" if times is None else f" until {times.stamp(length - 1)}"
    values = ", ".join(f"{words} {short(values[0], 6)}" for words, values, _ in _rows(view, name))
    return f"{length} values{until} and the next: {values}."


def numbers(view: View, name: str) -> str:
    """The forecasts of the next value, as HTML."""
    observed = view.window.observed
    items = []
    for words, values, role in reversed(_rows(view, name)):
        detail = ""
        if observed is not None:
            error = float(values[0] - observed[0])
            detail = "the next value" if role == "truth" else f"{error:+,.4g} from the observed value"
        elif role != "model":
            detail = f"{float(values[0] - view.model[0]):+,.4g} from the model"
        items.append(controls.number(escape(words), f"{short(values[0], 6)}", theme.variable(role), detail))
    ahead = ""
    if view.window.times is not None:
        ahead = f'<p class="hint">At {_next(view.window)}</p>'
    marks = [(words, values[0], theme.variable(role)) for words, values, role in reversed(_rows(view, name))]
    return f'<div class="numbers">{"".join(items)}</div>{_close_up(marks, len(view.model))}{ahead}'


def _next(window: Window) -> str:
    assert window.times is not None
    return escape(window.times.stamp(len(window.context)).replace("T", " "))


def _rivals(
    source: Observed, length: int, horizon: int, linear: FittedLinear | None
) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """What forecasts beside the model: the last season, or a line where there is none; the last value; and the best
    linear forecaster, where the series is on this machine."""
    known = rules(source.season if source.season <= length else 1)
    shown = ["seasonal_naive" if "seasonal_naive" in known else "line", "last_value"]
    rivals: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        name: partial(weighted_sum, known[name](length, horizon)) for name in shown
    }
    return rivals if linear is None else {**rivals, LINEAR: linear}


async def build(visit: Visit) -> None:
    """Fill the view."""
    await (await to_thread.run_sync(_Measured, visit)).show()  # a ridge regression is solved


def _close_up(marks: Sequence[tuple[str, float, str]], ahead: int) -> str:
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
