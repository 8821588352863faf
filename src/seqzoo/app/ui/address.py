"""The state of a page in its address."""

from __future__ import annotations

import asyncio
import math
import time
from typing import Any
from urllib.parse import urlencode

from nicegui import Client, background_tasks, ui

from ...data.numerals import number as plain_number

REST = 0.2  # seconds without a change


class Address:
    """The path of a page, and the state that its address holds in `query`."""

    def __init__(self, path: str, query: dict[str, str]) -> None:
        self.path, self.query = path, query
        self._writing = False
        self._changed = 0.0  # when, on the monotonic clock

    def number(self, key: str, default: float, low: float, high: float) -> float:
        """A number from the address, clamped to its bounds; the default if the address has none."""
        value = plain_number(self.query[key]) if key in self.query else default
        return default if value is None or not math.isfinite(value) else min(max(value, low), high)

    def remember(self, **state: Any) -> None:
        """Write state into the address once it rests, as after a drag; a value of None removes its key."""
        self._set(state)
        self._changed = time.monotonic()
        if not self._writing:
            self._writing = True
            # No ui.timer, which is an element: the browser would render the page for its coming and its going.
            background_tasks.create(self._write_at_rest(ui.context.client), name="the address")

    async def _write_at_rest(self, client: Client) -> None:
        while (wait := self._changed + REST - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        if not client.is_deleted:
            with client:
                self.write()

    def enter(self, **state: Any) -> None:
        """Write state as a new entry of the browser's history; Back leads to the state before it."""
        self.write()
        self._set(state)
        ui.navigate.history.push(self.url)

    def write(self) -> None:
        """Write what has not been written yet."""
        if self._writing:
            self._writing = False
            ui.navigate.history.replace(self.url)

    def drop(self) -> None:
        """Write nothing that has not been written yet: the browser is at another address."""
        self._writing = False

    @property
    def url(self) -> str:
        """The path with the state."""
        query = urlencode(self.query, safe=",")
        return f"{self.path}?{query}" if query else self.path

    def _set(self, state: dict[str, Any]) -> None:
        for key, value in state.items():
            if value is None:
                self.query.pop(key, None)
            else:
                self.query[key] = f"{value:g}" if isinstance(value, float) else str(value)
