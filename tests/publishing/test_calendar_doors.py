"""A model that reads the calendar beside the values, behind every door: server, command line, pages, examples."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import warnings
from contextlib import redirect_stdout

import httpx
import numpy as np
import pytest
from typer.testing import CliRunner

from seqzoo import load
from seqzoo._arrays import with_known
from seqzoo.app.model.held_out import held_out_of
from seqzoo.app.model.inside.windows import HeldOutWindows
from seqzoo.app.model.roll_out.measured import along
from seqzoo.app.model.visit import Visit
from seqzoo.app.model.window import HeldOutWindow
from seqzoo.app.ui import charts
from seqzoo.bundles import holdout
from seqzoo.cli import app
from seqzoo.data.calendar import Calendar
from seqzoo.errors import InputError
from seqzoo.pages import sketches
from seqzoo.publishing import snippets
from seqzoo.publishing.triton import write
from seqzoo.runtime.intervals import around
from seqzoo.server import protocol
from seqzoo.server.serve import application
from support.calendar_model import TIMES, D, H, L, measured, windows

pytestmark = pytest.mark.usefixtures("at_home")


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
    np.testing.assert_allclose(answer["lower"], expected.lower, rtol=1e-6)
    file = tmp_path / "latest.csv"
    with file.open("w") as handle:
        csv.writer(handle).writerows([("when", "load"), *zip(TIMES.stamps(300), values.tolist(), strict=True)])
    told = CliRunner().invoke(app, ["forecast", "gru.meter", "--file", str(file), "--json"], catch_exceptions=False)
    np.testing.assert_allclose(json.loads(told.stdout)["upper"], expected.upper, rtol=1e-6)


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
        np.testing.assert_allclose(json.loads(result.stdout)["forecast"], expected, rtol=1e-6, err_msg=kind)
        assert told in result.stderr and ("its clock is read" in result.stderr) == bool(told)
    result = runner.invoke(app, ["predict", "gru.meter", "--file", str(file), "--json"], catch_exceptions=False)
    np.testing.assert_allclose(json.loads(result.stdout)["forecast"][0], expected[:H], rtol=1e-6)
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
    window = HeldOutWindow(visit)
    held_out = HeldOutWindows(model, window)
    chosen = held_out.batch(window.window().context[None])
    assert np.array_equal(chosen[0], np.column_stack([values, known])[7 : 7 + L])
    typical = held_out.batch(held_out.typical(3), held_out.beside(3))
    assert np.array_equal(typical[0, :, 1:], known[:L]) and np.array_equal(typical[2, :, 1:], known[-H - L : -H])
    assert sketches._measured(model).startswith("<svg")


def test_code_examples_have_the_shapes_of_the_model(kept, tmp_path, monkeypatch):
    pieces = {piece.key: piece.code for piece in snippets.of("gru.meter", kept.manifest, "http://127.0.0.1:8000")}
    monkeypatch.chdir(kept.path)
    rows = []
    for key in ("python", "onnx", "torchscript"):
        out = io.StringIO()
        with redirect_stdout(out), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r"`torch\.jit\.", category=Warning)
            exec(pieces[key], {})
        rows.append(json.loads(out.getvalue())[0])
    np.testing.assert_allclose(rows, [rows[0]] * 3, atol=1e-3)
    assert len(json.loads(pieces["curl"].partition("-d '")[2].rstrip("'\n"))["context"][0]) == D
    assert f"{{rows, {L}, {D}}}" in pieces["cpp"]
    assert f"dims: [ -1, {L}, {D} ]" in (write(kept, "triton", tmp_path) / "config.pbtxt").read_text()
