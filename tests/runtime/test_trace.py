"""The trace: every gate and state obeys the equations and ends in the forecast that is served."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load as parse

from seqzoo.bundles.store import WEIGHTS
from seqzoo.errors import InputError
from seqzoo.runtime import load
from seqzoo.signals import Sine
from support.engines import ENGINES


@pytest.fixture(scope="module")
def windows() -> np.ndarray:
    rng = np.random.default_rng(7)
    return np.concatenate([Sine().draw(8, 20, 1, rng).context, rng.uniform(-3, 3, (8, 20))])[:, :, None]


@pytest.fixture(scope="module")
def predictor():
    return load("lstm.sine", "numpy")


@pytest.fixture(scope="module")
def weights(predictor):
    return {name: tensor.astype(np.float64) for name, tensor in parse(predictor.bundle.read(WEIGHTS)).items()}


def logistic(x):
    return 1 / (1 + np.exp(-x))


def test_the_trace_holds_every_gate_and_state_of_every_step(predictor, windows):
    trace = predictor.trace(windows)
    assert set(trace.steps) == set("ifgoch")
    assert all(trace[name].shape == (16, 20, 64) for name in "ifgoch")
    np.testing.assert_array_equal(trace.context, windows[:, :, 0].astype(np.float32))


def test_the_gates_obey_the_equations_at_every_step(predictor, windows, weights):
    trace = predictor.trace(windows)
    order = dict(zip("ifgo", range(4), strict=True))
    bias = weights["lstm.bias_ih_l0"] + weights["lstm.bias_hh_l0"]
    h_before = np.concatenate([np.zeros((16, 1, 64)), trace["h"][:, :-1]], axis=1)
    c_before = np.concatenate([np.zeros((16, 1, 64)), trace["c"][:, :-1]], axis=1)
    for gate, place in order.items():
        rows = slice(64 * place, 64 * (place + 1))
        inward = trace.context[:, :, None] * weights["lstm.weight_ih_l0"][rows, 0]
        recurrent = np.einsum("blk,jk->blj", h_before, weights["lstm.weight_hh_l0"][rows])
        squash = np.tanh if gate == "g" else logistic
        np.testing.assert_allclose(trace[gate], squash(inward + recurrent + bias[rows]), atol=1e-12)
    np.testing.assert_allclose(trace["c"], trace["f"] * c_before + trace["i"] * trace["g"], atol=1e-14)
    np.testing.assert_allclose(trace["h"], trace["o"] * np.tanh(trace["c"]), atol=1e-14)


def test_gates_and_states_stay_in_their_ranges(predictor, windows):
    trace = predictor.trace(windows)
    for gate in "ifo":
        assert (0 <= trace[gate]).all() and (trace[gate] <= 1).all()
    for name in "gh":
        assert (np.abs(trace[name]) <= 1).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_the_last_hidden_state_through_the_head_is_the_forecast_of_every_engine(windows, weights, engine):
    served = load("lstm.sine", engine)
    last = served.trace(windows)["h"][:, -1]
    through = last @ weights["head.weight"].T + weights["head.bias"]
    np.testing.assert_allclose(served.trace(windows).forecast, through, atol=1e-12)
    np.testing.assert_allclose(served.predict(windows), through, atol=2e-6)


def test_a_trace_does_not_depend_on_its_neighbours(predictor, windows):
    whole = predictor.trace(windows)
    alone = predictor.trace(windows[3])
    for name in "ifgoch":
        np.testing.assert_allclose(alone[name][0], whole[name][3], atol=1e-12)


def test_a_step_depends_on_no_later_value(predictor, windows):
    changed = windows.copy()
    changed[:, 12:] += 1
    before, after = predictor.trace(windows), predictor.trace(changed)
    np.testing.assert_allclose(after["h"][:, :12], before["h"][:, :12], atol=1e-12)
    assert (np.abs(after["h"][:, 12:] - before["h"][:, 12:]).max(axis=2) > 1e-6).all()


def test_gates_far_from_zero_do_not_overflow(predictor):
    trace = predictor.trace(np.full((1, 20, 1), 3e38))
    assert all(np.isfinite(trace[name]).all() for name in "ifgoch")


def test_more_windows_than_a_trace_holds_are_refused(predictor):
    with pytest.raises(InputError, match="4,096"):
        predictor.trace(np.zeros((4097, 20, 1), np.float32))


def test_a_trace_of_bad_windows_is_refused_as_a_prediction_is(predictor):
    with pytest.raises(InputError, match=r"\b20\b.*\b19\b"):
        predictor.trace(np.zeros(19))
