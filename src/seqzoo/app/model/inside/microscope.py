"""The view *Look inside* of a recurrent model: the microscope, computed in the browser."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from anyio import to_thread
from nicegui import background_tasks, ui

from ...._window import LEAST_NOISE
from ....bundles.store import Bundle
from ....forecasters.protocol import has_bundle
from ....microscope import modules
from ....microscope.facts import Subject
from ....pages.inside import KEYS, OF_THE_WINDOW
from ...ui.latest import Latest
from ...ui.modules import address as module_address
from .. import own_window
from ..visit import Visit
from ..window import HeldOutWindow, SignalWindow, window_of
from ..window_panel import WindowPanel
from . import beside, weights


class MicroscopeElement(ui.element, component=modules.HERE / "hosts" / "nicegui.js"):
    """The microscope on a page.

    `window` and `view` hold the latest window and view that the browser reported. `told` counts the windows that it
    was told of.

    Args:
        weights: the address from which the browser fetches the weights.
        facts: everything that Python computed for the first view; `tell` changes some of them.
        on_look: called whenever the browser reports a window and a view.
    """

    def __init__(self, weights: str, facts: dict[str, Any], on_look: Callable[[], None]) -> None:
        super().__init__()
        self.window: list[float] = facts["window"]
        self.view: dict[str, str] = facts["view"]
        self.told: int = facts.get("told", 0)
        self._on_look = on_look
        self._props["modules"] = module_address("microscope/")
        self._props["weights"] = weights
        self._props["facts"] = facts
        self.on("look", self._looked)

    def tell(self, **changes: Any) -> None:
        """Send changed facts to the browser, which shows them."""
        self.window, self.view = changes.get("window", self.window), changes.get("view", self.view)
        self.told = changes.get("told", self.told)
        self._keep(changes)
        self.run_method("told", changes)

    def _keep(self, changes: dict[str, Any]) -> None:
        """Store changed facts for a browser that mounts the element again; they are not sent from here."""
        with self._props.suspend_updates():
            self._props["facts"] = {**self._props["facts"], **changes}

    def _looked(self, event: Any) -> None:
        try:
            window = [float(value) for value in event.args["window"]]
            view = {key: str(event.args["view"][key]) for key in KEYS if key in event.args["view"]}
            is_latest = event.args.get("told", 0) == self.told  # else it was sent before the browser knew the window
        except (KeyError, TypeError, ValueError, OverflowError):
            return
        if is_latest and len(window) == len(self.window) and all(map(math.isfinite, window)):
            self.window, self.view = window, view
            self._keep({"window": window, "view": view})
            self._on_look()


async def follow(element: MicroscopeElement, subject: Subject) -> None:
    """Tell the browser the Bayes forecast of the window that it reported, and what in it lies outside training."""
    window, view = element.window, element.view

    def facts() -> dict[str, Any]:
        bayes = subject.bayes(window, view)
        return {**({"bayes": bayes} if bayes else {}), "outside": subject.outside(window)}

    element.tell(**await to_thread.run_sync(facts))  # in one message: each of them is a drawing


class _Microscope:
    """The state of one visitor."""

    def __init__(self, visit: Visit, bundle: Bundle) -> None:
        self.visit, self.bundle = visit, bundle
        self.window = window_of(visit)
        self.subject = Subject(bundle, member=visit.member)
        self.told = 0
        self.window.shows("inside", self.window.version)  # what the browser is told of
        self.begun = self._begin()
        self.latest, self.refresh = Latest(self._follow), Latest(self._refresh)

    async def show(self) -> None:
        """Fill the view."""
        self.panel = WindowPanel(self.window, self.refresh)
        self.panel.show_folded()
        other = beside.Choice(self.visit, self.subject, lambda second: self.element.tell(beside=second))
        first = self.window.context().tolist()
        facts = {
            **self.subject.fixed, **self.begun,
            "bayes": self.subject.bayes(first, self.begun["view"]), "outside": self.subject.outside(first),
            "beside": await other.show(),
        }  # fmt: skip
        self.element = MicroscopeElement(weights.of_bundle(self.visit.name, self.bundle), facts, self._looked)
        self.window.follow("inside", self.panel.changed)

    def _begin(self, view: dict[str, str] | None = None) -> dict[str, Any]:
        """The facts of the shared window. `view` is that of the page, by default that of the address."""
        window, query = self.window, self.visit.query
        view = {key: query[key] for key in KEYS if key in query} if view is None else view
        view = {key: value for key, value in view.items() if key not in OF_THE_WINDOW}
        if changes := own_window.written_changes(window.changes):
            view["values"] = changes
        if isinstance(window, SignalWindow):
            facts = self.subject.begin_at(
                window.start, is_given=window.pasted is not None, signal=window.signal(LEAST_NOISE)
            )
            if window.draw:
                view["draw"] = str(window.draw)
        else:
            assert isinstance(window, HeldOutWindow)
            known = window.window().known
            facts = self.subject.begin_at(window.start, known=known, is_given=window.pasted is not None)
        return {**facts, "view": view, "window": window.context().tolist(), "told": self.told}

    async def _refresh(self) -> None:
        version = self.window.version
        self.told += 1
        self.element.tell(**await to_thread.run_sync(self._begin, self.element.view))
        self.window.shows("inside", version)
        background_tasks.create(self.latest(), name="the Bayes forecast")

    def _looked(self) -> None:
        visit, view, window = self.visit, self.element.view, self.window
        # Back has led to another window meanwhile, or the browser is yet to be told of this one.
        if visit.window is not window or not window.is_shown("inside"):
            return
        for key in KEYS:
            if key not in OF_THE_WINDOW:
                visit.query.pop(key, None)
        visit.remember(**{key: value for key, value in view.items() if key not in OF_THE_WINDOW})
        drawn = (window.draw or 0) if isinstance(window, SignalWindow) else 0
        if view.get("draw", "0") != str(drawn):
            window.renew()
            self.panel.follow()
            background_tasks.create(self.refresh(), name="another window")
            return
        window.change(np.array(self.element.window))
        window.shows("inside", window.version)
        background_tasks.create(self.latest(), name="the Bayes forecast")

    async def _follow(self) -> None:
        await follow(self.element, self.subject)


async def build(visit: Visit) -> None:
    """Fill the view."""
    known = visit.known
    assert has_bundle(known)
    await (await to_thread.run_sync(_Microscope, visit, known.bundle)).show()
