"""The controls of the window that the views of a page share: the sliders of its signal, or its place in a series."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable

from nicegui import ui

from ...signals.scene import Knob
from ..ui import controls, theme
from .window import HeldOutWindow, SharedWindow, SignalWindow


class WindowPanel:
    """The controls, the same in each view.

    Args:
        window: what they set.
        on_change: called after each change.
    """

    def __init__(self, window: SharedWindow, on_change: Callable[[], Awaitable[None]]) -> None:
        self.window, self.on_change = window, on_change
        self.sliders: dict[str, controls.Slider] = {}

    def show(self) -> None:
        """Show the panel."""
        with ui.element("div").classes("panel"):
            theme.html(self._title, tag="h3")
            self.fill()

    def show_folded(self) -> None:
        """Show a line that opens the controls, side by side."""
        with ui.element("details").classes("panel folded"):
            theme.html(self._title, tag="summary")
            with ui.element("div").classes("controls"):
                self.fill()

    @property
    def _title(self) -> str:
        return "The signal" if isinstance(self.window, SignalWindow) else "The held-out values"

    def fill(self) -> None:
        """Fill the current slot with the controls."""
        window = self.window
        if isinstance(window, SignalWindow):
            for knob in window.scene.knobs:
                turn = functools.partial(self._turn, window, knob.key)
                self.sliders[knob.key] = controls.Slider(knob, window.values[knob.key], turn)
            with ui.element("div").classes("buttons"):
                controls.button("New noise", functools.partial(self._after, window.renew_noise))
                controls.button("New window", functools.partial(self._after, window.renew))
        elif isinstance(window, HeldOutWindow):
            knob = Knob("window", "Window until", 0, max(window.held_out.end, 1), 1, 0)
            self.sliders["window"] = controls.Slider(knob, window.first, self._move, window.held_out.now)

    def follow(self) -> None:
        """Show what another view or another control has set."""
        window = self.window
        now = window.values if isinstance(window, SignalWindow) else {}
        if isinstance(window, HeldOutWindow):
            now = {"window": float(window.first)}
        for key, slider in self.sliders.items():
            if slider.value != now[key]:
                slider.follow(now[key])

    async def changed(self) -> None:
        """Show what another view has set, and report it."""
        self.follow()
        await self.on_change()

    async def _turn(self, window: SignalWindow, key: str, value: float) -> None:
        window.turn(key, value)
        await self.on_change()

    async def _move(self, first: float) -> None:
        assert isinstance(self.window, HeldOutWindow)
        self.window.turn(first)
        await self.on_change()

    async def _after(self, act: Callable[[], None]) -> None:
        act()
        await self.changed()
