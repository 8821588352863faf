"""The film of a run in the view *Train*: the microscope at any moment of the training."""

from __future__ import annotations

import functools
from typing import Any

from anyio import to_thread
from nicegui import background_tasks, ui

from ....errors import SeqzooError
from ....execution.runs import Runs
from ....execution.runs.film import schedule
from ....execution.runs.manager import Status
from ....execution.runs.plans import titled
from ....microscope.facts import Subject
from ...ui import theme
from ...ui.address import Address
from ...ui.latest import Latest
from ..inside import weights
from ..inside.beside import of_run
from ..inside.microscope import MicroscopeElement, follow
from . import curves

KEY = "frame"  # the step that the address holds; the newest where it holds none


class Film:
    """The panel; it is hidden while the run has no film."""

    def __init__(self, address: Address, known: Runs) -> None:
        self.address, self.known = address, known
        self.run = ""
        self.shown: tuple[object, ...] = ()

    def show(self) -> None:
        """Fill the current slot."""
        self.panel = ui.element("div").classes("film gone")

    async def follow(self, now: Status, other: Status | None) -> None:
        """Show the film of a run, with what it has recorded meanwhile, and that of another run beside it."""
        if other is not None and not (other.frames and other.plan.spec.calendar == now.plan.spec.calendar):
            other = None  # it has no film, or reads other channels
        shown = (now.id, now.version, *(() if other is None else (other.id, len(other.frames))))
        if shown == self.shown:
            return
        self.shown = shown
        theme.show(self.panel, bool(now.frames) and now.began is not None)
        if not now.frames or now.began is None:
            return
        try:
            facts = await to_thread.run_sync(self._facts, now, other)
            if self.run == now.id:
                self.element.tell(film=facts, beside=await self._beside(other))
                return
            self.subject, first = await to_thread.run_sync(_begun, now)
        except SeqzooError:  # the run or its series has been deleted
            theme.show(self.panel, False)
            return
        self.run = now.id
        self.panel.clear()
        with self.panel:
            self._place(self.subject, {**first, "film": facts, "beside": await self._beside(other)})

    async def _beside(self, other: Status | None) -> dict[str, Any] | None:
        """Another training on the same windows, as the microscope takes it."""
        if other is None:
            return None
        return (await to_thread.run_sync(functools.partial(of_run, other, self.subject, moves=True)))._asdict()

    def _place(self, subject: Subject, facts: dict[str, Any]) -> None:
        def looked() -> None:
            if subject.turns(element.view):
                element.tell(known=subject.known, start=subject.start, is_given=subject.is_given)
            background_tasks.create(latest(), name="the Bayes forecast")

        film = facts["film"]
        step = film["steps"][-1] if film["frame"] is None else film["frame"]
        self.element = element = MicroscopeElement(f"{film['address']}{step}.safetensors", facts, looked)
        latest = Latest(functools.partial(follow, element, subject))
        element.on("frame", self._chosen)

    def _chosen(self, event: Any) -> None:
        step = event.args if isinstance(event.args, int) and 0 <= event.args <= 10**9 else None
        self.address.remember(**{KEY: step})

    def _facts(self, now: Status, other: Status | None) -> dict[str, Any]:
        """The film as js/film.js takes it."""
        assert now.began is not None
        floors = now.began.floors
        bayes, references = floors.get("bayes"), curves.references(now.began)
        return {
            "steps": now.frames,
            "planned": schedule(now.plan.spec.recipe.steps, len(self.known.frame(now.id, now.frames[0]))),
            "address": weights.of_run(now.id),
            "curve": [[point.step, curves.height_of(point, bayes)] for point in now.evaluations],
            "other": [] if other is None else [[one.step, curves.height_of(one, bayes)] for one in other.evaluations],
            "references": [(label, floors[key], key.replace("_", "-")) for label, key, _ in references],
            "unit": "mean squared error",
            "frame": self._asked(now),
        }

    def _asked(self, now: Status) -> int | None:
        """The last frame up to the step that the address asks for, else the first."""
        if KEY not in self.address.query:
            return None
        step = self.address.number(KEY, now.frames[-1], 0, now.frames[-1])
        return max((frame for frame in now.frames if frame <= step), default=now.frames[0])


def _begun(now: Status) -> tuple[Subject, dict[str, Any]]:
    subject = Subject(now.plan.spec)
    start = subject.start
    return subject, {
        **subject.fixed, "name": titled(now.plan), "view": {}, "window": start, "start": start,
        "known": subject.known, "is_given": False, "bayes": subject.bayes(start, {}),
        "outside": subject.outside(start),
    }  # fmt: skip
