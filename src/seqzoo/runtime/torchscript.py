"""The torchscript engine, the only place of the runtime that imports torch."""

from __future__ import annotations

import io
import warnings

import numpy as np
import torch
from numpy.typing import NDArray

from ..bundle import Contract
from ..errors import IntegrityError
from ..torch_threads import one_thread


class TorchScriptEngine:
    """Runs a TorchScript module given as bytes of trusted origin: loading executes code.

    Raises:
        IntegrityError: torch cannot load it.
    """

    def __init__(self, data: bytes, contract: Contract) -> None:
        self._contract = contract
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r"`torch\.jit\.", category=DeprecationWarning)
            try:
                self._module = torch.jit.load(io.BytesIO(data), map_location="cpu").eval()  # type: ignore[no-untyped-call]
            except RuntimeError as error:
                raise IntegrityError(f"torch cannot load the file: {str(error).splitlines()[0]}") from None

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """[B, L, 1] to [B, H]."""
        with torch.inference_mode(), one_thread():
            forecast: NDArray[np.float32] = self._module(torch.from_numpy(batch)).numpy()
        return forecast
