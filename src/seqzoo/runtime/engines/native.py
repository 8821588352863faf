"""The native engine: the compiled core, from the canonical weights; for recurrent models."""

from __future__ import annotations

import numpy as np

from ..._arrays import FloatArray
from ...bundles.manifest import Manifest
from ...bundles.store import WEIGHTS, Bundle
from ...errors import IntegrityError, MissingCoreError
from .. import core
from ._parallel import in_pieces
from .numpy import read_weights

_NAMES = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
PIECE = 128  # rows; a thread that begins late, or waits for a processor, leaves others little to wait for
_HEAD = ("head.weight", "head.bias")


class NativeEngine:
    """Runs the canonical weights, given as the bytes of a safetensors file.

    Raises:
        MissingCoreError: this installation has no core.
        IntegrityError: the file cannot be parsed or does not hold the architecture's weights.
    """

    def __init__(self, data: bytes, manifest: Manifest) -> None:
        state = core.state()
        if state.core is None:
            raise MissingCoreError(state.why)
        cell, contract = manifest.architecture, manifest.contract
        tensors = read_weights(data, manifest)
        try:
            wanted = [tensors.pop(name).astype(np.float32) for name in (*(f"{cell}.{n}" for n in _NAMES), *_HEAD)]
            self.cell = core.Cell(state.core, cell, wanted)
        except (KeyError, ValueError, IndexError) as error:
            raise IntegrityError(f"the weights are not those of an {cell}: {error}.") from None
        if tensors:
            raise IntegrityError(f"the weights are not those of an {cell}: {', '.join(tensors)[:100]} is unexpected.")
        sizes = self.cell.channels, self.cell.outputs
        if sizes != (contract.channels, contract.horizon):
            raise IntegrityError(
                f"the weights read {sizes[0]} channels and forecast {sizes[1]} steps; the manifest states "
                f"{contract.channels} and {contract.horizon}."
            )
        self._scaling = contract.scaling
        self._is_plain = contract.scaling.is_identity

    def stepper(self) -> core.Stepper:
        """What reads one window step by step, with a state of its own."""
        return self.cell.stepper()

    def run(self, batch: FloatArray) -> FloatArray:
        """Forecasts [B, H] of windows [B, L, D], both in the units of the series."""
        if self._is_plain:
            return in_pieces(self.cell.forward, batch, PIECE)
        return in_pieces(lambda piece: self._scaling.around(self.cell.forward, piece), batch, PIECE)


def build(bundle: Bundle) -> NativeEngine:
    """The engine of a bundle. Raises IntegrityError if its file is damaged or breaks the contract."""
    return NativeEngine(bundle.read(WEIGHTS), bundle.manifest)
