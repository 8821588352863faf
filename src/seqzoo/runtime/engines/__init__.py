"""The engines of bundles by name; each is built from verified bytes on demand."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Protocol

from ... import _extras
from ..._arrays import FloatArray
from ...bundles.manifest import Manifest
from ...bundles.store import TORCHSCRIPT, Bundle
from ...errors import UnknownNameError, UntrustedError


def _any(manifest: Manifest) -> bool:
    return True


def _recurrent(manifest: Manifest) -> bool:
    from .numpy import CELLS

    return manifest.architecture in CELLS


ENGINES: dict[str, Callable[[Manifest], bool]] = {"torchscript": _any, "onnx": _any, "numpy": _recurrent}
"""Every engine, and which bundles it can run. A new one is a file in this folder, with `build`, and a line here."""


class Engine(Protocol):
    """Runs a model on validated input. Safe to call from many threads at once."""

    def run(self, batch: FloatArray) -> FloatArray:
        """The forecasts [B, H] of a finite, contiguous batch [B, L, D], both in the units of the series.

        Both are float32 where the bundle's scaling is the identity, else float64 (`Scaling.dtype`).
        """


def check_name(engine: str) -> str:
    """The name, unchanged.

    Raises:
        UnknownNameError: the name is not one of ENGINES.
    """
    if engine not in ENGINES:
        raise UnknownNameError("engine", engine, ENGINES)
    return engine


def offered(manifest: Manifest) -> list[str]:
    """The engines that can run a bundle."""
    return [engine for engine, runs in ENGINES.items() if runs(manifest)]


def default_engine(bundle: Bundle) -> str:
    """torchscript if torch is installed and the bundle may run code; otherwise onnx."""
    return "torchscript" if _extras.has_torch() and bundle.is_trusted else "onnx"


def build(engine: str, bundle: Bundle) -> Engine:
    """An engine, built from the bundle's file for it.

    Raises:
        UnknownNameError: the engine does not exist, or cannot run this bundle.
        MissingExtraError: torchscript was chosen, and torch is not installed.
        UntrustedError: torchscript was chosen, and the bundle is of unknown origin.
        BundleError: the file is damaged or breaks the contract.
    """
    if not ENGINES[check_name(engine)](bundle.manifest):
        raise UnknownNameError(f"engine for {bundle.manifest.name}", engine, offered(bundle.manifest))
    if engine == "torchscript":
        _check_torchscript(bundle)
    built: Engine = importlib.import_module(f".{engine}", __name__).build(bundle)
    return built


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
