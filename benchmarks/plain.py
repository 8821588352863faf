"""The engines without seqzoo: the code that a user would write around the files of a bundle."""

from __future__ import annotations

import io
import warnings

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from rounds import Case
from safetensors.torch import load

from seqzoo.bundles import shelf, store
from seqzoo.zoo import _registry

MODEL = "lstm.sine"


def onnx(batch: NDArray[np.float32], threads: int = 0) -> Case:
    """Plain ONNX Runtime on a batch [B, L, 1]; 0 threads are its default."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(store.open_bundle(shelf.find(MODEL)).read(store.ONNX), options)
    return Case(lambda: session.run(None, {"context": batch}))


def cases(batch: NDArray[np.float32], torch_threads: int | None = None) -> dict[str, Case]:
    """Each plain engine on a batch [B, L, 1], given in the engine's preferred form: no conversion is timed.

    ONNX Runtime has its default session options.
    """
    bundle = store.open_bundle(shelf.find(MODEL))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.jit works and says it is deprecated
        scripted = torch.jit.load(io.BytesIO(bundle.read(store.TORCHSCRIPT))).eval()
    made = _registry.entry(MODEL).architecture
    eager = made.module(made.config()).eval()
    eager.load_state_dict(load(bundle.read(store.WEIGHTS)))
    tensor = torch.from_numpy(batch)

    def run_scripted() -> object:
        with torch.inference_mode():
            return scripted(tensor)

    def run_eager() -> object:
        with torch.inference_mode():
            return eager(tensor)

    return {
        "plain torchscript": Case(run_scripted, torch_threads),
        "plain eager": Case(run_eager, torch_threads),
        "plain onnx": onnx(batch),
    }
