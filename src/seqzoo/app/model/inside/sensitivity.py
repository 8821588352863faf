"""The view *Look inside* of a model without a recurrent cell: how each value of the window moves the forecast."""

from __future__ import annotations

import functools
import math
from html import escape

import numpy as np
from anyio import to_thread
from nicegui import ui
from numpy.typing import NDArray

from ...._arrays import FloatArray
from ...._formats import typeset
from ....errors import InputError, SeqzooError
from ....evaluation import sensitivity
from ....evaluation.sensitivity import LONGEST, Slope, cosine
from ....forecasters.exact import best_linear, references_of
from ....forecasters.protocol import Bundled, has_bundle
from ....microscope.feedforward import ARCHITECTURES, FeedForward
from ....signals.scene import Knob
from ...ui import charts, controls, theme
from ...ui.handles import Points
from ..visit import Latest, Visit, computed
from ..window_panel import WindowPanel
from . import slopes
from .slopes import Slopes
from .units import Units
from .windows import windows_of

INFLUENCE = "influence of each input"
TYPICAL = 8  # windows behind the sentence at the top
ORDERS = {"plain": "In order", "reverse": "Reversed", "shuffle": "Shuffled"}


class _Sensitivity:
    """The state of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit, self.model, self.name = visit, visit.model, visit.name
        self.length, self.horizon = self.model.context_length, self.model.horizon
        if self.length > LONGEST:
            raise InputError(
                f"{self.name} reads {self.length:,} values; this view shows windows of at most {LONGEST}."
            )
        self.refresh = Latest(self._refresh)
        self.windows = windows_of(visit)
        self.shared = self.windows.window
        self.panel = WindowPanel(self.shared, self._chosen)
        unit = 10.0 ** math.floor(math.log10(self.windows.scale))  # a round number near a typical deviation
        self.pokes = [
            Knob("poke_at", "Which value, steps from now", 1 - self.length, 0, 1, -(self.length // 4)),
            Knob("poke_by", "Add to it", -2 * unit, 2 * unit, 0.05 * unit, 0.0),
        ]
        if self.horizon > 1:
            self.pokes.append(Knob("step", "Step ahead", 1, self.horizon, 1, 1))
        self.values = {k.key: visit.number(k.key, k.start, k.low, k.high) for k in self.pokes}
        order = visit.query.get("order", "")
        self.order = order if order in ORDERS else "plain"
        self.inside: FeedForward | None = None

    async def show(self) -> None:
        """Fill the view."""
        if self.values["poke_by"]:  # of older links
            self._poke(self.values["poke_by"])
            self.visit.remember(poke_by=None)
        self.values["poke_by"] = self._added()
        self.lead = theme.html("Measuring the influence of each input…", "lead", "p").props('aria-live="polite"')
        with ui.element("div").classes("split"):
            with ui.element("div").classes("stack"):
                with ui.element("div").classes("panel"):
                    theme.html(theme.term(INFLUENCE, "Influence of each input"), tag="h3")
                    self.slopes = charts.chart({}, "Loading")
                with ui.element("div").classes("panel"):
                    theme.html("The window and the forecasts from it", tag="h3")
                    with ui.element("div").classes("handled"):
                        self.window = charts.chart({}, "Loading").classes("low")
                        self.points = Points(self.window, "The window: up and down change a value", self._drag)
                    self.outside = theme.html("", "outside", "p").props('role="status"')
                    self.numbers = theme.html("")
                # Below the charts, as it gets fewer or more lines: above them it would move the dragged point.
                with ui.element("div").classes("panel"):
                    theme.html("In words", tag="h3")
                    self.reading = theme.html("", "muted", "p").props('aria-live="polite"')
            with ui.element("div").classes("stack"):
                self._controls()
        below = ui.element("div").classes("below")
        self.failure = theme.html("", "error-line").props('role="alert"')
        self.units = Units(self.visit, self.windows, below, self.refresh)
        self.shared.follow("inside", self.panel.changed)
        known = self.model
        if has_bundle(known):
            with below:
                await self._open(known)
        await self.refresh()
        await self.units.show()
        self.units.follow(self._context())
        self.lead.set_content(typeset(await to_thread.run_sync(self._notice)))

    async def _open(self, known: Bundled) -> None:
        """Read the weights of a known architecture. For any other, the view has the derivative only."""
        architecture = known.manifest.architecture
        if architecture not in ARCHITECTURES:
            theme.html(f"Layers of the architecture {escape(architecture)!r} cannot be drawn.", "muted", "p")
            return
        try:
            self.inside = await to_thread.run_sync(FeedForward, known.bundle)
            self.units.choose_from(self.inside, architecture)
        except SeqzooError as error:
            theme.problem(str(error))

    def _controls(self) -> None:
        self.panel.show()
        with ui.element("div").classes("panel"):
            theme.html("The window", tag="h3")
            self.orders = controls.Choices("Order of the window", ORDERS, self._arrange)
            self.orders.mark(self.order)
            theme.html("Change one value", tag="h3").style("margin: 20px 0 14px")
            self.sliders = {
                knob.key: controls.Slider(knob, self.values[knob.key], functools.partial(self._turn, knob.key))
                for knob in self.pokes
            }
            theme.html("Or drag a point of the window. On the keyboard, the up and down keys move it.", "hint", "p")

    async def _drag(self, index: int, value: float) -> None:
        self.shared.drag(int(self._places()[index]), value)
        self.values["poke_at"] = float(index + 1 - self.length)
        self.visit.remember(poke_at=self.values["poke_at"])
        self._follow()
        await self.refresh()

    async def _turn(self, key: str, value: float) -> None:
        self.values[key] = value
        if key == "poke_by":
            self._poke(value)
        else:
            self.visit.remember(**{key: value})
            self._follow()
        await self.refresh()

    def _poked(self) -> int:
        """The place in the window, from 0, of the value that the sliders change."""
        return int(self._places()[round(self.values["poke_at"]) - 1])

    def _poke(self, by: float) -> None:
        place = self._poked()
        self.shared.drag(place, float(self.shared.start[place]) + by)

    def _added(self) -> float:
        """What was added to that value."""
        place = self._poked()
        return self.shared.changes.get(place, at := float(self.shared.start[place])) - at

    def _follow(self) -> None:
        """Show in the sliders which value was changed, and by how much."""
        self.values["poke_by"] = self._added()
        for key in ("poke_at", "poke_by"):
            if self.sliders[key].value != self.values[key]:
                self.sliders[key].follow(round(self.values[key], 6))

    async def _chosen(self) -> None:
        self._follow()
        await self.refresh()

    async def _arrange(self, key: str) -> None:
        self.order = key
        self.visit.remember(order=None if key == "plain" else key)
        self.orders.mark(key)
        await self._chosen()

    async def _refresh(self) -> None:
        version = self.shared.version
        view = await computed(self._compute, self.failure)
        if view is None:
            return
        self.shared.shows("inside", version)
        poked = round(self.values["poke_at"]) if self.values["poke_by"] else None
        charts.redraw(self.slopes, slopes.slopes(view), slopes.slopes_described(view))
        charts.redraw(self.window, slopes.window(view, poked), slopes.window_described(view))
        self.points.show(view.context, self.pokes[1].step)
        self.reading.set_content(slopes.words(view))
        self.outside.set_content("" if view.outside is None else escape(view.outside.note))
        self.numbers.set_content(slopes.numbers(view))
        self.units.follow(view.context)

    def _compute(self) -> Slopes:
        step = round(self.values.get("step", 1))
        context = self._context()
        own = self.shared.is_own or self.order != "plain"
        off, outside = self.units.off, self.model.outside(self.windows.batch(context[None]))
        return Slopes(
            f"{self.name}, {len(off)} off" if off else self.name,
            step,
            context,
            self._slope(context, step, off),
            self.windows.bayes(context, step),
            self.windows.linear(context, step),
            self._slope(context, step, frozenset()) if off else None,
            self.windows.standing(own=own),
            outside,
            self.windows.linear_name,
        )

    def _context(self) -> FloatArray:
        """[L]: the window in the order of reading."""
        return self.windows.context()[self._places()]

    def _places(self) -> NDArray[np.intp]:
        """[L]: the place in the window of each value in the order of reading."""
        if self.order == "shuffle":
            return np.random.default_rng(self.windows.seed).permutation(self.length)
        return np.arange(self.length)[:: -1 if self.order == "reverse" else 1]

    def _slope(
        self, context: FloatArray, step: int, off: frozenset[int], known: FloatArray | None = None
    ) -> Slope:
        """The model's derivative at a window: by its engine, or by its equations where units are off.

        `known` [L, D - 1] are the channels beside the values; by default those of the chosen window.
        """
        model, inside, batch = self.model, self.inside, self.windows.batch
        if not has_bundle(model):
            exactly = references_of(model.signal, self.length, step)[model.reference]
            return sensitivity.exact(lambda windows: exactly(windows)[:, step - 1], context)
        if off and inside is not None:
            return sensitivity.exact(
                lambda windows: inside.forecast(batch(windows, known), off)[:, step - 1], context
            )
        return sensitivity.served(
            lambda windows: model.predict(batch(windows, known))[:, step - 1],
            context, self.windows.scale, self.windows.center, single=not self.is_measured,
        )  # fmt: skip

    @property
    def is_measured(self) -> bool:
        """Whether the model is of a measured series."""
        return self.model.process is None

    def _notice(self) -> str:
        """The sentence on what to notice, as HTML, measured on fresh windows of the model's signal."""
        name, drawn = escape(self.name), self.windows.typical(TYPICAL, 0)
        if self.is_measured:
            return self._notice_on_series(drawn)
        signal = self.model.signal
        moved = [(window, sensitivity.of_bayes(signal, window).derivative) for window in drawn]
        moved = [(window, bayes) for window, bayes in moved if not sensitivity.is_flat(bayes)]
        if not moved:
            return (
                f"Notice that no value moves the forecast of {theme.term('Bayes')}: after each of {TYPICAL} fresh "
                "windows of the signal, the next value is almost certain."
            )
        own = [self._slope(window, 1, frozenset()).derivative for window, _ in moved]
        weights = best_linear(signal, self.length).weights[0]
        to_bayes = float(np.mean([cosine(mine, bayes) for mine, (_, bayes) in zip(own, moved, strict=True)]))
        to_linear = float(np.mean([cosine(mine, weights) for mine in own]))
        typical = f"Over {len(moved)} fresh windows of its signal"
        like_bayes, like_linear = f"{theme.term('cosine')} {to_bayes:.3f}", f"cosine {to_linear:.3f}"
        if self._is("bayes"):
            return (
                f"Notice that in the best forecaster the {theme.term(INFLUENCE)} depends on the window. "
                f"{typical}, its mean {theme.term('cosine')} to the weights of the {theme.term('best linear')} "
                f"forecaster is {to_linear:.3f}."
            )
        if np.ptp(own, axis=0).max() < 1e-3:
            return (
                f"Notice that the weights of {name} are the same for every window, while those of "
                f"{theme.term('Bayes')} depend on the window. {typical}, the two have a mean {like_bayes}."
            )
        near = f"that of {theme.term('Bayes')} ({like_bayes})"
        far = f"the weights of the {theme.term('best linear')} forecaster ({like_linear})"
        if max(to_bayes, to_linear) < 0.5:
            return (
                f"Notice that {name} depends on the wrong values. {typical}, the {theme.term(INFLUENCE)} is near "
                f"neither {near} nor {far}."
            )
        if to_linear > to_bayes:
            near, far = far, near
        return (
            f"Notice which values move the forecast of {name}. {typical}, the {theme.term(INFLUENCE)} is "
            f"nearer to {near} than to {far}."
        )

    def _notice_on_series(self, drawn: FloatArray) -> str:
        """The same for a measured series, whose best possible forecaster is unknown."""
        name, linear = escape(self.name), escape(self.windows.linear_name)
        beside = self.windows.beside(TYPICAL)
        own = [
            self._slope(window, 1, frozenset(), None if beside is None else beside[at]).derivative
            for at, window in enumerate(drawn)
        ]
        weights = [self.windows.linear(window, 1).derivative for window in drawn]
        alike = float(np.mean([cosine(*pair) for pair in zip(own, weights, strict=True)]))
        together = float(np.mean([cosine(mine, np.mean(own, axis=0)) for mine in own]))
        depends = "hardly depends" if together > 0.98 else "depends"
        return (
            f"Notice that the {theme.term(INFLUENCE)} in {name} {depends} on the window. Over {len(drawn)} "
            f"held-out windows its mean {theme.term('cosine')} to the weights of {linear} is {alike:.3f}."
        )

    def _is(self, reference: str) -> bool:
        return self.model.reference == reference


async def build(visit: Visit) -> None:
    """Fill the view."""
    await (await to_thread.run_sync(_Sensitivity, visit)).show()  # a ridge regression is solved
