"""One value at a time: a recurrent model that carries its state."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from ..data.scaling import Normaliser
from ..data.windows import single
from ..errors import InputError
from ..forecasters.familiarity import Familiarity, Outside
from ..forecasters.rollout import finite
from .engines.numpy import NumpyEngine


class Stream:
    """A recurrent model fed value by value; made by `Predictor.stream`.

    After the first L values its forecast equals that of the window they make. From then on its state has seen
    more than a window: the model was trained from a state of zeros at the start of each window, so that
    `reset` before a new stretch gives what it was trained for.
    """

    def __init__(
        self, engine: NumpyEngine, normaliser: Normaliser, familiar: Familiarity | None, context_length: int
    ) -> None:
        self._engine, self._normaliser, self._familiar = engine, normaliser, familiar
        self._values: deque[float] = deque(maxlen=context_length)
        self.reset()

    def reset(self) -> None:
        """Forget everything: the state is zero again."""
        self._states = self._engine.start(1)
        self._values.clear()
        self.seen = 0

    def push(self, value: float) -> NDArray[np.floating]:
        """Take one value in the series' units; returns the forecast [H] of what follows it, typed as `predict`'s.

        Raises:
            InputError: not a number, or it or the forecast not finite in float32. The state is as before.
        """
        try:
            raw = np.asanyarray(value)
        except ValueError:  # a ragged list
            raw = np.empty(0)
        if raw.ndim or raw.dtype.kind not in "fiu":  # float() would take text, a truth value and more
            raise InputError(f"a stream takes one number at a time, got {str(value)[:40]!r}.")
        given = float(raw)
        values = np.array([[given]])
        with np.errstate(over="ignore"):
            scaled = self._normaliser.apply(values)
        if not (math.isfinite(single(values)[0, 0]) and math.isfinite(scaled[0, 0])):
            raise InputError(f"every value must be finite in float32 (at most 3.4e38), got {given}.")
        states, forecast = self._engine.step(scaled.astype(np.float64), self._states)
        ahead: NDArray[np.floating] = finite(self._normaliser.undo(single(forecast)))[0]
        self._states = states
        self._values.append(given)
        self.seen += 1
        return ahead

    def outside(self) -> Outside | None:
        """Whether the last L values lie outside what training saw, or, of fewer, the last value.

        None where they do not, before the first value, and where the model's signal is not known.
        """
        if self._familiar is None or not self._values:
            return None
        if len(self._values) < (self._values.maxlen or 0):
            return self._familiar.find_value(self._values[-1])
        return self._familiar.find(np.array([self._values]))

    @property
    def states(self) -> dict[str, NDArray[np.float64]]:
        """Every gate and state after the last value, [K] each; before the first, the states alone."""
        return {name: value[0].copy() for name, value in self._states.items()}
