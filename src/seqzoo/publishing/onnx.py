"""From a module to an ONNX file."""

from __future__ import annotations

import contextlib
import io
import logging
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import nn

from .._extras import require
from ..bundles.manifest import Contract
from ..errors import InputError, first_line
from ..training.scaled import Scaled

OPSET = 20


def check_exporter() -> None:
    """Raises MissingExtraError unless what writes a bundle's ONNX file and its card is installed."""
    require(["onnx", "onnxscript", "yaml"], "writing a bundle", "train")


def to_onnx(module: nn.Module, contract: Contract) -> bytes:
    """One self-contained ONNX file, [batch, L, D] -> [batch, H], without metadata of the machine that wrote it.

    It takes and returns the units of the series: float32, or float64 if the contract has a scaling.

    Raises:
        InputError: ONNX cannot express the module.
        MissingExtraError: onnx, onnxscript or PyYAML is not installed.
    """
    check_exporter()
    example = torch.zeros(3, contract.context_length, contract.channels, dtype=getattr(torch, contract.scaling.dtype))
    graph_of = module if contract.scaling.is_identity else Scaled(module, contract.scaling)
    with _quiet_exporter():
        try:
            program = torch.onnx.export(
                graph_of.eval(),
                (example,),
                dynamo=True,
                opset_version=OPSET,
                input_names=[contract.input],
                output_names=[contract.output],
                dynamic_shapes=({0: torch.export.Dim("batch", min=1)},),
                custom_translation_table=_translations(module),
                verbose=False,
            )
        except Exception as error:  # the exporter raises exceptions of any type on user code
            raise InputError(f"ONNX cannot express {type(module).__name__}: {_reason(error)}.") from error
    if program is None:
        raise RuntimeError("the ONNX exporter returned nothing")
    model = program.model_proto
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer, *graph.value_info):
        del part.metadata_props[:]
    for node in graph.node:
        node.doc_string = ""
    return bytes(model.SerializeToString(deterministic=True))


def _reason(error: Exception) -> str:
    """The cause of a compiler's error in one line; the ONNX exporter states it below its advice."""
    cause = re.search(r"^<class '(?:\w+\.)*(\w+)'>: (.+)$", str(error), re.MULTILINE)
    return f"{cause[1]}: {cause[2][:300]}".rstrip(".:") if cause else first_line(error)


def _translations(module: nn.Module) -> dict[Callable[..., Any], Callable[..., Any]]:
    """The operators that this module translates: the exporter itself would unroll nn.RNN, unlike LSTM and GRU."""
    cells = [part for part in module.modules() if isinstance(part, nn.RNN)]
    if not all(cell.num_layers == 1 and cell.bias and not cell.bidirectional for cell in cells):
        return {}  # the exporter unrolls them: correct, but long
    return {torch.ops.aten.rnn_tanh.input: _rnn}


def _rnn(
    values: Any,
    start: Any,
    weights: Sequence[Any],
    biased: bool,
    layers: int,
    dropout: float,
    training: bool,
    both_ways: bool,
    batch_first: bool,
) -> tuple[Any, Any]:
    """The states of `aten::rnn_tanh` with one layer, in the layout of `values`, and the last state [1, B, K], by
    ONNX's RNN. `values` are [B, L, D] if `batch_first`, and `start` is [1, B, K].
    """
    from onnxscript import opset20 as op

    of_input, of_state, *biases = weights
    first: Any = op.Constant(value_ints=[0])
    second: Any = op.Constant(value_ints=[1])
    states, last = op.RNN(
        op.Transpose(values, perm=[1, 0, 2]) if batch_first else values,
        op.Unsqueeze(of_input, first),
        op.Unsqueeze(of_state, first),
        op.Unsqueeze(op.Concat(*biases, axis=0), first),
        None,
        start,
        hidden_size=of_state.shape[0],
        activations=["Tanh"],
    )
    states = op.Squeeze(states, second)
    return op.Transpose(states, perm=[1, 0, 2]) if batch_first else states, last


@contextlib.contextmanager
def _quiet_exporter() -> Iterator[None]:
    """Silence the exporter, which writes to its log, standard output and standard error about missing packages."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        output = io.StringIO()
        with warnings.catch_warnings(), contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)
