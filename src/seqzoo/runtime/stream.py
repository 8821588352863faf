"""A recurrent model that reads one value at a time and carries its state."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .._arrays import Float32Array
from ..bundles.manifest import Contract
from ..data.calendar import check_waves
from ..data.windows import channels_message
from ..errors import InputError
from ..forecasters.familiarity import Familiarity, Outside, Range
from ..forecasters.rollout import finite

_BEYOND = 2.0**128 - 2.0**103  # the least number that float32 rounds to infinity


class Stepper(Protocol):
    """One window that an engine reads step by step, in the network's units; its states begin at zero."""

    def step(self, values: list[float]) -> Float32Array:
        """The forecast [H] after values [D]; `keep` lets the next step follow this one."""

    def keep(self) -> None:
        """Let the next step begin with the states after the last one."""

    def reset(self) -> None:
        """Set the states to zero."""

    @property
    def states(self) -> dict[str, NDArray[np.float64]]:
        """The states that the next step begins with, [K] each: h, and for an LSTM c."""


class Stream:
    """A recurrent model that reads one step at a time; `Predictor.stream` makes it.

    After L values its forecast equals that of the window of these values. After more values, its state depends on all
    of them. Training starts each window from a zero state, so call `reset` before each new stretch of data.
    """

    def __init__(self, stepper: Stepper, contract: Contract, familiar: Familiarity | Range | None) -> None:
        self._stepper, self._scaling, self._familiar = stepper, contract.scaling, familiar
        self._names = contract.names
        self._nothing = np.zeros(contract.horizon, np.float32)
        self._values: deque[float] = deque(maxlen=contract.context_length)
        self.reset()

    def reset(self) -> None:
        """Set the state to zero."""
        self._stepper.reset()
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
        values = [value] if type(value) is float and len(self._names) == 1 else self._numbers(value)
        scaled = (values[0] - self._scaling.center) / self._scaling.scale
        if not (
            -_BEYOND < scaled < _BEYOND
            and -_BEYOND < values[0] < _BEYOND
            and (len(values) == 1 or all(-_BEYOND < number < _BEYOND for number in values[1:]))
        ):
            shown = str(values[0] if len(values) == 1 else values)
            raise InputError(f"every value must be finite in float32 (at most 3.4e38), got {shown}.")
        if len(values) > 1:
            check_waves(np.array([values[1:]]), self._names[1:])
        forecast = self._stepper.step([scaled, *values[1:]])
        ahead: NDArray[np.floating] = self._scaling.restore(forecast)
        if ahead is not forecast or forecast.dot(self._nothing) != 0:  # infinity times zero is not zero
            finite(ahead[None])
        self._stepper.keep()
        self._values.append(values[0])
        self.seen += 1
        return ahead

    def _numbers(self, value: float | Sequence[float]) -> list[float]:
        """The values [D] of a step. Raises InputError, see `push`."""
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
        return [float(number) for number in raw.reshape(channels)]

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
        """The states after the last value, [K] each: h, and for an LSTM c."""
        return self._stepper.states
