"""The units of a feed-forward model: its first filters or its heads, drawn, each with a switch."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from html import escape

import numpy as np
from anyio import to_thread
from nicegui import ui

from ...._arrays import FloatArray
from ....forecasters.exact import best_linear
from ....forecasters.protocol import has_bundle
from ....microscope.feedforward import FeedForward, gramian
from ...ui import charts, controls, filters, theme
from ..visit import Visit
from .windows import Windows

TYPICAL = 12  # windows over which the effect of a unit is averaged
FIRST = 24  # units shown at first; a button shows the rest
FULL = 0.5  # share of a row of attention with the full colour
AFFORDABLE = 20_000_000  # units times parameters that are measured in about a second

_SIGNS = f"{theme.word('above').capitalize()} is above zero, {theme.word('below')} below"
SCALE = f"{_SIGNS}; all share one scale."

KINDS = {
    "mlp": (
        "Units of the first layer",
        f"Each unit is a row of the first weight matrix: a bar for each value of the window, the oldest at the left. "
        f"{SCALE}",
    ),
    "tcn": (
        "Kernels of the first convolution",
        f"Each kernel slides over the window and weighs three neighbours: two steps back, one step back, now. "
        f"{SCALE}",
    ),
    "gaf_cnn": (
        "Kernels of the first convolution",
        "Each kernel slides over the picture and weighs 3 x 3 pixels of its two channels. Cosines of sums are on "
        f"the left, sines of differences on the right. {SCALE}",
    ),
    "transformer": (
        "Attention of each head",
        "Each row is a step, the last at the bottom, and each column a value of the window. The colour is the share "
        "of attention, full from one half on. Each row sums to 1, and no step sees a later one.",
    ),
}


class Units:
    """The units as one visitor sees them; `off` holds the units that are switched off.

    Args:
        windows: the windows over which the effect of a unit is averaged.
        place: the element that holds the panels.
        on_change: called after a switch.
    """

    def __init__(
        self, visit: Visit, windows: Windows, place: ui.element, on_change: Callable[[], Awaitable[None]]
    ) -> None:
        self.visit, self.windows, self.place, self.on_change = visit, windows, place, on_change
        self.off: frozenset[int] = frozenset()
        self.inside: FeedForward | None = None
        self.kind = ""
        self.switches: dict[int, ui.element] = {}
        self.maps: dict[int, ui.html] = {}
        self.pictures: list[ui.html] = []

    def choose_from(self, inside: FeedForward, kind: str) -> None:
        """Set the model, and switch off the units that the address lists."""
        self.inside, self.kind = inside, kind
        asked = self.visit.query.get("off", "").split("-")
        known = {str(unit): unit for unit in range(inside.units)}
        self.off = frozenset(known[unit] for unit in asked if unit in known)

    async def show(self) -> None:
        """Measure the effect of each unit and fill the place."""
        inside = self.inside
        if inside is None:
            return
        if self.kind == "linear":
            if self.visit.known.process is not None:  # on a series the derivative above shows the same two
                with self.place, ui.element("div").classes("panel"):
                    self._beside_best_linear(inside)
            return
        windows = self.windows.batch(self.windows.typical(TYPICAL, 1), self.windows.beside(TYPICAL))
        measured = self._to_measure(inside)
        effects = await to_thread.run_sync(inside.worth, windows, measured)
        worth = dict(zip(measured, effects.tolist(), strict=True))
        order = measured if inside.filters is None else sorted(measured, key=lambda unit: -worth[unit])
        title, meaning = KINDS[self.kind]
        with self.place, ui.element("div").classes("stack"):
            if self.kind == "gaf_cnn":
                with ui.element("div").classes("panel"):
                    self._picture()
            with ui.element("div").classes("panel"):
                theme.html(title, tag="h3")
                theme.html(
                    f"{escape(meaning)} The number below each is how far the forecast moves when the {inside.unit} "
                    f"is {theme.term('switched off')}. Click one to switch it off.",
                    "muted",
                    "p",
                )
                self.grid = ui.element("div").classes(f"units {self.kind}").props('role="group"')
                self.grid.props["aria-label"] = title
                self._draw(order[:FIRST], worth)
                with ui.element("div").classes("buttons"):
                    controls.button("Switch all on", self._all_on)
                    rest = order[FIRST:]
                    if rest:
                        more = controls.button(f"Show the other {len(rest)}", lambda: self._more(more, rest, worth))

    def _to_measure(self, inside: FeedForward) -> list[int]:
        """The units to measure: all of them, or of a large model the FIRST with the largest weights."""
        units = list(range(inside.units))
        if inside.filters is None or inside.units * self._parameters() <= AFFORDABLE:
            return units
        sizes = np.square(inside.filters.reshape(inside.units, -1)).sum(axis=1)
        return [int(unit) for unit in np.argsort(-sizes, kind="stable")[:FIRST]]

    def _parameters(self) -> int:
        assert has_bundle(self.visit.model)
        return self.visit.model.manifest.parameters

    def follow(self, context: FloatArray) -> None:
        """Redraw the pictures that depend on the window [L]."""
        inside = self.inside
        if inside is None:
            return
        if self.maps:
            shares = [block[0] for block in inside.run(self.windows.batch(context[None]), self.off).attention]
            for unit, picture in self.maps.items():
                block, head = divmod(unit, inside.heads)
                picture.set_content(filters.heat(shares[block][head], FULL))
                self._label(unit, _attends(shares[block][head][-1]))
        if self.pictures:
            for picture, channel in zip(self.pictures, gramian(inside.scaled(context[None]))[0], strict=True):
                picture.set_content(filters.heat(channel, 1.0))

    def _draw(self, units: list[int], worth: dict[int, float]) -> None:
        inside = self.inside
        assert inside is not None
        most = 1.0 if inside.filters is None else float(np.abs(inside.filters).max())
        with self.grid:
            for unit in units:
                switch = ui.element("button").classes("unit").props('type="button"')
                with switch:
                    if inside.filters is None:
                        self.maps[unit] = theme.html("", "drawing", "span")
                    else:
                        theme.html(filters.of(inside.filters[unit], most), "drawing", "span")
                    theme.html(f"<b>{self._called(unit)}</b> {self._size(worth[unit])}", tag="span")
                switch.props["data-unit"] = unit
                switch.on("click", functools.partial(self._switch, unit))
                self.switches[unit] = switch
                self._label(unit, f"moves the forecast by {self._size(worth[unit])} when off")
                self._mark(unit)

    def _more(self, button: ui.element, rest: list[int], worth: dict[int, float]) -> None:
        button.delete()
        self._draw(rest, worth)

    def _size(self, effect: float) -> str:
        """An effect on the forecast, in units of the series."""
        return f"{effect:.3f}" if self.visit.known.process is not None else f"{effect:.3g}"

    def _called(self, unit: int) -> str:
        if self.inside is not None and self.kind == "transformer":
            block, head = divmod(unit, self.inside.heads)
            return f"{block + 1}.{head + 1}"
        return str(unit)

    def _label(self, unit: int, fact: str) -> None:
        inside = self.inside
        self.switches[unit].props["aria-label"] = f"{inside.unit if inside else ''} {self._called(unit)}: {fact}"

    def _mark(self, unit: int) -> None:
        controls.press(self.switches[unit], unit in self.off)

    async def _switch(self, unit: int) -> None:
        await self._set(self.off ^ {unit})

    async def _all_on(self) -> None:
        await self._set(frozenset())

    async def _set(self, off: frozenset[int]) -> None:
        changed, self.off = self.off ^ off, off
        self.visit.remember(off="-".join(str(unit) for unit in sorted(off)) or None)
        for unit in changed & self.switches.keys():
            self._mark(unit)
        await self.on_change()

    def _picture(self) -> None:
        theme.html(f"The input picture: the window as a {theme.term('Gramian angular field')}", tag="h3")
        theme.html(f"{_SIGNS}; the oldest value at the top and at the left.", "muted", "p")
        with ui.element("div").classes("pictures"):
            for name in ("Cosine of the sum of two angles", "Sine of their difference"):
                with ui.element("figure"):
                    picture = theme.html("", "drawing")
                    picture.props('role="img"')
                    picture.props["aria-label"] = f"{name}, for every pair of values of the window"
                    self.pictures.append(picture)
                    theme.html(escape(name), tag="figcaption")

    def _beside_best_linear(self, inside: FeedForward) -> None:
        assert inside.filters is not None
        signal, length = self.visit.model.signal, self.visit.model.context_length
        own, exact = inside.filters[0], best_linear(signal, length).weights[0]
        at = np.arange(1 - length, 1)
        theme.html("Its weights minus the exact best linear weights", tag="h3")
        most = float(np.abs(own - exact).max())
        largest = float(np.abs(exact).max())
        sentence = f"Its {length} weights lie within {most:.4f} of the exact ones, which reach {largest:.3f}."
        theme.html(
            f"{sentence} The model has no other parts: for every window, the {theme.term('influence of each input')} "
            "above is that weight.", "muted", "p",
        )  # fmt: skip
        series = [{**charts.line("difference", at, own - exact, theme.light("model")), "type": "bar"}]
        options = charts.axes("steps from now", "difference", series)
        options["legend"]["show"], options["grid"]["top"] = False, 34
        charts.chart(options, sentence).classes("low")


def _attends(shares: FloatArray) -> str:
    """A phrase on which values the last step reads, given its row [L] of attention."""
    place, back = int(shares.argmax()), np.arange(len(shares))[::-1]
    mean = float(shares @ back)
    return f"the last step reads most, {shares[place]:.0%}, from {back[place]} back; on average {mean:.1f} back"
