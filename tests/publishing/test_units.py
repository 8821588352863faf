"""Exported files take and return the units of the series, however far from zero: the scaling is in the graph."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import zipfile
from pathlib import Path

import msgspec
import numpy as np
import onnxruntime
import pytest
import torch
from safetensors import numpy as safetensors

from seqzoo import load
from seqzoo.bundles import describe, store
from seqzoo.bundles.manifest import Contract, parse
from seqzoo.data.scaling import FLOOR, KINDS, Scaling
from seqzoo.data.series import Series
from seqzoo.errors import InputError, IntegrityError, ManifestError
from seqzoo.execution.runs import recording
from seqzoo.microscope.facts import Subject
from seqzoo.publishing import build, c, triton
from seqzoo.publishing.onnx import to_onnx
from seqzoo.publishing.pt2 import to_pt2
from seqzoo.publishing.reproduce import reproduce
from seqzoo.publishing.torchscript import to_torchscript
from seqzoo.publishing.verify import verify
from seqzoo.runtime import golden
from seqzoo.runtime.engines.onnx import OnnxEngine
from seqzoo.runtime.engines.torchscript import TorchScriptEngine
from seqzoo.signals import Observed
from seqzoo.training.loop import train
from seqzoo.training.scaled import Scaled
from seqzoo.training.spec import TrainingSpec
from seqzoo.zoo import _registry
from support import bare

pytestmark = pytest.mark.usefixtures("at_home")

FAR = 1.7e9
LENGTH = 8  # the exporter unrolls a recurrence step by step
SMALL = {"recipe.steps": 40, "recipe.learning_rate": 0.02, "recipe.batch_size": 64}


def noisy_sine(length: int = 1_000) -> np.ndarray:
    return np.sin(0.06 * np.arange(length)) + 0.1 * np.random.default_rng(5).standard_normal(length)


def spec_of(values: np.ndarray, kind: str = "series", name: str = "lstm.sine", **changes: object) -> TrainingSpec:
    source = Observed.of(Series("far", values), season=7 if kind == "season" else 1)
    return TrainingSpec.of(_registry.entry(name), changes={**SMALL, **changes}, series=source, scaling=kind)


@pytest.fixture(scope="module")
def kept(home_of_all) -> dict[str, store.Bundle]:
    """`lstm.far` with each kind of scaling, trained on a series near 1.7e9."""
    bundles = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQZOO_HOME", str(home_of_all))
        for kind in KINDS:
            small = {"config.hidden_size": 8, "config.context_length": LENGTH}
            trained = train(spec_of(FAR + noisy_sine(), kind, **small))
            card = _registry.architecture("lstm").card_of(trained.spec.source, trained.spec.config)
            bundles[kind] = build.export(trained, card, home_of_all / "models" / f"lstm.far-{kind}")
    return bundles


def windows(length: int = LENGTH) -> np.ndarray:
    """[7, L, 1]: the last one is the one before it with its last value 0.1 higher."""
    rows = np.stack([FAR + noisy_sine()[at : at + length] for at in (0, 7, 100, 333, 640, 900, 900)])[:, :, None]
    rows[-1, -1] += 0.1
    return rows


@pytest.fixture(scope="module")
def by_torchscript(kept) -> dict[str, list]:
    """What each kind's file gives for the windows in a process that has torch and no seqzoo, and what it refuses."""
    code = (
        "import json, sys, torch\n"
        "paths, windows = json.loads(sys.argv[1])\n"
        "given = torch.tensor(windows, dtype=torch.float64)\n"
        "told = {}\n"
        "for kind, path in paths.items():\n"
        "    model = torch.jit.load(path)\n"
        "    told[kind] = [model(given).tolist(), []]\n"
        "    for wrong in (given.float(), given[:, 1:]):\n"
        "        try: model(wrong)\n"
        "        except torch.jit.Error as error:\n"
        f"            told[kind][1].append(['float64' in str(error), '{LENGTH} values' in str(error)])\n"
        "assert 'seqzoo' not in sys.modules\n"
        "print(json.dumps(told))\n"
    )
    paths = {kind: str(bundle.path / store.TORCHSCRIPT) for kind, bundle in kept.items()}
    ran = bare.run(code, json.dumps([paths, windows().tolist()]))
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize("kind", KINDS)
def test_onnx_and_torchscript_without_seqzoo_give_what_predict_gives(kept, by_torchscript, kind):
    bundle = kept[kind]
    session = onnxruntime.InferenceSession(bundle.read(store.ONNX), providers=["CPUExecutionProvider"])
    expected = load(bundle.path, "numpy").predict(windows())
    for rows in (1, 7):
        (forecast,) = session.run(None, {"context": windows()[:rows]})
        assert forecast.dtype == np.float64 and forecast.shape == (rows, 1)
        np.testing.assert_allclose(forecast, load(bundle.path, "onnx").predict(windows()[:rows]), rtol=1e-12)
        np.testing.assert_allclose(forecast, expected[:rows], rtol=0, atol=1e-5)
    assert abs(forecast[-1, 0] - forecast[-2, 0]) > 1e-3  # FP32 rounds both windows to the same numbers
    forecast, refusals = by_torchscript[kind]
    assert refusals == [[True, False], [False, True]]
    np.testing.assert_allclose(forecast, load(bundle.path, "torchscript").predict(windows()), rtol=1e-12)
    np.testing.assert_allclose(forecast, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_onnx_reference_runs_the_graph_at_batches_of_one_and_seven(kept, kind):
    onnx = pytest.importorskip("onnx")
    from onnx.reference import ReferenceEvaluator

    model = onnx.load_from_string(kept[kind].read(store.ONNX))
    for rows in (1, 7):
        (forecast,) = ReferenceEvaluator(model).run(None, {"context": windows()[:rows]})
        expected = load(kept[kind].path, "onnx").predict(windows()[:rows])
        np.testing.assert_allclose(forecast, expected, atol=1e-5, rtol=0)


def test_a_program_of_torch_export_gives_what_predict_gives(kept, tmp_path):
    bundle = kept["season"]
    (tmp_path / "far.pt2").write_bytes(to_pt2(bundle))
    program = torch.export.load(tmp_path / "far.pt2").module()
    for rows in (1, 7):
        expected = load(bundle.path, "numpy").predict(windows()[:rows])
        np.testing.assert_allclose(program(torch.from_numpy(windows()[:rows])).detach(), expected, rtol=0, atol=1e-5)
    with pytest.raises(AssertionError, match=f"== {LENGTH}"):
        program(torch.from_numpy(windows()[:, 1:]))
    with zipfile.ZipFile(tmp_path / "far.pt2") as members:
        whole = b"".join(map(members.read, members.namelist()))
    assert not [trace for trace in (b"site-packages", b"/home/", str(Path.cwd()).encode()) if trace in whole]
    context, forecast = (safetensors.load(bundle.read(store.GOLDEN))[name] for name in ("context", "forecast"))
    contents = {file: bundle.read(file) for file in bundle.manifest.files}
    contents[store.GOLDEN] = safetensors.save({"context": context, "forecast": forecast + 1})
    with pytest.raises(IntegrityError, match=r"differs from the golden tensors by 1;"):
        to_pt2(store.write_bundle(tmp_path / "off", bundle.manifest, contents))


def test_the_int8_weights_of_a_measured_series_state_their_error_on_the_held_out_values(kept, tmp_path):
    bundle = kept["series"]
    (tmp_path / "far.c").write_text((written := c.to_c(bundle, int8=True)).text, "utf-8")
    subprocess.run(["cc", "-DSELFTEST", tmp_path / "far.c", "-lm", "-o", tmp_path / "far"], check=True)
    subprocess.run([tmp_path / "far"], check=True, capture_output=True)
    rounded, exact = map(float, re.search(r"MSE (\S+) in place of (\S+), on the held-out", written.loss).groups())
    assert exact == pytest.approx(bundle.manifest.score.mse[0], rel=1e-3)
    assert 0 < abs(rounded / exact - 1) < 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_a_scaled_model_proves_itself_and_reproduces(kept, kind):
    bundle = kept[kind]
    assert {check.name for check in verify(bundle.path).checks if check.passed is not True} == set()
    assert reproduce(bundle).identical
    for engine in ("onnx", "torchscript", "numpy"):
        assert golden.compare(bundle, load(bundle.path, engine).predict).passed, engine
    contract = bundle.manifest.contract
    assert contract.scaling.kind == kind and contract.scaling.dtype == "float64"
    assert TrainingSpec.of_manifest(bundle.manifest).scaling == contract.scaling
    card = describe.text_of(bundle)
    assert f"float64 `[B, {LENGTH}, 1]`" in card and "float64 `[B, 1]`" in card and "float32" not in card
    assert ("of its window" in card) == (kind != "series") and ("7 steps before" in card) == (kind == "season")


def test_a_file_whose_graph_has_other_types_than_the_manifest_states_is_refused(kept):
    bundle = kept["series"]
    plain = msgspec.structs.replace(bundle.manifest.contract, scaling=Scaling())
    with pytest.raises(IntegrityError, match=r"tensor\(double\).*tensor\(float\)"):
        OnnxEngine(bundle.read(store.ONNX), plain)
    foreign = msgspec.structs.replace(bundle.manifest.contract.scaling, center=FAR + 1)
    contract = msgspec.structs.replace(bundle.manifest.contract, scaling=foreign)
    forged = store.Bundle(
        bundle.path, msgspec.structs.replace(bundle.manifest, contract=contract), bundle.raw_manifest
    )
    assert golden.compare(bundle, build.in_units(build.module_of(bundle), bundle.manifest.contract.scaling)).passed
    assert not golden.compare(forged, build.in_units(build.module_of(forged), foreign)).passed


@pytest.mark.parametrize("kind", ["window", "season"])
def test_a_model_per_window_moves_and_stretches_with_its_windows(kept, kind):
    for engine in ("onnx", "torchscript", "numpy"):
        predictor = load(kept[kind].path, engine)
        near = windows() - FAR
        plain, moved = predictor.predict(near), predictor.predict(12 * near + 1e6)
        np.testing.assert_allclose(moved, 12 * plain + 1e6, rtol=0, atol=2e-5)
        assert abs(load(kept["series"].path, engine).predict(12 * near + 1e6) - moved).min() > 1


def test_a_model_by_season_adds_to_the_value_a_season_earlier_in_every_engine_and_is_refused_without_one():
    silent = lambda values: np.zeros((len(values), 9))  # noqa: E731
    scaling, given = Scaling(50.0, 4.0, "season", 7), windows(20) - FAR
    repeated = given[:, [*range(13, 20), 13, 14], 0]
    np.testing.assert_array_equal(scaling.around(silent, given), repeated)
    network = Scaled(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(20, 9)), scaling)
    torch.nn.init.zeros_(network.model[1].weight), torch.nn.init.zeros_(network.model[1].bias)
    np.testing.assert_array_equal(network(torch.from_numpy(given)).detach().numpy(), repeated)
    for center, scale, kind, season in ((0.0, 1.0, "season", 1), (0.0, 1.0, "window", 7), (0.0, 1.0, "season", -7)):
        with pytest.raises(InputError, match="season"):
            Scaling(center, scale, kind, season)
    source = Observed.of(Series("far", noisy_sine()), season=21)
    with pytest.raises(InputError, match=r"season.*20 values"):
        TrainingSpec.of(_registry.entry("lstm.sine"), series=source, scaling="season")


def test_a_manifest_whose_season_is_longer_than_its_window_is_refused(kept):
    manifest = kept["season"].manifest
    scaling = msgspec.structs.replace(manifest.contract.scaling, season=21)
    forged = msgspec.structs.replace(manifest, contract=msgspec.structs.replace(manifest.contract, scaling=scaling))
    with pytest.raises(ManifestError, match=r"season.*21"):
        parse(msgspec.json.encode(forged), kept["season"].path)


def test_a_constant_window_is_forecast_from_the_floor_of_the_spread(kept):
    level = FAR + 3.25
    scale = kept["window"].manifest.contract.scaling.scale
    for engine in ("onnx", "torchscript", "numpy"):
        ahead = load(kept["window"].path, engine).predict(np.full(LENGTH, level))
        assert abs(ahead[0, 0] - level) < 100 * FLOOR * scale


def test_a_model_per_window_has_a_trace_and_a_microscope_and_says_that_it_has_no_stream(kept):
    assert load(kept["series"].path).can_stream and load(kept["series"].path).stream().push(FAR).dtype == np.float64
    predictor = load(kept["window"].path)
    assert predictor.is_recurrent and not predictor.can_stream
    with pytest.raises(InputError, match="cannot stream"):
        predictor.stream()
    assert len(Subject(kept["series"]).fixed["scale"]) == 2 and len(Subject(kept["window"]).fixed["scale"]) == 3
    trace = predictor.trace(windows())
    np.testing.assert_allclose(trace.forecast, load(kept["window"].path, "numpy").predict(windows()), atol=1e-6)
    np.testing.assert_allclose(trace.context.mean(axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(trace.context.std(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize(("name", "horizon"), [("rnn", 1), ("gaf_cnn", 17)])
def test_other_architectures_are_scaled_in_their_files_too(name, horizon):
    """The RNN has a translation of our own; the pictures of a window are clipped. 17 steps are over two seasons."""
    architecture = _registry.architecture(name)
    scaling = Scaling(FAR, 2.0, "window") if horizon == 1 else Scaling(FAR, 2.0, "season", 7)
    torch.manual_seed(0)
    config = dataclasses.replace(architecture.config(), horizon=horizon)
    module, contract = architecture.module(config).eval(), Contract(20, horizon, scaling)
    expected = build.in_units(module, scaling)(windows(20))
    session = onnxruntime.InferenceSession(to_onnx(module, contract), providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"context": windows(20)})[0], expected, rtol=0, atol=2e-5)
    engine = TorchScriptEngine(to_torchscript(module, contract), contract)
    np.testing.assert_allclose(engine.run(windows(20)), expected, rtol=0, atol=2e-5)
    assert np.ptp(expected) > 0.1


def test_the_events_of_a_run_keep_the_digits_of_any_unit():
    for values in ([1.23456789e-9, -2e-12], [FAR + 0.123, FAR + 0.124], [0.1, 0.25]):
        np.testing.assert_allclose(recording._short(np.array(values)), values, rtol=1e-11)


def test_triton_is_told_the_types_of_the_file(kept, tmp_path):
    config = (triton.write(kept["series"], "triton", tmp_path) / "config.pbtxt").read_text("utf-8")
    assert config.count("TYPE_FP64") == 2 and "FP32" not in config


def test_a_simulated_source_may_be_scaled_per_window_too(small_run):
    spec = msgspec.structs.replace(small_run("mlp.sine"), scaling_kind="window")
    assert spec.scaling == Scaling(kind="window") and train(spec).best.excess > 0
    assert spec.fingerprint != small_run("mlp.sine").fingerprint
    with pytest.raises(InputError, match="series, window, season"):
        msgspec.structs.replace(spec, scaling_kind="row")
    with pytest.raises(InputError, match="season"):  # a simulated source states none
        msgspec.structs.replace(spec, scaling_kind="season")


def test_a_training_that_is_not_scaled_per_window_keeps_its_fingerprint():
    kept = {"lstm.sine": "bdd1a6645acf89f5", "lstm.sine-h50": "da1cb2d64adf0b46", "mlp.recall": "d16be8378f321da9"}
    for name, fingerprint in kept.items():
        manifest = store.open_bundle(store.SHIPPED / name).manifest
        for spec in (TrainingSpec.of(_registry.entry(name)), TrainingSpec.of_manifest(manifest)):
            assert spec.scaling_kind == "series" and spec.fingerprint == fingerprint


def test_the_error_in_units_of_the_series_is_the_same_wherever_it_lies():
    """keras 4563, pytorch-forecasting 649: a large offset or an odd unit must not cost a digit."""
    values = noisy_sine()
    # SOAP turns roundings of 1e-7 into other weights of the same quality; Adam does not.
    small = {"config.hidden_size": 16, "recipe.optimiser": "adam", "recipe.steps": 150, "recipe.learning_rate": 0.005}
    for kind in KINDS:
        relative = []
        for offset, unit in ((0, 1), (1.7e9, 1), (0, 1e-9), (0, 1e12)):
            spec = spec_of(offset + unit * values, kind, "mlp.sine", **small)
            relative.append(build.score_of(train(spec).module, spec).mse[0] / unit**2)
        np.testing.assert_allclose(relative, relative[0], rtol=1e-4)
        assert relative[0] < 0.02  # the last value's is 0.02
