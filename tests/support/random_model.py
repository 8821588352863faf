"""Bundles of random weights, of any architecture that exports write, for any scaling and number of channels."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
from safetensors.numpy import save

from seqzoo.bundles import store
from seqzoo.data.scaling import Scaling
from seqzoo.microscope.feedforward import ARCHITECTURES, FeedForward
from seqzoo.runtime.engines.numpy import NumpyEngine

NAMES = ("value", "hour_sin", "hour_cos")
GATES = {"lstm": 4, "gru": 3, "rnn": 1}


def tensors_of(name: str, length: int, horizon: int, channels: int) -> dict[str, np.ndarray]:
    """Random weights of a network of five or six units, in the zoo's names and shapes."""
    numbers, size, rng = length + channels - 1, 5, np.random.default_rng(7)
    if name in GATES:
        rows = GATES[name] * size
        shapes = {"weight_ih_l0": (rows, channels), "weight_hh_l0": (rows, size), "bias_ih_l0": (rows,)}
        shapes = {f"{name}.{key}": shape for key, shape in {**shapes, "bias_hh_l0": (rows,)}.items()}
    elif name == "tcn":
        shapes = {f"layers.{layer}.1.weight": (size, size if layer else channels, 3) for layer in range(2)}
        shapes |= {f"layers.{layer}.1.bias": (size,) for layer in range(2)}
    elif name == "mlp":
        shapes = {"first.weight": (size, numbers), "first.bias": (size,), "second.weight": (size, size)}
        shapes["second.bias"] = (size,)
    elif name == "gaf_cnn":
        pixels = 4 * (-(-length // 4)) ** 2
        shapes = {"first.weight": (3, 2, 3, 3), "second.weight": (4, 3, 3, 3), "hidden.weight": (size, pixels)}
        shapes |= {"first.bias": (3,), "second.bias": (4,), "hidden.bias": (size,)}
    elif name == "transformer":
        size = 6
        shapes = {"value.weight": (size, channels), "value.bias": (size,), "place": (length, size)}
        for block in ("blocks.0", "blocks.1"):
            wide = {"queries_keys_values": (3 * size, size), "attended": (size, size), "inner": (7, size)}
            for part, shape in {**wide, "outer": (size, 7)}.items():
                shapes |= {f"{block}.{part}.weight": shape, f"{block}.{part}.bias": shape[:1]}
            for part in ("before_attention", "before_network"):
                shapes |= {f"{block}.{part}.weight": (size,), f"{block}.{part}.bias": (size,)}
        shapes |= {"norm.weight": (size,), "norm.bias": (size,)}
    else:
        shapes, size = {}, numbers
    shapes |= {"head.weight": (horizon, size), "head.bias": (horizon,)}
    return {key: rng.standard_normal(shape).astype(np.float32) for key, shape in shapes.items()}


def bundle_of(
    folder: Path, name: str, scaling: Scaling, *, length: int = 6, horizon: int = 1, channels: int = 1
) -> store.Bundle:
    """A bundle of random weights, whose golden tensors the equations in NumPy give."""
    rng = np.random.default_rng(len(name) + length)
    old = store.open_bundle(store.SHIPPED / "linear.sine")
    weights = tensors_of(name, length, horizon, channels)
    contract = msgspec.structs.replace(
        old.manifest.contract, context_length=length, horizon=horizon, channels=channels, scaling=scaling,
        names=NAMES[:channels],
    )  # fmt: skip
    manifest = msgspec.structs.replace(
        old.manifest, name=f"{name}.far-{length}", architecture=name, contract=contract,
        config={"heads": 2} if name == "transformer" else {},
        parameters=sum(tensor.size for tensor in weights.values()),
    )  # fmt: skip
    context = rng.standard_normal((8, length, channels)) * [scaling.scale, 1, 1][:channels]
    context[:, :, 0] += scaling.center
    context[0, :, 0] = context[0, 0, 0]  # a constant window has no spread of its own
    contents = {file: old.read(file) for file in old.manifest.files} | {store.WEIGHTS: save(weights)}
    contents[store.GOLDEN] = b""
    bundle = store.write_bundle(folder, manifest, contents)
    context = context.astype(scaling.dtype)
    if name in ARCHITECTURES:
        forecast = FeedForward(bundle).forecast(context)
    else:
        forecast = NumpyEngine(contents[store.WEIGHTS], manifest).run(context)
    contents[store.GOLDEN] = save({"context": context, "forecast": forecast.astype(scaling.dtype)})
    return store.write_bundle(folder, manifest, contents)
