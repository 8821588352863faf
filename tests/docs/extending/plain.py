"""The plain engine: a linear model as one product in float32."""

from __future__ import annotations

from safetensors.numpy import load

from ..._arrays import Float32Array
from ...bundles.store import WEIGHTS, Bundle


class PlainEngine:
    """Runs weights [H, L] and bias [H]."""

    def __init__(self, weight: Float32Array, bias: Float32Array) -> None:
        self._weight, self._bias = weight, bias

    def run(self, batch: Float32Array) -> Float32Array:
        """[B, L, 1] to [B, H]."""
        return batch[:, :, 0] @ self._weight.T + self._bias


def build(bundle: Bundle) -> PlainEngine:
    """The engine of a bundle. Raises IntegrityError: its weights are damaged."""
    tensors = load(bundle.read(WEIGHTS))
    return PlainEngine(*(next(tensors[key] for key in tensors if key.endswith(part)) for part in ("weight", "bias")))
