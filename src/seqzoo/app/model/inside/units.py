"""What a feed-forward model is made of: its first filters or its heads, drawn, and each a switch."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from html import escape

import numpy as np
from anyio import to_thread
from nicegui import ui
from numpy.typing import NDArray

from ....forecasters.exact import best_linear
from ....forecasters.protocol import has_bundle
from ....microscope.feedforward import FeedForward, gramian
from ...ui import charts, controls, filters, theme
from ..visit import Visit

FloatArray = NDArray[np.floating]

TYPICAL = 12  # fresh windows that the worth of a unit is averaged over
FIRST = 24  # units shown before the rest are asked for
FULL = 0.5  # of a row of attention: the colour of a larger share would be the same
AFFORDABLE = 20_000_000  # units times parameters: a second or so

SCALE = "Blue is above zero, red below, all to one scale."

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
        "Each kernel slides over the picture and weighs 3 x 3 pixels of its two channels: cosine of sums at the "
        f"left, sine of differences at the right. {SCALE}",
    ),
    "transformer": (
        "Attention of each head",
        "A row for each step, the last at the bottom: the more colour a cell has, the more the step reads of the "
        "value in that column, full at a half. Each row sums to 1, and no step sees a later one.",
    ),
}


class Units:
    """The units of one visitor; `off` are those switched off.

    Args:
        place: what the panels are put into.
        on_change: called after a switch.
    """

    def __init__(self, visit: Visit, place: ui.element, on_change: Callable[[], Awaitable[None]]) -> None:
        self.visit, self.place, self.on_change = visit, place, on_change
        self.off: frozenset[int] = frozenset()
        self.inside: FeedForward | None = None
        self.kind = ""
        self.switches: dict[int, ui.element] = {}
        self.maps: dict[int, ui.html] = {}
        self.pictures: list[ui.html] = []

    def choose_from(self, inside: FeedForward, kind: str) -> None:
        """Restore what the address says is off."""
        self.inside, self.kind = inside, kind
        asked = self.visit.query.get("off", "").split("-")
        known = {str(unit): unit for unit in range(inside.units)}
        self.off = frozenset(known[unit] for unit in asked if unit in known)

    async def show(self) -> None:
        """Fill the place, once the model has been measured."""
        inside = self.inside
        if inside is None:
            return
        if self.kind == "linear":
            with self.place, ui.element("div").classes("panel"):
                self._beside_best_linear(inside)
            return
        model = self.visit.model
        windows = model.signal.draw(TYPICAL, model.context_length, 1, np.random.default_rng(1)).context
        measured = self._to_measure(inside)
        found = await to_thread.run_sync(inside.worth, windows, measured)
        worth = dict(zip(measured, found.tolist(), strict=True))
        order = measured if inside.filters is None else sorted(measured, key=lambda unit: -worth[unit])
        title, meaning = KINDS[self.kind]
        with self.place, ui.element("div").classes("stack"):
            if self.kind == "gaf_cnn":
                with ui.element("div").classes("panel"):
                    self._picture()
            with ui.element("div").classes("panel"):
                theme.html(title, tag="h3")
                theme.html(
                    f"{escape(meaning)} Below each: how far the forecast moves when it is "
                    f"{theme.term('switched off')}. Click one to do so.",
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
        """All units; of a large model those with the largest weights, so that the wait is short."""
        units = list(range(inside.units))
        if inside.filters is None or inside.units * self._parameters() <= AFFORDABLE:
            return units
        sizes = np.square(inside.filters.reshape(inside.units, -1)).sum(axis=1)
        return [int(unit) for unit in np.argsort(-sizes, kind="stable")[:FIRST]]

    def _parameters(self) -> int:
        assert has_bundle(self.visit.model)
        return self.visit.model.manifest.parameters

    def follow(self, context: FloatArray) -> None:
        """Draw what depends on the window."""
        inside = self.inside
        if inside is None:
            return
        if self.maps:
            shares = [block[0] for block in inside.run(context[None], self.off).attention]
            for unit, shown in self.maps.items():
                block, head = divmod(unit, inside.heads)
                shown.set_content(filters.heat(shares[block][head], FULL))
                self._label(unit, _attends(shares[block][head][-1]))
        if self.pictures:
            for shown, channel in zip(self.pictures, gramian(inside.scaled(context)[None])[0], strict=True):
                shown.set_content(filters.heat(channel, 1.0))

    def _draw(self, units: list[int], worth: dict[int, float]) -> None:
        inside = self.inside
        assert inside is not None
        most = 1.0 if inside.filters is None else float(np.abs(inside.filters).max())
        with self.grid:
            for unit in units:
                made = ui.element("button").classes("unit").props('type="button"')
                with made:
                    if inside.filters is None:
                        self.maps[unit] = theme.html("", "drawing", "span")
                    else:
                        theme.html(filters.of(inside.filters[unit], most), "drawing", "span")
                    theme.html(f"<b>{self._called(unit)}</b> {worth[unit]:.3f}", tag="span")
                made.props["data-unit"] = unit
                made.on("click", functools.partial(self._switch, unit))
                self.switches[unit] = made
                self._label(unit, f"moves the forecast by {worth[unit]:.3f} when off")
                self._mark(unit)

    def _more(self, button: ui.element, rest: list[int], worth: dict[int, float]) -> None:
        button.delete()
        self._draw(rest, worth)

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
        theme.html(f"The picture that it reads: the window as a {theme.term('Gramian angular field')}", tag="h3")
        theme.html("Blue is above zero, red below; the oldest value at the top and at the left.", "muted", "p")
        with ui.element("div").classes("pictures"):
            for name in ("Cosine of the sum of two angles", "Sine of their difference"):
                with ui.element("figure"):
                    made = theme.html("", "drawing")
                    made.props('role="img"')
                    made.props["aria-label"] = f"{name}, for every pair of values of the window"
                    self.pictures.append(made)
                    theme.html(escape(name), tag="figcaption")

    def _beside_best_linear(self, inside: FeedForward) -> None:
        assert inside.filters is not None
        signal, length = self.visit.model.signal, self.visit.model.context_length
        own, exact = inside.filters[0], best_linear(signal, length).weights[0]
        at = np.arange(1 - length, 1)
        theme.html("Its weights less the exact best linear ones", tag="h3")
        most = float(np.abs(own - exact).max())
        largest = float(np.abs(exact).max())
        said = f"Its {length} weights lie within {most:.4f} of the exact ones, of which the largest is {largest:.3f}."
        theme.html(
            f"{said} They are the whole of it: the {theme.term('derivative')} above is these weights, whatever the "
            "window.", "muted", "p",
        )  # fmt: skip
        series = [{**charts.line("difference", at, own - exact, theme.light("model")), "type": "bar"}]
        options = charts.axes("steps from now", "difference", series)
        options["legend"]["show"], options["grid"]["top"] = False, 34
        charts.chart(options, said).classes("low")


def _attends(shares: FloatArray) -> str:
    """What the last step reads, given its row [L] of attention."""
    place, back = int(shares.argmax()), np.arange(len(shares))[::-1]
    mean = float(shares @ back)
    return f"the last step reads most, {shares[place]:.0%}, from {back[place]} back; on average {mean:.1f} back"
