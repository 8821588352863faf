"""The onnx engine: ONNX Runtime on the CPU, one thread a call; see `parallel.py` for batches."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from ..bundle import Contract
from ..errors import IntegrityError


class OnnxEngine:
    """Runs an ONNX model given as bytes.

    Raises:
        IntegrityError: it cannot be parsed, refers to external files, or breaks the contract.
    """

    def __init__(self, data: bytes, contract: Contract) -> None:
        # External tensors name their file under the key "location", which no model we write contains.
        if b"location" in data:
            raise IntegrityError("the ONNX file refers to external data; only a single file is accepted.")
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # Otherwise bytes that begin as ONNX Runtime's own format would go to another, less guarded parser.
        options.add_session_config_entry("session.load_model_format", "ONNX")
        try:
            self._session = ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its exceptions share no base class
            raise IntegrityError(f"ONNX Runtime cannot load the file: {str(error).splitlines()[0]}") from None
        inputs = [(i.name, i.type, i.shape[1:]) for i in self._session.get_inputs()]
        outputs = [(o.name, o.type, o.shape[1:]) for o in self._session.get_outputs()]
        if inputs != [(contract.input, "tensor(float)", [contract.context_length, 1])] or outputs != [
            (contract.output, "tensor(float)", [contract.horizon])
        ]:
            raise IntegrityError(
                f"the ONNX file maps {inputs} to {outputs}; the manifest states {contract.input} "
                f"[B, {contract.context_length}, 1] to {contract.output} [B, {contract.horizon}]."
            )
        self._input, self._outputs = contract.input, [contract.output]

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """[B, L, 1] to [B, H]."""
        forecast: NDArray[np.float32] = self._session.run(self._outputs, {self._input: batch})[0]
        return forecast
