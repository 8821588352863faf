"""Handles that move the values of a window on its chart, by pointer and keyboard."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
from nicegui import ui
from numpy.typing import NDArray

from . import modules


class Points(ui.element, component="points.js"):
    """Handles over the values of a chart at the steps 1 - L to 0, or at other places. It must share one box with the
    chart.

    Args:
        on_move: called with the index of a value and its new value during a drag.
    """

    def __init__(self, chart: ui.echart, label: str, on_move: Callable[[int, float], Awaitable[None]]) -> None:
        super().__init__()
        self.length = 0
        self.limit = 1.0
        self._props["modules"] = modules.address()
        self._props["chart"] = chart.id
        self._props["label"] = label
        self._props["values"] = []
        self._props["step"] = self._props["limit"] = 1.0
        self._on_move = on_move
        self.on("move", self._moved, throttle=0.03)

    def show(self, values: NDArray[np.floating], step: float, places: NDArray[np.integer] | None = None) -> None:
        """Place the handles at values [L]; an arrow key moves one by `step`.

        Args:
            places: [L] on the horizontal axis, if they are not the steps.
        """
        self.length = len(values)
        self.limit = max(100 * step, 2 * float(np.abs(values).max()))
        self._props["values"] = values.tolist()
        self._props["places"] = None if places is None else places.tolist()
        self._props["step"], self._props["limit"] = step, self.limit
        self.update()

    async def _moved(self, event: Any) -> None:
        try:
            index, value = int(event.args["index"]), float(event.args["value"])
        except (KeyError, TypeError, ValueError, OverflowError):
            return
        if 0 <= index < self.length and math.isfinite(value):
            await self._on_move(index, min(max(value, -self.limit), self.limit))
