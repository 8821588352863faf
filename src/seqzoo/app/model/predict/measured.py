"""The view *Predict* of a model of a measured series: a held-out window, the values after it, simple rivals."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape

import numpy as np
from nicegui import ui

from ....bundles import holdout
from ....data.series import is_stored
from ....evaluation.holdout import LINEAR, linear_on
from ....forecasters.protocol import has_bundle
from ....forecasters.simple import weighted_sum
from ....forecasters.table import label, rules
from ....signals import Observed, ObservedSet, Simulated
from ....signals.scene import Knob
from ...ui import charts, controls, theme
from ..visit import Latest, Visit, computed


class _Measured:
    """The state of one visitor; `first` is where the window begins in the held-out values."""

    def __init__(self, visit: Visit) -> None:
        known = visit.known
        assert has_bundle(known)
        self.visit = visit
        self.length, self.horizon = known.context_length, known.horizon
        self.values = holdout.of(known.bundle)
        self.last = len(self.values) - self.length - self.horizon
        source = known.manifest.source
        assert not isinstance(source, Simulated)
        self.rivals = _rivals(source.members[0], self.length, self.horizon)
        self.series = ""
        if isinstance(source, ObservedSet):
            self.series = f"This is {source.labels[0]}, the first of the {len(source.members):,} series of the set."
        self.first = int(visit.number("window", 0, 0, self.last))
        self.refresh = Latest(self._refresh)

    async def show(self) -> None:
        """Fill the view."""
        theme.lead("Move along the held-out values, and compare each forecast with the observed value.")
        with ui.element("div").classes("split"):
            with ui.element("div").classes("stack"):
                with ui.element("div").classes("panel"):
                    self.chart = charts.chart({}, "Loading")
                with ui.element("div").classes("panel"):
                    self.numbers = theme.html("").props('aria-live="polite"')
            with ui.element("div").classes("stack"), ui.element("div").classes("panel"):
                theme.html("The series", tag="h3")
                controls.Slider(Knob("window", "Window", 0, max(self.last, 1), 1, 0), self.first, self._move)
                theme.html("The best possible forecast of a measured series is unknown.", "hint", "p")
                if self.series:
                    theme.html(escape(self.series), "hint", "p")
        self.failure = theme.html("", "error-line")
        await self.refresh()

    async def _move(self, first: float) -> None:
        self.first = min(round(first), self.last)
        self.visit.remember(window=self.first)
        await self.refresh()

    async def _refresh(self) -> None:
        context = self.values[self.first : self.first + self.length]
        observed = self.values[self.first + self.length :][: self.horizon]
        ahead = await computed(lambda: self.visit.model.predict(context), self.failure)
        if ahead is None:
            return
        forecasts = {name: forecast(context) for name, forecast in self.rivals.items()}
        self._draw(context, observed, np.asarray(ahead[0], np.float64), forecasts)

    def _draw(
        self, context: np.ndarray, observed: np.ndarray, model: np.ndarray, rivals: dict[str, np.ndarray]
    ) -> None:
        name, future = self.visit.name, np.arange(1, self.horizon + 1)
        rows = [(label(key), values, theme.light(key), theme.variable(key)) for key, values in rivals.items()]
        rows.append(("observed", observed, theme.light("truth"), theme.variable("truth")))
        rows.append((name, model, theme.light("model"), theme.variable("model")))
        series = [charts.dots("window", np.arange(1 - self.length, 1), context, theme.light("seen"), size=7)]
        for words, values, colour, _ in rows:
            if self.horizon == 1:
                series.append(charts.dots(words, future, values, colour, size=9))
            else:
                series.append(charts.line(words, future, values, colour))
        described = ", ".join(f"{words} {values[0]:,.6g}" for words, values, *_ in rows)
        options = charts.axes("steps from now", "value", series)
        charts.redraw(
            self.chart, charts.legend_of(options, ["window", *(words for words, *_ in rows)]),
            f"The last {self.length} values and the next: {described}.",
        )  # fmt: skip
        items = [
            controls.number(words, f"{values[0]:,.6g}", colour, _away(values[0] - observed[0]))
            for words, values, _, colour in reversed(rows)
        ]
        self.numbers.set_content(f'<div class="numbers">{"".join(items)}</div>')


def _rivals(source: Observed, length: int, horizon: int) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """What forecasts beside the model: the last season, or a line where there is none; the last value; and the best
    linear forecaster, where the series is stored."""
    known = rules(source.season if source.season <= length else 1)
    shown = ["seasonal_naive" if "seasonal_naive" in known else "line", "last_value"]
    rivals: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        name: partial(weighted_sum, known[name](length, horizon)) for name in shown
    }
    linear = linear_on(source, length, horizon) if is_stored(source.sha256) else None
    return rivals if linear is None else {**rivals, LINEAR: linear}


def _away(error: float) -> str:
    return f"{error:+,.4g} from the observed value" if error else "the next value"


async def build(visit: Visit) -> None:
    """Fill the view."""
    await _Measured(visit).show()
