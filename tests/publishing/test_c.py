"""The C of a model compiles without a warning, passes its own test, and fails it where a weight is wrong."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import msgspec
import numpy as np
import pytest
from safetensors.numpy import load, save

from seqzoo import _storage
from seqzoo.bundles import store
from seqzoo.data.scaling import Scaling
from seqzoo.errors import InputError, IntegrityError
from seqzoo.evaluation.scoring import held_out
from seqzoo.publishing import c
from seqzoo.publishing.c import quantised
from seqzoo.publishing.c.arrays import Quantised
from seqzoo.publishing.onnx_step import to_onnx_step
from seqzoo.runtime.engines.numpy import NumpyEngine
from support.random_model import GATES, bundle_of
from support.terminal import Terminal

STRICT = "cc -std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wdouble-promotion -Werror".split()
FAR, NEAR = 1.7e9, Scaling()


def compiled(source: Path, *flags: str) -> Path:
    """The program of a file that tests itself."""
    program = source.with_suffix(".out")
    subprocess.run([*STRICT, *flags, "-DSELFTEST", source, "-lm", "-o", program], check=True)
    return program


def test_the_command_writes_c_that_finds_the_golden_forecasts_and_a_wrong_weight(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = terminal("export", "lstm.sine", "--c")
    assert told.out == "Written: lstm_sine.c. Check it: cc -DSELFTEST lstm_sine.c -lm && ./a.out\n"
    source = Path("lstm_sine.c").resolve()
    ran = subprocess.run([compiled(source)], check=True, capture_output=True, text=True)
    assert re.match(
        r"lstm.sine: 85 golden windows by window and by step, worst difference [\d.]+e-0[78], 1e-05 allowed: passed",
        ran.stdout,
    ), ran.stdout
    text = source.read_text("utf-8")
    assert set(re.findall(r"^#include (.+)", text, re.MULTILINE)) == {"<math.h>", "<stdio.h>"}
    assert not re.search(r"alloc|^(?!static|typedef)\w[\w ]*\w(\[.*)? = ", text, re.MULTILINE)
    (head,) = re.findall(r"lstm_sine_head_bias\[1\] = \{\s+(\S+)f\n", text)
    source.write_text(text.replace(f"{head}f", f"{float(head) + 2e-5}f"), "utf-8")
    ran = subprocess.run([compiled(source)], check=False, capture_output=True, text=True)
    assert ran.returncode == 1 and ran.stdout.endswith("FAILED\n")


def test_every_network_and_scaling_is_written_in_c(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each kind one case: several channels, several steps, a window beyond the reach of the convolutions."""
    cases = [
        bundle_of(tmp_path / "1", "lstm", Scaling(FAR, 20.0), channels=3),
        bundle_of(tmp_path / "2", "gru", Scaling(FAR, 20.0, "window"), horizon=3),
        bundle_of(tmp_path / "3", "rnn", Scaling(FAR, 20.0, "season", 4), horizon=7, channels=3),
        bundle_of(tmp_path / "4", "linear", Scaling(FAR, 20.0, "season", 4), horizon=3),
        bundle_of(tmp_path / "5", "mlp", Scaling(FAR, 20.0), channels=3, horizon=2),
        bundle_of(tmp_path / "6", "tcn", Scaling(FAR, 20.0, "window"), channels=3),
        bundle_of(tmp_path / "7", "tcn", NEAR, length=11, horizon=2),
        bundle_of(tmp_path / "8", "rnn", NEAR, channels=3, horizon=2),
        bundle_of(tmp_path / "9", "mlp", NEAR),
        bundle_of(tmp_path / "10", "transformer", Scaling(FAR, 20.0, "window"), channels=3, horizon=2),
        bundle_of(tmp_path / "11", "transformer", NEAR, length=5),
        bundle_of(tmp_path / "12", "gaf_cnn", Scaling(FAR, 20.0), horizon=2),
        bundle_of(tmp_path / "13", "gaf_cnn", NEAR, length=7),
    ]
    monkeypatch.setattr(quantised, "WINDOWS", 64)
    in_int8 = [cases[1], cases[6], cases[8], cases[10], cases[12]]
    for bundle in cases:
        source = bundle.path.with_suffix(".c")
        source.write_text(text := c.to_c(bundle, int8=bundle in in_int8).text, "utf-8")
        ran = subprocess.run([compiled(source, "-O0")], check=False, capture_output=True, text=True)
        assert ran.returncode == 0 and ran.stdout.endswith("passed\n"), (bundle.manifest.name, ran.stdout)
        assert ("signed char" in text) == (bundle in in_int8)
        assert ("_step(" in text) == (bundle.manifest.architecture in GATES and
                                      bundle.manifest.contract.scaling.kind == "series")  # fmt: skip


def test_int8_weights_state_what_they_cost(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantised, "WINDOWS", 200)
    told = terminal("export", "lstm.sine", "--c", "--int8", "--out", tmp_path / "small.c")
    assert told.status == 0, told
    loss = told.out.splitlines()[0]
    bundle = store.open_bundle(store.SHIPPED / "lstm.sine")
    weights = load(bundle.read(store.WEIGHTS))
    fresh = held_out(bundle.manifest.process, 20, windows=200, seed=bundle.manifest.score.seed)
    exact = fresh.score(NumpyEngine(save(weights), bundle.manifest).run).excess.value
    for name in ("lstm.weight_hh_l0", "head.weight"):
        step = np.abs(weights[name]).max(axis=1, keepdims=True) / 127
        weights[name] = (np.rint(weights[name] / step) * step).astype(np.float32)
    rounded = fresh.score(NumpyEngine(save(weights), bundle.manifest).run).excess.value
    assert 0.001 < exact < rounded < 0.05
    assert loss == (
        f"int8 weights: {256 * 64 + 64 + 4 * (256 + 1 + 3 * 256 + 1):,} bytes in place of {4 * 17_217:,}; excess "
        f"{rounded:.2%} in place of {100 * exact:.3f}%, on 200 fresh windows."
    )
    text = (tmp_path / "small.c").read_text("utf-8")
    assert loss in text
    subprocess.run([compiled(tmp_path / "small.c")], check=True)
    with pytest.raises(InputError, match="too short to get smaller in int8"):
        c.to_c(bundle_of(tmp_path / "one", "linear", NEAR, length=1), int8=True)
    assert "--int8 goes with --c" in terminal("export", "lstm.sine", "--int8").refusal


def test_two_models_link_into_one_program_that_streams(tmp_path: Path) -> None:
    for name in ("lstm.sine-k4", "gru.sine"):
        bundle = store.open_bundle(store.SHIPPED / name)
        (tmp_path / f"{c.prefix_of(bundle.manifest)}.c").write_text(c.to_c(bundle).text, "utf-8")
    (tmp_path / "main.c").write_text("""\
#define LSTM_SINE_K4_INTERFACE_ONLY
#define GRU_SINE_INTERFACE_ONLY
#include "lstm_sine_k4.c"
#include "gru_sine.c"
int main(void) {
    lstm_sine_k4_state one;
    gru_sine_state other;
    float window[LSTM_SINE_K4_CONTEXT], last[2] = {0.0f, 0.0f};
    lstm_sine_k4_reset(&one);
    gru_sine_reset(&other);
    for (int t = 0; t < LSTM_SINE_K4_CONTEXT; ++t) {
        window[t] = 0.05f * (float)t;
        last[0] = lstm_sine_k4_step(&one, window[t]);
        last[1] = gru_sine_step(&other, window[t]);
    }
    return !(last[0] == lstm_sine_k4_predict(window) && last[1] == gru_sine_predict(window) && last[0] != last[1]);
}
""")
    sources = sorted(tmp_path.glob("*.c"))
    subprocess.run([*STRICT, *sources, "-lm", "-o", tmp_path / "program"], check=True)
    subprocess.run([tmp_path / "program"], check=True)


def test_a_model_without_c_is_refused_by_the_names_that_have_it(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = bundle_of(tmp_path / "other", "linear", NEAR)
    manifest = msgspec.structs.replace(other.manifest, architecture="mine")
    contents = {file: other.read(file) for file in other.manifest.files}
    with pytest.raises(InputError, match=r"a mine, and seqzoo writes C for lstm, .*, gaf_cnn, transformer only"):
        c.to_c(store.write_bundle(tmp_path / "mine", manifest, contents))
    two = terminal("export", "lstm.sine", "--c", "--layout", "triton")
    assert "one kind at a time, got --c and --layout" in two.refusal
    nowhere = terminal("export", "lstm.sine", "--c", "--out", tmp_path / "no" / "a.c")
    assert "does not exist. Make it" in nowhere.refusal
    os.mkfifo(tmp_path / "pipe")
    written: list[Path] = []
    monkeypatch.setattr(_storage, "write_file", lambda path, data: written.append(path))  # a test breaks no machine
    for device in ("/dev/null", "/dev/stdout", tmp_path / "pipe"):  # which a rename would replace by a file
        refusal = terminal("export", "lstm.sine", "--c", "--out", device).refusal
        assert "is a device or a FIFO. Choose a file" in refusal
    assert written == []


def test_weights_of_other_shapes_are_refused_since_c_would_read_beyond_its_arrays(tmp_path: Path) -> None:
    for name, key in (("lstm", "lstm.bias_ih_l0"), ("mlp", "first.bias"), ("tcn", "layers.1.1.bias"),
                      ("gaf_cnn", "second.bias"), ("transformer", "blocks.1.inner.bias")):  # fmt: skip
        bundle = bundle_of(tmp_path / name, name, NEAR)
        weights = load(bundle.read(store.WEIGHTS))
        contents = {file: bundle.read(file) for file in bundle.manifest.files}
        for changed in ({key: weights[key][:1]}, {"other": weights[key]}):
            contents[store.WEIGHTS] = save(forged := {**weights, **changed})
            count = sum(tensor.size for tensor in forged.values())
            manifest = msgspec.structs.replace(bundle.manifest, parameters=count)
            other = store.write_bundle(tmp_path / "other", manifest, contents)
            for write in (c.to_c, to_onnx_step) if name == "lstm" else (c.to_c,):
                with pytest.raises(IntegrityError, match=f"not those of a {name}: ({key} has shape|other is)"):
                    write(other)


def test_rows_of_the_smallest_numbers_and_networks_without_a_unit_have_no_c_that_is_wrong(tmp_path: Path) -> None:
    rows = np.array([[0, 0], [1e-45, -1e-45], [2.5e-43, 1e-44], [3e-37, 1e-37], [1.0, -0.5]], np.float32)
    quantised_rows = Quantised.of(rows)
    assert np.isfinite(quantised_rows.scales).all() and np.abs(quantised_rows.matrix - rows).max() < 0.004
    assert np.abs(quantised_rows.matrix[:4] - rows[:4]).max() < 1e-36
    assert quantised_rows.values[4].tolist() == [127, -64]
    for name, keys in (("mlp", ("first.weight", "first.bias", "second.weight", "second.bias")), ("rnn", ())):
        bundle = bundle_of(tmp_path / name, name, NEAR)
        weights = load(bundle.read(store.WEIGHTS))
        emptied = keys or [key for key in weights if key.startswith("rnn.")]
        for key in emptied:
            shape = [0 if size == 5 else size for size in weights[key].shape]
            weights[key] = np.zeros(shape, np.float32)
        weights["head.weight"] = np.zeros((1, 0), np.float32)
        contents = {file: bundle.read(file) for file in bundle.manifest.files} | {store.WEIGHTS: save(weights)}
        manifest = msgspec.structs.replace(bundle.manifest, parameters=1)
        forged = store.write_bundle(tmp_path / "forged", manifest, contents)
        for int8 in (False, True):
            with pytest.raises(IntegrityError, match="they have no unit"):
                c.to_c(forged, int8=int8)
