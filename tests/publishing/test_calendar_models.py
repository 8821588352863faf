"""A model that reads the calendar beside the values: one small bundle, its graphs, its engines and its proof."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
import torch
from safetensors.numpy import load as parse
from safetensors.numpy import save as serialise

from seqzoo import load
from seqzoo._arrays import with_known
from seqzoo.bundles import holdout, shelf, store
from seqzoo.bundles.describe import text_of
from seqzoo.bundles.manifest import Contract
from seqzoo.bundles.manifest import parse as parse_manifest
from seqzoo.data.calendar import Calendar
from seqzoo.data.scaling import Scaling
from seqzoo.errors import InputError, IntegrityError, ManifestError
from seqzoo.evaluation.holdout import score_on_series
from seqzoo.microscope.facts import Subject
from seqzoo.microscope.feedforward import FeedForward
from seqzoo.publishing import build
from seqzoo.publishing.onnx import to_onnx
from seqzoo.publishing.reproduce import reproduce
from seqzoo.publishing.series_intervals import check_coverage
from seqzoo.publishing.torchscript import to_torchscript
from seqzoo.publishing.verify import verify
from seqzoo.runtime import golden
from seqzoo.runtime.engines.numpy import NumpyEngine
from seqzoo.runtime.engines.onnx import OnnxEngine
from seqzoo.runtime.engines.torchscript import TorchScriptEngine
from seqzoo.training.spec import TrainingSpec
from seqzoo.zoo import _registry
from support.calendar_model import NAMES, TIMES, D, H, L, measured, spec_of, windows

pytestmark = pytest.mark.usefixtures("at_home")


def test_the_bundle_states_its_channels_and_how_to_compute_them(kept):
    contract = kept.manifest.contract
    assert (contract.channels, contract.names, contract.zone) == (D, NAMES, "Europe/Berlin")
    assert contract.calendar == Calendar(("hour", "weekday"), "Europe/Berlin")
    card = text_of(kept)
    for words in (f"`[B, {L}, {D}]`", "weekday / 7, where Monday is 0", "**next** step", "clock of Europe/Berlin"):
        assert words in card
    assert TrainingSpec.of_manifest(kept.manifest) == spec_of("gru")
    known, first = holdout.known_of(kept), 300 - 300 // 5 - L
    assert np.array_equal(known, Calendar(("hour", "weekday")).channels(TIMES, 300)[first:])


def test_every_engine_gives_the_golden_tensors_and_the_same_forecasts(kept):
    context = parse(kept.read(store.GOLDEN))["context"]
    assert context.shape[1:] == (L, D) and context.dtype == np.float64
    given = {engine: load(kept.path, engine).predict(windows()) for engine in ("onnx", "torchscript", "numpy")}
    for engine, forecast in given.items():
        assert golden.compare(kept, load(kept.path, engine).predict).passed, engine
        np.testing.assert_allclose(forecast, given["numpy"], atol=1e-3)
    other = windows()
    other[:, :, 1:3] *= -1  # twelve hours later
    assert np.abs(load(kept.path).predict(other) - given["onnx"]).min() > 1e-3


def test_only_the_value_is_scaled_inside_the_graph(kept):
    module, values = build.module_of(kept), windows()[:, :, 0]

    def by_hand(scaling: Scaling) -> np.ndarray:
        frame = scaling.frame(values)
        entered = with_known((values - frame.level) / frame.spread, windows()[:, :, 1:]).astype(np.float32)
        base = values[:, L - 4 : L - 4 + H] if scaling.kind == "season" else frame.level
        return build.eager(module, entered).numpy() * frame.spread + base

    np.testing.assert_allclose(
        load(kept.path, "onnx").predict(windows()), by_hand(kept.manifest.contract.scaling), atol=1e-4
    )
    for scaling in (Scaling(200.0, 30.0, "window"), Scaling(200.0, 30.0, "season", 4)):
        contract = msgspec.structs.replace(kept.manifest.contract, scaling=scaling)
        runs = {
            "torchscript": TorchScriptEngine(to_torchscript(module, contract), contract).run,
            "numpy": NumpyEngine(
                kept.read(store.WEIGHTS), msgspec.structs.replace(kept.manifest, contract=contract)
            ).run,
            "eager": build.in_units(module, scaling),
        }
        if scaling.kind == "season":  # which also has a level and a spread of each window
            runs["onnx"] = OnnxEngine(to_onnx(module, contract), contract).run
        for name, run in runs.items():
            np.testing.assert_allclose(run(windows()), by_hand(scaling), atol=1e-4, err_msg=name)


def test_a_graph_without_a_scaling_reads_float32(kept):
    module, contract = build.module_of(kept), msgspec.structs.replace(kept.manifest.contract, scaling=Scaling())
    given = windows().astype(np.float32) / 300
    expected = build.eager(module, given).numpy()
    script = to_torchscript(module, contract)
    np.testing.assert_allclose(TorchScriptEngine(script, contract).run(given), expected, atol=1e-6)


def test_the_bundle_is_proven_and_no_value_after_the_cutoff_reaches_it(kept):
    report = verify(kept.path)
    assert report.passed and {check.name for check in report.checks} >= {"onnx", "torchscript", "numpy", "split"}
    again = reproduce(kept.path)
    assert again.identical and again.overwritten == 60
    tensors = parse(kept.read(store.HOLDOUT))
    tensors["known"] = np.roll(tensors["known"], 1, axis=0)  # the calendar of the step itself, not of the next
    contents = {name: kept.read(name) for name in kept.manifest.files} | {store.HOLDOUT: serialise(tensors)}
    shifted = verify(store.write_bundle(shelf.place("gru.shifted"), kept.manifest, contents).path)
    assert {check.name for check in shifted.checks if check.passed is False} == {"coverage", "score", "split"}
    elsewhere = msgspec.structs.replace(kept.manifest, contract=msgspec.structs.replace(
        kept.manifest.contract, zone="Asia/Tokyo"))  # fmt: skip
    whole = {name: kept.read(name) for name in kept.manifest.files}
    with pytest.raises(IntegrityError, match="the zones are Asia/Tokyo and Europe/Berlin"):
        check_coverage(store.write_bundle(shelf.place("gru.tokyo"), elsewhere, whole), load(kept.path).predict)
    assert np.isclose(
        score_on_series(load(kept.path).predict, holdout.of(kept), L, H, known=holdout.known_of(kept)).mse.value,
        kept.manifest.score.mse[0], rtol=1e-3,
    )  # fmt: skip


def test_windows_without_the_channels_are_refused_with_their_names(kept):
    model = load(kept.path)
    for given in (windows()[0, :, 0], windows()[:, :, :1], windows()[:, :, :4], np.zeros((1, D, L))):
        with pytest.raises(InputError, match=r"reads 5 channels at each step, value, hour_sin, .* expected \[6, 5\]"):
            model.predict(given)
    with pytest.raises(InputError, match="weekday_cos 3 of window 1 is nan"):
        model.predict(np.where(np.arange(L * D).reshape(1, L, D) == 14, np.nan, windows(1)))
    with pytest.raises(InputError, match=r"from -1 to 1: weekday_cos 2 is 23\. The model's card"):  # the hour itself
        model.predict(np.where(np.arange(L * D).reshape(1, L, D) == 14, 23, windows(1)))
    script = TorchScriptEngine(kept.read(store.TORCHSCRIPT), kept.manifest.contract)
    for bad in (np.zeros((1, L, 1)), np.zeros((1, L, D), np.float32)):
        with pytest.raises(torch.jit.Error, match=r"channels|type that its card states"):
            script.run(bad)


def test_a_roll_out_continues_the_calendar(kept):
    model, known = load(kept.path), Calendar(("hour", "weekday")).channels(TIMES, 300)
    context, following = np.column_stack([measured().values, known])[:200], known[200:207]
    direct = model.forecast(context, H)[0]
    ahead = model.forecast(context, 7, following)[0]
    second = np.concatenate([context[-L + H :], np.column_stack([direct, following[:H]])])
    np.testing.assert_allclose(ahead[: 2 * H], [*direct, *model.predict(second)[0]], rtol=1e-9)
    for bad in (None, following[:5], following[:, :2]):
        with pytest.raises(InputError, match=r"it needs the channels hour_sin, .* numbers \[7, 4\]"):
            model.forecast(context, 7, bad)
    with pytest.raises(InputError, match="from -1 to 1: hour_sin 0 is"):
        model.forecast(context, 7, following + 2)


def test_gates_states_and_streams_read_the_channels(kept):
    model = load(kept.path)
    trace = model.trace(windows())
    np.testing.assert_allclose(trace.forecast, model.predict(windows()), atol=1e-3)
    assert trace["h"].shape == (4, L, 4) and trace.context.shape == (4, L)
    stream = model.stream()
    for row in windows()[0]:
        ahead = stream.push(row)
    np.testing.assert_allclose(ahead, model.predict(windows())[0], atol=1e-3)
    with pytest.raises(InputError, match="reads 5 channels at each step"):
        stream.push(200.0)
    with pytest.raises(InputError, match="from -1 to 1: weekday_cos 0 is 6"):
        stream.push([200.0, 0.0, 1.0, 0.0, 6.0])
    assert stream.seen == L and model.outside(windows()) is None
    assert model.outside(windows() + np.array([1000.0, 0, 0, 0, 0])).note


def test_the_microscope_has_the_channels_of_its_window(kept):
    subject = Subject(kept, view={"draw": "5"})
    first = 300 - 60 - L + 5
    assert subject.fixed["channels"] == list(NAMES[1:])
    assert np.array_equal(subject.known, Calendar(("hour", "weekday")).channels(TIMES, L, first))
    assert np.array_equal(Subject(kept, window=windows()[1]).known, windows()[1, :, 1:])
    with pytest.raises(InputError, match="reads 5 channels"):
        Subject(kept, window=[1.0] * L)


def test_every_architecture_reads_channels_or_says_that_it_reads_one():
    given = torch.from_numpy(np.random.default_rng(0).standard_normal((7, L, D)).astype(np.float32))
    refused = []
    for name in _registry.shipped():
        design = _registry.architecture(name)
        config = design.config(context_length=L, horizon=H)
        if not design.channels:
            refused.append(name)
            with pytest.raises(InputError, match=r"reads one value at each step.* or take .*gru"):
                spec_of(name)
            continue
        module = design.build(config, D).eval()
        with torch.no_grad():
            forecast, other = module(given), module(given * torch.tensor([1.0, -1, 1, 1, 1]))
        assert forecast.shape == (7, H) and (forecast - other).abs().max() > 1e-6, name
    assert refused == ["gaf_cnn"]


@pytest.mark.parametrize("name", ["linear", "mlp", "tcn", "transformer"])
def test_the_equations_of_feed_forward_models_read_the_channels(kept, name):
    torch.manual_seed(1)
    spec = spec_of(name)
    module = _registry.architecture(name).build(_registry.architecture(name).config(**spec.config), D).eval()
    weights = build.to_safetensors(build.weights_of(module))
    manifest = msgspec.structs.replace(
        kept.manifest, architecture=name, config=spec.config,
        parameters=sum(parameter.numel() for parameter in module.parameters()),
    )  # fmt: skip

    class Bundle:
        def __init__(self) -> None:
            self.manifest = manifest

        def read(self, file: str) -> bytes:
            return weights

    expected = build.in_units(module, manifest.contract.scaling)(windows())
    np.testing.assert_allclose(FeedForward(Bundle()).forecast(windows()), expected, atol=1e-3)  # type: ignore[arg-type]


def test_manifests_with_channels_that_nobody_knows_are_refused(kept):
    facts = msgspec.to_builtins(kept.manifest)
    for change in ({"channels": 2}, {"names": ["value", *NAMES[2:], "hour_sin"]}, {"names": ["value"] * 5}):
        raw = msgspec.json.encode({**facts, "contract": {**facts["contract"], **change}})
        with pytest.raises(ManifestError, match=r"channels"):
            parse_manifest(raw, kept.path)
    assert Contract(L, H).names == ("value",) and Contract(L, H).calendar is None


def test_a_calendar_is_part_of_a_trainings_fingerprint_only_where_there_is_one():
    plain, beside = spec_of("gru", ()), spec_of("gru")
    assert plain.fingerprint == msgspec.structs.replace(beside, calendar=()).fingerprint != beside.fingerprint
    assert msgspec.json.decode(msgspec.json.encode(beside), type=TrainingSpec) == beside
    for calendar in (("weekday", "hour"), ("year",)):
        with pytest.raises(InputError, match="in this order"):
            msgspec.structs.replace(beside, calendar=calendar)
