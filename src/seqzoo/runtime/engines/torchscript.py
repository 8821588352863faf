"""The torchscript engine, the only module of the runtime that imports torch."""

from __future__ import annotations

import io
import warnings

import torch

from ..._arrays import FloatArray
from ..._extras import one_thread
from ...bundles.manifest import Contract
from ...bundles.store import TORCHSCRIPT, Bundle
from ...errors import IntegrityError
from ._parallel import PIECE, in_pieces, is_forked, one_by_one

SMALL = 16  # rows from which torch's threads save more than they cost
LARGE = 1000  # rows from which one piece on each core is faster than torch's threads on one piece


class TorchScriptEngine:
    """Runs a TorchScript module given as bytes. Loading executes code, so the bytes must be trusted.

    Raises:
        IntegrityError: torch cannot load the module.
    """

    def __init__(self, data: bytes, contract: Contract) -> None:
        self._contract = contract
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r"`torch\.jit\.", category=Warning)
            try:
                module = torch.jit.load(io.BytesIO(data), map_location="cpu").eval()  # type: ignore[no-untyped-call]
            except RuntimeError as error:
                raise IntegrityError(f"torch cannot load the file: {str(error).splitlines()[0]}") from None
        self._call = module.forward  # module(...) would first look for hooks

    def run(self, batch: FloatArray) -> FloatArray:
        """Forecasts [B, H] of windows [B, L, D], both in the units of the series."""
        rows = len(batch)
        if rows < SMALL:
            return self._on_one_thread(batch)
        if rows < LARGE and not is_forked():
            return one_by_one(self._forward, batch, PIECE)
        return in_pieces(self._on_one_thread, batch)

    def _on_one_thread(self, batch: FloatArray) -> FloatArray:
        with one_thread():
            return self._forward(batch)

    def _forward(self, batch: FloatArray) -> FloatArray:
        with torch.inference_mode():
            forecast: FloatArray = self._call(torch.from_numpy(batch)).numpy()
        return forecast


def build(bundle: Bundle) -> TorchScriptEngine:
    """The engine of a bundle. Raises IntegrityError if its file is damaged or breaks the contract."""
    return TorchScriptEngine(bundle.read(TORCHSCRIPT), bundle.manifest.contract)
