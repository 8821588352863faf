"""Torch's ONNX exporter parses 500 operators at each export, which is half of the time that a small model takes."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

import pytest


@contextlib.contextmanager
def read_once() -> Iterator[None]:
    """In this block, exports share what one has parsed; each gets a table of its own, as it may add operators."""
    import torch.onnx

    export = torch.onnx.export

    def sharing(*given: Any, **named: Any) -> Any:
        _share()
        return export(*given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.onnx, "export", sharing)
        yield


@functools.cache
def _share() -> None:
    from torch.onnx._internal.exporter._registration import ONNXRegistry  # imports the parser: not before an export

    parsed = functools.cache(ONNXRegistry.from_torchlib)

    def table(**version: int) -> ONNXRegistry:
        new = ONNXRegistry()
        new._opset_version = parsed(**version).opset_version
        new.functions = {name: list(operators) for name, operators in parsed(**version).functions.items()}
        return new

    ONNXRegistry.from_torchlib = staticmethod(table)  # type: ignore[assignment, method-assign]
