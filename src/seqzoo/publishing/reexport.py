"""Writes bundles again from their weights, so that exported files and cards follow the code; retrains nothing."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
from safetensors.numpy import load as from_safetensors
from safetensors.torch import save as to_safetensors

from .._arrays import FloatArray
from ..bundles import store
from ..bundles.manifest import TOLERANCE, Contract
from ..bundles.store import Bundle
from ..errors import IntegrityError
from ..runtime.engines.onnx import OnnxEngine
from ..runtime.engines.torchscript import TorchScriptEngine
from ..zoo import _registry
from . import build, cards
from .onnx import to_onnx
from .torchscript import to_torchscript

PRELOADED = (__name__, "onnxscript")
"""What a process may import before `reexport`."""


def reexport(path: Path) -> tuple[str, ...]:
    """The names of the files that changed, after writing TorchScript, ONNX and card of a bundle again.

    Weights, scores and history stay. Without a change nothing is written. Call it in a new process: torch numbers the
    types that a process scripts and writes the numbers into the file, so only a new process gives the same file.

    Raises:
        BundleError: the bundle is damaged, or its weights no longer give its golden tensors.
        UnknownNameError: this installation does not have the architecture.
    """
    old = store.open_bundle(path)
    module = build.module_of(old)
    contents = {name: old.read(name) for name in store.REQUIRED}
    if to_safetensors(build.weights_of(module)) != contents[store.WEIGHTS]:
        raise IntegrityError(f"{path}: the module does not hold the bytes of {store.WEIGHTS}; nothing was written.")
    card = _registry.entry(old.manifest.name).card
    manifest = msgspec.structs.replace(old.manifest, title=card.title, summary=card.summary)
    contract = manifest.contract
    renewed = {
        store.CARD: cards.render(manifest, card).encode(),
        store.TORCHSCRIPT: to_torchscript(module, contract),
        store.ONNX: to_onnx(module, contract),
    }
    _prove(old, contract, renewed, build.in_units(module, contract.scaling)(_golden(old)[0]))
    changed = tuple(name for name, data in renewed.items() if data != contents[name])
    if changed or manifest != old.manifest:
        store.write_bundle(path, manifest, {**contents, **renewed})
    return changed


def _golden(bundle: Bundle) -> tuple[FloatArray, FloatArray]:
    tensors = from_safetensors(bundle.read(store.GOLDEN))
    return tensors["context"], tensors["forecast"]


def _prove(old: Bundle, contract: Contract, renewed: dict[str, bytes], eager: FloatArray) -> None:
    """Raises IntegrityError unless PyTorch and both new files reproduce the golden tensors of the old bundle."""
    context, golden = _golden(old)
    forecasts = {
        "PyTorch": eager,
        store.TORCHSCRIPT: TorchScriptEngine(renewed[store.TORCHSCRIPT], contract).run(context),
        store.ONNX: OnnxEngine(renewed[store.ONNX], contract).run(context),
    }
    for source, forecast in forecasts.items():
        distance = float(np.abs(forecast - golden).max())
        if not distance <= TOLERANCE:
            raise IntegrityError(
                f"{old.path}: {source} is {distance:.2g} from {store.GOLDEN}, {TOLERANCE:.0e} allowed; "
                "nothing was written."
            )
