"""The view *Look inside* of a model without a recurrent cell: the browser draws it, see `pages/js/inside.js`.

It computes everything of a known signal. Of a measured series, whose models may read channels beside the values, and
of an architecture that the page does not know, the server computes the derivatives.
"""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
from anyio import to_thread
from nicegui import ui

from ...._arrays import FloatArray
from ...._formats import typeset
from ....errors import InputError
from ....evaluation import sensitivity
from ....evaluation.sensitivity import LONGEST, Slope, cosine
from ....forecasters.protocol import Bundled, has_bundle
from ....microscope.feedforward import FeedForward
from ....pages import influence, predict
from ...ui import theme
from ..in_page import PageView, facts_of
from ..visit import Visit
from ..window import HeldOutWindow, SharedWindow, window_of
from ..window_panel import WindowPanel
from .windows import HeldOutWindows


class _OfSignal:
    """The state of one visitor of a model of a known signal."""

    def __init__(self, visit: Visit, window: SharedWindow) -> None:
        self.visit, self.window = visit, window

    async def show(self) -> None:
        """Fill the view."""
        visit, model = self.visit, self.visit.model
        lead = _lead()
        _, problem = await to_thread.run_sync(influence.opened, model)
        stated = await facts_of(visit, "stated", lambda: predict.stated(model))
        facts = {**stated, **influence.unopened(problem)}
        view = PageView(visit, "inside", facts, self.window, rest=influence.KEYS, slopes=self._slopes)
        view.tell(**await facts_of(visit, "inside", lambda: influence.facts(model)))
        notice = await facts_of(visit, "lead", lambda: {"lead": influence.lead(model, theme.term)})
        lead.set_content(typeset(notice["lead"]))

    def _slopes(self, window: FloatArray, step: int, off: frozenset[int]) -> dict[str, Any]:
        return {"model": _stated(influence.slope(self.visit.model, window, step))}


class _OfSeries:
    """The state of one visitor of a model of a measured series."""

    def __init__(self, visit: Visit, known: Bundled, window: HeldOutWindow) -> None:
        self.visit, self.known, self.window = visit, known, window
        self.windows = HeldOutWindows(known, window)
        self.inside, self.problem = influence.opened(known)

    async def show(self) -> None:
        """Fill the view."""
        lead, manifest = _lead(), self.known.manifest
        facts = {
            "name": self.visit.name, "architecture": manifest.architecture, "heads": manifest.config.get("heads", 1),
            "scale": manifest.contract.scaling.numbers, "length": self.known.context_length,
            "horizon": self.known.horizon, "spread": self.windows.scale, **influence.unopened(self.problem),
        }  # fmt: skip
        with PageView(
            self.visit, "inside", facts, self.window, rest=influence.KEYS, slopes=self._slopes
        ) as self.view:
            self.panel = WindowPanel(self.window, self.view.follow)
            self.panel.show()
        self.window.follow("inside", self._opened)
        if self.inside is not None:
            self.view.tell(units=await to_thread.run_sync(self._units, self.inside))
        lead.set_content(typeset(await to_thread.run_sync(self._notice)))

    async def _opened(self) -> None:
        self.panel.follow()
        await self.view.follow()

    def _units(self, inside: FeedForward) -> dict[str, Any]:
        windows = self.windows
        count = influence.AVERAGED
        return influence.units_of(inside, windows.batch(windows.typical(count), windows.beside(count)))

    def _slopes(self, window: FloatArray, step: int, off: frozenset[int]) -> dict[str, Any]:
        """What the page shows of a window [L], see `influence.js`."""
        inside, outside = self.inside, self.visit.model.outside(self.windows.batch(window[None]))
        off &= frozenset(range(inside.units if inside is not None else 0))
        answer: dict[str, Any] = {
            "model": _stated(self._slope(window, step, off)),
            "whole": _stated(self._slope(window, step, frozenset())) if off else None,
            "bayes": None,
            "linear": _stated(self.windows.linear(window, step)),
            "linearName": self.windows.linear_name,
            "outside": None,
        }
        if outside is not None:
            far = outside.far(window).tolist()
            answer["outside"] = {"note": outside.note, "whose": outside.whose, "far": far}
        if inside is not None and inside.filters is None:
            attention = inside.run(self.windows.batch(window[None]), off).attention
            answer["attention"] = [head.tolist() for block in attention for head in block[0]]
        return answer

    def _slope(
        self, window: FloatArray, step: int, off: frozenset[int], known: FloatArray | None = None
    ) -> Slope:
        """The model's derivative at a window: by its engine, or by its equations where units are off.

        `known` [L, D - 1] are the channels beside the values; by default those of the chosen window.
        """
        model, inside, windows = self.visit.model, self.inside, self.windows
        if off and inside is not None:
            return sensitivity.exact(
                lambda moved: inside.forecast(windows.batch(moved, known), off)[:, step - 1], window
            )
        return sensitivity.served(
            lambda moved: model.predict(windows.batch(moved, known))[:, step - 1],
            window, windows.scale, windows.center, single=False,
        )  # fmt: skip

    def _notice(self) -> str:
        """The sentence on what to notice, as HTML, measured on held-out windows."""
        name, linear = escape(self.visit.name), escape(self.windows.linear_name)
        count = influence.TYPICAL
        drawn, beside = self.windows.typical(count), self.windows.beside(count)
        own = [
            self._slope(window, 1, frozenset(), None if beside is None else beside[at]).derivative
            for at, window in enumerate(drawn)
        ]
        weights = [self.windows.linear(window, 1).derivative for window in drawn]
        alike = float(np.mean([cosine(*pair) for pair in zip(own, weights, strict=True)]))
        together = float(np.mean([cosine(mine, np.mean(own, axis=0)) for mine in own]))
        depends = "hardly depends" if together > 0.98 else "depends"
        return (
            f"Notice that the {theme.term(influence.INFLUENCE)} in {name} {depends} on the window. Over {len(drawn)} "
            f"held-out windows its mean {theme.term('cosine')} to the weights of {linear} is {alike:.3f}."
        )


def _lead() -> ui.html:
    return theme.html("Measuring the influence of each input…", "lead", "p").props('aria-live="polite"')


def _stated(slope: Slope) -> dict[str, Any]:
    return {"forecast": slope.forecast, "derivative": slope.derivative.tolist(), "error": slope.error}


def _view(visit: Visit) -> _OfSignal | _OfSeries:
    known = visit.known
    if known.context_length > LONGEST:
        raise InputError(
            f"{visit.name} reads {known.context_length:,} values; this view shows windows of at most {LONGEST}."
        )
    window = window_of(visit)
    if isinstance(window, HeldOutWindow):
        assert has_bundle(known)
        return _OfSeries(visit, known, window)
    return _OfSignal(visit, window)


async def build(visit: Visit) -> None:
    """Fill the view."""
    await (await to_thread.run_sync(_view, visit)).show()  # a ridge regression is solved
