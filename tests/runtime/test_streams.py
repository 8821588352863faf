"""Streams: a recurrent model fed one value at a time says what it says of the window."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from seqzoo.bundles import store
from seqzoo.data.scaling import Scaling
from seqzoo.errors import InputError
from seqzoo.runtime import Predictor, load

RECURRENT = ["gru.sine", "lstm.sine", "lstm.sine-h50", "rnn.sine"]  # the third forecasts several steps
LENGTH = 20


@pytest.fixture(params=RECURRENT)
def path(request) -> Path:
    return store.SHIPPED / request.param


@pytest.fixture
def window(rng) -> np.ndarray:
    return np.sin(0.3 * np.arange(LENGTH)) + 0.1 * rng.standard_normal(LENGTH)


def test_after_a_window_the_forecast_is_that_of_the_window_on_every_engine(path, window):
    predictor = load(path, "numpy")
    stream, horizon = predictor.stream(), predictor.manifest.contract.horizon
    for count, value in enumerate(window, start=1):
        ahead = stream.push(value)
        assert stream.seen == count and ahead.shape == (horizon,) and ahead.dtype == np.float32
    np.testing.assert_array_equal(ahead, predictor.predict(window)[0])
    np.testing.assert_allclose(ahead, load(path, "onnx").predict(window)[0], atol=1e-5)
    trace = predictor.trace(window)
    for name, state in stream.states.items():
        np.testing.assert_allclose(state, trace[name][0, -1], atol=1e-12)


def test_after_a_reset_it_is_as_new(path, window):
    stream = load(path).stream()
    first = [stream.push(value) for value in window]
    assert not np.array_equal(stream.push(window[0]), first[0])  # its state goes on
    stream.reset()
    assert stream.seen == 0 and all((state == 0).all() for state in stream.states.values())
    np.testing.assert_array_equal([stream.push(value) for value in window], first)


def test_two_streams_of_one_predictor_do_not_touch_each_other(path, window):
    predictor = load(path)
    alone = predictor.stream().push(window[0])
    one, other = predictor.stream(), predictor.stream()
    for value in window:
        ahead = one.push(value)
        other.push(-value)
    np.testing.assert_allclose(ahead, predictor.predict(window)[0], atol=1e-5)
    np.testing.assert_array_equal(predictor.stream().push(window[0]), alone)
    assert other.seen == LENGTH


def test_what_is_no_finite_number_is_refused_and_changes_nothing(path, window):
    stream = load(path).stream()
    stream.push(window[0])
    before, taken = stream.states, []
    for bad in (None, "1.0", "text", b"1", np.nan, np.inf, -np.inf, 1e39, 10**400, True, np.True_, [0.5], [1.0, 2.0],
                [[1], [1, 2]], np.array([0.5]), np.zeros((2, 2)), np.array([]), 1j, {}, object()):  # fmt: skip
        try:
            stream.push(bad)
        except InputError as refusal:
            if "number" in str(refusal) or "float32" in str(refusal):
                continue
        taken.append(bad)
    assert taken == [] and stream.seen == 1
    for name, state in stream.states.items():
        np.testing.assert_array_equal(state, before[name])


def test_any_number_is_taken(path):
    expected = load(path).stream().push(1.0)
    for kind in (float, np.float32, np.float64, np.float16, lambda x: np.array(x), int, np.int64):
        np.testing.assert_array_equal(load(path).stream().push(kind(1.0)), expected)


def test_the_states_handed_out_are_copies(path, window):
    stream, other = load(path).stream(), load(path).stream()
    stream.push(window[0])
    other.push(window[0])
    for state in stream.states.values():
        state[:] = 9.0
    np.testing.assert_array_equal(stream.push(window[1]), other.push(window[1]))


def test_a_model_without_a_state_says_so():
    with pytest.raises(InputError, match=r"'mlp' .*lstm, gru, rnn"):
        load("mlp.sine").stream()


def test_the_scaling_is_applied_and_undone(path, window):
    bundle = store.open_bundle(path)
    contract = msgspec.structs.replace(bundle.manifest.contract, scaling=Scaling(5.0, 3.0))
    moved = msgspec.structs.replace(bundle.manifest, contract=contract)
    predictor = Predictor(store.Bundle(path, moved, bundle.raw_manifest), "numpy")
    plain, scaled = load(path).stream(), predictor.stream()
    window = window.astype(np.float64)
    for value in window:
        expected, given = plain.push(value), scaled.push(3 * value + 5)
    np.testing.assert_allclose(given, 3 * expected + 5, atol=1e-4)
    np.testing.assert_allclose(given, predictor.predict(3 * window + 5)[0], atol=1e-4)
    with pytest.raises(InputError, match="float32"):
        scaled.push(1e39)
