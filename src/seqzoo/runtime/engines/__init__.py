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


def _of_the_core(manifest: Manifest) -> bool:
    from .. import core

    units = manifest.config.get("hidden_size")
    return isinstance(units, int) and core.runs(manifest.architecture, units, manifest.contract.context_length)


ENGINES: dict[str, Callable[[Manifest], bool]] = {
    "torchscript": _any, "onnx": _any, "numpy": _recurrent, "native": _of_the_core,
}  # fmt: skip
"""Every engine, and which bundles it can run. A new one is a file in this folder, with `build`, and a line here."""
LIGHT = "light"
"""In place of an engine's name: the fastest of those that need no torch, see `light`."""


class Engine(Protocol):
    """Runs a model on validated input. Safe to call from many threads at once."""

    def run(self, batch: FloatArray) -> FloatArray:
        """The forecasts [B, H] of a finite, contiguous batch [B, L, D], both in the units of the series.

        Both are float32 where the bundle's scaling is the identity, else float64 (`Scaling.dtype`).
        """


def check_name(engine: str) -> str:
    """The name, unchanged.

    Raises:
        UnknownNameError: the name is neither one of ENGINES nor LIGHT.
    """
    if engine not in ENGINES and engine != LIGHT:
        raise UnknownNameError("engine", engine, ENGINES)
    return engine


def offered(manifest: Manifest) -> list[str]:
    """The engines that can run a bundle; native only where this installation has the compiled core."""
    return [engine for engine, runs in ENGINES.items() if runs(manifest) and (engine != "native" or _has_core())]


def _has_core() -> bool:
    from .. import core

    return core.find() is not None


def light(manifest: Manifest) -> str:
    """The fastest engine that needs no torch: native for a recurrent model where there is a core, otherwise onnx."""
    return "native" if ENGINES["native"](manifest) and _has_core() else "onnx"


def default_engine(bundle: Bundle) -> str:
    """torchscript if torch is installed and the bundle may run code; otherwise `light`."""
    return "torchscript" if _extras.has_torch() and bundle.is_trusted else light(bundle.manifest)


def build(engine: str, bundle: Bundle) -> Engine:
    """An engine, built from the bundle's file for it.

    Raises:
        UnknownNameError: the engine does not exist, or cannot run this bundle.
        MissingExtraError: torchscript was chosen, and torch is not installed.
        MissingCoreError: native was chosen, and this installation has no core.
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
