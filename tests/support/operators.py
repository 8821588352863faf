"""Torch's ONNX exporter parses 500 operators at each export, which is half of the time that a small model takes.

Most of the rest, where a model is a GRU or an LSTM, computes its steps without values, for their shapes only.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any


@contextlib.contextmanager
def read_once() -> Iterator[None]:
    """In this block, exports share what one has parsed; each gets a table of its own, as it may add operators.

    They take the shapes of the states of recurrent layers from rules of this module; the bytes are the same.
    """
    import torch.onnx

    export = torch.onnx.export

    def sharing(*given: Any, **named: Any) -> Any:
        _share()
        with _shapes_only(named.get("custom_translation_table") or {}):
            return export(*given, **named)

    torch.onnx.export = sharing
    try:
        yield
    finally:
        torch.onnx.export = export


@functools.cache
def _share() -> None:
    from torch._export import utils
    from torch.export import exported_program
    from torch.onnx._internal.exporter import _capture_strategies
    from torch.onnx._internal.exporter._registration import ONNXRegistry  # imports the parser: not before an export

    parsed = functools.cache(ONNXRegistry.from_torchlib)

    def table(**version: int) -> ONNXRegistry:
        new = ONNXRegistry()
        new._opset_version = parsed(**version).opset_version
        new.functions = {name: list(operators) for name, operators in parsed(**version).functions.items()}
        return new

    ONNXRegistry.from_torchlib = staticmethod(table)  # type: ignore[assignment, method-assign]
    # Which operators are made of others, which each export asks of all: the namespaces but torch's own grow no more.
    utils._collect_all_valid_cia_ops_for_namespace = functools.cache(utils._collect_all_valid_cia_ops_for_namespace)
    exported_program._override_composite_implicit_decomp = _prepared_once(
        exported_program._override_composite_implicit_decomp
    )
    # It would put loops in place of the rules of `_shapes_only`.
    _capture_strategies._patch_dynamic_shape_rnn_decompositions = lambda _: contextlib.nullcontext()


def _prepared_once(
    override: Callable[[Mapping[Any, Any]], contextlib.AbstractContextManager[None]],
) -> Callable[[Mapping[Any, Any]], contextlib.AbstractContextManager[None]]:
    """Torch's `override`, which gives 700 operators other kernels while one program is decomposed.

    It makes a dozen kernels for each, a quarter of an export; here they are made once and put back.
    """
    from torch._subclasses import fake_impls

    prepared: dict[Any, tuple[dict[Any, Any], Any]] = {}
    shapes = fake_impls.op_implementations_dict

    def kind(operator: Any, decomposition: Any) -> Any:
        # Torch makes this one anew for each program.
        function = decomposition.func.__qualname__ if isinstance(decomposition, functools.partial) else decomposition
        return operator, function, tuple(operator.py_kernels.items())

    @contextlib.contextmanager
    def overriding(decompositions: Mapping[Any, Any]) -> Iterator[None]:
        kinds = {operator: kind(operator, decomposition) for operator, decomposition in decompositions.items()}
        unknown = {operator: decompositions[operator] for operator in kinds if kinds[operator] not in prepared}
        with override(unknown):
            for operator in unknown:
                prepared[kinds[operator]] = dict(operator.py_kernels), shapes[operator]
        kept = {operator: operator.py_kernels for operator in kinds}
        try:
            for operator, each in kinds.items():
                kernels, shapes[operator] = prepared[each]
                operator.py_kernels = dict(kernels)
                operator._dispatch_cache.clear()
            yield
        finally:
            for operator, kernels in kept.items():
                operator.py_kernels = kernels
                operator._dispatch_cache.clear()
                shapes.pop(operator, None)

    return overriding


@contextlib.contextmanager
def _shapes_only(translated: Collection[Any]) -> Iterator[None]:
    """The exporter writes a recurrent layer as one node, but looks at each several times without values.

    By torch's rules it computes every step of the window each time: 2.7 s for a GRU of 8 units instead of 0.5 s. A
    plain RNN that is not `translated` keeps its rule, for the exporter unrolls it.
    """
    import torch
    from torch._decomp import decomposition_table

    rules: dict[Any, Any] = {torch.ops.aten.gru.input: _shapes, torch.ops.aten.lstm.input: _shapes_of_pair}
    plain = torch.ops.aten.rnn_tanh.input
    if plain in translated:
        rules[plain] = _shapes
    kept = {operator: dict(operator.py_kernels) for operator in rules}
    tables = {operator: decomposition_table[operator] for operator in rules if operator in decomposition_table}
    try:
        for operator, rule in rules.items():
            operator.py_kernels.update(dict.fromkeys(operator.py_kernels, rule))
            operator._dispatch_cache.clear()
        decomposition_table.update({operator: rules[operator] for operator in tables})
        yield
    finally:
        decomposition_table.update(tables)
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
