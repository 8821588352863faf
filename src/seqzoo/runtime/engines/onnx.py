"""The onnx engine: ONNX Runtime on the CPU."""

from __future__ import annotations

import threading

import onnxruntime as ort

from ..._arrays import FloatArray
from ...bundles.manifest import Contract
from ...bundles.store import ONNX, Bundle
from ...errors import IntegrityError
from ._parallel import in_pieces, is_forked, one_by_one, threads

SMALL = 16  # rows from which ONNX Runtime's threads save more than they cost
TYPES = {"float32": "tensor(float)", "float64": "tensor(double)"}
MOST = 128  # rows at once; more do not fit the cache


class OnnxEngine:
    """Runs an ONNX model given as bytes.

    Raises:
        IntegrityError: the model cannot be parsed, refers to external files, or breaks the contract.
    """

    def __init__(self, data: bytes, contract: Contract) -> None:
        # External tensors name their file under the key "location", which no model of seqzoo contains.
        if b"location" in data:
            raise IntegrityError("the ONNX file refers to external data; only a single file is accepted.")
        self._data, self._lock = data, threading.Lock()
        self._one = self._threaded = self._session(threads=1)
        inputs = [(i.name, i.type, i.shape[1:]) for i in self._one.get_inputs()]
        outputs = [(o.name, o.type, o.shape[1:]) for o in self._one.get_outputs()]
        kind = TYPES[contract.scaling.dtype]
        if inputs != [(contract.input, kind, [contract.context_length, contract.channels])] or outputs != [
            (contract.output, kind, [contract.horizon])
        ]:
            raise IntegrityError(
                f"the ONNX file maps {inputs} to {outputs}; the manifest states {contract.input} {kind} "
                f"[B, {contract.context_length}, {contract.channels}] to {contract.output} {kind} "
                f"[B, {contract.horizon}]."
            )
        self._input, self._outputs = contract.input, [contract.output]

    def run(self, batch: FloatArray) -> FloatArray:
        """Forecasts [B, H] of windows [B, L, D], both in the units of the series."""
        if len(batch) < SMALL:
            return self._on_one_thread(batch)
        if is_forked():
            return in_pieces(self._on_one_thread, batch)
        if self._threaded is self._one:
            self._add_threads()
        return one_by_one(self._on_threads, batch, MOST)

    def _session(self, threads: int) -> ort.InferenceSession:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # Otherwise ONNX Runtime would parse bytes that look like its own format with a less guarded parser.
        options.add_session_config_entry("session.load_model_format", "ONNX")
        try:
            return ort.InferenceSession(self._data, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # exceptions of ONNX Runtime share no base class
            raise IntegrityError(f"ONNX Runtime cannot load the file: {str(error).splitlines()[0]}") from None

    def _add_threads(self) -> None:
        """Create the session with threads, for the first batch that is large enough."""
        with self._lock:
            if self._threaded is self._one and threads() > 1:
                self._threaded = self._session(threads=threads())

    def _on_one_thread(self, batch: FloatArray) -> FloatArray:
        forecast: FloatArray = self._one.run(self._outputs, {self._input: batch})[0]
        return forecast

    def _on_threads(self, batch: FloatArray) -> FloatArray:
        forecast: FloatArray = self._threaded.run(self._outputs, {self._input: batch})[0]
        return forecast


def build(bundle: Bundle) -> OnnxEngine:
    """The engine of a bundle. Raises IntegrityError if its file is damaged or breaks the contract."""
    return OnnxEngine(bundle.read(ONNX), bundle.manifest.contract)
