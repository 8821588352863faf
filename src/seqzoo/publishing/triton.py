"""A bundle's ONNX file in the folder layout that other servers read."""

from __future__ import annotations

from pathlib import Path

from .. import _storage
from ..bundles.store import ONNX, Bundle
from ..errors import InputError, UnknownNameError

LAYOUTS = ("triton",)

_CONFIG = """\
name: "{name}"
platform: "onnxruntime_onnx"
max_batch_size: 0
input [
  {{
    name: "{input}"
    data_type: {datatype}
    dims: [ -1, {context_length}, {channels} ]
  }}
]
output [
  {{
    name: "{output}"
    data_type: {datatype}
    dims: [ -1, {horizon} ]
  }}
]
"""


def write(bundle: Bundle, layout: str, folder: Path) -> Path:
    """The folder of the model, after writing its `config.pbtxt` and `1/model.onnx` into a model repository.

    Triton and KServe's Triton runtime read this layout. Each of the two files is replaced atomically.

    Args:
        bundle: the bundle.
        layout: "triton".
        folder: the model repository.

    Raises:
        UnknownNameError: another layout than "triton".
        InputError: the folder of the model holds other files.
        BundleError: the bundle cannot be used.
    """
    if layout not in LAYOUTS:
        raise UnknownNameError("layout", layout, LAYOUTS)
    facts, target = bundle.manifest, folder / bundle.manifest.name
    if target.exists() and not (target / "config.pbtxt").is_file():
        raise InputError(f"{target} exists and is not a model of a repository; nothing was overwritten.")
    config = _CONFIG.format(
        name=facts.name,
        input=facts.contract.input,
        output=facts.contract.output,
        context_length=facts.contract.context_length,
        channels=facts.contract.channels,
        horizon=facts.contract.horizon,
        datatype={"float32": "TYPE_FP32", "float64": "TYPE_FP64"}[facts.contract.scaling.dtype],
    )
    _storage.write_file(target / "1" / "model.onnx", bundle.read(ONNX))
    _storage.write_file(target / "config.pbtxt", config.encode())
    return target
