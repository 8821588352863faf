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
from .. import engines_panel, own_window
from ..own_panel import OwnPanel
from ..own_window import Pasted
from ..signal_panel import SignalPanel
from ..visit import Latest, Visit, computed, identity
from . import chart
from .chart import Forecasts

NEAR = 0.05  # up to this excess, the lead says that a model's forecasts nearly equal those of Bayes
_radii: Cache[str, FloatArray] = Cache(100)


class _Predict:
    """The state of one visitor. `own` is a dragged or pasted window, whose truth is unknown, or None."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.length, self.horizon = visit.model.context_length, visit.model.horizon
        self.signal = SignalPanel(visit, self._turned)
        pasted, dragged = (own_window.read(visit.query.get(key, ""), self.length) for key in ("pasted", "dragged"))
        self.is_pasted = pasted is not None
        self.own: FloatArray | None = pasted if pasted is not None else dragged
        self.seen: FloatArray = np.zeros(self.length)
        self.engines = engines_panel.Engines(visit)
        self.refresh = Latest(self._refresh)

    async def show(self) -> None:
        """Fill the view."""
        theme.lead(_lead(self.visit.known))
        with ui.element("div").classes("split"):
            with ui.element("div").classes("stack"):
                with ui.element("div").classes("panel"), ui.element("div").classes("handled"):
                    self.chart = charts.chart({}, "Loading")
                    self.points = Points(self.chart, "The window: up and down change a value", self._drag)
                    self.outside = theme.html("", "outside", "p").props('role="status"')
                with ui.element("div").classes("panel"):
                    self.numbers = theme.html("").props('aria-live="polite"')
            with ui.element("div").classes("stack"):
                self.signal.show()
                OwnPanel(self.length, self._give).show()
                if self.engines.names:
                    with ui.element("div").classes("panel"):
                        self.engines.show(self.refresh)
        self.failure = theme.html("", "error-line")
        self.visit.when_opened["predict"] = self._opened
        await self.refresh()

    async def _turned(self) -> None:
        self._take(None)
        await self.refresh()

    async def _opened(self) -> None:
        if self.signal.follow():
            await self.refresh()

    async def _drag(self, index: int, value: float) -> None:
        moved = np.array(self.seen if self.own is None else self.own, np.float64)
        moved[index] = value
        self._take(moved, is_pasted=self.is_pasted)
        await self.refresh()

    def _take(self, window: FloatArray | None, *, is_pasted: bool = False) -> None:
        """Use a dragged or pasted window, or with None the signal's window, and put it into the address."""
        self.own = None if window is None else own_window.rounded(window)
        self.is_pasted = is_pasted and window is not None
        written = None if self.own is None else own_window.written(self.own)
        self.visit.remember(
            pasted=written if self.is_pasted else None, dragged=None if self.is_pasted else written
        )

    async def _give(self, given: Pasted | None) -> None:
        self._take(None if given is None else given.window, is_pasted=True)
        await self.refresh()

    async def _refresh(self) -> None:
        view = await computed(self._compute, self.failure)
        if view is None:
            return
        self.seen = view.context
        name = self.visit.name
        charts.redraw(self.chart, chart.options(view, name), chart.described(view, name))
        self.points.show(view.context, chart.scale(view)[2] / 5)
        self.numbers.set_content(chart.numbers(view, name))
        self.outside.set_content(escape(view.outside))

    def _compute(self) -> Forecasts:
        model, length, ahead = self.engines.model, self.length, self.horizon
        clean, signal = None, self.visit.model.signal
        if self.is_pasted and self.own is not None:
            context = self.own
        else:
            context, clean = self.signal.window()
            context = context if self.own is None else self.own
            signal = self.signal.signal()
        bayes = finite(signal.posterior(context[None], ahead)[0])[0]
        linear = finite(best_linear(signal, length, ahead)(context[None]))[0]
        radius, best = _radius(self.visit.name, self.visit.model), standing(signal, own=self.own is not None)
        outside = model.outside(context)
        return Forecasts(
            context, model.predict(context)[0].astype(np.float64), bayes, linear, clean, radius, best,
            "" if outside is None else outside.note,
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
