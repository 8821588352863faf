"""The C of each network: its equations, and the tensors that they read. `@` stands for the prefix of all names.

A recurrent network has `@_advance(state, x)`, which reads one step; a feed-forward one `@_read(window, features)`.
Both work in the network's units; the forecast is a weighted sum of the features, of the state `h` of a recurrent one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from ..._arrays import Float32Array
from ...bundles.manifest import Contract, Manifest
from ...runtime.feedforward import heads_of

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


_NORMED = """\
/* (x - mean) / deviation * scale + shift (Ba et al. 2016), with the 1e-5 of PyTorch */
static void @_normed(const float *x, const float *scale, const float *shift, float *y) {
    float mean = 0.0f, square = 0.0f;
    for (int k = 0; k < KK; ++k) mean += x[k] / (float)KK;
    for (int k = 0; k < KK; ++k) square += (x[k] - mean) * (x[k] - mean) / (float)KK;
    const float spread = (float)sqrt((double)square + 1e-5);
    for (int k = 0; k < KK; ++k) y[k] = (x[k] - mean) / spread * scale[k] + shift[k];
}
"""

_BLOCK = """\
/* softmax(Q K' / sqrt(width)) V of each head over the steps up to its own, then a network for each step; both are
   normalised first and added (Vaswani et al. 2017; Xiong et al. 2020). Steps before `first` stay as they are. */
static void @_block(int block, int first, float *states) {{
    const float *attention_scale = @_attention_scale + block * KK, *attention_shift = @_attention_shift + block * KK;
    const float *network_scale = @_network_scale + block * KK, *network_shift = @_network_shift + block * KK;
    const int queries_of = 3 * block * KK, keys_of = queries_of + KK, values_of = keys_of + KK;
    float keys[LL * KK], values[LL * KK], normed[KK], query[KK], mixed[KK], inner[{inner}];
    for (int t = 0; t < LL; ++t) {{
        @_normed(states + t * KK, attention_scale, attention_shift, normed);
        for (int k = 0; k < KK; ++k) {{
            keys[t * KK + k] = @_projection_bias[keys_of + k] + @_projection(keys_of + k, normed);
            values[t * KK + k] = @_projection_bias[values_of + k] + @_projection(values_of + k, normed);
        }}
    }}
    for (int t = first; t < LL; ++t) {{
        float *state = states + t * KK;
        @_normed(state, attention_scale, attention_shift, normed);
        for (int k = 0; k < KK; ++k)
            query[k] = @_projection_bias[queries_of + k] + @_projection(queries_of + k, normed);
        for (int from = 0; from < KK; from += {width}) {{ /* of each head */
            float shares[LL], most = 0.0f, total = 0.0f;
            for (int s = 0; s <= t; ++s) {{
                float match = 0.0f;
                for (int k = from; k < from + {width}; ++k) match += query[k] * keys[s * KK + k];
                shares[s] = match * {scale}f; /* 1 / sqrt(width) */
                if (s == 0 || shares[s] > most) most = shares[s];
            }}
            for (int s = 0; s <= t; ++s) {{
                shares[s] = expf(shares[s] - most);
                total += shares[s];
            }}
            for (int k = from; k < from + {width}; ++k) {{
                mixed[k] = 0.0f;
                for (int s = 0; s <= t; ++s) mixed[k] += shares[s] / total * values[s * KK + k];
            }}
        }}
        for (int k = 0; k < KK; ++k)
            state[k] += @_attended_bias[block * KK + k] + @_attended(block * KK + k, mixed);
        @_normed(state, network_scale, network_shift, normed);
        for (int i = 0; i < {inner}; ++i)
            inner[i] = @_gelu(@_inner_bias[block * {inner} + i] + @_inner(block * {inner} + i, normed));
        for (int k = 0; k < KK; ++k) state[k] += @_outer_bias[block * KK + k] + @_outer(block * KK + k, inner);
    }}
}}
"""

_TRANSFORMER = """\
static void @_read(const float *window, float *features) {{
    float states[LL * KK];
    for (int t = 0; t < LL; ++t)
        for (int k = 0; k < KK; ++k)
            states[t * KK + k] = @_value_bias[k] + @_value(k, window + t * DD) + @_place[t * KK + k];
    for (int block = 0; block < {blocks}; ++block)
        @_block(block, block == {blocks} - 1 ? LL - 1 : 0, states); /* the forecast reads the last step only */
    @_normed(states + (LL - 1) * KK, @_norm_scale, @_norm_shift, features);
}}
"""

_CONVOLUTION = """\
/* maps [inputs, side, side] through kernels of 3 x 3, with zeros beyond the edge, then GELU, then the means over
   2 x 2 pixels, at an odd edge over those that exist */
static void @_convolved(float (*kernel)(int, const float *), const float *bias, const float *maps, int inputs,
                        int outputs, int side, float *pooled) {{
    float patch[9 * {inputs}];
    const int half = (side + 1) / 2;
    for (int n = 0; n < outputs * half * half; ++n) pooled[n] = 0.0f;
    for (int row = 0; row < side; ++row)
        for (int column = 0; column < side; ++column) {{
            const int pixels = ((row | 1) < side ? 2 : 1) * ((column | 1) < side ? 2 : 1);
            for (int n = 0; n < 9 * inputs; ++n) {{
                const int down = row + n / 3 % 3 - 1, across = column + n % 3 - 1;
                const int is_inside = down >= 0 && down < side && across >= 0 && across < side;
                patch[n] = is_inside ? maps[(n / 9 * side + down) * side + across] : 0.0f;
            }}
            for (int k = 0; k < outputs; ++k) {{
                const int at = (k * half + row / 2) * half + column / 2;
                pooled[at] += @_gelu(bias[k] + kernel(k, patch)) / (float)pixels;
            }}
        }}
}}
"""

_GAF_CNN = """\
/* the picture of a window: cos(a_i + a_j) and sin(a_i - a_j) with a = arccos(x / 1.5) (Wang & Oates 2015) */
static void @_read(const float *window, float *features) {{
    float cosine[LL], sine[LL], picture[2 * LL * LL], first[{first} * {half} * {half}];
    float second[{second} * {quarter} * {quarter}];
    for (int t = 0; t < LL; ++t) {{
        const float x = window[t] / 1.5f;
        cosine[t] = x < -0.999f ? -0.999f : x > 0.999f ? 0.999f : x;
        sine[t] = (float)sqrt(1.0 - (double)cosine[t] * (double)cosine[t]);
    }}
    for (int i = 0; i < LL; ++i)
        for (int j = 0; j < LL; ++j) {{
            picture[i * LL + j] = cosine[i] * cosine[j] - sine[i] * sine[j];
            picture[(LL + i) * LL + j] = sine[i] * cosine[j] - cosine[i] * sine[j];
        }}
    @_convolved(@_first, @_first_bias, picture, 2, {first}, LL, first);
    @_convolved(@_second, @_second_bias, first, {first}, {second}, {half}, second);
    for (int k = 0; k < KK; ++k) features[k] = @_gelu(@_hidden_bias[k] + @_hidden(k, second));
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


def _lstm(weights: Weights, manifest: Manifest) -> Network:
    return _recurrent(weights, manifest.contract, "lstm", ("h", "c"), f"{_SIGMOID}\n{_LSTM}")


def _gru(weights: Weights, manifest: Manifest) -> Network:
    return _recurrent(weights, manifest.contract, "gru", ("h",), f"{_SIGMOID}\n{_GRU}")


def _rnn(weights: Weights, manifest: Manifest) -> Network:
    return _recurrent(weights, manifest.contract, "rnn", ("h",), _RNN)


def _linear(weights: Weights, manifest: Manifest) -> Network:
    numbers = _numbers_of(manifest.contract)
    _check(weights, manifest.contract, numbers, {})
    return Network({}, {}, numbers, (), f"{_NUMBERS}\n{_LINEAR}")


def _mlp(weights: Weights, manifest: Manifest) -> Network:
    contract = manifest.contract
    matrices = {name: weights[f"{name}.weight"] for name in ("first", "second")}
    size = len(matrices["first"])
    _check(weights, contract, size, {
        "first.weight": (size, _numbers_of(contract)), "first.bias": (size,),
        "second.weight": (size, size), "second.bias": (size,),
    })  # fmt: skip
    vectors = {f"{name}_bias": weights[f"{name}.bias"] for name in ("first", "second")}
    return Network(matrices, vectors, size, (), f"{_GELU}\n{_NUMBERS}\n{_MLP}")


def _tcn(weights: Weights, manifest: Manifest) -> Network:
    """Dilated causal convolutions (Bai et al. 2018).

    A layer computes a step only if the layers after it read it, and goes from the oldest step on into a second array,
    or back from the newest one in place: a step reads older ones only.
    """
    contract = manifest.contract
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


def _transformer(weights: Weights, manifest: Manifest) -> Network:
    """The tensors of all blocks lie one after the other: a row of a block follows those of the blocks before."""
    contract = manifest.contract
    size, heads = weights["place"].shape[-1], heads_of(manifest.config)
    blocks = sum(name.endswith("queries_keys_values.weight") for name in weights)
    inner = len(weights["blocks.0.inner.weight"])
    if size % heads:
        raise ValueError(f"{size} is no multiple of {heads} heads")
    shapes: dict[str, tuple[int, ...]] = {
        "value.weight": (size, contract.channels), "value.bias": (size,), "place": (contract.context_length, size),
        "norm.weight": (size,), "norm.bias": (size,),
    }  # fmt: skip
    products = {"queries_keys_values": (3 * size, size), "attended": (size, size), "inner": (inner, size),
                "outer": (size, inner)}  # fmt: skip
    for block in range(blocks):
        for name, shape in products.items():
            shapes |= {f"blocks.{block}.{name}.weight": shape, f"blocks.{block}.{name}.bias": shape[:1]}
        for name in ("before_attention", "before_network"):
            shapes |= {f"blocks.{block}.{name}.weight": (size,), f"blocks.{block}.{name}.bias": (size,)}
    _check(weights, contract, size, shapes)

    def of_all(name: str) -> Float32Array:
        return np.concatenate([weights[f"blocks.{block}.{name}"] for block in range(blocks)])

    names = {"projection": "queries_keys_values", "attended": "attended", "inner": "inner", "outer": "outer"}
    matrices = {"value": weights["value.weight"]} | {mine: of_all(f"{name}.weight") for mine, name in names.items()}
    vectors = {"value_bias": weights["value.bias"], "place": weights["place"].ravel()}
    vectors |= {f"{mine}_bias": of_all(f"{name}.bias") for mine, name in names.items()}
    for part in ("attention", "network"):
        vectors |= {f"{part}_scale": of_all(f"before_{part}.weight"), f"{part}_shift": of_all(f"before_{part}.bias")}
    vectors |= {"norm_scale": weights["norm.weight"], "norm_shift": weights["norm.bias"]}
    width = size // heads
    parts = _BLOCK.format(width=width, inner=inner, scale=np.float32(width**-0.5)), _TRANSFORMER.format(blocks=blocks)
    return Network(matrices, vectors, size, (), "\n".join([_GELU, _NORMED, *parts]))


def _gaf_cnn(weights: Weights, manifest: Manifest) -> Network:
    contract = manifest.contract
    first, second, size = (len(weights[f"{name}.weight"]) for name in ("first", "second", "hidden"))
    half = -(-contract.context_length // 2)
    quarter = -(-half // 2)
    if contract.channels > 1:
        raise ValueError(f"the picture is of one channel, not of {contract.channels}")
    _check(weights, contract, size, {
        "first.weight": (first, 2, 3, 3), "first.bias": (first,),
        "second.weight": (second, first, 3, 3), "second.bias": (second,),
        "hidden.weight": (size, second * quarter * quarter), "hidden.bias": (size,),
    })  # fmt: skip
    matrices = {name: weights[f"{name}.weight"].reshape(len(weights[f"{name}.weight"]), -1)
                for name in ("first", "second", "hidden")}  # fmt: skip
    vectors = {f"{name}_bias": weights[f"{name}.bias"] for name in matrices}
    code = _GAF_CNN.format(first=first, second=second, half=half, quarter=quarter)
    return Network(matrices, vectors, size, (), "\n".join([_GELU, _CONVOLUTION.format(inputs=max(2, first)), code]))


NETWORKS: dict[str, Callable[[Weights, Manifest], Network]] = {
    "lstm": _lstm, "gru": _gru, "rnn": _rnn, "linear": _linear, "mlp": _mlp, "tcn": _tcn, "gaf_cnn": _gaf_cnn,
    "transformer": _transformer,
}  # fmt: skip
"""The network of each architecture that can be written in C, by the architecture's name."""
