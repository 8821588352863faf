"""What the files of the zoo say of themselves is true: equations, numbers of parameters, causality."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import save
from torch import nn

from seqzoo.bundles.manifest import Contract
from seqzoo.publishing import build
from seqzoo.runtime.engines.numpy import CELLS, NumpyEngine, Trace
from seqzoo.zoo import _registry
from seqzoo.zoo.gaf_cnn import gramian_angular_field

LENGTH, HORIZON, SIZE = 6, 2, 3


def built(name: str, **sizes: int) -> nn.Module:
    made = _registry.architecture(name)
    torch.manual_seed(5)
    return made.module(made.config(**sizes))


def computed(name: str) -> tuple[Trace, dict[str, torch.Tensor], torch.Tensor, nn.Module]:
    """What the numpy engine computes for a batch; weights, batch [B, L, 1] and module in float64."""
    module = built(name, context_length=LENGTH, horizon=HORIZON, hidden_size=SIZE)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(2.0)  # far enough from linear for a wrong gate to show
    count = sum(parameter.numel() for parameter in module.parameters())
    manifest = SimpleNamespace(architecture=name, parameters=count, contract=Contract(LENGTH, HORIZON))
    engine = NumpyEngine(save(build.weights_of(module)), manifest)  # type: ignore[arg-type]
    batch = torch.randn(4, LENGTH, 1, generator=torch.Generator().manual_seed(6))
    trace = engine.trace(batch.numpy())
    module = module.double()
    return trace, dict(module.state_dict()), batch.double(), module


def equal(given: np.ndarray, expected: torch.Tensor) -> None:
    np.testing.assert_allclose(given, expected.detach().numpy(), atol=1e-13)


def test_the_gru_is_computed_gate_by_gate_as_pytorch_computes_it():
    trace, weights, batch, module = computed("gru")
    x_r, x_z, x_n = weights["gru.weight_ih_l0"].split(SIZE)
    h_r, h_z, h_n = weights["gru.weight_hh_l0"].split(SIZE)
    b_r, b_z, b_n = weights["gru.bias_ih_l0"].split(SIZE)
    c_r, c_z, c_n = weights["gru.bias_hh_l0"].split(SIZE)
    h = torch.zeros(4, SIZE, dtype=torch.float64)
    for step in range(LENGTH):
        x = batch[:, step]
        r = torch.sigmoid(x @ x_r.T + b_r + h @ h_r.T + c_r)
        z = torch.sigmoid(x @ x_z.T + b_z + h @ h_z.T + c_z)
        n = torch.tanh(x @ x_n.T + b_n + r * (h @ h_n.T + c_n))
        h = (1 - z) * n + z * h
        for name, gate in zip("rznh", (r, z, n, h), strict=True):
            equal(trace[name][:, step], gate)
    equal(trace["h"], module.gru(batch)[0])
    equal(trace.forecast, module(batch))


def test_the_rnn_is_computed_step_by_step_as_pytorch_computes_it():
    trace, weights, batch, module = computed("rnn")
    h = torch.zeros(4, SIZE, dtype=torch.float64)
    for step in range(LENGTH):
        inward = batch[:, step] @ weights["rnn.weight_ih_l0"].T + weights["rnn.bias_ih_l0"]
        h = torch.tanh(inward + h @ weights["rnn.weight_hh_l0"].T + weights["rnn.bias_hh_l0"])
        equal(trace["h"][:, step], h)
    equal(trace["h"], module.rnn(batch)[0])
    equal(trace.forecast, module(batch))


def test_the_lstm_ends_in_the_states_that_pytorch_ends_in():
    trace, _, batch, module = computed("lstm")
    states, (h, c) = module.lstm(batch)
    equal(trace["h"], states)
    equal(trace["h"][:, -1], h[0])
    equal(trace["c"][:, -1], c[0])
    equal(trace.forecast, module(batch))


@pytest.mark.parametrize("name", CELLS)
def test_a_trace_names_every_gate_and_begins_at_zero_state(name):
    trace, *_ = computed(name)
    assert list(trace.steps) == list(CELLS[name].names) and set(CELLS[name].states) <= set(CELLS[name].names)
    assert all(values.shape == (4, LENGTH, SIZE) for values in trace.steps.values())


SYMBOLS = {"K": "hidden_size", "C": "channels", "L": "context_length", "H": "horizon", "layers": "layers"}
STATED = re.compile(r"Facts of the architecture: (?:(.+) parameters, )?([\d,]+)(?: parameters)? as shipped")


def value_of(formula: str, sizes: dict[str, int]) -> int:
    """A formula as people write it: "4 K (1 + K + 2)", "3 C^2"."""
    words = re.findall(r"\d+|[A-Za-z]+|[-+()^]", formula)
    python = ""
    for before, word in zip(["(", *words], words, strict=False):
        times = "*" if re.match(r"[\dA-Za-z(]", word) and re.match(r"[\dA-Za-z)]", before) else ""
        python += times + {"^": "**"}.get(word, str(sizes[SYMBOLS[word]]) if word in SYMBOLS else word)
    return int(eval(python, {"__builtins__": {}}))


def test_a_formula_is_read_as_people_read_it():
    sizes = {"hidden_size": 3, "channels": 5, "context_length": 20, "horizon": 2, "layers": 4}
    assert value_of("4 K (1 + K + 2) + K H + H", sizes) == 4 * 3 * 6 + 8
    assert value_of("4 C + (layers - 1) (3 C^2 + C)", sizes) == 20 + 3 * 80


@pytest.mark.parametrize("name", _registry.architectures())
def test_the_number_of_parameters_is_what_the_config_says(name):
    made = _registry.architecture(name)
    formula, shipped = STATED.search(made.config.__doc__).groups()
    for sizes in ({}, {"horizon": 7}, {"context_length": 9, "horizon": 3}):
        changed = [field for field in ("hidden_size", "channels", "layers") if hasattr(made.config(), field)]
        sizes |= {field: 2 + place for place, field in enumerate(changed)} if sizes else {}
        config = made.config(**sizes)
        count = sum(parameter.numel() for parameter in made.module(config).parameters())
        if not sizes:
            assert count == int(shipped.replace(",", ""))
        if formula is not None:
            assert count == value_of(formula, vars(config))
    assert formula is not None or name in ("gaf_cnn", "transformer")


# The layer whose output has a state for each step, and the axis of the steps.
CAUSAL = {"lstm": ("lstm", 1), "gru": ("gru", 1), "rnn": ("rnn", 1), "tcn": ("layers.3", 2)}
CAUSAL["transformer"] = ("blocks.1", 1)


@pytest.mark.parametrize("name", CAUSAL)
def test_no_state_depends_on_a_later_value(name):
    layer, axis = CAUSAL[name]
    module, seen = built(name).eval(), []

    def note(_module, _inputs, output):
        seen.append((output[0] if isinstance(output, tuple) else output).movedim(axis, 1).detach())

    module.get_submodule(layer).register_forward_hook(note)
    batch = torch.randn(3, 20, 1, generator=torch.Generator().manual_seed(2))
    for changed in range(20):
        other = batch.clone()
        other[:, changed] += 1.0
        seen.clear()
        for given in (batch, other):
            module(given)
        assert torch.equal(seen[0][:, :changed], seen[1][:, :changed])
        assert not torch.allclose(seen[0][:, changed], seen[1][:, changed])


def test_the_tcn_sees_as_far_back_as_its_config_says():
    for layers in (1, 2, 3):
        module = built("tcn", context_length=40, layers=layers, channels=4)
        batch = torch.randn(2, 40, 1, generator=torch.Generator().manual_seed(4)).requires_grad_()
        module(batch).sum().backward()
        reached = (batch.grad.abs().amax(dim=0)[:, 0] > 0).nonzero()[:, 0]
        assert 40 - int(reached.min()) == 2 ** (layers + 1) - 1


def test_the_picture_of_a_window_shows_its_sign_only_where_values_differ():
    equal, varied = torch.full((1, LENGTH), 0.8), torch.linspace(-1.0, 0.7, LENGTH)[None]
    assert torch.equal(gramian_angular_field(equal), gramian_angular_field(-equal))
    picture, negative = gramian_angular_field(varied)[0], gramian_angular_field(-varied)[0]
    torch.testing.assert_close(negative, picture * torch.tensor([1.0, -1.0])[:, None, None])
    assert picture[1].abs().max() > 0.1
