"""The view *Look inside* of a recurrent model: the microscope, computed in the browser."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from anyio import to_thread
from nicegui import background_tasks, ui

from ....bundles.store import WEIGHTS, Bundle
from ....forecasters.protocol import has_bundle
from ....microscope import modules
from ....microscope.facts import Subject
from ..visit import Latest, Visit

KEYS = ("draw", "t", "unit", "ahead", "scope", "sort", "freeze", "ablate", "order", "values")  # of the address
MODULES = "/modules"  # where build.py serves the files of `modules`


class MicroscopeElement(ui.element, component=modules.HERE / "hosts" / "nicegui.js"):
    """The microscope on a page.

    `window` and `view` are what is looked at, as the browser says.

    Args:
        weights: where the browser fetches them.
        facts: that the page begins with; `tell` changes some.
        on_look: called whenever the browser says what is looked at.
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
        """Show what was computed."""
        self._keep(changes)
        self.run_method("told", changes)

    def _keep(self, changes: dict[str, Any]) -> None:
        """For the browser that mounts the element anew; the one that has it is told the changes, not all facts."""
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
    subject, facts = await to_thread.run_sync(_begun, known.bundle, view)

    async def follow() -> None:
        window, view = made.window, made.view
        bayes = await to_thread.run_sync(subject.bayes, window, view)
        if bayes:
            made.tell(bayes=bayes)
        made.tell(outside=await to_thread.run_sync(subject.outside, window))

    latest = Latest(follow)

    def looked() -> None:
        for key in KEYS:
            visit.query.pop(key, None)
        visit.remember(**made.view)
        if subject.turns(made.view):
            made.tell(start=subject.start, is_given=subject.is_given)
        background_tasks.create(latest(), name="the Bayes forecast")

    made = MicroscopeElement(_address(visit.name, known.bundle), facts, looked)


def _begun(bundle: Bundle, view: dict[str, str]) -> tuple[Subject, dict[str, Any]]:
    """What a page begins with."""
    subject = Subject(bundle, view=view)
    start = subject.start
    return subject, {
        **subject.fixed, "view": view, "window": start, "start": start, "is_given": subject.is_given,
        "bayes": subject.bayes(start, view), "outside": subject.outside(start),
    }  # fmt: skip


def _address(name: str, bundle: Bundle) -> str:
    """Of the weights of this bundle: another may have its name by the time the browser asks."""
    return f"/api/models/{quote(name)}/files/{WEIGHTS}?sha256={bundle.manifest.files[WEIGHTS].sha256}"
