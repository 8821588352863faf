"""Streams: a recurrent model fed one value at a time says what it says of the window."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from seqzoo.bundles import store
from seqzoo.errors import InputError
from seqzoo.publishing import build
from seqzoo.runtime import load
from seqzoo.signals import Sine
from seqzoo.training.loop import train
from seqzoo.training.spec import TrainingSpec
from seqzoo.zoo import _registry

RECURRENT = ["lstm", "gru", "rnn"]
LENGTH = 5  # the exporter unrolls a recurrence step by step
SMALL = {"recipe.steps": 4, "recipe.evaluate_every": 2, "recipe.batch_size": 8, "config.context_length": LENGTH}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, Path]:
    """A bundle of every recurrent architecture: hardly trained, two steps ahead."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQZOO_HOME", str(folder / "home"))
        patch.setattr(Sine, "windows_to_score", 1000)
        for name in RECURRENT:
            entry = _registry.entry(f"{name}.sine-h2")
            run = TrainingSpec.of(entry, changes={**SMALL, "config.hidden_size": 8})
            build.export(train(run), entry.card, folder / f"{name}.sine")
    return {name: folder / f"{name}.sine" for name in RECURRENT}


@pytest.fixture(params=RECURRENT)
def path(request, made) -> Path:
    return made[request.param]


@pytest.fixture
def window(rng) -> np.ndarray:
    return np.sin(0.3 * np.arange(LENGTH)) + 0.1 * rng.standard_normal(LENGTH)


def test_after_a_window_the_forecast_is_that_of_the_window_on_every_engine(path, window):
    predictor = load(path, "numpy")
    stream = predictor.stream()
    for count, value in enumerate(window, start=1):
        ahead = stream.push(value)
        assert stream.seen == count and ahead.shape == (2,) and ahead.dtype == np.float32
    np.testing.assert_array_equal(ahead, predictor.predict(window)[0])
    np.testing.assert_allclose(ahead, load(path, "onnx").predict(window)[0], atol=1e-5)
    trace = predictor.trace(window)
    for name, state in stream.states.items():
        np.testing.assert_allclose(state, trace[name][0, -1], atol=1e-12)


def test_the_flagship_streams_what_it_serves(rng):
    window = np.sin(0.3 * np.arange(20)) + 0.1 * rng.standard_normal(20)
    stream = load("lstm.sine").stream()
    for value in window:
        ahead = stream.push(value)
    np.testing.assert_array_equal(ahead, load("lstm.sine", "numpy").predict(window)[0])
    np.testing.assert_allclose(ahead, load("lstm.sine", "onnx").predict(window)[0], atol=1e-5)


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
    manifest = path / store.MANIFEST
    text = manifest.read_text("utf-8")
    plain = load(path).stream()
    facts = json.loads(text)
    facts["contract"]["scaling"] = {"center": 5.0, "scale": 3.0}
    try:
        manifest.write_text(json.dumps(facts), "utf-8")
        scaled = load(path).stream()
        window = window.astype(np.float64)
        for value in window:
            expected, given = plain.push(value), scaled.push(3 * value + 5)
        np.testing.assert_allclose(given, 3 * expected + 5, atol=1e-4)
        np.testing.assert_allclose(given, load(path, "numpy").predict(3 * window + 5)[0], atol=1e-4)
        with pytest.raises(InputError, match="float32"):
            scaled.push(1e39)
    finally:
        manifest.write_text(text, "utf-8")
