"""Generators of hostile bundles and files. Each returns bytes or changes a copied bundle in place.

A forged bundle states the right SHA-256 of what it holds: only its content attacks.
"""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from safetensors.numpy import load as parse
from safetensors.numpy import save as serialise


def facts_of(folder: Path) -> dict[str, Any]:
    """The manifest as plain data."""
    facts: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return facts


def state(folder: Path, **changes: Any) -> None:
    """Rewrite fields of the manifest; a double underscore descends: contract__horizon=7."""
    facts = facts_of(folder)
    for path, value in changes.items():
        *above, last = path.split("__")
        part = facts
        for key in above:
            part = part[key]
        part[last] = value
    (folder / "manifest.json").write_text(json.dumps(facts), "utf-8")


def replace(folder: Path, name: str, data: bytes) -> None:
    """Put other bytes in place of a file and state their true size and SHA-256."""
    (folder / name).write_bytes(data)
    facts = facts_of(folder)
    facts["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    (folder / "manifest.json").write_text(json.dumps(facts), "utf-8")


def flipped(data: bytes, bit: int) -> bytes:
    """The same bytes with one bit changed."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


class _Touch:
    """Unpickles to a call that creates a file."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (self.marker,)


def pickle_payload(marker: Path) -> bytes:
    """A plain pickle that creates `marker` when loaded."""
    return pickle.dumps(_Touch(marker))


def torch_archive(marker: Path) -> bytes:
    """A zip laid out as torch.save writes it, whose pickle creates `marker`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in (("data.pkl", pickle_payload(marker)), ("version", b"3\n"), ("byteorder", b"little")):
            archive.writestr(f"model/{name}", data)
    return buffer.getvalue()


def torchscript(marker: Path) -> bytes:
    """A TorchScript file that keeps the contract of the flagship, and creates `marker` when torch loads it."""
    import torch

    class Hostile(torch.nn.Module):
        def __init__(self, file: str) -> None:
            super().__init__()
            self.file, self.made = file, torch.zeros(1)

        @torch.jit.export
        def __getstate__(self) -> tuple[str, bool]:
            return self.file, self.training

        @torch.jit.export
        def __setstate__(self, state: tuple[str, bool]) -> None:
            self.file, self.training = state
            self.made = torch.from_file(self.file, True, 1)  # kept, or the compiler leaves it out

        def forward(self, window: torch.Tensor) -> torch.Tensor:
            return torch.zeros(window.shape[0], 1)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        buffer = io.BytesIO()
        torch.jit.save(torch.jit.script(Hostile(str(marker))), buffer)
    return buffer.getvalue()


def many_entries(number: int = 20_000) -> bytes:
    """A zip archive of more entries than any model has."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for entry in range(number):
            archive.writestr(zipfile.ZipInfo(f"archive/{entry}"), b"")
    return buffer.getvalue()


def zip_bomb(megabytes: int) -> bytes:
    """A TorchScript-like archive of a few hundred KB that inflates to many megabytes of zeros."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model/version", b"3\n")
        with archive.open("model/data/0", "w") as member:
            for _ in range(megabytes):
                member.write(bytes(1 << 20))
    return buffer.getvalue()


def onnx_model(
    body: Callable[[onnx.ModelProto], None] = lambda model: None,
    *,
    length: int | str = 20,
    horizon: int = 1,
    source: str = "context",
    sink: str = "forecast",
    element: int = TensorProto.FLOAT,
) -> onnx.ModelProto:
    """A model that multiplies the window by a matrix; `body` may tamper with it."""
    rows = length if isinstance(length, int) else 20
    weight = helper.make_tensor("weight", element, [rows, horizon], np.zeros(rows * horizon).tolist())
    nodes = [
        helper.make_node("Squeeze", [source, "axis"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weight"], [sink]),
    ]
    graph = helper.make_graph(
        nodes,
        "forged",
        [helper.make_tensor_value_info(source, element, ["batch", length, 1])],
        [helper.make_tensor_value_info(sink, element, ["batch", horizon])],
        [weight, helper.make_tensor("axis", TensorProto.INT64, [1], [2])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    body(model)
    return model


def external(location: str) -> Callable[[onnx.ModelProto], None]:
    """Moves the weight of `onnx_model` to a file outside of the model."""

    def tamper(model: onnx.ModelProto) -> None:
        weight = model.graph.initializer[0]
        weight.ClearField("float_data")
        weight.data_location = TensorProto.EXTERNAL
        for key, value in (("location", location), ("offset", "0"), ("length", "80")):
            weight.external_data.add(key=key, value=value)

    return tamper


def plain(model: onnx.ModelProto) -> bytes:
    """The usual bytes of an ONNX model."""
    return model.SerializeToString()


def respelt(model: onnx.ModelProto) -> bytes:
    """The same ONNX model with every length and tag of its top level written as an overlong varint.

    Parsers accept it; whoever looks for canonical bytes does not recognise it. An unknown field at
    the end moves everything else from its usual place too.
    """
    raw, out, at = model.SerializeToString(), bytearray(), 0
    while at < len(raw):
        tag, at = _varint(raw, at)
        out += _overlong(tag)
        if tag & 7 == 2:
            size, at = _varint(raw, at)
            out += _overlong(size) + raw[at : at + size]
            at += size
        else:
            value, at = _varint(raw, at)
            out += _overlong(value)
    return bytes(out) + _overlong(2000 << 3 | 2) + _overlong(3) + b"end"


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _overlong(value: int) -> bytes:
    low = [value >> shift & 127 | 128 for shift in (0, 7, 14)]
    return bytes([*low, value >> 21 & 127])


def runtime_format(folder: Path) -> bytes:
    """`onnx_model` in ONNX Runtime's own FlatBuffers format, which another parser reads."""
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(folder / "model.ort")
    options.add_session_config_entry("session.save_model_format", "ORT")
    onnxruntime.InferenceSession(onnx_model().SerializeToString(), options, providers=["CPUExecutionProvider"])
    return (folder / "model.ort").read_bytes()


def tensors(data: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """A safetensors file with its tensors changed."""
    named = dict(parse(data))
    change(named)
    return serialise(named)


def safetensors_header(header: bytes, body: bytes = b"", stated: int | None = None) -> bytes:
    """A safetensors file with a header of one's own, whose length may be a lie."""
    return struct.pack("<Q", len(header) if stated is None else stated) + header + body
