"""The compiled core: the same numbers as PyTorch's cells, in any batch, on every target, forward and backward."""

from __future__ import annotations

import copy
import hashlib
import pickle
import runpy
import threading
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from safetensors.numpy import load as parse
from safetensors.numpy import save

import seqzoo
from seqzoo.bundles import store
from seqzoo.errors import IntegrityError, MissingCoreError
from seqzoo.runtime import core, engines, load
from seqzoo.runtime.engines._parallel import in_pieces

needs_core = pytest.mark.skipif(core.find() is None, reason=core.state().why or "there is a core")
MODULES = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}
# D, K, H, T, B: one of everything; odd remainders of every block; several segments of steps; the largest K.
SIZES = [
    (1, 64, 1, 20, 130), (1, 1, 1, 1, 1), (3, 7, 5, 9, 37), (2, 74, 50, 33, 17), (1, 129, 1, 70, 5),
    (17, 256, 3, 4, 33),
]  # fmt: skip
TARGETS = [target for target in core.TARGETS if core.of(target).core is not None]


class Model:
    """A layer of PyTorch with its head, and the core's cell of the same weights."""

    def __init__(self, name: str, channels: int, units: int, outputs: int, using: core.Core | None = None) -> None:
        torch.manual_seed(units)
        self.layer = MODULES[name](channels, units, batch_first=True)
        self.head = torch.nn.Linear(units, outputs)
        self.parameters = [*self.layer.parameters(), *self.head.parameters()]
        self.weights = [parameter.detach().numpy() for parameter in self.parameters]
        self.cell = core.Cell(using or core.find(), name, self.weights)

    def __call__(self, windows: torch.Tensor) -> torch.Tensor:
        return self.head(self.layer(windows)[0][:, -1])


def drawn(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape, np.float32)


def close(given: np.ndarray, expected: np.ndarray) -> bool:
    return np.abs(given - expected).max() <= 2e-5 * max(np.abs(expected).max(), 1e-3)


@needs_core
@pytest.mark.parametrize("name", MODULES)
def test_outputs_and_all_gradients_are_those_of_pytorch_at_every_size_on_every_target(name):
    wrong = []
    for target in TARGETS:
        for channels, units, outputs, steps, rows in SIZES:
            model = Model(name, channels, units, outputs, core.of(target).core)
            windows, slopes = drawn(rows, steps, channels), drawn(rows, outputs)
            of_windows = torch.from_numpy(windows).requires_grad_()
            expected = model(of_windows)
            expected.backward(torch.from_numpy(slopes))
            given, tape = model.cell.taped(windows)
            gradients, back = model.cell.backward(windows, tape, slopes, of_windows=True)
            both = np.concatenate([parameter.grad.ravel() for parameter in model.parameters])
            pairs = [(given, expected.detach().numpy()), (gradients, both), (back, of_windows.grad.numpy())]
            wrong += [(target, units, place) for place, pair in enumerate(pairs) if not close(*pair)]
    assert wrong == []


@needs_core
@pytest.mark.parametrize("name", MODULES)
def test_gradients_are_the_slopes_of_the_output(name):
    """Finite differences in float64 by PyTorch would only compare PyTorch with itself: these are the core's own."""
    model, windows = Model(name, 1, 5, 1), drawn(19, 6, 1)
    _, tape = model.cell.taped(windows)
    gradients, _ = model.cell.backward(windows, tape, np.ones((19, 1)))
    flat, step = np.concatenate([array.ravel() for array in model.weights]), np.float32(2**-7)
    differences = []
    for place in range(0, flat.size, 3):
        sums = []
        for sign in (1, -1):
            moved = flat.copy()
            moved[place] += sign * step
            parts = np.split(moved, np.cumsum([array.size for array in model.weights])[:-1])
            weights = [part.reshape(array.shape) for part, array in zip(parts, model.weights, strict=True)]
            sums.append(core.Cell(core.find(), name, weights).forward(windows).sum(dtype=np.float64))
        differences.append((sums[0] - sums[1]) / (2 * step))
    np.testing.assert_allclose(gradients[::3], differences, atol=5e-3 * np.abs(gradients).max())


@needs_core
@pytest.mark.parametrize("name", MODULES)
def test_a_window_has_the_same_bits_in_any_batch_on_any_thread_and_step_by_step(name):
    model, windows = Model(name, 2, 37, 3), drawn(300, 11, 2)
    expected, _ = model.cell.taped(windows)
    for rows in (1, 2, 7, 8, 9, 31, 33, 300):
        assert (model.cell.forward(windows[:rows]) == expected[:rows]).all(), rows
    shifted = np.empty(windows.size + 1, np.float32)[1:].reshape(windows.shape)  # not at a multiple of 8 bytes
    shifted[:] = windows
    for odd in (shifted, windows[::-1][::-1], np.asfortranarray(windows), windows.astype(np.float64)):
        assert (model.cell.forward(odd) == expected).all()
    assert (in_pieces(model.cell.forward, windows) == expected).all()
    stepper = model.cell.stepper()
    for values in windows[5]:
        stepper.step([9.0, 9.0])  # without `keep`, it leaves no trace
        last = stepper.step(values.tolist())
        stepper.keep()
    assert (last == expected[5]).all()
    answers: list[bytes] = []

    def ask() -> None:
        _, tape = model.cell.taped(windows)
        gradients, _ = model.cell.backward(windows, tape, np.ones((300, 3)))
        answers.append(gradients.tobytes() + model.cell.forward(windows).tobytes())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 1 and len(answers) == 4


FAR = [
    0.0, 1e-45, 1e-39, 1e-30, 1e-8, 1e-4, 0.3, 0.55, 1.0, 3.0, 8.9, 9.3, 17.0, 44.0, 87.3, 88.0, 88.4, 88.8, 104.0,
    1e4, 3e38,
]  # fmt: skip


@needs_core
def test_tanh_and_sigmoid_are_exact_to_a_few_last_places_from_subnormal_to_infinite_arguments():
    """An RNN and a GRU whose weights make one unit the function itself; in lanes side by side and one by one."""
    values = np.array([*FAR, *(-value for value in FAR), *np.linspace(-12, 12, 400)], np.float32)
    one, none = np.ones((1, 1), np.float32), np.zeros((1, 1), np.float32)
    flat = np.zeros(1, np.float32)
    for target in TARGETS:
        using = core.of(target).core
        cell = core.Cell(using, "rnn", [one, none, flat, flat, one, flat])
        exact = np.tanh(values.astype(np.float64))
        given = cell.forward(values[:, None, None])[:, 0]
        assert (np.abs(given - exact) <= 4e-7 * np.abs(exact) + 1e-45).all(), target
        for number, value in zip(given, values, strict=True):
            assert cell.forward(value[None, None, None])[0, 0] == number
        # h' = (1 - z) n, with n = tanh(20) = 1: 1 minus the sigmoid of x is the sigmoid of -x.
        gates, bias = np.array([[0], [-1], [0]], np.float32), np.array([0, 0, 20], np.float32)
        cell = core.Cell(using, "gru", [gates, 0 * gates, bias, 0 * bias, one, flat])
        exact = 1 / (1 + np.exp(-np.clip(values.astype(np.float64), -700, 700)))
        given = cell.forward(values[:, None, None])[:, 0]
        assert np.abs(given - exact).max() <= 2e-7, target


@needs_core
@pytest.mark.parametrize("name", MODULES)
def test_what_is_not_a_number_stays_in_its_window_and_infinite_weights_are_not_hidden(name):
    model, windows = Model(name, 1, 9, 2), drawn(40, 5, 1)
    expected = model.cell.forward(windows)
    windows[13, 2] = np.nan
    windows[14, 2] = np.inf  # saturates, or becomes NaN through inf - inf; never what a finite value gives
    given = model.cell.forward(windows)
    assert np.isnan(given[13]).all()
    others = np.delete(np.arange(40), [13, 14])
    assert (given[others] == expected[others]).all()
    weights = [array.copy() for array in model.weights]
    weights[4][0, 0] = np.nan
    given = core.Cell(core.find(), name, weights).forward(windows[others])
    assert np.isnan(given[:, 0]).all() and (given[:, 1] == expected[others, 1]).all()


@needs_core
def test_weights_that_do_not_belong_together_are_refused():
    weights = Model("lstm", 1, 8, 1).weights
    for place, array in enumerate(weights):
        for wrong in (array[:-1], np.zeros((2, 3, 4), np.float32)):
            with pytest.raises(ValueError):
                core.Cell(core.find(), "lstm", [*weights[:place], wrong, *weights[place + 1 :]])
    assert not core.runs("lstm", 257, 20) and not core.runs("mlp", 8, 20) and not core.runs("gru", 8, 4097)
    with pytest.raises(ValueError, match="257 units"):
        Model("rnn", 1, 257, 1)
    weights[0] = weights[0][:, :0]
    with pytest.raises(ValueError, match="0 channels, 8 units and 1 outputs; the core takes from 1"):
        core.Cell(core.find(), "lstm", weights)


@needs_core
def test_a_bundle_with_a_tensor_too_many_is_refused_by_its_name(tmp_path, shipped):
    bundle = store.open_bundle(shipped)
    contents = {file: bundle.read(file) for file in bundle.manifest.files}
    contents[store.WEIGHTS] = save({**parse(contents[store.WEIGHTS]), "spare": np.zeros(3, np.float32)})
    manifest = msgspec.structs.replace(bundle.manifest, parameters=bundle.manifest.parameters + 3)
    forged = store.write_bundle(tmp_path / "forged", manifest, contents)
    with pytest.raises(IntegrityError, match="not those of an lstm: spare is unexpected"):
        load(forged.path, "native").predict(np.full(20, 0.1))


@needs_core
def test_arrays_of_other_shapes_are_refused_before_the_core_reads_them():
    cell, windows = Model("gru", 2, 8, 3).cell, drawn(19, 6, 2)
    for wrong in (drawn(19, 6, 1), drawn(19, 6), drawn(19, 0, 2), drawn(19, 6, 2, 1)):
        for call in (cell.forward, cell.taped):
            with pytest.raises(ValueError, match=r"expected \[B, T, 2\]"):
                call(wrong)
    _, tape = cell.taped(windows)
    for given, kept, slopes in (
        (windows[:, :5], tape, drawn(19, 3)), (windows, tape._replace(states=tape.states[:-1]), drawn(19, 3)),
        (windows, tape, drawn(19, 2)),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="not of these windows"):
            cell.backward(given, kept, slopes)
    assert cell.forward(windows[:0]).shape == (0, 3)


@needs_core
def test_a_copy_of_a_stream_goes_on_by_itself_and_leaves_the_first_one_as_it_is(shipped):
    stream = load(shipped, "native").stream()
    for value in (0.1, -0.4, 0.7):
        stream.push(value)
    other, sent = copy.deepcopy(stream), pickle.dumps(stream)
    expected = stream.push(0.2)
    assert (other.push(0.2) == expected).all()
    elsewhere = pickle.loads(sent)
    assert (elsewhere.push(0.2) == expected).all() and elsewhere.seen == 4
    before = stream.states["h"]
    other.push(0.9)
    other.reset()
    assert (stream.states["h"] == before).all() and not other.states["h"].any()


@needs_core
def test_a_stream_that_was_pickled_says_why_it_cannot_go_on_without_a_core(monkeypatch, shipped):
    sent = pickle.dumps(load(shipped, "native").stream())
    monkeypatch.setenv("SEQZOO_CORE", "off")
    with pytest.raises(MissingCoreError, match="switches it off"):
        pickle.loads(sent)


@needs_core
def test_one_window_after_another_keeps_earlier_outputs_and_its_own_on_every_thread():
    cell, windows = Model("gru", 2, 7, 3).cell, drawn(16, 9, 2)
    rows, wrong = cell.forward(windows), []

    def work(first: int) -> None:
        for place in [*range(first, 16), *range(first)] * 20:
            length = place % 3 + 7  # other lengths between
            outputs, short = cell.forward(windows[place : place + 1]), cell.forward(windows[:1, :length])
            if not ((outputs[0] == rows[place]).all() and (short == expected[length]).all()):
                wrong.append(place)

    expected = {length: cell.forward(windows[:2, :length])[:1] for length in (7, 8, 9)}
    threads = [threading.Thread(target=work, args=(first,)) for first in (0, 5, 11)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@needs_core
@pytest.mark.parametrize("name", MODULES)
def test_gradients_through_the_longest_windows_are_those_of_pytorch(name):
    model, windows = Model(name, 2, 3, 1), drawn(2, core.MOST_STEPS, 2)
    of_windows = torch.from_numpy(windows).requires_grad_()
    model(of_windows).sum().backward()
    _, tape = model.cell.taped(windows)
    gradients, back = model.cell.backward(windows, tape, np.ones((2, 1), np.float32), of_windows=True)
    assert close(gradients, np.concatenate([parameter.grad.ravel() for parameter in model.parameters]))
    assert close(back, of_windows.grad.numpy())


@needs_core
def test_a_core_of_another_source_is_not_used(monkeypatch, tmp_path):
    other = tmp_path / "core.cpp"
    other.write_text("of a newer version, whose functions may take other arguments")
    monkeypatch.setattr(core, "SOURCE", other)
    core.of.cache_clear()
    try:
        assert core.find() is None and "compiled from another core.cpp; `pip install .`" in core.state().why
    finally:
        core.of.cache_clear()


@needs_core
def test_the_library_was_compiled_from_this_source():
    source = Path(__file__).parents[2] / "native" / "core.cpp"
    stated = core.find().source
    assert stated == hashlib.sha256(source.read_bytes()).hexdigest()[:16], "run `make install`"


def test_the_core_of_the_browsers_was_compiled_from_this_source():
    native = Path(__file__).parents[2] / "native"
    build = runpy.run_path(str(native / "build.py"))
    assert build["source_hash"]().encode() in build["BROWSERS"].read_bytes(), "python native/build.py microscope"


def test_the_platforms_that_have_a_core_are_those_that_it_is_compiled_for():
    file = Path(__file__).parents[2] / "native" / "build.py"
    compiled = runpy.run_path(str(file))["PLATFORMS"].keys() - {"wasm32"}
    assert {name.replace(" ", "-").replace("amd64", "x86_64") for name in core.PLATFORMS} == compiled


def test_without_the_core_recurrent_models_run_on_onnx_and_native_says_why(monkeypatch, tmp_path, shipped):
    expected = load(shipped, "onnx").predict(np.full(20, 0.1))
    torn = tmp_path / core.LIBRARY.name
    torn.write_bytes(b"\x7fELF")
    try:
        for library, switch, why in (
            (tmp_path / "none.so", "", "missing"), (torn, "", "cannot be used"), (torn, "off", "SEQZOO_CORE=off"),
        ):  # fmt: skip
            core.of.cache_clear()
            monkeypatch.setattr(core, "LIBRARY", library)
            monkeypatch.setenv("SEQZOO_CORE", switch)
            assert core.find() is None and why in core.state().why
            model = load(shipped, "light")
            assert model.engine == "onnx" and (model.predict(np.full(20, 0.1)) == expected).all()
            assert "native" not in engines.offered(store.open_bundle(shipped).manifest)
            assert model.stream().push(0.1).shape == (1,)
            with pytest.raises(MissingCoreError, match=why):
                seqzoo.load(shipped, "native").predict(np.full(20, 0.1))
    finally:
        core.of.cache_clear()
