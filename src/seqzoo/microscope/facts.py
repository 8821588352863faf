"""What a page of the microscope shows of one recurrent bundle, whatever host carries it to the browser."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..bundles.store import Bundle
from ..errors import InputError
from ..evaluation.sensitivity import LONGEST, of_bayes
from ..forecasters import familiarity
from ..forecasters.exact import best_linear
from ..forecasters.floors import standing
from ..runtime.engines.numpy import CELLS
from ..signals import Signal, make

DRAWS = 10_000  # windows to choose from
FARTHEST = 100  # steps ahead: more would make the page wait for the best linear weights of all


class Subject:
    """One recurrent bundle under the microscope, and the window that a page of it begins with.

    `fixed` are the facts that do not change; `start` [L] is the window to begin with, and `is_given` whether it was
    given, not drawn from the signal.

    Args:
        window: [L] to begin with, in the series' units; by default drawn from the model's signal.
        view: what is looked at; `draw` in it is the number of the window that the signal draws.

    Raises:
        InputError: no recurrent architecture, a window longer than can be shown, or one of another length.
    """

    def __init__(
        self, bundle: Bundle, *, window: Sequence[float] | None = None, view: Mapping[str, Any] | None = None
    ) -> None:
        facts = bundle.manifest
        self.length, horizon = facts.contract.context_length, min(facts.contract.horizon, FARTHEST)
        if facts.architecture not in CELLS:
            raise InputError(
                f"{facts.name} is of the architecture {facts.architecture!r}, which has no gates and states to look "
                f"at; {', '.join(CELLS)} have."
            )
        if not 2 <= self.length <= LONGEST:
            raise InputError(
                f"{facts.name} reads {self.length:,} values; the microscope shows windows of 2 to {LONGEST}."
            )
        if window is not None and (len(window) != self.length or not np.isfinite(window).all()):
            raise InputError(f"a window of {facts.name} has {self.length} finite values, got {len(window)}.")
        self._signal: Signal = make(facts.signal.family, facts.signal.parameters)
        self._given = None if window is None else list(window)
        self._horizon = horizon
        self._turn(view or {})
        linear = best_linear(self._signal, self.length, horizon)
        self.fixed: dict[str, Any] = {
            "name": facts.name,
            "architecture": facts.architecture,
            "scale": [facts.contract.normaliser.center, facts.contract.normaliser.scale],
            "best_linear": linear.weights.tolist(),
            "best_linear_bias": linear.bias.tolist(),
            "signal": {"family": facts.signal.family, **dataclasses.asdict(self._signal)},
            "standings": [standing(self._signal, own=own) for own in (False, True)],
        }

    def turns(self, view: Mapping[str, Any]) -> bool:
        """Begin with the window that a view asks for; returns whether that is another one than before."""
        if _whole(view, "draw", 0, DRAWS - 1) == self._draw:
            return False
        self._turn(view)
        return True

    def bayes(self, window: Sequence[float], view: Mapping[str, Any]) -> dict[str, Any]:
        """The Bayes forecast of a window, as far ahead as a view looks, and its derivative [L].

        Empty where the window is none, or the noise is too small for the quadrature.
        """
        if not self._is_window(window):
            return {}
        ahead = _whole(view, "ahead", 1, self._horizon)
        try:
            slope = of_bayes(self._signal, np.asarray(window), ahead)
        except InputError:
            return {}
        derivative = slope.derivative.tolist()
        return {"window": list(window), "ahead": ahead, "forecast": slope.forecast, "derivative": derivative}

    def outside(self, window: Sequence[float]) -> str:
        """What about a window lies outside what training saw, in one sentence; empty where nothing does."""
        if not self._is_window(window):
            return ""
        values = np.asarray(window)
        outside = familiarity.of(self._signal, self.length).find(values[None])
        return "" if outside is None else outside.note

    def _turn(self, view: Mapping[str, Any]) -> None:
        self._draw = _whole(view, "draw", 0, DRAWS - 1)
        self.is_given = self._given is not None and self._draw == 0
        if self._given is not None and self.is_given:
            self.start = self._given
        else:
            drawn = self._signal.draw(1, self.length, 1, np.random.default_rng(self._draw))
            self.start = drawn.context[0].tolist()

    def _is_window(self, window: Sequence[float]) -> bool:
        return len(window) == self.length and bool(np.isfinite(window).all())


def _whole(view: Mapping[str, Any], key: str, low: int, high: int) -> int:
    """A whole number of a view within its bounds; the lowest where it is none."""
    text = str(view.get(key, low))
    return min(max(int(text), low), high) if text.isascii() and text.isdecimal() and len(text) < 10 else low
