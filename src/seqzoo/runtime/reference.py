"""The numpy engine: each recurrence written as its equations, with every gate and state to look at.

Computed in float64, so that it is the most exact of the engines.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as parse

from ..bundle import Manifest
from ..errors import InputError, IntegrityError
from .parallel import in_pieces

Array = NDArray[np.float64]
Weights = dict[str, Array]


@dataclass(frozen=True)
class Trace:
    """Everything a recurrent model computed for a batch of windows, in model units.

    Args:
        context: [B, L] what it read.
        steps: name -> [B, L, K] each gate and state after each step, as `i f g o c h` of an LSTM.
        forecast: [B, H] what it said.
    """

    context: Array
    steps: dict[str, Array]
    forecast: Array

    def __getitem__(self, name: str) -> Array:
        return self.steps[name]


def lstm(weights: Weights, context: Array) -> Trace:
    """i, f, o = sigmoid(W x + U h + b), g = tanh(W x + U h + b), c' = f c + i g, h' = o tanh(c').

    Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000; PyTorch's gate order.
    """
    inward, recurrent = weights["lstm.weight_ih_l0"], weights["lstm.weight_hh_l0"]
    bias = weights["lstm.bias_ih_l0"] + weights["lstm.bias_hh_l0"]
    rows, length = context.shape
    size = recurrent.shape[1]
    h, c = np.zeros((rows, size)), np.zeros((rows, size))
    steps = {name: np.empty((rows, length, size)) for name in "ifgoch"}
    for t in range(length):
        gates = context[:, t, None] @ inward.T + h @ recurrent.T + bias
        i, f, g, o = np.split(gates, 4, axis=1)
        i, f, g, o = _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)
        c = f * c + i * g
        h = o * np.tanh(c)
        for name, value in zip("ifgoch", (i, f, g, o, c, h), strict=True):
            steps[name][:, t] = value
    return Trace(context, steps, h @ weights["head.weight"].T + weights["head.bias"])


MOST_VALUES = 1 << 20  # of a gate over all rows and steps; a trace keeps six such arrays

CELLS: dict[str, Callable[[Weights, Array], Trace]] = {"lstm": lstm}


class NumpyEngine:
    """Runs the canonical weights, given as the bytes of a safetensors file.

    Raises:
        IntegrityError: the file cannot be parsed or does not hold the architecture's weights.
        InputError: there is no numpy reference for the architecture.
    """

    def __init__(self, data: bytes, manifest: Manifest) -> None:
        if manifest.architecture not in CELLS:
            raise InputError(
                f"the numpy engine has no reference for the architecture {manifest.architecture!r}; "
                f"it has {', '.join(CELLS)}."
            )
        try:
            tensors = parse(data)
        except (SafetensorError, KeyError, TypeError, ValueError) as error:  # the last three: a dtype NumPy lacks
            raise IntegrityError(f"the weights cannot be read: {error}") from None
        if any(tensor.dtype != np.float32 for tensor in tensors.values()):
            raise IntegrityError("the weights are not all float32.")
        self._weights = {name: tensor.astype(np.float64) for name, tensor in tensors.items()}
        self._cell = CELLS[manifest.architecture]
        contract = manifest.contract
        if sum(tensor.size for tensor in tensors.values()) != manifest.parameters:
            raise IntegrityError(f"the weights are not the {manifest.parameters:,} that the manifest states.")
        try:
            trial = self._cell(self._weights, np.zeros((1, contract.context_length)))
            shape, self._size = trial.forecast.shape, max(step.shape[-1] for step in trial.steps.values())
        except (KeyError, ValueError, IndexError) as error:
            raise IntegrityError(f"the weights are not those of an {manifest.architecture}: {error}.") from None
        if shape != (1, contract.horizon):
            raise IntegrityError(f"the weights forecast {shape[1]} steps; the manifest states {contract.horizon}.")

    def trace(self, batch: NDArray[np.float32]) -> Trace:
        """[B, L, 1] in model units to every gate and state."""
        return self._cell(self._weights, batch[:, :, 0].astype(np.float64))

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """[B, L, 1] to [B, H]."""
        return in_pieces(self._forecast, batch)

    def _forecast(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        rows = max(1, MOST_VALUES // (batch.shape[1] * self._size))
        pieces = [self.trace(batch[first : first + rows]).forecast for first in range(0, len(batch), rows)]
        return np.concatenate(pieces).astype(np.float32)


def _sigmoid(x: Array) -> Array:
    return 0.5 * (1.0 + np.tanh(0.5 * x))  # does not overflow
