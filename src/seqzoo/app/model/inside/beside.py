"""What stands beside a model in the microscope: another model, a run, or the model itself before its training."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from anyio import to_thread
from nicegui import ui

from ...._extras import has_torch
from ....bundles import shelf
from ....bundles.describe import describe_signal
from ....bundles.manifest import Manifest
from ....bundles.store import Bundle, open_bundle
from ....errors import InputError, SeqzooError
from ....execution import runs
from ....execution.runs.manager import Status
from ....execution.runs.plans import can_train, described, named, titled
from ....forecasters.protocol import has_bundle
from ....microscope.facts import Subject
from ....pages.inside import BESIDE as KEY
from ....pages.inside import can_stand_beside, reads_alike
from ....runtime.engines.numpy import CELLS
from ....runtime.repository import Repository
from ...ui import controls, theme
from ..visit import Visit, computed
from . import weights

UNTRAINED = "untrained"
RUN = re.compile(r"[0-9a-f]{12}")  # the id of a run; the name of a model has a dot


class Choice:
    """The field that chooses what stands beside the model of a page; the address holds it.

    Args:
        subject: whose windows both read.
        tell: called with the facts of the second network after each choice, as the microscope takes them.
    """

    def __init__(self, visit: Visit, subject: Subject, tell: Callable[[dict[str, Any] | None], None]) -> None:
        assert has_bundle(visit.known)
        self.visit, self.own, self.subject, self.tell = visit, visit.known.bundle, subject, tell
        self._is_told = False  # until `show` has returned what the address names

    async def show(self) -> dict[str, Any] | None:
        """Fill the current slot; returns the facts of the network that the address names, None if there is none."""
        options = await to_thread.run_sync(offered, self.own)
        asked = self.visit.query.get(KEY, "")
        if options:
            with ui.element("div").classes("beside"):
                controls.select("Beside it", KEY, options, asked, self._choose)
        self.refused = theme.html("", "error-line", "p").props('role="alert"')
        second = await self._second(asked)
        while asked != (chosen := self.visit.query.get(KEY, "")):  # before there is anything to tell
            asked, second = chosen, await self._second(chosen)
        self._is_told = True
        return second

    async def _choose(self, asked: str) -> None:
        self.visit.remember(**{KEY: asked or None})
        if not self._is_told:
            return
        second = await self._second(asked)
        if self.visit.query.get(KEY, "") == asked:  # else another one was chosen meanwhile
            self.tell(second)

    async def _second(self, asked: str) -> dict[str, Any] | None:
        def find() -> Beside | None:
            return second_of(self.visit.repository, self.own, self.subject, asked) if asked else None

        second = await computed(find, self.refused)
        return None if second is None else second._asdict()


class Beside(NamedTuple):
    """The second network: the facts that differ from those of the first, and the address of its weights.

    `film` and `key` are those of a training, see js/pair.js.
    """

    facts: dict[str, Any]
    weights: str
    key: str | None = None
    film: dict[str, Any] | None = None


def offered(own: Bundle) -> dict[str, str]:
    """What can stand beside a model, by its value in the address, in words; empty where nothing can."""
    options = {name: name for name in _alike(own)}
    if can_train(own.manifest) and has_torch():
        options = {UNTRAINED: f"{own.manifest.name} before training", **options}
    for run, plan in runs.here().all():
        if runs.here().frames(run) and reads_alike(own.manifest, plan.spec):
            options[run] = f"{titled(plan)}, {described(plan.spec)}"
    return {"": "nothing", **options} if options else {}


def second_of(repository: Repository, own: Bundle, subject: Subject, asked: str) -> Beside:
    """The second network that an address names; it reads the windows of `subject`.

    Raises:
        UnknownNameError: no model has this name.
        InputError: it has no gates and states, or reads other windows, or is a run without a film.
        BundleError: its bundle cannot be used.
    """
    facts = own.manifest
    if asked == UNTRAINED:
        same = (facts.architecture, facts.contract.scaling.numbers, facts.contract.horizon)
        return Beside(subject.facts_of(f"{facts.name} before training", *same), weights.untrained(facts.name))
    if RUN.fullmatch(asked):
        now = runs.here().status(asked)
        if not now.frames or not reads_alike(facts, now.plan.spec):
            raise InputError(
                f"the run {asked} of {named(now.plan.spec)} cannot stand beside {facts.name}: it has no film, or "
                "reads other windows."
            )
        return of_run(now, subject)
    known = repository.describe(asked)
    if not has_bundle(known) or known.manifest.architecture not in CELLS:
        kind = f"has the architecture {known.manifest.architecture!r}" if has_bundle(known) else "is a reference"
        raise InputError(
            f"{asked} {kind}, without gates and states. Only {', '.join(CELLS)} can stand beside {facts.name}."
        )
    other = known.manifest
    if not reads_alike(facts, other):
        raise InputError(
            f"{asked} reads {_windows(other)}, and {facts.name} {_windows(facts)}. Both must read the same windows: "
            f"choose {' or '.join(_alike(own)) or 'a model of this signal'}."
        )
    same = (other.architecture, other.contract.scaling.numbers, other.contract.horizon)
    return Beside(subject.facts_of(asked, *same), weights.of_bundle(asked, known.bundle))


def of_run(now: Status, subject: Subject, *, moves: bool = False) -> Beside:
    """A training at its newest frame, or, where it `moves`, with its film."""
    spec, address = now.plan.spec, weights.of_run(now.id)
    facts = subject.facts_of(titled(now.plan), spec.architecture, spec.scaling.numbers, spec.horizon)
    newest = f"{address}{now.frames[-1]}.safetensors"
    film = {"steps": now.frames, "address": address}
    return Beside(facts, newest, now.id, film) if moves else Beside(facts, newest)


def _alike(own: Bundle) -> Iterator[str]:
    """The other recurrent models on the shelf that read the same windows."""
    for name, path in shelf.available().items():
        try:
            other = open_bundle(path).manifest
            if name != own.manifest.name and can_stand_beside(own.manifest, other):
                yield name
        except SeqzooError:  # a damaged bundle, or a signal that is not installed
            continue


def _windows(facts: Manifest) -> str:
    channels = ", ".join(facts.contract.names[1:])
    return f"{facts.contract.context_length} values of {describe_signal(facts)}{channels and f' with {channels}'}"
