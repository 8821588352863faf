"""The view *Predict* of a model of a known signal: the browser computes it, see `pages/js/predict.js`."""

from __future__ import annotations

from anyio import to_thread
from nicegui import ui

from ...._formats import typeset
from ....errors import SeqzooError
from ....pages import predict
from ...ui import theme
from ...ui.latest import Latest
from .. import engines_panel
from ..in_page import PageView, facts_of
from ..own_panel import OwnPanel
from ..own_window import Pasted
from ..visit import Visit
from ..window import SignalWindow, window_of


class _Predict:
    """The state of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        window = window_of(visit)
        assert isinstance(window, SignalWindow)
        self.window = window
        self.engines = engines_panel.Engines(visit)
        self.compare = Latest(self._compare)

    async def show(self) -> None:
        """Fill the view."""
        visit, engines = self.visit, self.engines
        theme.lead(predict.lead(visit.known, theme.term))
        facts = await facts_of(visit, "predict", lambda: predict.facts(visit.model))
        on_look = self.compare if engines.names else None
        with PageView(visit, "predict", {**facts, "own": False}, self.window, on_look=on_look) as self.view:
            OwnPanel(visit.model.context_length, self._give).show()
            if engines.names:
                with ui.element("div").classes("panel"):
                    engines.show(self.compare)
                    self.forecast = theme.html("", "hint", "p")
        if engines.names:
            await self.compare()

    async def _give(self, given: Pasted | None) -> None:
        self.window.give(given)
        await self.view.follow()

    async def _compare(self) -> None:
        """Say what the chosen engine forecasts for the window: the same as the page."""
        engine, window = self.engines.model, self.window.context()
        try:
            forecast = await to_thread.run_sync(lambda: float(engine.predict(window)[0, 0]))
        except SeqzooError as error:
            self.forecast.set_content(theme.sentence(error))
            return
        words = f"The page computes its forecast; {self.engines.chosen} computes {forecast:.4f}."
        self.forecast.set_content(typeset(words))


async def build(visit: Visit) -> None:
    """Fill the view."""
    await _Predict(visit).show()
