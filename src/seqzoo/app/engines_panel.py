"""The switch between engines: each is loaded when it is chosen, with its measured load time and latency."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from html import escape
from typing import NamedTuple

import numpy as np
from anyio import to_thread
from nicegui import ui

from ..errors import SeqzooError
from ..runtime import ClosedForm, Predictor
from ..runtime.repository import Model
from . import theme
from .visit import Visit

RUNS = 100  # predictions that the latency is the median of


class Measured(NamedTuple):
    """A loaded engine, and what it took in milliseconds."""

    model: Model
    load: float
    latency: float


class Engines:
    """The engines of one visitor; `model` is the chosen one."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.model: Model = visit.model
        self.names = [] if isinstance(visit.model, ClosedForm) else sorted(visit.model.manifest.tolerance)
        self.chosen = "" if isinstance(visit.model, ClosedForm) else visit.model.engine
        self.measured: dict[str, Measured] = {}

    def show(self, on_change: Callable[[], Awaitable[None]]) -> None:
        """The buttons and the measurements."""
        theme.html("Engine", tag="h3")
        self.buttons = {}
        with ui.element("div").classes("buttons").props('role="group" aria-label="Engine"'):
            for name in self.names:
                made = ui.element("button").classes("choice").props('type="button"')
                with made:
                    theme.html(escape(name), tag="span")
                made.on("click", lambda name=name: self._choose(name, on_change))
                self.buttons[name] = made
        self.said = theme.html("", "hint", "p").style("margin-top: 12px").props('aria-live="polite"')
        self._mark()
        wanted = self.visit.query.get("engine", self.chosen)
        ui.timer(0.05, lambda: self._choose(wanted if wanted in self.names else self.chosen, on_change), once=True)

    async def _choose(self, name: str, on_change: Callable[[], Awaitable[None]]) -> None:
        self.said.set_content(f"Loading {escape(name)}…")
        try:
            if name not in self.measured:
                self.measured[name] = await to_thread.run_sync(self._measure, name)
        except SeqzooError as error:
            self.said.set_content(escape(str(error)))
            return
        found = self.measured[name]
        changed = name != self.chosen
        self.chosen, self.model = name, found.model
        self.said.set_content(
            f'Loaded in <b class="num">{found.load:.0f} ms</b>, one forecast in '
            f'<b class="num">{found.latency:.3f} ms</b> '
            f"(median of {RUNS}, measured here)."
        )
        self._mark()
        if changed:
            self.visit.remember(engine=name)
            await on_change()

    def _measure(self, name: str) -> Measured:
        assert isinstance(self.visit.model, Predictor)
        began = time.perf_counter()
        model = Predictor(self.visit.model.path, name).warm()
        load = time.perf_counter() - began
        window = np.zeros((1, model.context_length, 1), np.float32)
        times = []
        for _ in range(RUNS):
            began = time.perf_counter()
            model.predict(window)
            times.append(time.perf_counter() - began)
        return Measured(model, 1000 * load, 1000 * float(np.median(times)))

    def _mark(self) -> None:
        for name, made in self.buttons.items():
            made.props(f'aria-pressed="{str(name == self.chosen).lower()}"')
