"""The settings of the next run: those of the model's recipe, and the controls that change them."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from nicegui import ui

from ....execution.runs.plans import OPTIMISERS, RANGES, WHOLE, Settings
from ....signals.scene import Knob
from ....training.spec import TrainingSpec
from ...ui import controls, theme
from ...ui.address import Address

KEYS = {"size": "size", "learning_rate": "rate", "batch_size": "batch", "sigma": "sigma", "steps": "steps",
        "seed": "run_seed", "optimiser": "optimiser"}  # fmt: skip
CHOICES: dict[str, tuple[str, tuple[float, ...]]] = {
    "learning_rate": ("Learning rate", (1e-4, 3e-4, 1e-3, 2e-3, 4e-3, 8e-3, 2e-2, 5e-2)),
    "batch_size": ("Batch, windows", (16, 32, 64, 128, 256, 512)),
    "steps": ("Steps", (200, 500, 1000, 2000, 4000, 8000, 16_000)),
    "seed": ("Seed", (0, 1, 2, 3, 4)),
}


class Form:
    """The settings of the next run. They are read from the address, and every change is written there.

    Args:
        spec: the training whose settings are the defaults.
        on_change: called after each change.
        is_chosen: whether the optimiser is known, or short trainings have yet to choose it.
    """

    def __init__(
        self, address: Address, spec: TrainingSpec, on_change: Callable[[], Awaitable[None]], *,
        is_chosen: bool = True,
    ) -> None:  # fmt: skip
        self.is_chosen = is_chosen
        self.address, self.spec, self.on_change = address, spec, on_change
        self.default = Settings.of(spec)
        self.settings = self._from_address()

    def show(self) -> None:
        """Show the controls."""
        process = self.spec.source.process
        if self.settings.size is not None:
            low, high = RANGES["size"]
            step = self._size_step()
            knob = Knob("size", "Hidden size", max(low, step), high, step, self.default.size or 0)
            controls.Slider(knob, self.settings.size, functools.partial(self._set, "size"))
        if self.settings.sigma is not None and process is not None:
            noise = next(knob for knob in process.scene(self.spec.context_length).knobs if knob.key == "noise")
            noise = noise._replace(key="sigma", low=max(noise.low, RANGES["sigma"][0]))
            controls.Slider(noise, self.settings.sigma, functools.partial(self._set, "sigma"))
        if self.is_chosen:
            self._select("optimiser", "Optimiser", {name: OPTIMISERS[name] for name in OPTIMISERS})
            if self.default.optimiser == "soap":
                theme.html(f"{theme.term('SOAP')} is the optimiser of the recipe.", "hint", "p")
        else:
            with ui.element("div").classes("control"):
                theme.html("Optimiser, learning rate", tag="span")
                theme.html("chosen by short trainings", "hint", "span").style("grid-column: 1 / -1")
        for field, (label, usual) in CHOICES.items():
            if field == "learning_rate" and not self.is_chosen:
                continue
            values = sorted({*usual, getattr(self.default, field), getattr(self.settings, field)})
            self._select(field, label, {_text(value): f"{value:,}" for value in values})

    def _select(self, field: str, label: str, options: dict[str, str]) -> None:
        chosen = _text(getattr(self.settings, field))
        controls.select(label, field, options, chosen, functools.partial(self._set, field))

    async def _set(self, field: str, value: Any) -> None:
        kind: Callable[[Any], Any] = str if field == "optimiser" else _whole if field in WHOLE else float
        self.settings = msgspec.structs.replace(self.settings, **{field: kind(value)})
        self.address.remember(**{KEYS[field]: getattr(self.settings, field)})
        await self.on_change()

    def _size_step(self) -> int:
        """The step of the hidden size: a transformer's must be a multiple of its heads."""
        heads = self.spec.config.get("heads")
        return heads if type(heads) is int and 1 <= heads <= RANGES["size"][1] else 1

    def _from_address(self) -> Settings:
        settings: dict[str, Any] = {}
        for field, key in KEYS.items():
            given, default = self.address.query.get(key), getattr(self.default, field)
            if given is None or default is None:
                continue
            if field == "optimiser":
                settings[field] = given if given in OPTIMISERS else default
                continue
            value = self.address.number(key, default, *RANGES[field])
            settings[field] = round(value) if field in WHOLE else value
        if "size" in settings:
            step = self._size_step()
            settings["size"] = max(step, settings["size"] // step * step)
        return msgspec.structs.replace(self.default, **settings)


def _whole(value: str | float) -> int:
    return int(float(value))


def _text(value: float | str) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
