"""From a bundle to an ONNX graph that reads one step: state in, state out, scaling inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import numpy as np

from .._arrays import Float32Array, FloatArray
from .._extras import require
from ..bundles.manifest import Contract
from ..bundles.store import GOLDEN, WEIGHTS, Bundle
from ..errors import InputError, IntegrityError
from ..runtime import golden
from . import c

OPSET, IR = 20, 10
GATES = {"lstm": (0, 3, 1, 2), "gru": (1, 0, 2), "rnn": (0,)}
"""ONNX's order of the gates as places in PyTorch's: i, o, f, c of i, f, g, o; z, r, h of r, z, n."""
STATES = {"lstm": ("h", "c"), "gru": ("h",), "rnn": ("h",)}


class _Graph(NamedTuple):
    """Nodes and constants, as they are added."""

    nodes: list[Any]
    constants: list[Any]

    def constant(self, name: str, values: Any) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output


def to_onnx_step(bundle: Bundle) -> bytes:
    """One self-contained ONNX file that reads one step and carries its state.

    Inputs are `x` [B, 1, D] and the states, `h` [B, K] and for an LSTM `c` [B, K], zeros before the first step.
    Outputs are the forecast [B, H], `next_h` and `next_c`. `x` and the forecast are in the units of the series:
    float32, or float64 if the contract has a scaling. The metadata hold the name, the contract, and the SHA-256 of
    the weights and of the golden tensors. ONNX Runtime has run the graph along these before the bytes are returned.

    Raises:
        InputError: the architecture carries no state, or the scaling needs whole windows.
        MissingExtraError: onnx is not installed.
        BundleError: the bundle cannot be used, or the graph does not reproduce the golden tensors.
    """
    require(["onnx"], "writing an ONNX graph", "train")
    manifest = bundle.manifest
    contract, name = manifest.contract, manifest.architecture
    if name not in GATES:
        raise InputError(f"{manifest.name} is a {name}, which carries no state; {', '.join(GATES)} do.")
    if contract.scaling.kind != "series":
        raise InputError(
            f"{manifest.name} scales each window by its own mean and deviation, which one step does not have: it "
            "cannot read step by step. The model.onnx in its bundle reads windows."
        )
    data = _model(bundle, c.read(bundle)[0])
    proof = golden.compare(bundle, by_steps(data, contract))
    if not proof.passed:
        raise IntegrityError(
            f"the graph differs from the golden tensors by {proof.distance:.2g}; {proof.bound:.0e} is allowed."
        )
    return data


def by_steps(data: bytes, contract: Contract) -> Callable[[FloatArray], FloatArray]:
    """The forecasts [B, H] of windows [B, L, D], read step by step from zero states in ONNX Runtime."""
    import onnxruntime

    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    sizes = {each.name: each.shape[1] for each in session.get_inputs()[1:]}

    def predict(windows: FloatArray) -> FloatArray:
        states = {name: np.zeros((len(windows), size), np.float32) for name, size in sizes.items()}
        for step in range(contract.context_length):
            forecast, *after = session.run(None, {"x": windows[:, step : step + 1], **states})
            states = dict(zip(states, after, strict=True))
        return np.asarray(forecast)

    return predict


def _model(bundle: Bundle, weights: dict[str, Float32Array]) -> bytes:
    from onnx import TensorProto, checker, helper

    manifest = bundle.manifest
    contract, name = manifest.contract, manifest.architecture
    graph, states = _Graph([], []), STATES[name]
    size = weights[f"{name}.weight_hh_l0"].shape[1]
    last = _recurrence(graph, name, size, weights, _entered(graph, contract))
    graph.constant("head.weight", weights["head.weight"])
    graph.constant("head.bias", weights["head.bias"])
    _left(graph, contract, graph.node("Gemm", [last, "head.weight", "head.bias"], "ahead", transB=1))
    of_series = TensorProto.FLOAT if contract.scaling.is_identity else TensorProto.DOUBLE

    def value(called: str, kind: int, *shape: int) -> Any:
        return helper.make_tensor_value_info(called, kind, ["batch", *shape])

    model = helper.make_model(
        helper.make_graph(
            graph.nodes, "step",
            [value("x", of_series, 1, contract.channels), *(value(s, TensorProto.FLOAT, size) for s in states)],
            [value("forecast", of_series, contract.horizon),
             *(value(f"next_{state}", TensorProto.FLOAT, size) for state in states)],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR, producer_name="seqzoo",
    )  # fmt: skip
    helper.set_model_props(model, {
        "seqzoo.name": manifest.name,
        "seqzoo.contract": msgspec.json.encode(contract).decode(),
        "seqzoo.weights_sha256": manifest.files[WEIGHTS].sha256,
        "seqzoo.golden_sha256": manifest.files[GOLDEN].sha256,
    })  # fmt: skip
    checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def _entered(graph: _Graph, contract: Contract) -> str:
    """The step in the network's units, in float32; only the first channel is scaled."""
    scaling, others = contract.scaling, contract.channels - 1
    if scaling.is_identity:
        return "x"
    center = graph.constant("center", np.array([scaling.center] + [0.0] * others))
    scale = graph.constant("scale", np.array([scaling.scale] + [1.0] * others))
    scaled = graph.node("Div", [graph.node("Sub", ["x", center], "centred"), scale], "scaled")
    return graph.node("Cast", [scaled], "entered", to=1)


def _left(graph: _Graph, contract: Contract, ahead: str) -> None:
    """The forecast in the units of the series."""
    scaling = contract.scaling
    if scaling.is_identity:
        graph.node("Identity", [ahead], "forecast")
        return
    precise = graph.node("Cast", [ahead], "precise", to=11)
    spread = graph.node("Mul", [precise, graph.constant("spread", np.array(scaling.scale))], "spread_out")
    graph.node("Add", [spread, graph.constant("level", np.array(scaling.center))], "forecast")


def _recurrence(graph: _Graph, name: str, size: int, weights: dict[str, Float32Array], step: str) -> str:
    """The name of the new state `next_h` [B, K], after one step of ONNX's LSTM, GRU or RNN."""
    from onnx import helper

    def reordered(key: str) -> Float32Array:
        gates = np.split(weights[f"{name}.{key}"], len(GATES[name]))
        return np.concatenate([gates[place] for place in GATES[name]])

    axis = graph.constant("axis", np.array([0]))
    inputs = [graph.node("Transpose", [step], "sequence", perm=[1, 0, 2])]
    inputs.append(graph.constant("of_input", reordered("weight_ih_l0")[None]))
    inputs.append(graph.constant("of_state", reordered("weight_hh_l0")[None]))
    biases = np.concatenate([reordered("bias_ih_l0"), reordered("bias_hh_l0")])
    inputs += [graph.constant("biases", biases[None]), ""]  # "": every window has the same length
    inputs += [graph.node("Unsqueeze", [state, axis], f"{state}_before") for state in STATES[name]]
    attributes: dict[str, Any] = {"linear_before_reset": 1} if name == "gru" else {}
    after = [f"{state}_after" for state in STATES[name]]
    graph.nodes.append(helper.make_node(name.upper(), inputs, ["", *after], hidden_size=size, **attributes))
    for state in STATES[name]:
        graph.node("Squeeze", [f"{state}_after", axis], f"next_{state}")
    return "next_h"
