"""A model that reads the calendar beside the values: one small bundle, on every engine and behind every door."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import warnings
from contextlib import redirect_stdout

import httpx
import msgspec
import numpy as np
import pytest
import torch
from safetensors.numpy import load as parse
from safetensors.numpy import save as serialise
from typer.testing import CliRunner

from seqzoo import load
from seqzoo._arrays import with_known
from seqzoo.app.gallery import sketches
from seqzoo.app.model.held_out import held_out_of
from seqzoo.app.model.inside.windows import HeldOutWindows
from seqzoo.app.model.roll_out.measured import along
from seqzoo.app.model.visit import Visit
from seqzoo.app.ui import charts
from seqzoo.bundles import holdout, shelf, store
from seqzoo.bundles.describe import text_of
from seqzoo.bundles.manifest import Contract
from seqzoo.bundles.manifest import parse as parse_manifest
from seqzoo.cli import app
from seqzoo.data.calendar import Calendar
from seqzoo.data.frequency import frequency
from seqzoo.data.scaling import Scaling
from seqzoo.data.series import Series
from seqzoo.data.times import TimeIndex
from seqzoo.errors import InputError, IntegrityError, ManifestError
from seqzoo.evaluation.holdout import score_on_series
from seqzoo.microscope.facts import Subject
from seqzoo.microscope.feedforward import FeedForward
from seqzoo.publishing import build, snippets
from seqzoo.publishing.onnx import to_onnx
from seqzoo.publishing.reproduce import reproduce
from seqzoo.publishing.series_intervals import check_coverage
from seqzoo.publishing.torchscript import to_torchscript
from seqzoo.publishing.triton import write
from seqzoo.publishing.verify import verify
from seqzoo.runtime import golden
from seqzoo.runtime.engines.numpy import NumpyEngine
from seqzoo.runtime.engines.onnx import OnnxEngine
from seqzoo.runtime.engines.torchscript import TorchScriptEngine
from seqzoo.runtime.intervals import around
from seqzoo.server import protocol
from seqzoo.server.serve import application
from seqzoo.signals import Observed
from seqzoo.training.loop import train
from seqzoo.training.on_series import spec_on_series
from seqzoo.training.spec import TrainingSpec
from seqzoo.zoo import _registry

L, H, D = 6, 3, 5
NAMES = ("value", "hour_sin", "hour_cos", "weekday_sin", "weekday_cos")
TIMES = TimeIndex(np.datetime64("2024-03-20T07:00", "us"), frequency("h"), "Europe/Berlin")
SMALL = {"recipe.steps": 5, "recipe.evaluate_every": 5, "config.hidden_size": 4}


def measured() -> Series:
    noise = np.random.default_rng(3).standard_normal(300)
    return Series("meter", 200 + 40 * Calendar(("hour",)).channels(TIMES, 300, -1)[:, 0] + 8 * noise, TIMES)


def spec_of(name: str, calendar: tuple[str, ...] = ("weekday", "hour"), **changes: object) -> TrainingSpec:
    has_size = name in ("gru", "mlp")
    small = {key: value for key, value in SMALL.items() if has_size or "hidden" not in key}
    return spec_on_series(
        _registry.architecture(name), Observed.of(measured(), season=24), H, context_length=L, scaling="series",
        changes={**small, **changes}, calendar=calendar,
    )  # fmt: skip


@pytest.fixture(scope="module")
def home_of_all(tmp_path_factory):
    return tmp_path_factory.mktemp("calendar") / "home"


@pytest.fixture(autouse=True)
def at_home(home_of_all, monkeypatch):
    monkeypatch.setenv("SEQZOO_HOME", str(home_of_all))


@pytest.fixture(scope="module")
def kept(home_of_all) -> store.Bundle:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQZOO_HOME", str(home_of_all))
        spec = spec_of("gru")
        card = _registry.architecture("gru").card_of(spec.source, spec.horizon)
        return build.export(train(spec), card, shelf.place("gru.meter"))


def windows(count: int = 4) -> np.ndarray:
    """Windows [B, L, D] of the series, as anyone computes them from its values and times."""
    values, known = measured().values, Calendar(("hour", "weekday")).channels(TIMES, 300)
    starts = np.arange(count)[:, None] * 40 + np.arange(L)
    return with_known(values[starts], known[starts])


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
    with pytest.raises(InputError, match="weekday_cos 2 of window 0 is nan"):
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


def test_the_server_takes_windows_of_all_channels_in_json_and_binary(kept):
    model = load(kept.path, "onnx")
    expected, values = model.predict(windows()), windows()

    async def ask() -> None:
        transport = httpx.ASGITransport(application())
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            facts = (await client.get("/v2/models/gru.meter")).json()
            assert facts["inputs"] == [{"name": "context", "datatype": "FP64", "shape": [-1, L, D]}]
            tensor = {"name": "context", "shape": [4, L, D], "datatype": "FP64"}
            answer = await client.post(
                "/v2/models/gru.meter/infer", json={"inputs": [{**tensor, "data": values.tolist()}]}
            )
            np.testing.assert_allclose(np.reshape(answer.json()["outputs"][0]["data"], (4, H)), expected, atol=1e-9)
            raw = values.astype("<f8").tobytes()
            header = json.dumps({"inputs": [{**tensor, "parameters": {"binary_data_size": len(raw)}}]}).encode()
            answer = await client.post(
                "/v2/models/gru.meter/infer", content=header + raw,
                headers={protocol_header: str(len(header))},
            )  # fmt: skip
            np.testing.assert_allclose(np.reshape(answer.json()["outputs"][0]["data"], (4, H)), expected, atol=1e-9)
            narrow = {**tensor, "shape": [1, L, 1], "data": values[0, :, 0].tolist()}
            answer = await client.post("/v2/models/gru.meter/infer", json={"inputs": [narrow]})
            assert answer.status_code == 400 and "5 channels at each step, value, hour_sin" in answer.json()["error"]

            answer = await client.post(
                "/api/models/gru.meter/forecast", json={"context": values[0].tolist(), "horizon": H}
            )
            np.testing.assert_allclose(answer.json()["forecast"], expected[0], atol=1e-9)
            asked = {"context": windows(4)[:, 0].tolist() + values[0].tolist(), "horizon": H, "level": 0.8}
            answer = (await client.post("/api/models/gru.meter/forecast", json=asked)).json()
            assert answer["lower"][0] < answer["forecast"][0] < answer["upper"][0]
            for context, words in (
                (values[0, :, 0].tolist(), "5 channels at each step"),
                ([[1.0, "x"]], "context.0.1: Input should be a valid number"),
                ([1.0, "x"], "context.1: Input should be a valid number"),
            ):
                answer = await client.post("/api/models/gru.meter/forecast", json={"context": context, "horizon": H})
                assert answer.status_code == 400 and words in answer.json()["error"], answer.text
            answer = await client.post("/api/models/gru.meter/trace", json={"window": values[0].tolist()})
            np.testing.assert_allclose(answer.json()["forecast"], expected[0], atol=1e-3)
            stream = (await client.post("/api/models/gru.meter/streams")).json()["stream"]
            for row in values[0].tolist():
                answer = await client.post(f"/api/streams/{stream}", json={"value": row})
            np.testing.assert_allclose(answer.json()["forecast"], expected[0], atol=1e-3)

    protocol_header = "Inference-Header-Content-Length"
    asyncio.run(ask())
    assert protocol.metadata("gru.meter", model)["inputs"][0]["shape"] == [-1, L, D]


def test_intervals_follow_the_series_with_its_channels_behind_every_door(kept, tmp_path):
    model, values = load(kept.path, "onnx"), measured().values
    known = Calendar(("hour", "weekday")).channels(TIMES, 300)
    ahead = model.predict(with_known(values[None, -L:], known[None, -L:]))[0]
    (expected,) = around(model, ahead, [0.9], history=values, begin=240, known=known).levels
    page = along(model, held_out_of(model))
    np.testing.assert_allclose(page.forecast[-1] + page.radius["adaptive"][-1], expected.upper, rtol=1e-9)
    assert page.clock[L] == charts.clock(TIMES, 1, 240)[0] and len(page.clock) == L + 60 + H

    async def ask() -> dict:
        transport = httpx.ASGITransport(application())
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            asked = {"context": np.column_stack([values, known]).tolist(), "horizon": H, "level": 0.9}
            return (await client.post("/api/models/gru.meter/forecast", json=asked)).json()

    answer = asyncio.run(ask())
    assert "60 latest errors" in answer["interval_method"]
    np.testing.assert_allclose(answer["lower"], expected.lower, rtol=1e-9)
    file = tmp_path / "latest.csv"
    with file.open("w") as handle:
        csv.writer(handle).writerows([("when", "load"), *zip(TIMES.stamps(300), values.tolist(), strict=True)])
    told = CliRunner().invoke(app, ["forecast", "gru.meter", "--file", str(file), "--json"], catch_exceptions=False)
    np.testing.assert_allclose(json.loads(told.stdout)["upper"], expected.upper, rtol=1e-9)


def test_the_command_line_computes_the_channels_from_the_times_of_a_file(kept, tmp_path):
    runner, values = CliRunner(), measured().values
    known = Calendar(("hour", "weekday")).channels(TIMES, 310)
    expected = load(kept.path, "onnx").forecast(np.column_stack([values, known[:300]]), 8, known[300:308])[0]
    stamps = {"with offsets": TIMES.stamps(300)}
    stamps["of the clock"] = [stamp[:-6] for stamp in stamps["with offsets"]]
    for kind, options, told in (
        ("with offsets", [], ""),
        ("of the clock", ["--zone", "Europe/Berlin"], ""),
        ("of the clock", [], "its clock is read as that of Europe/Berlin"),
    ):
        if kind == "of the clock" and not options:
            values, stamps[kind] = values[:200], stamps[kind][:200]  # before the clock changes
            expected = load(kept.path, "onnx").forecast(np.column_stack([values, known[:200]]), 8, known[200:208])[0]
        file = tmp_path / "latest.csv"
        with file.open("w") as handle:
            csv.writer(handle).writerows([("when", "load"), *zip(stamps[kind], values.tolist(), strict=True)])
        given = ["forecast", "gru.meter", "--file", str(file), "-n", "8", "--json", *options]
        result = runner.invoke(app, given, catch_exceptions=False)
        np.testing.assert_allclose(json.loads(result.stdout)["forecast"], expected, rtol=1e-9, err_msg=kind)
        assert told in result.stderr and ("its clock is read" in result.stderr) == bool(told)
    result = runner.invoke(app, ["predict", "gru.meter", "--file", str(file), "--json"], catch_exceptions=False)
    np.testing.assert_allclose(json.loads(result.stdout)["forecast"][0], expected[:H], rtol=1e-9)
    plain = tmp_path / "plain.txt"
    plain.write_text("\n".join(map(str, values)))
    for command in ("forecast", "predict"):
        with pytest.raises(InputError, match=r"these numbers have no times. Give a file with a column of times"):
            runner.invoke(app, [command, "gru.meter", "--file", str(plain)], catch_exceptions=False)


def test_intervals_and_backtests_of_a_file_read_its_calendar(kept, tmp_path):
    runner, values, known = CliRunner(), measured().values, Calendar(("hour", "weekday")).channels(TIMES, 300)
    file, model = tmp_path / "latest.csv", load(kept.path, "onnx")
    with file.open("w") as handle:
        csv.writer(handle).writerows([("when", "load"), *zip(TIMES.stamps(300), values.tolist(), strict=True)])
    read = ["--file", str(file), "--zone", "Europe/Berlin", "--json"]
    facts = json.loads(runner.invoke(app, ["forecast", "gru.meter", *read], catch_exceptions=False).stdout)
    assert facts["lower"][0] < facts["forecast"][0] < facts["upper"][0]
    assert "60 latest errors" in facts["interval_method"]

    asked = ["backtest", "gru.meter", *read, "-n", "5", "--stride", "7"]
    steps = json.loads(runner.invoke(app, asked, catch_exceptions=False).stdout)["steps"]
    errors = [
        model.forecast(np.column_stack([values, known])[:at], 5, known[at : at + 5])[0] - values[at : at + 5]
        for at in range(240, 296, 7)
    ]
    np.testing.assert_allclose([step["mse"] for step in steps], np.square(errors).mean(axis=0), rtol=1e-6)
    again = [*asked[:-2], "--last", "2", "--refit", "1"]
    assert json.loads(runner.invoke(app, again, catch_exceptions=False).stdout)["cutoffs"] == 2


def test_pages_read_the_channels_of_held_out_windows(kept):
    model = load(kept.path, "onnx")
    values, known = holdout.of(kept), holdout.known_of(kept)
    visit = Visit(None, "gru.meter", model, {"window": "7"})  # type: ignore[arg-type]
    held_out = HeldOutWindows(visit, on_change=None)  # type: ignore[arg-type]
    chosen = held_out.batch(held_out.context()[None])
    assert np.array_equal(chosen[0], np.column_stack([values, known])[7 : 7 + L])
    typical = held_out.batch(held_out.typical(3, 0), held_out.beside(3))
    assert np.array_equal(typical[0, :, 1:], known[:L]) and np.array_equal(typical[2, :, 1:], known[-H - L : -H])
    assert sketches._measured(model).startswith("<svg")


def test_code_examples_have_the_shapes_of_the_model(kept, tmp_path, monkeypatch):
    pieces = {piece.key: piece.code for piece in snippets.of("gru.meter", kept.manifest, "http://127.0.0.1:8000")}
    monkeypatch.chdir(kept.path)
    rows = []
    for key in ("python", "onnx", "torchscript"):
        out = io.StringIO()
        with redirect_stdout(out), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r"`torch\.jit\.", category=DeprecationWarning)
            exec(pieces[key], {})
        rows.append(json.loads(out.getvalue())[0])
    np.testing.assert_allclose(rows, [rows[0]] * 3, atol=1e-3)
    assert len(json.loads(pieces["curl"].partition("-d '")[2].rstrip("'\n"))["context"][0]) == D
    assert f"{{rows, {L}, {D}}}" in pieces["cpp"]
    assert f"dims: [ -1, {L}, {D} ]" in (write(kept, "triton", tmp_path) / "config.pbtxt").read_text()


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
