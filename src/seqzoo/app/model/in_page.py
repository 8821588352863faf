"""The views that the browser draws: modules of `pages/js` on a page of the app."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
from anyio import to_thread
from nicegui import background_tasks, ui

from ..._arrays import FloatArray, with_channel
from ...errors import SeqzooError
from ...forecasters.protocol import has_bundle
from ..ui import modules
from ..ui.cache import Cache
from .inside import weights
from .visit import Visit, identity
from .window import SharedWindow

LONGEST = 20_000  # characters of one text
STEPS = 1000  # most that a view may ask a forecast of
_facts: Cache[tuple[str, str], dict[str, Any]] = Cache(100)


async def facts_of(visit: Visit, view: str, compute: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The facts of a view, computed once for all visitors and engines, in a thread.

    Raises:
        SeqzooError: as `compute`.
    """
    key = identity(visit.name, visit.model), view
    return _facts.get(key) or _facts.put(key, await to_thread.run_sync(compute))


class PageView(ui.element, component="view.js"):
    """A view on a page. What is built within it stands where `view.js` says.

    Args:
        view: the name of the module and of its function; also the key of the tab, see `window.SharedWindow.follow`.
        facts: what Python computed; `tell` changes some of them.
        window: the window that the views share.
        rest: the keys of the address that are of this view.
        on_look: called whenever the browser reports a change.
        partner: the address of the weights of a second network, if the facts have one.
        slopes: what the page shows of a window [L], so many steps ahead and with some units off, if it asks for that.
    """

    def __init__(
        self,
        visit: Visit,
        view: str,
        facts: dict[str, Any],
        window: SharedWindow,
        *,
        rest: tuple[str, ...] = (),
        on_look: Callable[[], Awaitable[None]] | None = None,
        partner: str = "",
        slopes: Callable[[FloatArray, int, frozenset[int]], dict[str, Any]] | None = None,
    ) -> None:
        super().__init__()
        self.visit, self.view, self.window, self._rest, self._on_look = visit, view, window, rest, on_look
        self._slopes = slopes
        self._told = 0
        self._props["modules"] = modules.address()
        self._props["name"] = view
        self._props["weights"] = weights.of_bundle(visit.name, visit.known.bundle) if has_bundle(visit.known) else ""
        self._props["partner"] = partner
        self._props["facts"] = {**facts, **window.facts, "view": self._state(), "told": 0}
        self.on("look", self._looked)
        self.on("ask", self._asked)
        window.shows(view, window.version)
        window.follow(view, self.follow)

    def _state(self) -> dict[str, str]:
        query = self.visit.query
        return {**self.window.texts, **{key: query[key] for key in self._rest if key in query}}

    def tell(self, **changes: Any) -> None:
        """Send changed facts to the browser, which shows them, and keep them for one that mounts the view again."""
        with self._props.suspend_updates():
            self._props["facts"] = {**self._props["facts"], **changes}
        self.run_method("told", changes)

    async def follow(self) -> None:
        """Show the window as another view or control has set it."""
        self._told += 1
        self.window.shows(self.view, self.window.version)
        self.tell(**self.window.facts, view=self._state(), told=self._told)
        if self._on_look is not None:
            await self._on_look()

    async def _looked(self, event: Any) -> None:
        match event.args:
            case {"view": dict(told), "told": self._told}:  # else it was sent before the browser knew the window
                texts = {str(key)[:20]: value[:LONGEST] for key, value in told.items() if isinstance(value, str)}
            case _:
                return
        with self._props.suspend_updates():
            self._props["facts"] = {**self._props["facts"], "view": texts}
        self.window.take(texts)
        self.window.shows(self.view, self.window.version)
        self.visit.remember(**{key: texts.get(key) for key in self._rest})
        if self._on_look is not None:
            await self._on_look()

    def _asked(self, event: Any) -> None:
        try:
            number, steps = int(event.args["number"]), int(event.args["steps"])
            values = np.array([float(value) for value in event.args["window"]])
            off = frozenset(int(unit) for unit in event.args["off"]) if "off" in event.args else None
        except (KeyError, TypeError, ValueError, OverflowError):
            return
        most = STEPS if off is None else self.window.horizon
        if values.size == self.window.length and all(map(math.isfinite, values)) and 1 <= steps <= most:
            background_tasks.create(self._answer(number, values, steps, off), name="a forecast")

    async def _answer(
        self, number: int, window: FloatArray, steps: int, off: frozenset[int] | None
    ) -> None:
        slopes, model = self._slopes, self.visit.model

        def compute() -> Any:
            if slopes is not None and off is not None:
                return slopes(window, steps, off)
            return model.forecast(with_channel(window[None]), steps)[0].astype(float).tolist()

        try:
            answer = await to_thread.run_sync(compute)
        except SeqzooError as error:
            self.run_method("answered", number, None, str(error))
            return
        except Exception:  # of an extension; the page would wait for its answer
            self.run_method("answered", number, None, f"{self.visit.model.name} failed: the server's log says why")
            raise
        self.run_method("answered", number, answer, "")
