"""The numpy engine: each recurrence written as its equations, with access to every gate and state.

It computes in float64 and is the most accurate engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as parse

from ..._arrays import Float32Array, FloatArray, channel
from ...bundles.manifest import Manifest
from ...bundles.store import WEIGHTS, Bundle
from ...errors import InputError, IntegrityError
from ._parallel import in_pieces

Array = NDArray[np.float64]
Weights = dict[str, Array]


@dataclass(frozen=True)
class Trace:
    """The gates, states and forecasts of a recurrent model for a batch of windows.

    Args:
        context: [B, L] the values of the windows, in the network's units.
        steps: name -> [B, L, K] each gate and state after each step, for an LSTM `i f g o c h`.
        forecast: [B, H] the forecasts, in the units of the series.
    """

    context: Array
    steps: dict[str, Array]
    forecast: Array

    def __getitem__(self, name: str) -> Array:
        return self.steps[name]


class Recurrence(NamedTuple):
    """One step of a recurrence.

    Args:
        prefix: the prefix of the layer's weights, for example "lstm".
        names: the names of the gates and states that a step computes, in the order of a trace.
        states: the names that the next step reads; they begin at zero. The head reads `h`.
        step: maps weights, values [B, D] and the states before to every gate and state, [B, K] each.
    """

    prefix: str
    names: str
    states: str
    step: Callable[[Weights, Array, dict[str, Array]], dict[str, Array]]


def _lstm(weights: Weights, x: Array, before: dict[str, Array]) -> dict[str, Array]:
    """i, f, o = sigmoid(W x + U h + b), g = tanh(W x + U h + b), c' = f c + i g, h' = o tanh(c').

    Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000 and PyTorch's order of gates.
    """
    gates = x @ weights["weight_ih_l0"].T + before["h"] @ weights["weight_hh_l0"].T
    i, f, g, o = np.split(gates + weights["bias_ih_l0"] + weights["bias_hh_l0"], 4, axis=1)
    i, f, g, o = _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)
    c = f * before["c"] + i * g
    return {"i": i, "f": f, "g": g, "o": o, "c": c, "h": o * np.tanh(c)}


def _gru(weights: Weights, x: Array, before: dict[str, Array]) -> dict[str, Array]:
    """r, z = sigmoid(W x + U h + b), n = tanh(W x + b + r (U h + b')), h' = (1 - z) n + z h.

    Cho et al. 2014, with the reset gate applied after the product, as in PyTorch.
    """
    h = before["h"]
    from_x = np.split(x @ weights["weight_ih_l0"].T + weights["bias_ih_l0"], 3, axis=1)
    from_h = np.split(h @ weights["weight_hh_l0"].T + weights["bias_hh_l0"], 3, axis=1)
    r, z = _sigmoid(from_x[0] + from_h[0]), _sigmoid(from_x[1] + from_h[1])
    n = np.tanh(from_x[2] + r * from_h[2])
    return {"r": r, "z": z, "n": n, "h": (1 - z) * n + z * h}


def _rnn(weights: Weights, x: Array, before: dict[str, Array]) -> dict[str, Array]:
    """h' = tanh(W x + U h + b) (Elman 1990)."""
    total = x @ weights["weight_ih_l0"].T + before["h"] @ weights["weight_hh_l0"].T
    return {"h": np.tanh(total + weights["bias_ih_l0"] + weights["bias_hh_l0"])}


CELLS = {
    "lstm": Recurrence("lstm", "ifgoch", "hc", _lstm),
    "gru": Recurrence("gru", "rznh", "h", _gru),
    "rnn": Recurrence("rnn", "h", "h", _rnn),
}


class NumpyEngine:
    """Runs the canonical weights, given as the bytes of a safetensors file.

    Raises:
        IntegrityError: the file cannot be parsed or does not hold the architecture's weights.
        InputError: the architecture has no gates and states.
    """

    def __init__(self, data: bytes, manifest: Manifest) -> None:
        if manifest.architecture not in CELLS:
            raise InputError(
                f"the architecture {manifest.architecture!r} has no gates and states to look at and carries no state "
                f"from step to step; {', '.join(CELLS)} do."
            )
        self._cell = CELLS[manifest.architecture]
        prefix = f"{self._cell.prefix}."
        tensors = read_weights(data, manifest)
        self._weights = {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
        contract, self._scaling = manifest.contract, manifest.contract.scaling
        try:
            self._size = self._weights["weight_hh_l0"].shape[1]
            shape = self._trace(np.zeros((1, contract.context_length, contract.channels))).forecast.shape
        except (KeyError, ValueError, IndexError) as error:
            raise IntegrityError(f"the weights are not those of an {manifest.architecture}: {error}.") from None
        if shape != (1, contract.horizon):
            raise IntegrityError(f"the weights forecast {shape[1]} steps; the manifest states {contract.horizon}.")

    @property
    def states(self) -> str:
        """The names of the states, a letter each."""
        return self._cell.states

    def stepper(self) -> Steps:
        """What reads one window step by step, with a state of its own."""
        return Steps(self)

    def start(self, rows: int) -> dict[str, Array]:
        """The states before the first value: zeros, [B, K] each."""
        return {name: np.zeros((rows, self._size)) for name in self._cell.states}

    def step(self, x: Array, before: dict[str, Array]) -> tuple[dict[str, Array], Array]:
        """Every gate and state after values [B, D], and the forecast [B, H] from them, in the network's units."""
        now = self._cell.step(self._weights, x, before)
        return now, self._head(now["h"])

    def trace(self, batch: FloatArray) -> Trace:
        """Every gate and state for windows [B, L, D] in the units of the series.

        Raises:
            InputError: a value lies too far outside the model's scale.
        """
        traces: list[Trace] = []

        def network(values: Float32Array) -> Array:
            traces.append(self._trace(values.astype(np.float64)))
            return traces[0].forecast

        forecast = self._scaling.around(network, batch)
        return replace(traces[0], forecast=np.asarray(forecast))

    def run(self, batch: FloatArray) -> FloatArray:
        """Forecasts [B, H] of windows [B, L, D], both in the units of the series."""
        return in_pieces(lambda piece: self._scaling.around(self._forecast, piece), batch)

    def _trace(self, context: Array) -> Trace:
        steps = {name: np.empty((*context.shape[:2], self._size)) for name in self._cell.names}
        for t, now in enumerate(self._states(context)):
            for name, value in now.items():
                steps[name][:, t] = value
        return Trace(channel(context), steps, self._head(now["h"]))

    def _states(self, context: Array) -> Iterator[dict[str, Array]]:
        """Every gate and state after each step of a context [B, L, D]."""
        now = self.start(len(context))
        for t in range(context.shape[1]):
            now = self._cell.step(self._weights, context[:, t], now)
            yield now

    def _head(self, state: Array) -> Array:
        return np.asarray(state @ self._weights["head.weight"].T + self._weights["head.bias"])

    def _forecast(self, batch: Float32Array) -> Float32Array:
        for now in self._states(batch.astype(np.float64)):
            last = now["h"]
        return self._head(last).astype(np.float32)


class Steps:
    """One window that is read step by step; its states begin at zero. Not to be shared by threads."""

    def __init__(self, engine: NumpyEngine) -> None:
        self._engine = engine
        self.reset()

    def reset(self) -> None:
        """Set the states to zero."""
        self._kept = self._after = self._engine.start(1)

    def step(self, values: list[float]) -> Float32Array:
        """The forecast [H] after values [D], both in the network's units; `keep` lets the next step follow it."""
        self._after, forecast = self._engine.step(np.array([values], np.float32).astype(np.float64), self._kept)
        return np.asarray(forecast[0], np.float32)

    def keep(self) -> None:
        """Let the next step begin with the states after the last one."""
        self._kept = self._after

    @property
    def states(self) -> dict[str, Array]:
        """The states that the next step begins with, [K] each: h, and for an LSTM c."""
        return {name: self._kept[name][0].copy() for name in self._engine.states}


def read_weights(data: bytes, manifest: Manifest) -> Weights:
    """Every tensor of a safetensors file, in float64.

    Raises:
        IntegrityError: the file cannot be parsed, is not float32, or does not hold the number of parameters that the
            manifest states.
    """
    try:
        tensors = parse(data)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:  # the last three: a dtype NumPy lacks
        raise IntegrityError(f"the weights cannot be read: {error}") from None
    if any(tensor.dtype != np.float32 for tensor in tensors.values()):
        raise IntegrityError("the weights are not all float32.")
    if sum(tensor.size for tensor in tensors.values()) != manifest.parameters:
        raise IntegrityError(f"the weights are not the {manifest.parameters:,} that the manifest states.")
    return {name: tensor.astype(np.float64) for name, tensor in tensors.items()}


def _sigmoid(x: Array) -> Array:
    return 0.5 * (1.0 + np.tanh(0.5 * x))  # does not overflow


def build(bundle: Bundle) -> NumpyEngine:
    """The engine of a bundle. Raises IntegrityError if its file is damaged or breaks the contract."""
    return NumpyEngine(bundle.read(WEIGHTS), bundle.manifest)
