"""The equations of the feed-forward models in float64, read from their weights.

They are for the view *Look inside* and for what export measures. Engines serve the forecasts, and tests check that
both agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .._arrays import channel

Array = NDArray[np.float64]

Weights = Mapping[str, Array]
MOST_HEADS = 1024


class Pass(NamedTuple):
    """The results for a batch of windows, in model units.

    Args:
        forecast: [B, H].
        attention: for each block [B, heads, L, L], the share of each value (last axis) that each step reads.
    """

    forecast: Array
    attention: tuple[Array, ...] = ()


def _dense(weights: Weights, name: str, x: Array) -> Array:
    return np.asarray(x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"])


def _listed(x: Array) -> Array:
    """[B, L + D - 1]: the values of windows [B, L, D], and the other channels of the last step."""
    return np.concatenate([channel(x), x[:, -1, 1:]], axis=1)


def _linear(weights: Weights, x: Array, mask: Array, heads: int) -> Pass:
    return Pass(_dense(weights, "head", _listed(x)))


def _mlp(weights: Weights, x: Array, mask: Array, heads: int) -> Pass:
    hidden = _gelu(_dense(weights, "first", _listed(x))) * mask
    return Pass(_dense(weights, "head", _gelu(_dense(weights, "second", hidden))))


def _tcn(weights: Weights, x: Array, mask: Array, heads: int) -> Pass:
    """Causal convolutions: a step reads itself and the steps one and two dilations back, or zeros."""
    states, layer = x, 0
    while f"layers.{layer}.1.weight" in weights:
        kernel, reach = weights[f"layers.{layer}.1.weight"], 2**layer
        taps, length = kernel.shape[2], states.shape[1]
        padded = np.pad(states, ((0, 0), ((taps - 1) * reach, 0), (0, 0)))
        sums = sum(padded[:, tap * reach : tap * reach + length] @ kernel[:, :, tap].T for tap in range(taps))
        activation = _gelu(sums + weights[f"layers.{layer}.1.bias"])
        states = activation * mask if layer == 0 else states + activation
        layer += 1
    return Pass(_dense(weights, "head", states[:, -1]))


def _gaf_cnn(weights: Weights, x: Array, mask: Array, heads: int) -> Pass:
    maps = _pooled(_gelu(_convolved(weights, "first", gramian(channel(x)))) * mask[:, None, None])
    maps = _pooled(_gelu(_convolved(weights, "second", maps)))
    return Pass(_dense(weights, "head", _gelu(_dense(weights, "hidden", maps.reshape(len(x), -1)))))


def _transformer(weights: Weights, x: Array, mask: Array, heads: int) -> Pass:
    attention: list[Array] = []
    states = _dense(weights, "value", x) + weights["place"]
    rows, length, width = states.shape
    later = np.triu(np.full((length, length), -np.inf), 1)
    while (block := f"blocks.{len(attention)}") + ".inner.weight" in weights:
        parts = _dense(weights, f"{block}.queries_keys_values", _normed(weights, f"{block}.before_attention", states))
        parts = parts.reshape(rows, length, 3, heads, width // heads).transpose(2, 0, 3, 1, 4)
        match = parts[0] @ parts[1].swapaxes(2, 3) / math.sqrt(width // heads) + later
        shares = np.exp(match - match.max(axis=3, keepdims=True))
        shares /= shares.sum(axis=3, keepdims=True)
        on = mask[len(attention) * heads :][:heads, None, None]
        mixed = (shares @ parts[2] * on).transpose(0, 2, 1, 3).reshape(rows, length, width)
        states = states + _dense(weights, f"{block}.attended", mixed)
        inner = _gelu(_dense(weights, f"{block}.inner", _normed(weights, f"{block}.before_network", states)))
        states = states + _dense(weights, f"{block}.outer", inner)
        attention.append(shares)
    return Pass(_dense(weights, "head", _normed(weights, "norm", states[:, -1])), tuple(attention))


class Equations(NamedTuple):
    """The equations of an architecture.

    Args:
        run: called with the weights, x [B, L, D], a mask [units] of 0 (off) and 1, and the number of heads.
        first: the name of the weights whose rows are the first filters; empty if it has none.
        has_units: whether it has parts that can be switched off: its first filters, or without these its heads.
    """

    run: Callable[[Weights, Array, Array, int], Pass]
    first: str
    has_units: bool


ARCHITECTURES = {
    "linear": Equations(_linear, "head.weight", has_units=False),
    "mlp": Equations(_mlp, "first.weight", has_units=True),
    "tcn": Equations(_tcn, "layers.0.1.weight", has_units=True),
    "gaf_cnn": Equations(_gaf_cnn, "first.weight", has_units=True),
    "transformer": Equations(_transformer, "", has_units=True),
}


def heads_of(config: Mapping[str, Any]) -> int:
    """The number of attention heads that a manifest's `config` states; 1 where it states none.

    Raises:
        TypeError, ValueError, OverflowError: it states no number, or one below 1 or beyond `MOST_HEADS`.
    """
    heads = int(config.get("heads", 1))
    if not 1 <= heads <= MOST_HEADS:
        raise ValueError(f"{heads} heads")
    return heads


def units_of(architecture: str, weights: Weights, heads: int) -> int:
    """The number of parts that can be switched off, each an entry of the mask of `Equations.run`."""
    known = ARCHITECTURES[architecture]
    if not known.has_units:
        return 0
    if known.first:
        return len(weights[known.first])
    return heads * sum(name.endswith("queries_keys_values.bias") for name in weights)


def gramian(values: Array) -> Array:
    """The pictures [B, 2, L, L] of windows [B, L]: cos(a_i + a_j) and sin(a_i - a_j) with a = arccos(x / 1.5).

    Wang & Oates 2015. Values beyond 1.5 are clipped.
    """
    angle = np.arccos(np.clip(values / 1.5, -0.999, 0.999))
    down, across = angle[:, :, None], angle[:, None, :]
    return np.stack([np.cos(down + across), np.sin(down - across)], axis=1)


def _convolved(weights: Weights, name: str, maps: Array) -> Array:
    """The maps [B, K, S, S] of [B, D, S, S], convolved with a kernel of 3 x 3; zeros beyond the edge."""
    patches = sliding_window_view(np.pad(maps, ((0, 0), (0, 0), (1, 1), (1, 1))), (3, 3), axis=(2, 3))
    sums = np.tensordot(patches, weights[f"{name}.weight"], axes=((1, 4, 5), (1, 2, 3)))
    return np.asarray((sums + weights[f"{name}.bias"]).transpose(0, 3, 1, 2))


def _pooled(maps: Array) -> Array:
    """Means over 2 x 2 pixels; at an odd edge, over the pixels that exist."""
    side = maps.shape[2]
    starts = np.arange(0, side, 2)
    sums = np.add.reduceat(np.add.reduceat(maps, starts, axis=2), starts, axis=3)
    sizes = np.minimum(2, side - starts)
    return np.asarray(sums / (sizes[:, None] * sizes))


def _normed(weights: Weights, name: str, states: Array) -> Array:
    """Layer normalisation (Ba et al. 2016), with the 1e-5 of PyTorch."""
    centred = states - states.mean(axis=-1, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    return np.asarray(centred / spread * weights[f"{name}.weight"] + weights[f"{name}.bias"])


def _gelu(x: Array) -> Array:
    """x P(X <= x) of a standard normal X (Hendrycks & Gimpel 2016)."""
    erf = np.fromiter(map(math.erf, (x / math.sqrt(2)).ravel().tolist()), np.float64, x.size)
    return np.asarray(0.5 * x * (1 + erf.reshape(x.shape)))
