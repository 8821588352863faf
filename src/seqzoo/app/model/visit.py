"""One visitor on one model's page: the model, the state in the address, and work off the event loop."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from anyio import to_thread
from nicegui import ui

from ...errors import SeqzooError
from ...forecasters.protocol import Forecaster, has_bundle
from ...runtime.repository import Repository
from ...signals import ObservedSet
from ..ui import theme
from ..ui.address import Address
from . import loading

if TYPE_CHECKING:
    from .window import SharedWindow

Result = TypeVar("Result")


class Visit(Address):
    """The state that the views of a page share.

    Args:
        known: the model as described by the repository; `model` is the loaded one that forecasts.
        query: the state that the address holds.

    `when_ready` holds callbacks for the moment when the repository's model takes over. `when_opened` holds one for
    each view that is opened again, by its key. `notice` says which engine cannot be used, and `reason` why none can.
    `window` is what `window.window_of` gives each view, None before the first of them asks; `opening` is its lock.
    """

    def __init__(self, repository: Repository, name: str, known: Forecaster, query: dict[str, str]) -> None:
        super().__init__(f"/models/{quote(name)}", query)
        self.repository, self.name, self.known = repository, name, known
        self.model: Forecaster = known
        self.is_settled = False
        self.reason = ""
        self.notice = ""
        self.window: SharedWindow | None = None
        self.opening = threading.Lock()
        self.when_ready: list[Callable[[], Awaitable[None]]] = []
        self.when_opened: dict[str, Callable[[], Awaitable[None]]] = {}

    @property
    def of_set(self) -> ObservedSet | None:
        """The series of the model, if it was trained on several."""
        source = self.known.manifest.source if has_bundle(self.known) else None
        return source if isinstance(source, ObservedSet) else None

    @property
    def member(self) -> int:
        """The series of the set that the address names, by its label; the first where it names none of them."""
        asked = self.query.get("series", "")
        return self.of_set.labels.index(asked) if self.of_set is not None and asked in self.of_set.labels else 0

    async def begin(self) -> None:
        """Set `model` to the one in memory, or else to one on onnx, which loads in milliseconds.

        `is_settled` is true afterwards unless neither is available.
        """
        ready = self.repository.peek(self.name)
        if ready is not None:
            self._settle(ready)
        elif has_bundle(self.known) and self.repository.engine == "torchscript":
            try:
                engine = await to_thread.run_sync(loading.loaded, self.known.bundle, "onnx")
            except SeqzooError as error:
                self.notice = f"torchscript serves this model, because onnx cannot be used: {error}"
            else:
                self._settle(engine.model)

    async def complete(self) -> None:
        """Load the model into the repository, in a thread. If that fails, `reason` says why."""
        try:
            self._settle(await to_thread.run_sync(self.repository.get, self.name))
        except SeqzooError as error:
            self.is_settled, self.reason = True, str(error)
            return
        state = await to_thread.run_sync(self.repository.state, self.name)
        if state.reason:
            self.notice = f"onnx serves this model: {state.reason}"

    def _settle(self, model: Forecaster) -> None:
        self.model, self.is_settled, self.reason = model, True, ""


def identity(name: str, model: Forecaster) -> str:
    """A key that differs between models, and between bundles of one name; the same on every engine."""
    return f"{model.path} {model.bundle.manifest_sha256}" if has_bundle(model) else name


async def computed(work: Callable[[], Result], failure: ui.html) -> Result | None:
    """What `work` returns, computed in a thread; None if it raises SeqzooError, which `failure` then shows."""
    try:
        result = await to_thread.run_sync(work)
    except SeqzooError as error:
        failure.set_content(theme.sentence(error))
        return None
    failure.set_content("")
    return result
