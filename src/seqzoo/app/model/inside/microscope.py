"""The view *Look inside* of a recurrent model: the microscope, computed in the browser."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from anyio import to_thread
from nicegui import background_tasks, ui

from ....bundles.store import Bundle
from ....forecasters.protocol import has_bundle
from ....microscope import modules
from ....microscope.facts import Subject
from ..visit import Latest, Visit
from . import beside, weights

KEYS = ("draw", "t", "unit", "ahead", "scope", "sort", "units", "freeze", "ablate", "order", "values",
        *beside.OWN)  # of a link  # fmt: skip
MODULES = "/modules"  # the address under which build.py serves the files of `modules`


class MicroscopeElement(ui.element, component=modules.HERE / "hosts" / "nicegui.js"):
    """The microscope on a page.

    `window` and `view` hold the latest window and view that the browser reported.

    Args:
        weights: the address from which the browser fetches the weights.
        facts: everything that Python computed for the first view; `tell` changes some of them.
        on_look: called whenever the browser reports a window and a view.
    """

    def __init__(self, weights: str, facts: dict[str, Any], on_look: Callable[[], None]) -> None:
        super().__init__()
        self.window: list[float] = facts["window"]
        self.view: dict[str, str] = facts["view"]
        self._on_look = on_look
        self._props["modules"] = f"{MODULES}/{modules.version()}/microscope/"
        self._props["weights"] = weights
        self._props["facts"] = facts
        self.on("look", self._looked)

    def tell(self, **changes: Any) -> None:
        """Send changed facts to the browser, which shows them."""
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
        except (KeyError, TypeError, ValueError, OverflowError):
            return
        if len(window) == len(self.window) and all(map(math.isfinite, window)):
            self.window, self.view = window, view
            self._keep({"window": window, "view": view})
            self._on_look()


async def build(visit: Visit) -> None:
    """Fill the view."""
    known = visit.known
    assert has_bundle(known)
    view = {key: visit.query[key] for key in KEYS if key in visit.query}
    subject, facts = await to_thread.run_sync(_begun, known.bundle, view, visit.member)

    async def follow() -> None:
        window, view = element.window, element.view
        bayes = await to_thread.run_sync(subject.bayes, window, view)
        if bayes:
            element.tell(bayes=bayes)
        element.tell(outside=await to_thread.run_sync(subject.outside, window))

    latest = Latest(follow)

    def looked() -> None:
        for key in KEYS:
            visit.query.pop(key, None)
        visit.remember(**element.view)
        if subject.turns(element.view):
            element.tell(known=subject.known, start=subject.start, is_given=subject.is_given)
        background_tasks.create(latest(), name="the Bayes forecast")

    other = beside.Choice(visit, subject, lambda second: element.tell(beside=second))
    facts["beside"] = await other.show()
    element = MicroscopeElement(weights.of_bundle(visit.name, known.bundle), facts, looked)


def _begun(bundle: Bundle, view: dict[str, str], member: int) -> tuple[Subject, dict[str, Any]]:
    """The subject of a page and the facts that it begins with."""
    subject = Subject(bundle, view=view, member=member)
    start = subject.start
    return subject, {
        **subject.fixed, "view": view, "window": start, "start": start, "known": subject.known,
        "is_given": subject.is_given,
        "bayes": subject.bayes(start, view), "outside": subject.outside(start),
    }  # fmt: skip
