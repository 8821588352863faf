"""The sliders of a signal and the seed of its noise, which the views of a page share."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable

from nicegui import ui

from ..._arrays import FloatArray
from ...signals import Signal
from ..ui import controls, theme
from .visit import Visit

FIRST_SEED = 3


class SignalPanel:
    """The settings of the signal. They are read from the address, and every change is written there.

    Args:
        on_change: called after each change.
        least_noise: the lower end of the slider of the noise.
    """

    def __init__(self, visit: Visit, on_change: Callable[[], Awaitable[None]], least_noise: float = 0.0) -> None:
        self.visit, self.on_change = visit, on_change
        self.length, self.horizon = visit.model.context_length, visit.model.horizon
        self.scene = visit.model.signal.scene(self.length)
        self.knobs = [
            knob._replace(low=max(knob.low, least_noise)) if knob.key == "noise" else knob
            for knob in self.scene.knobs
        ]
        self.values, self.seed = self._from_address()

    def _from_address(self) -> tuple[dict[str, float], int]:
        values = {knob.key: self.visit.number(knob.key, knob.start, knob.low, knob.high) for knob in self.knobs}
        return values, int(self.visit.number("seed", FIRST_SEED, 0, 2**31 - 1))

    def show(self) -> None:
        """Show the panel."""
        with ui.element("div").classes("panel"):
            theme.html("The signal", tag="h3")
            self.sliders = {
                knob.key: controls.Slider(knob, self.values[knob.key], functools.partial(self._turn, knob.key))
                for knob in self.knobs
            }
            with ui.element("div").classes("buttons"):
                controls.button("New noise", self._new_noise)

    def follow(self) -> bool:
        """Whether another view changed the signal; if so, the sliders follow."""
        settings = self._from_address()
        if settings == (self.values, self.seed):
            return False
        self.values, self.seed = settings
        for key, slider in self.sliders.items():
            slider.follow(self.values[key])
        return True

    def signal(self) -> Signal:
        """The signal with the settings of the sliders."""
        return self.scene.signal(self.values)

    def window(self) -> tuple[FloatArray, FloatArray]:
        """Observed context [L] and the clean values of context and horizon [L + H]."""
        return self.scene.window(self.values, self.length, self.horizon, self.seed)

    async def _turn(self, key: str, value: float) -> None:
        self.values[key] = value
        self.visit.remember(**{key: value})
        await self.on_change()

    async def _new_noise(self) -> None:
        self.seed += 1
        self.visit.remember(seed=self.seed)
        await self.on_change()
