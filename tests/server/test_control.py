"""The control API: models, forecasts, traces, streams, floors, proofs, downloads, metrics."""

from __future__ import annotations

import asyncio
import io
import json
import re
import zipfile

import httpx
import numpy as np
import pytest
from starlette.testclient import TestClient

from seqzoo import load
from seqzoo.bundles import store
from seqzoo.forecasters.exact import references_of
from seqzoo.server.serve import application, is_loopback
from support.serving import UNASKED

WINDOW = np.sin(0.02 * np.arange(20)).tolist()


def error(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text[:300]
    assert list(answer.json()) == ["error"]
    return answer.json()["error"]


def test_models_are_listed_with_score_and_state(client):
    rows = {row["name"]: row for row in client.get("/api/models").json()}
    assert set(rows) >= {path.name for path in store.SHIPPED.iterdir()}
    facts = store.open_bundle(store.SHIPPED / "gru.sine").manifest
    assert rows["gru.sine"]["excess"] == facts.score.excess[0] and rows["gru.sine"]["parameters"] == facts.parameters
    assert rows[UNASKED]["state"] == "UNAVAILABLE"


def test_a_model_is_shown_with_its_manifest_and_card_without_being_loaded(client):
    shown = client.get(f"/api/models/{UNASKED}").json()
    assert shown["manifest"]["architecture"] == "gru" and shown["card"].startswith("---\nlicense")
    assert client.get(f"/v2/models/{UNASKED}/ready").status_code == 400
    assert client.get("/api/models/bayes.two_tone").json()["summary"]
    message = error(client.get("/api/models/nobody.sine"), 404)
    assert "'nobody.sine'" in message and "`seqzoo list`" in message and len(message) < 200


@pytest.mark.parametrize(("name", "method"), [("lstm.sine", "recursive"), ("lstm.sine-h50", "direct")])
def test_a_forecast_is_that_of_the_model_and_says_how_it_was_made(client, name, method):
    facts = client.post(f"/api/models/{name}/forecast", json={"context": WINDOW, "horizon": 30}).json()
    np.testing.assert_allclose(facts["forecast"], load(name, "onnx").forecast(WINDOW, 30)[0], atol=1e-6)
    assert facts["method"] == method and "lower" not in facts


def test_a_reference_forecasts_directly_at_any_horizon(client):
    facts = client.post("/api/models/bayes.sine/forecast", json={"context": WINDOW, "horizon": 100}).json()
    signal = load("bayes.sine").signal
    exact = references_of(signal, 20, 100)["bayes"](np.array([WINDOW], np.float32).astype(float))[0]
    np.testing.assert_allclose(facts["forecast"], exact, atol=1e-6)
    assert facts["method"] == "direct"


def test_intervals_hold_the_forecast_and_widen_with_the_level(client):
    wide, narrow = (
        client.post("/api/models/lstm.sine/forecast", json={"context": WINDOW, "horizon": 5, "level": level}).json()
        for level in (0.99, 0.5)
    )
    for facts in (wide, narrow):
        assert all(low < middle < high for low, middle, high in
                   zip(facts["lower"], facts["forecast"], facts["upper"], strict=True))  # fmt: skip
    assert all(a < b for a, b in zip(wide["lower"], narrow["lower"], strict=True))


NO_FORECASTS: list[object] = [
    {}, {"context": []}, {"context": WINDOW[:19]}, {"context": "1"}, {"context": [[0.1]]},
    {"context": [None] * 20},
    {"context": ["0.1"] * 20}, {"context": WINDOW, "horizon": 0}, {"context": WINDOW, "horizon": 10**9},
    {"context": WINDOW, "horizon": 1.5}, {"context": WINDOW, "level": 1.0}, {"context": WINDOW, "level": 0},
    {"context": WINDOW, "more": 1}, {"context": [1e39] * 20}, {"context": WINDOW, "level": 0.99999}, [], 3, "x",
]  # fmt: skip


def test_a_forecast_of_what_cannot_be_forecast_is_refused_in_words(client):
    for body in NO_FORECASTS:
        answer = client.post("/api/models/lstm.sine/forecast", json=body)
        assert (body, answer.status_code) == (body, 400)
        error(answer, 400)


def test_a_trace_holds_every_gate_and_state(client):
    facts = client.post("/api/models/gru.sine/trace", json={"window": WINDOW}).json()
    expected = load("gru.sine").trace(WINDOW)
    assert set(facts["steps"]) == set("rznh")
    for name, values in facts["steps"].items():
        np.testing.assert_allclose(values, expected[name][0], atol=1e-12)
    assert "mlp" in error(client.post("/api/models/mlp.sine/trace", json={"window": WINDOW}), 400)
    assert "bayes.sine" in error(client.post("/api/models/bayes.sine/trace", json={"window": WINDOW}), 404)


def test_a_stream_carries_its_state_from_request_to_request(client):
    opened = client.post("/api/models/lstm.sine/streams")
    assert opened.status_code == 201
    address = f"/api/streams/{opened.json()['stream']}"
    for value in WINDOW:
        facts = client.post(address, json={"value": value}).json()
    assert facts["seen"] == 20
    np.testing.assert_allclose(facts["forecast"], load("lstm.sine", "numpy").predict(WINDOW)[0], atol=1e-6)
    assert client.post(f"{address}/reset").json() == {"seen": 0}
    assert client.post(address, json={"value": 0.5}).json()["seen"] == 1
    assert client.delete(address).status_code == 200
    error(client.post(address, json={"value": 0.5}), 404)
    assert "mlp" in error(client.post("/api/models/mlp.sine/streams"), 400)


def test_many_values_come_back_as_events_and_a_bad_one_ends_them_with_an_error(client):
    address = f"/api/streams/{client.post('/api/models/rnn.sine/streams').json()['stream']}"
    with client.stream("POST", f"{address}/events", json={"values": WINDOW}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = re.findall(r"^data: (.*)$", answer.read().decode(), re.MULTILINE)
    assert [json.loads(event)["seen"] for event in events] == list(range(1, 21))
    expected = load("rnn.sine", "numpy").predict(WINDOW)[0]
    np.testing.assert_allclose(json.loads(events[-1])["forecast"], expected, atol=1e-6)
    text = client.post(f"{address}/events", json={"values": [0.1, 1e39, 0.1]}).text
    assert text.count("data: ") == 2 and "event: error" in text


def test_floors_of_a_signal(client):
    facts = client.get("/api/floors", params={"signal": "recall", "horizon": 2}).json()
    assert [row["step"] for row in facts["steps"]] == [1, 2]
    assert facts["steps"][0]["noise"] < facts["steps"][0]["bayes"] < facts["steps"][0]["best_linear"]
    assert "'sine'" in error(client.get("/api/floors?signal=sin"), 404)
    error(client.get("/api/floors?horizon=0"), 400)
    error(client.get("/api/floors?horizon=1_0"), 400)


def test_a_bundle_proves_itself_on_request(client):
    facts = client.post("/api/models/linear.sine/verify", json={"windows": 200}).json()
    assert facts["passed"] and {"manifest", "onnx", "score"} <= {check["name"] for check in facts["checks"]}
    assert "bayes.sine" in error(client.post("/api/models/bayes.sine/verify"), 404)


def test_a_bundle_downloads_whole_and_file_by_file(client, tmp_path):
    answer = client.get("/api/models/mlp.sine/bundle.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(tmp_path)
    found = store.open_bundle(tmp_path / "mlp.sine")
    files = {store.MANIFEST: (found.manifest_sha256, found.raw_manifest)}
    files |= {file: (facts.sha256, found.read(file)) for file, facts in found.manifest.files.items()}
    for file, (sha256, raw) in files.items():
        exact = f"/api/models/mlp.sine/files/{file}?sha256={sha256}"
        assert client.get(exact.partition("?")[0]).content == client.get(exact).content == raw
        assert file in error(client.get(exact[:-1]), 409)
    for file in ("manifest.jso", "..%2fmanifest.json", "%2fetc%2fpasswd", "weights.safetensors%00"):
        error(client.get(f"/api/models/mlp.sine/files/{file}"), 404)
    assert "unknown run" in error(client.get("/api/runs/0123456789ab/film/0.safetensors"), 404)
    for step in ("x", "1_0", "-1"):
        error(client.get(f"/api/runs/0123456789ab/film/{step}.safetensors"), 400)
    assert "bayes.sine" in error(client.get("/api/models/bayes.sine/untrained.safetensors"), 404)


def test_metrics_count_requests_by_kind_and_never_by_the_paths_that_clients_make_up(client):
    client.get("/v2/models/no-such-thing-1")
    client.get("/made/up/path")
    client.post("/v2/models/lstm.sine/infer", content=b"{")
    text = client.get("/metrics").text
    assert re.search(r'seqzoo_requests_total\{kind="infer",status="400"\} [1-9]', text)
    assert re.search(r'seqzoo_refused_total\{reason="unknown_name"\} [1-9]', text)
    assert "seqzoo_request_seconds_bucket" in text and "seqzoo_loaded_models" in text
    assert "made" not in text and "no-such-thing" not in text


def test_the_documentation_needs_no_other_host(client):
    page = client.get("/docs").text
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert address.startswith("/") and client.get(address).status_code == 200
    assert not re.findall(r"https?://", re.sub(r"http://(127\.0\.0\.1|testserver)[^\"']*", "", page))
    paths = client.get("/openapi.json").json()["paths"]
    assert "/api/models/{name}/forecast" in paths and not any(path.startswith("/v2") for path in paths)
    floors, film = paths["/api/floors"], paths["/api/runs/{run}/film/{step}.safetensors"]
    numbers = {each["name"]: each["schema"] for each in floors["get"]["parameters"] + film["get"]["parameters"]}
    limits = {name: (each["minimum"], each["maximum"]) for name, each in numbers.items() if each["type"] == "integer"}
    assert limits == {"context_length": (2, 200), "horizon": (1, 200), "step": (0, 10**9)}


NO_DOORS = [
    ("GET", "/nothing", 404), ("DELETE", "/v2", 405), ("GET", "/api", 404), ("PUT", "/api/models", 405),
    ("GET", "/v2/", 404), ("GET", "/api/models/", 404), ("GET", "/V2", 404), ("GET", "/v2/models", 404),
    ("GET", "/docs/..", 404), ("TRACE", "/v2", 405), ("POST", "/metrics", 405),
]  # fmt: skip


def test_a_path_or_method_that_does_not_exist_has_the_same_form_of_error(client):
    for method, path, status in NO_DOORS:
        answer = client.request(method, path)
        assert (method, path, answer.status_code, list(answer.json())) == (method, path, status, ["error"])


def test_a_token_guards_load_and_unload_and_nothing_else():
    with TestClient(application(token="secret"), base_url="http://127.0.0.1:8000") as client:
        for what in ("load", "unload"):
            address = f"/v2/repository/models/lstm.sine/{what}"
            error(client.post(address), 401)
            error(client.post(address, headers={"Authorization": "Bearer wrong"}), 401)
            assert client.post(address, headers={"Authorization": "Bearer secret"}).status_code == 200
        assert client.get("/v2/models/lstm.sine").status_code == 200


def test_load_and_unload_are_off_where_others_can_reach_the_server_and_no_token_guards_them():
    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(application(is_public=True))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            paths = ("v2/repository/models/lstm.sine/load", "v2/repository/models/lstm.sine/unload")
            return [*[await client.post(path) for path in paths], await client.post("v2/repository/index")]

    load_, unload, index = asyncio.run(ask())
    for answer in (load_, unload):
        assert "--token" in error(answer, 403)
    assert index.status_code == 200 and {row["state"] for row in index.json()} == {"UNAVAILABLE"}
    assert is_loopback("127.0.0.1") and is_loopback("::1") and is_loopback("localhost")
    assert not is_loopback("0.0.0.0") and not is_loopback("example.org")


def test_references_are_listed_beside_the_models_and_no_folder_of_the_machine_is_told(client):
    rows = {row["name"]: row for row in client.get("/api/models").json()}
    assert rows["bayes.sine"]["excess"] == 0 and rows["best_linear.recall"]["reference"]
    assert not any("path" in row for row in rows.values())


def test_a_line_of_json_for_each_request_if_asked_for(start, tmp_path):
    server = start("--access-log")
    httpx.get(f"{server.address}/v2/health/live")
    server.stop()
    (line,) = (tmp_path / "home-server.log").read_text().splitlines()
    facts = json.loads(line)
    assert (facts["method"], facts["path"], facts["status"]) == ("GET", "/v2/health/live", 200)


def test_every_door_says_what_lies_outside_training_and_how_far(client):
    ramp = [float(step) for step in range(100, 120)]
    for window, is_outside in ((ramp, True), ([0.1] * 20, False)):
        told = [
            client.post("/api/models/lstm.sine/forecast", json={"context": [0.0, *window], "horizon": 2}).json(),
            client.post("/api/models/lstm.sine/trace", json={"window": window}).json(),
        ]
        stream = client.post("/api/models/lstm.sine/streams").json()["stream"]
        told.append(client.post(f"/api/streams/{stream}", json={"value": window[0]}).json())
        events = client.post(f"/api/streams/{stream}/events", json={"values": window[1:]}).text
        told += [json.loads(line.removeprefix("data: ")) for line in events.splitlines() if line]
        assert len(told) == 22
        for answer in told:
            note = answer["outside_training"]
            assert (note is not None) == is_outside, answer
            assert not is_outside or (note["value"] > 100 and note["note"])
        tensor = {"name": "context", "shape": [1, 20, 1], "datatype": "FP32", "data": window}
        for binary in (False, True):
            asked = {"inputs": [tensor], "parameters": {"binary_data_output": binary}}
            answer = client.post("/v2/models/lstm.sine/infer", json=asked)
            length = int(answer.headers.get("inference-header-content-length", len(answer.content)))
            parameters = json.loads(answer.content[:length]).get("parameters", {})
            assert ("outside_training" in parameters) == is_outside
