"""Bundles of a shipped model's weights with another scaling, exported and proven like any other."""

from __future__ import annotations

from pathlib import Path

import msgspec
from safetensors.numpy import load

from seqzoo.bundles import store
from seqzoo.data.scaling import Scaling
from seqzoo.publishing import build
from seqzoo.publishing.onnx import to_onnx
from seqzoo.publishing.torchscript import to_torchscript


def scaled(name: str, scaling: Scaling, path: Path) -> store.Bundle:
    """The weights of a shipped model behind a scaling: what it forecasts for a window, in other units."""
    old = store.open_bundle(store.SHIPPED / name)
    contract = msgspec.structs.replace(old.manifest.contract, scaling=scaling)
    manifest = msgspec.structs.replace(old.manifest, contract=contract)
    module, contents = build.module_of(old), {file: old.read(file) for file in old.manifest.files}
    context = scaling.restore(load(contents[store.GOLDEN])["context"])
    contents[store.GOLDEN] = build._golden(context, build.in_units(module, scaling)(context))
    contents[store.TORCHSCRIPT] = to_torchscript(module, contract)
    contents[store.ONNX] = to_onnx(module, contract)
    return store.write_bundle(path, manifest, contents)
