"""The state of a page in its address."""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import urlencode

from nicegui import ui

from ...data.numerals import number as plain_number


class Address:
    """The path of a page, and the state that its address holds in `query`."""

    def __init__(self, path: str, query: dict[str, str]) -> None:
        self.path, self.query = path, query
        self._writing = False

    def number(self, key: str, default: float, low: float, high: float) -> float:
        """A number from the address, clamped to its bounds; the default if the address has none."""
        value = plain_number(self.query[key]) if key in self.query else default
        return default if value is None or not math.isfinite(value) else min(max(value, low), high)

    def remember(self, **state: Any) -> None:
        """Write state into the address, at most five times a second; a value of None removes its key."""
        self._set(state)
        if not self._writing:
            self._writing = True
            with ui.context.client:  # the control that changed the state may be removed before the timer fires
                ui.timer(0.2, self.write, once=True)

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
        query = urlencode(self.query)
        return f"{self.path}?{query}" if query else self.path

    def _set(self, state: dict[str, Any]) -> None:
        for key, value in state.items():
            if value is None:
                self.query.pop(key, None)
            else:
                self.query[key] = f"{value:g}" if isinstance(value, float) else str(value)
