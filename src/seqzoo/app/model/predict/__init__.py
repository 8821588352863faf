"""The view *Predict*: a window to change by hand, the model's forecast and the forecast of Bayes."""

from __future__ import annotations

from html import escape

import numpy as np
from nicegui import ui

from ...._arrays import FloatArray
from ....evaluation import intervals
from ....evaluation.scoring import HELD_OUT_SEEDS
from ....forecasters.exact import best_linear
from ....forecasters.floors import standing
from ....forecasters.protocol import Forecaster, has_bundle
from ....forecasters.rollout import finite
from ...ui import charts, theme
from ...ui.cache import Cache
from ...ui.handles import Points
from ...ui.theme import LEVEL
from .. import engines_panel
from ..own_panel import OwnPanel
from ..own_window import Pasted
from ..visit import Latest, Visit, computed, identity
from ..window import SignalWindow, window_of
from ..window_panel import WindowPanel
from . import chart
from .chart import Forecasts

NEAR = 0.05  # up to this excess, the lead says that a model's forecasts nearly equal those of Bayes
_radii: Cache[str, FloatArray] = Cache(100)


class _Predict:
    """The state of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.length, self.horizon = visit.model.context_length, visit.model.horizon
        window = window_of(visit)
        assert isinstance(window, SignalWindow)
        self.window = window
        self.engines = engines_panel.Engines(visit)
        self.refresh = Latest(self._refresh)
        self.panel = WindowPanel(window, self.refresh)

    async def show(self) -> None:
        """Fill the view."""
        theme.lead(_lead(self.visit.known))
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
                OwnPanel(self.length, self._give).show()
                if self.engines.names:
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

    async def _refresh(self) -> None:
        version = self.window.version
        view = await computed(self._compute, self.failure)
        if view is None:
            return
        self.window.shows("predict", version)
        name = self.visit.name
        charts.redraw(self.chart, chart.options(view, name), chart.described(view, name))
        self.points.show(view.context, chart.scale(view)[2] / 5)
        self.numbers.set_content(chart.numbers(view, name))
        self.outside.set_content("" if view.outside is None else escape(view.outside.note))

    def _compute(self) -> Forecasts:
        model, length, ahead, window = self.engines.model, self.length, self.horizon, self.window
        context, signal = window.context(), window.signal()
        bayes = finite(signal.posterior(context[None], ahead)[0])[0]
        linear = finite(best_linear(signal, length, ahead)(context[None]))[0]
        radius, best = _radius(self.visit.name, self.visit.model), standing(signal, own=window.is_own)
        return Forecasts(
            context, model.predict(context)[0].astype(np.float64), bayes, linear, window.clean(ahead), radius, best,
            model.outside(context), window.is_own,
        )  # fmt: skip


def _lead(known: Forecaster) -> str:
    """What to notice, as HTML. For a network it depends on its score on its training signal."""
    bayes = theme.term("Bayes")
    act = f"Drag a value or change the signal, and watch the distance between the model and {bayes}"
    if not has_bundle(known):
        if known.reference == "bayes":
            return (
                "Drag a value and watch the best forecast of its signal move. Change the noise, and it may differ "
                f"from {bayes}, which knows the new noise."
            )
        return f"{act}. This model is a weighted sum of the window with fixed weights."
    excess = known.manifest.score.excess
    if excess is None:
        return f"{act}. The training signal has no noise, so {bayes} makes no error on it."
    if excess[0] < NEAR:
        return f"{act}. On the training signal they nearly agree; on other signals they differ."
    return f"{act}. Even on the training signal the two differ."


async def build(visit: Visit) -> None:
    """Fill the view."""
    await _Predict(visit).show()


def _radius(name: str, model: Forecaster) -> FloatArray:
    """[H]: half the width of the interval at each step, the same for every visitor and engine."""
    key = identity(name, model)
    cached = _radii.get(key)
    if cached is not None:
        return cached
    ahead = model.horizon
    calibrated = intervals.calibrate_on_signal(
        lambda windows: model.forecast(windows, ahead), model.signal, model.context_length, ahead, LEVEL,
        seed=HELD_OUT_SEEDS,
    )  # fmt: skip
    return _radii.put(key, calibrated.radius)
