"""The predictor: lazy, loaded once whoever asks, and the same for every way of asking."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

import seqzoo
from seqzoo import _extras, _storage
from seqzoo.bundles import store
from seqzoo.errors import InputError, IntegrityError, ManifestError, UnknownNameError, UntrustedError
from seqzoo.forecasters import rollout
from seqzoo.runtime import Predictor, engines, load
from seqzoo.signals import Sine
from support.engines import ENGINES

LIGHT = "native" if "native" in ENGINES else "onnx"


@pytest.fixture
def windows(rng) -> np.ndarray:
    return Sine().draw(7, 20, 1, rng).context[:, :, None]


@pytest.fixture
def reads(monkeypatch):
    """The names of files read, in order."""
    seen = []
    read = _storage.read_file

    def spying(path, limit):
        seen.append(path.name)
        return read(path, limit)

    monkeypatch.setattr(_storage, "read_file", spying)
    return seen


@pytest.mark.parametrize("engine", [None, *ENGINES])
def test_load_reads_nothing_until_the_first_prediction(reads, windows, engine):
    predictor = load("lstm.sine", engine)
    assert reads == [] and not predictor.is_loaded
    assert repr(predictor) == "<Predictor lstm.sine (not loaded)>"
    predictor.predict(windows)
    model = {None: store.TORCHSCRIPT, "torchscript": store.TORCHSCRIPT, "onnx": store.ONNX,
             "native": store.WEIGHTS, "numpy": store.WEIGHTS}[engine]  # fmt: skip
    assert reads == [store.MANIFEST, model] and predictor.is_loaded
    predictor.predict(windows)
    assert len(reads) == 2
    assert repr(predictor) == f"<Predictor lstm.sine ({engine or 'torchscript'})>"


def test_the_manifest_alone_is_read_to_know_the_contract(reads):
    predictor = load("lstm.sine")
    assert predictor.manifest.contract.context_length == 20
    assert reads == [store.MANIFEST] and not predictor.is_loaded


def test_warm_loads_at_once_and_returns_the_predictor(reads):
    predictor = load("lstm.sine", "onnx")
    assert predictor.warm() is predictor and predictor.is_loaded
    assert reads == [store.MANIFEST, store.ONNX]


@pytest.mark.parametrize("engine", ENGINES)
def test_64_threads_that_ask_first_build_one_engine_and_get_the_same_bytes(monkeypatch, windows, engine):
    built = []
    build = engines.build

    def slow(name, found):
        built.append(name)
        time.sleep(0.05)  # all the others arrive meanwhile
        return build(name, found)

    monkeypatch.setattr(engines, "build", slow)
    predictor = load("lstm.sine", engine)
    barrier = threading.Barrier(64)
    answers: list[bytes] = []

    def ask():
        barrier.wait()
        answers.append(predictor.predict(windows).tobytes())

    threads = [threading.Thread(target=ask) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert built == [engine]
    assert len(answers) == 64 and len(set(answers)) == 1


def test_a_load_that_failed_is_tried_again_by_the_next_call(copied, windows):
    predictor = load(copied, "onnx")
    good = (copied / store.ONNX).read_bytes()
    (copied / store.ONNX).unlink()
    for _ in range(2):
        with pytest.raises(IntegrityError, match=rf"{store.ONNX}.*missing"):
            predictor.predict(windows)
        assert not predictor.is_loaded
    (copied / store.ONNX).write_bytes(good)
    assert predictor.predict(windows).shape == (7, 1)


@pytest.mark.parametrize("engine", ENGINES)
def test_each_accepted_shape_gives_the_same_forecast(windows, engine):
    predictor = load("lstm.sine", engine)
    one = windows[0]
    expected = predictor.predict(one[None])
    assert expected.shape == (1, 1) and expected.dtype == np.float32
    for shape in (one, one[:, 0], one[:, 0].tolist()):
        np.testing.assert_array_equal(predictor.predict(shape), expected)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "bad", [np.zeros(19), np.zeros((2, 20)), np.zeros((0, 20, 1)), np.full(20, np.nan), np.full(20, 1e39)]
)
def test_no_engine_is_reached_by_windows_it_would_answer_wrongly_or_die_of(monkeypatch, engine, bad):
    predictor = load("lstm.sine", engine).warm()
    monkeypatch.setattr(predictor._engine, "run", lambda batch: pytest.fail("the engine was asked"))
    with pytest.raises(InputError):
        predictor.predict(bad)


@pytest.mark.parametrize("engine", ENGINES)
def test_predictions_leave_the_input_as_it_was(windows, engine):
    given = windows.astype(np.float32)
    before = given.copy()
    load("lstm.sine", engine).predict(given)
    np.testing.assert_array_equal(given, before)


def test_the_default_engine_is_torchscript_for_a_trusted_bundle(shipped):
    assert load(shipped).engine == "torchscript"


def test_without_torch_the_default_engine_is_native_for_a_recurrent_model_and_onnx_for_the_others(monkeypatch):
    monkeypatch.setattr(_extras, "has_torch", lambda: False)
    for name, default in (("lstm.sine", LIGHT), ("gru.sine", LIGHT), ("rnn.sine", LIGHT), ("mlp.sine", "onnx")):
        assert load(name).engine == load(name, "light").engine == default, name


def test_an_untrusted_bundle_has_the_default_without_torch_and_refuses_torchscript(copied, windows):
    predictor = load(copied)
    assert predictor.engine == LIGHT and predictor.predict(windows).shape == (7, 1)
    with pytest.raises(UntrustedError, match="execute"):
        load(copied, "torchscript").predict(windows)
    assert load(copied, "numpy").predict(windows).shape == (7, 1)


def test_a_bundle_this_machine_built_defaults_to_torchscript(home, shipped, copied):
    _storage.write_file(home / "built.txt", store.open_bundle(copied).manifest_sha256.encode() + b"\n")
    assert load(copied).engine == "torchscript"


def test_an_engine_that_cannot_run_the_architecture_is_refused(windows):
    with pytest.raises(UnknownNameError, match=r"engine.*'numpy'"):
        load("mlp.sine", "numpy").predict(windows)


def test_unknown_names_are_refused_at_once():
    with pytest.raises(UnknownNameError, match=r"engine.*'tensorrt'"):
        load("lstm.sine", "tensorrt")
    with pytest.raises(UnknownNameError, match=r"model.*'gru\.moon'"):
        load("gru.moon")


def test_a_path_that_holds_no_bundle_is_refused_at_the_first_use(tmp_path):
    predictor = load(tmp_path)
    with pytest.raises(ManifestError, match="manifest"):
        predictor.predict(np.zeros(20))


def hand_rolled(predictor: Predictor, window: np.ndarray, horizon: int) -> list[float]:
    values = [float(value) for value in window]
    for _ in range(horizon):
        values.append(float(predictor.predict(values[-20:])[0, 0]))
    return values[20:]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_forecast_of_many_steps_equals_a_loop_that_feeds_each_value_back(windows, engine):
    predictor = load("lstm.sine", engine)
    forecast = predictor.forecast(windows[:2], 30)
    assert forecast.shape == (2, 30) and forecast.dtype == np.float32
    for row in range(2):
        expected = hand_rolled(predictor, windows[row, :, 0].astype(np.float32), 30)
        np.testing.assert_allclose(forecast[row], expected, atol=1e-5)


def test_a_forecast_of_one_step_is_the_prediction(windows):
    predictor = load("lstm.sine", "onnx")
    np.testing.assert_array_equal(predictor.forecast(windows, 1), predictor.predict(windows))


def test_a_forecast_reads_the_last_values_of_a_longer_series():
    series = Sine().series(100, seed=1).observed
    predictor = load("lstm.sine", "onnx")
    np.testing.assert_array_equal(predictor.forecast(series, 5), predictor.forecast(series[-20:], 5))


@pytest.mark.parametrize("horizon", [0, -1, 10_001])
def test_a_horizon_out_of_range_is_refused(windows, horizon):
    with pytest.raises(InputError, match=r"horizon.*1 to 10,000"):
        load("lstm.sine", "onnx").forecast(windows, horizon)


def test_a_series_shorter_than_a_window_cannot_be_forecast():
    with pytest.raises(InputError, match=r"\b20\b.*\b19\b"):
        load("lstm.sine", "onnx").forecast(np.zeros(19), 3)


@pytest.mark.parametrize("horizon", [1, 2, 3, 4, 7, 12])
def test_a_model_of_several_steps_a_time_is_rolled_out_and_cut_to_the_horizon(horizon):
    def next_three(context):
        return context[:, -1] + np.arange(1, 4, dtype=np.float32)

    context = np.arange(8, dtype=np.float32).reshape(2, 4, 1)
    forecast = rollout.recursive(next_three, context, horizon)
    np.testing.assert_array_equal(forecast, context[:, -1] + np.arange(1, horizon + 1))


def test_a_scaling_is_applied_before_the_model_and_undone_after_it(copied, windows):
    text = (copied / store.MANIFEST).read_text("utf-8")
    plain = load(copied, "numpy").predict(windows)
    changed = text.replace('"center": 0.0', '"center": 5.0').replace('"scale": 1.0', '"scale": 3.0')
    (copied / store.MANIFEST).write_text(changed, "utf-8")
    np.testing.assert_allclose(load(copied, "numpy").predict(3 * windows + 5), 3 * plain + 5, atol=1e-4)
    with pytest.raises(IntegrityError, match=r"tensor\(float\).*tensor\(double\)"):  # its graph holds no scaling
        load(copied, "onnx").predict(windows)


def test_a_value_the_models_scale_cannot_hold_is_refused(copied):
    text = (copied / store.MANIFEST).read_text("utf-8")
    (copied / store.MANIFEST).write_text(text.replace('"scale": 1.0', '"scale": 1e-9'), "utf-8")
    with pytest.raises(InputError, match="scale"):
        load(copied, "numpy").predict(np.full(20, 1e38))


def test_the_package_hands_out_the_same_load_and_predictor():
    assert seqzoo.load is load and seqzoo.Predictor is Predictor
