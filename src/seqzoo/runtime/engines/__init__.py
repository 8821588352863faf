"""The engines a bundle can run on, by name; each is built from verified bytes on demand."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ... import _extras
from ...bundles.manifest import Manifest
from ...bundles.store import ONNX, TORCHSCRIPT, WEIGHTS, Bundle
from ...errors import UnknownNameError, UntrustedError

FloatArray = NDArray[np.float32]

ENGINES = ("torchscript", "onnx", "numpy")
"""Every engine. A new one is a file of this folder, a name here and a line in `build`."""


class Engine(Protocol):
    """Runs a model on validated input. Safe to call from many threads at once."""

    def run(self, batch: FloatArray) -> FloatArray:
        """batch: contiguous float32 [B, L, 1], finite; returns float32 [B, H]."""


def check_name(engine: str) -> str:
    """The name itself.

    Raises:
        UnknownNameError: not one of ENGINES.
    """
    if engine not in ENGINES:
        raise UnknownNameError("engine", engine, ENGINES)
    return engine


def offered(manifest: Manifest) -> list[str]:
    """The engines that can run a bundle: the numpy engine knows recurrent architectures only."""
    from .numpy import CELLS

    return [engine for engine in ENGINES if engine != "numpy" or manifest.architecture in CELLS]


def default_engine(bundle: Bundle) -> str:
    """torchscript where torch is installed and the bundle may run code; else onnx."""
    return "torchscript" if _extras.has_torch() and bundle.is_trusted else "onnx"


def build(engine: str, bundle: Bundle) -> Engine:
    """Parse the file that the engine runs.

    Raises:
        UnknownNameError: no such engine, or this bundle does not have it.
        MissingExtraError: torchscript without torch.
        UntrustedError: torchscript of a bundle of unknown origin.
        BundleError: a damaged file, or one that breaks the contract.
    """
    if check_name(engine) == "numpy" and engine not in offered(bundle.manifest):
        raise UnknownNameError(f"engine for {bundle.manifest.name}", engine, offered(bundle.manifest))
    if engine == "numpy":
        from .numpy import NumpyEngine

        return NumpyEngine(bundle.read(WEIGHTS), bundle.manifest)
    if engine == "onnx":
        from .onnx import OnnxEngine

        return OnnxEngine(bundle.read(ONNX), bundle.manifest.contract)
    _extras.check_torch("the torchscript engine")
    if not bundle.is_trusted:
        raise UntrustedError(
            f"{bundle.path / TORCHSCRIPT} would execute code when loaded, and neither this machine built it "
            "nor did seqzoo ship it. Use engine='onnx' or engine='numpy', which execute none."
        )
    from . import _libtorch

    _libtorch.enter()
    from .torchscript import TorchScriptEngine

    return TorchScriptEngine(bundle.read(TORCHSCRIPT), bundle.manifest.contract)
