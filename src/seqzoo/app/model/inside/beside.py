"""What stands beside a model in the microscope: another model, or the model itself before its training."""

from __future__ import annotations

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
from ....execution.runs.plans import can_train
from ....forecasters.protocol import has_bundle
from ....microscope.facts import Subject
from ....runtime.engines.numpy import CELLS
from ....runtime.repository import Repository
from ...ui import controls, theme
from ..visit import Visit, computed
from . import weights

KEY = "with"
OWN = ("with_unit", "with_freeze", "with_ablate")  # what the second has for itself where it has other units
UNTRAINED = "untrained"


class Choice:
    """The field that chooses what stands beside the model of a page; the address holds it.

    Args:
        subject: whose windows both read.
        tell: called with the facts of the second network after each choice, as the microscope takes them.
    """

    def __init__(self, visit: Visit, subject: Subject, tell: Callable[[dict[str, Any] | None], None]) -> None:
        assert has_bundle(visit.known)
        self.visit, self.own, self.subject, self.tell = visit, visit.known.bundle, subject, tell

    async def show(self) -> dict[str, Any] | None:
        """Fill the current slot; returns the facts of the network that the address names, None if there is none."""
        options = await to_thread.run_sync(offered, self.own)
        asked = self.visit.query.get(KEY, "")
        if options:
            with ui.element("div").classes("beside"):
                controls.select("Beside it", KEY, options, asked, self._choose)
        self.refused = theme.html("", "error-line", "p").props('role="alert"')
        return await self._found(asked)

    async def _choose(self, asked: str) -> None:
        self.visit.remember(**{KEY: asked or None})
        self.tell(await self._found(asked))

    async def _found(self, asked: str) -> dict[str, Any] | None:
        def find() -> Beside | None:
            return found(self.visit.repository, self.own, self.subject, asked) if asked else None

        second = await computed(find, self.refused)
        return None if second is None else second._asdict()


class Beside(NamedTuple):
    """The second network: the facts that differ from those of the first, and the address of its weights."""

    facts: dict[str, Any]
    weights: str


def offered(own: Bundle) -> dict[str, str]:
    """What can stand beside a model, by its value in the address, in words; empty where nothing can."""
    options = {name: name for name in _alike(own)}
    if can_train(own.manifest) and has_torch():
        options = {UNTRAINED: f"{own.manifest.name} before training", **options}
    return {"": "nothing", **options} if options else {}


def found(repository: Repository, own: Bundle, subject: Subject, asked: str) -> Beside:
    """The second network that an address names; it reads the windows of `subject`.

    Raises:
        UnknownNameError: no model has this name.
        InputError: it has no gates and states, or reads other windows.
        BundleError: its bundle cannot be used.
    """
    facts = own.manifest
    if asked == UNTRAINED:
        same = (facts.architecture, facts.contract.scaling.numbers, facts.contract.horizon)
        return Beside(subject.facts_of(f"{facts.name} before training", *same), weights.untrained(facts.name))
    known = repository.describe(asked)
    if not has_bundle(known) or known.manifest.architecture not in CELLS:
        kind = f"has the architecture {known.manifest.architecture!r}" if has_bundle(known) else "is a reference"
        raise InputError(
            f"{asked} {kind}, without gates and states. Only {', '.join(CELLS)} can stand beside {facts.name}."
        )
    other = known.manifest
    if not _reads_alike(facts, other):
        raise InputError(
            f"{asked} reads {_windows(other)}, and {facts.name} {_windows(facts)}. Both must read the same windows: "
            f"choose {' or '.join(_alike(own)) or 'a model of this signal'}."
        )
    same = (other.architecture, other.contract.scaling.numbers, other.contract.horizon)
    return Beside(subject.facts_of(asked, *same), weights.of_bundle(asked, known.bundle))


def _alike(own: Bundle) -> Iterator[str]:
    """The other recurrent models on the shelf that read the same windows."""
    for name, path in shelf.available().items():
        try:
            other = open_bundle(path).manifest
            if other.architecture in CELLS and name != own.manifest.name and _reads_alike(own.manifest, other):
                yield name
        except SeqzooError:  # a damaged bundle, or a signal that is not installed
            continue


def _reads_alike(one: Manifest, other: Manifest) -> bool:
    """Whether both read the same windows: of the same process or series, as long, with the same channels."""
    if one.process is None and one.source != other.source:
        return False
    shapes = [(each.contract.context_length, each.contract.names) for each in (one, other)]
    return one.process == other.process and shapes[0] == shapes[1]


def _windows(facts: Manifest) -> str:
    channels = ", ".join(facts.contract.names[1:])
    return f"{facts.contract.context_length} values of {describe_signal(facts)}{channels and f' with {channels}'}"
