"""The engines a bundle can run on, by name; each is built from verified bytes on demand."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ... import _extras
from ...bundles.manifest import Manifest
from ...bundles.store import TORCHSCRIPT, Bundle
from ...errors import UnknownNameError, UntrustedError

FloatArray = NDArray[np.float32]


def _any(manifest: Manifest) -> bool:
    return True


def _recurrent(manifest: Manifest) -> bool:
    from .numpy import CELLS

    return manifest.architecture in CELLS


ENGINES: dict[str, Callable[[Manifest], bool]] = {"torchscript": _any, "onnx": _any, "numpy": _recurrent}
"""Every engine, and which bundles it can run. A new one is a file of this folder, with `build`, and a line here."""


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
    """The engines that can run a bundle."""
    return [engine for engine, runs in ENGINES.items() if runs(manifest)]


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
    if not ENGINES[check_name(engine)](bundle.manifest):
        raise UnknownNameError(f"engine for {bundle.manifest.name}", engine, offered(bundle.manifest))
    if engine == "torchscript":
        _check_torchscript(bundle)
    made: Engine = importlib.import_module(f".{engine}", __name__).build(bundle)
    return made


def _check_torchscript(bundle: Bundle) -> None:
    """Raises MissingExtraError without torch, UntrustedError for a bundle of unknown origin; imports torch."""
    _extras.check_torch("the torchscript engine")
    if not bundle.is_trusted:
        raise UntrustedError(
            f"{bundle.path / TORCHSCRIPT} would execute code when loaded, and neither this machine built it "
            "nor did seqzoo ship it. Use engine='onnx' or engine='numpy', which execute none."
        )
    from . import _libtorch

    _libtorch.enter()
