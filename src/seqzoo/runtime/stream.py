"""A recurrent model that reads one value at a time and carries its state."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..bundles.manifest import Contract
from ..data.calendar import check_waves
from ..data.windows import channels_message, single
from ..errors import InputError
from ..forecasters.familiarity import Familiarity, Outside, Range
from ..forecasters.rollout import finite
from .engines.numpy import NumpyEngine


class Stream:
    """A recurrent model that reads one step at a time; `Predictor.stream` makes it.

    After L values its forecast equals that of the window of these values. After more values, its state depends on all
    of them. Training starts each window from a zero state, so call `reset` before each new stretch of data.
    """

    def __init__(self, engine: NumpyEngine, contract: Contract, familiar: Familiarity | Range | None) -> None:
        self._engine, self._scaling, self._familiar = engine, contract.scaling, familiar
        self._names = contract.names
        self._values: deque[float] = deque(maxlen=contract.context_length)
        self.reset()

    def reset(self) -> None:
        """Set the state to zero."""
        self._states = self._engine.start(1)
        self._values.clear()
        self.seen = 0

    def push(self, value: float | Sequence[float]) -> NDArray[np.floating]:
        """The forecast [H] of the next values, after reading one value in the series' units.

        The forecast has the type that `Predictor.predict` returns.

        Args:
            value: a number, or for a model of D channels a row [D] of them.

        Raises:
            InputError: the value is not a number, or not a row of D; or it or the forecast is not finite in float32.
                The state is then unchanged.
        """
        try:
            raw = np.asanyarray(value)
        except ValueError:  # a ragged list
            raw = np.empty(0)
        channels = len(self._names)
        shape = () if channels == 1 else (channels,)
        if raw.shape != shape or raw.dtype.kind not in "fiu":  # float() would take text, a truth value and more
            if channels > 1:
                raise InputError(channels_message(self._names, f"{str(value)[:40]!r} for a step"))
            raise InputError(f"a stream takes one number at a time, got {str(value)[:40]!r}.")
        values = raw.astype(np.float64).reshape(1, channels)
        given = float(values[0, 0])
        shown = str(given if channels == 1 else values[0].tolist())
        with np.errstate(over="ignore"):
            scaled = single(values).copy()
            scaled[:, :1] = self._scaling.standardise(values[:, :1])
        if not (np.isfinite(single(values)).all() and np.isfinite(scaled).all()):
            raise InputError(f"every value must be finite in float32 (at most 3.4e38), got {shown}.")
        if channels > 1:
            check_waves(values[:, 1:], self._names[1:])
        states, forecast = self._engine.step(scaled.astype(np.float64), self._states)
        ahead: NDArray[np.floating] = finite(self._scaling.restore(single(forecast)))[0]
        self._states = states
        self._values.append(given)
        self.seen += 1
        return ahead

    def outside(self) -> Outside | None:
        """How far the last L values lie outside the training data; of fewer values, only the last one is judged.

        None if they do not, before the first value, and if the law of the model's data is unknown.
        """
        if self._familiar is None or not self._values:
            return None
        if len(self._values) < (self._values.maxlen or 0):
            return self._familiar.find_value(self._values[-1])
        return self._familiar.find(np.array([self._values]))

    @property
    def states(self) -> dict[str, NDArray[np.float64]]:
        """Every gate and state after the last value, [K] each; before the first value, only the states."""
        return {name: value[0].copy() for name, value in self._states.items()}
