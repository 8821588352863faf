"""The C of each network: its equations, and the tensors that they read. `@` stands for the prefix of all names.

A recurrent network has `@_advance(state, x)`, which reads one step; a feed-forward one `@_read(window, features)`.
Both work in the network's units; the forecast is a weighted sum of the features, of the state `h` of a recurrent one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from ..._arrays import Float32Array
from ...bundles.manifest import Contract

Weights = Mapping[str, Float32Array]
GATES = {"lstm": 4, "gru": 3, "rnn": 1}


class Network(NamedTuple):
    """A network in C.

    Args:
        matrices: [R, C] by name; `arrays.product` writes a function of that name for each.
        vectors: by name; C names them `@_name`.
        features: the number of values that the forecast is a weighted sum of.
        states: the names of the states of a recurrent network, `features` values each; empty for the others.
        code: the function described above.
    """

    matrices: dict[str, Float32Array]
    vectors: dict[str, Float32Array]
    features: int
    states: tuple[str, ...]
    code: str


_SIGMOID = "static float @_sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }\n"
_GELU = """\
/* x P(X <= x) of a standard normal X (Hendrycks & Gimpel 2016) */
static float @_gelu(float x) { return 0.5f * x * (1.0f + erff(x * 0.70710678f)); }
"""

_LSTM = """\
/* i, f, o = sigmoid(W x + U h + b), g = tanh(W x + U h + b), c' = f c + i g, h' = o tanh(c')
   (Hochreiter & Schmidhuber 1997; Gers et al. 2000) */
static float @_sum(int row, const float *x, const float *h) {
    return @_bias[row] + @_of_input(row, x) + @_of_state(row, h);
}

static void @_advance(@_state *state, const float *x) {
    float next[KK];
    for (int k = 0; k < KK; ++k) {
        const float i = @_sigmoid(@_sum(k, x, state->h));
        const float f = @_sigmoid(@_sum(KK + k, x, state->h));
        const float g = tanhf(@_sum(2 * KK + k, x, state->h));
        const float o = @_sigmoid(@_sum(3 * KK + k, x, state->h));
        state->c[k] = f * state->c[k] + i * g;
        next[k] = o * tanhf(state->c[k]);
    }
    for (int k = 0; k < KK; ++k) state->h[k] = next[k];
}
"""

_GRU = """\
/* r, z = sigmoid(W x + U h + b), n = tanh(W x + b + r (U h + b')), h' = (1 - z) n + z h
   (Cho et al. 2014, with the reset gate after the product) */
static void @_advance(@_state *state, const float *x) {
    float next[KK];
    for (int k = 0; k < KK; ++k) {
        const float *h = state->h;
        const float r = @_sigmoid(@_bias[k] + @_of_input(k, x) + @_of_state(k, h));
        const float z = @_sigmoid(@_bias[KK + k] + @_of_input(KK + k, x) + @_of_state(KK + k, h));
        const float new_of_state = @_of_state(2 * KK + k, h) + @_state_bias[k];
        const float n = tanhf(@_bias[2 * KK + k] + @_of_input(2 * KK + k, x) + r * new_of_state);
        next[k] = (1.0f - z) * n + z * h[k];
    }
    for (int k = 0; k < KK; ++k) state->h[k] = next[k];
}
"""

_RNN = """\
/* h' = tanh(W x + U h + b) (Elman 1990) */
static void @_advance(@_state *state, const float *x) {
    float next[KK];
    for (int k = 0; k < KK; ++k) {
        next[k] = tanhf(@_bias[k] + @_of_input(k, x) + @_of_state(k, state->h));
    }
    for (int k = 0; k < KK; ++k) state->h[k] = next[k];
}
"""

_NUMBERS = """\
/* the values of the window, and the other channels of its last step */
static void @_numbers(const float *window, float *numbers) {
    for (int t = 0; t < LL; ++t) numbers[t] = window[t * DD];
    for (int d = 1; d < DD; ++d) numbers[LL + d - 1] = window[(LL - 1) * DD + d];
}
"""

_LINEAR = """\
static void @_read(const float *window, float *features) { @_numbers(window, features); }
"""

_MLP = """\
static void @_read(const float *window, float *features) {
    float numbers[LL + DD - 1], hidden[KK];
    @_numbers(window, numbers);
    for (int k = 0; k < KK; ++k) hidden[k] = @_gelu(@_first_bias[k] + @_first(k, numbers));
    for (int k = 0; k < KK; ++k) features[k] = @_gelu(@_second_bias[k] + @_second(k, hidden));
}
"""

_TCN_LAYER = """\
    for ({order}) {{ /* each step reads itself, {dilation} and {twice} steps back */
        float taps[{columns}];
        for (int c = 0; c < {inputs}; ++c)
            for (int tap = 0; tap < 3; ++tap) {{
                const int from = t - (2 - tap) * {dilation};
                taps[3 * c + tap] = from < 0 ? 0.0f : {source}[from * {inputs} + c];
            }}
        for (int k = 0; k < KK; ++k)
            states[t * KK + k] = {before}@_gelu(@_bias_{layer}[k] + @_layer_{layer}(k, taps));
    }}
"""

_TCN = """\
static void @_read(const float *window, float *features) {{
    float states[{length} * KK];
    window += (LL - {length}) * DD;
{loops}    for (int k = 0; k < KK; ++k) features[k] = states[({length} - 1) * KK + k];
}}
"""


def _summed(*vectors: Float32Array) -> Float32Array:
    return np.asarray(np.sum([vector.astype(np.float64) for vector in vectors], axis=0), np.float32)


def _check(weights: Weights, contract: Contract, features: int, shapes: dict[str, tuple[int, ...]]) -> None:
    """Raises ValueError unless the weights are a head and these: C would read beyond arrays of other shapes."""
    head: dict[str, tuple[int, ...]] = {
        "head.weight": (contract.horizon, features), "head.bias": (contract.horizon,),
    }  # fmt: skip
    if features < 1:
        raise ValueError("they have no unit")
    expected = {**shapes, **head}
    if other := sorted(expected.keys() ^ weights.keys()):
        raise ValueError(f"{', '.join(other)[:100]} is missing or unexpected")
    for name, shape in expected.items():
        if weights[name].shape != shape:
            raise ValueError(f"{name} has shape {list(weights[name].shape)}, expected {list(shape)}")


def _numbers_of(contract: Contract) -> int:
    """How many numbers a network without a state reads: the values, and the other channels of the last step."""
    return contract.context_length + contract.channels - 1


def _recurrent(weights: Weights, contract: Contract, name: str, states: tuple[str, ...], code: str) -> Network:
    of_input, of_state = weights[f"{name}.weight_ih_l0"], weights[f"{name}.weight_hh_l0"]
    first, second = weights[f"{name}.bias_ih_l0"], weights[f"{name}.bias_hh_l0"]
    size = of_state.shape[1]
    rows = GATES[name] * size
    _check(weights, contract, size, {
        f"{name}.weight_ih_l0": (rows, contract.channels), f"{name}.weight_hh_l0": (rows, size),
        f"{name}.bias_ih_l0": (rows,), f"{name}.bias_hh_l0": (rows,),
    })  # fmt: skip
    vectors = {"bias": _summed(first, second)}
    if name == "gru":  # the reset gate is applied to the second bias of the new state
        apart = 2 * size
        vectors["bias"] = np.concatenate([_summed(first[:apart], second[:apart]), first[apart:]])
        vectors["state_bias"] = second[apart:]
    return Network({"of_input": of_input, "of_state": of_state}, vectors, size, states, code)


def _lstm(weights: Weights, contract: Contract) -> Network:
    return _recurrent(weights, contract, "lstm", ("h", "c"), f"{_SIGMOID}\n{_LSTM}")


def _gru(weights: Weights, contract: Contract) -> Network:
    return _recurrent(weights, contract, "gru", ("h",), f"{_SIGMOID}\n{_GRU}")


def _rnn(weights: Weights, contract: Contract) -> Network:
    return _recurrent(weights, contract, "rnn", ("h",), _RNN)


def _linear(weights: Weights, contract: Contract) -> Network:
    _check(weights, contract, _numbers_of(contract), {})
    return Network({}, {}, _numbers_of(contract), (), f"{_NUMBERS}\n{_LINEAR}")


def _mlp(weights: Weights, contract: Contract) -> Network:
    matrices = {name: weights[f"{name}.weight"] for name in ("first", "second")}
    size = len(matrices["first"])
    _check(weights, contract, size, {
        "first.weight": (size, _numbers_of(contract)), "first.bias": (size,),
        "second.weight": (size, size), "second.bias": (size,),
    })  # fmt: skip
    vectors = {f"{name}_bias": weights[f"{name}.bias"] for name in ("first", "second")}
    return Network(matrices, vectors, size, (), f"{_GELU}\n{_NUMBERS}\n{_MLP}")


def _tcn(weights: Weights, contract: Contract) -> Network:
    """Dilated causal convolutions (Bai et al. 2018).

    A layer computes a step only if the layers after it read it, and goes from the oldest step on into a second array,
    or back from the newest one in place: a step reads older ones only.
    """
    count = sum(name.startswith("layers.") and name.endswith(".weight") for name in weights)
    kernels = [weights[f"layers.{layer}.1.weight"] for layer in range(count)]
    size = len(kernels[0])
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in range(count):
        shapes[f"layers.{layer}.1.weight"] = (size, size if layer else contract.channels, 3)
        shapes[f"layers.{layer}.1.bias"] = (size,)
    _check(weights, contract, size, shapes)
    matrices = {f"layer_{layer}": kernel.reshape(len(kernel), -1) for layer, kernel in enumerate(kernels)}
    vectors = {f"bias_{layer}": weights[f"layers.{layer}.1.bias"] for layer in range(count)}
    length = min(contract.context_length, 2 ** (count + 1) - 1)  # what the last step depends on
    loops = []
    for layer, kernel in enumerate(kernels):
        first = max(0, length - 1 - (2 ** (count + 1) - 2 ** (layer + 2)))
        loops.append(_TCN_LAYER.format(
            order=f"int t = {length} - 1; t >= {first}; --t" if layer else f"int t = {first}; t < {length}; ++t",
            layer=layer, dilation=2**layer, twice=2 ** (layer + 1), columns=3 * kernel.shape[1],
            inputs=kernel.shape[1], source="states" if layer else "window",
            before="states[t * KK + k] + " if layer else "",
        ))  # fmt: skip
    code = _TCN.format(length=length, loops="".join(loops))
    return Network(matrices, vectors, size, (), f"{_GELU}\n{code}")


NETWORKS: dict[str, Callable[[Weights, Contract], Network]] = {
    "lstm": _lstm, "gru": _gru, "rnn": _rnn, "linear": _linear, "mlp": _mlp, "tcn": _tcn,
}  # fmt: skip
"""The network of each architecture that can be written in C, by the architecture's name."""
