"""Torch's ONNX exporter parses 500 operators at each export, which is half of the time that a small model takes.

Most of the rest, where a model is a GRU or an LSTM, computes its steps without values, for their shapes only.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from typing import Any


@contextlib.contextmanager
def read_once() -> Iterator[None]:
    """In this block, exports share what one has parsed; each gets a table of its own, as it may add operators.

    They take the shapes of the states of a GRU and an LSTM from rules of this module; the bytes are the same.
    """
    import torch.onnx

    export = torch.onnx.export

    def sharing(*given: Any, **named: Any) -> Any:
        _share()
        with _shapes_only():
            return export(*given, **named)

    torch.onnx.export = sharing
    try:
        yield
    finally:
        torch.onnx.export = export


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


@contextlib.contextmanager
def _shapes_only() -> Iterator[None]:
    """The exporter writes a GRU or an LSTM as one node, but looks at each three times without values.

    By torch's rule it computes every step of the window each time: 8.1 s for gru.sine instead of 2.3 s. Plain RNNs
    keep that rule, for the exporter unrolls some of them.
    """
    import torch

    rules = {torch.ops.aten.gru.input: _shapes, torch.ops.aten.lstm.input: _shapes_of_pair}
    kept = {operator: dict(operator.py_kernels) for operator in rules}
    try:
        for operator, rule in rules.items():
            operator.py_kernels.update(dict.fromkeys(operator.py_kernels, rule))
            operator._dispatch_cache.clear()
        yield
    finally:
        for operator, own in kept.items():
            operator.py_kernels.update(own)
            operator._dispatch_cache.clear()


def _shapes(
    values: Any, start: Any, weights: Sequence[Any], biased: bool, layers: int, dropout: float, training: bool,
    both_ways: bool, batch_first: bool,
) -> tuple[Any, Any]:  # fmt: skip
    """Tensors as the states of `aten::gru` in the layout of `values` and its last state, without values."""
    width = start.shape[-1] * (2 if both_ways else 1)
    if batch_first:  # the layer computes with time first
        states = values.new_empty(values.shape[1], values.shape[0], width).transpose(0, 1)
    else:
        states = values.new_empty(values.shape[0], values.shape[1], width)
    return states, start.new_empty(start.shape)


def _shapes_of_pair(values: Any, start: Sequence[Any], *rest: Any) -> tuple[Any, Any, Any]:
    """The same for `aten::lstm`, whose last state is a pair."""
    states, last = _shapes(values, start[0], *rest)
    return states, last, start[1].new_empty(start[1].shape)
