"""What no client should send: each is refused in the one form of an error, and the server lives on."""

from __future__ import annotations

import gzip
import json
import os
import socket
import struct
from collections.abc import Iterable

import httpx
import numpy as np
import psutil
import pytest

from seqzoo import load
from support.asking import infer, measured

MODEL = "/v2/models/lstm.sine/infer"
PLACES = range(20) if os.environ.get("SEQZOO_SOAK") else (0, 7, 19)  # of values that are not finite
WINDOW = [0.1] * 20


def refused(answer: httpx.Response, status: int = 400) -> str:
    """The message of an error, which must be all there is."""
    assert answer.status_code == status, answer.text[:300]
    facts = answer.json()
    assert list(facts) == ["error"] and isinstance(facts["error"], str) and facts["error"]
    assert "Traceback" not in facts["error"] and len(facts["error"]) < 1000
    return facts["error"]


def each_refused(client: httpx.Client, requests: Iterable[tuple[object, dict[str, object]]]) -> None:
    """Each is what it is called in a message, and how it is sent."""
    for called, request in requests:
        answer = client.post(MODEL, **request)
        assert (called, answer.status_code) == (called, 400), answer.text[:300]
        refused(answer)


def with_input(**changes: object) -> dict[str, object]:
    request = infer()
    request["inputs"][0] |= changes
    return request


SHAPES: list[object] = [
    [0, 20, 1], [-1, 20, 1], [2**60, 20, 1], [1, 19, 1], [1, 21, 1], [1, 20], [20], [], [1, 20, 2], [1, 1, 20, 1],
    [True, 20, 1], [1.0, 20, 1], ["1", 20, 1], None, 20, "1,20,1", [2, 20, 1], [1, 20, 1, 1], {"0": 1},
]  # fmt: skip


def test_a_shape_that_is_not_that_of_the_model_or_of_the_data_is_refused(client):
    each_refused(client, ((shape, {"json": with_input(shape=shape)}) for shape in SHAPES))
    measured("shapes", sent=len(SHAPES))


def test_another_datatype_is_refused(client):
    for datatype in ("FP16", "FP64", "INT64", "BYTES", "fp32", "", None, 32, ["FP32"]):
        assert "'FP32'" in refused(client.post(MODEL, json=with_input(datatype=datatype))), datatype


DATA: list[object] = [
    [], WINDOW[:19], [*WINDOW, 0.1], ["0.1"] * 20, [None] * 20, [True] * 20, [True, *WINDOW[1:]],
    [[0.1] * 10, [0.1]],
    {"0": 0.1}, "0.1", 0.1, None, [[WINDOW]] * 2, [10**40] * 20, [{}] * 20, [[]] * 20,
]  # fmt: skip


def test_data_that_are_not_twenty_numbers_are_refused(client):
    each_refused(client, ((data, {"json": with_input(data=data)}) for data in DATA))


BODIES: list[object] = [
    {}, {"inputs": []}, {"inputs": None}, {"inputs": {}}, {"inputs": [1]}, {"inputs": [{}]},
    {"inputs": [infer()["inputs"][0]] * 2}, [], 1, None, "x", infer(id=7), infer(id={}), infer(parameters=[]),
    infer(parameters={"binary_data_output": "yes"}), infer(outputs="forecast"), infer(outputs=[1]),
    infer(outputs=[{"name": "h"}]), infer(outputs=[{"name": "forecast"}] * 2), infer(outputs=[{}]),
    infer(outputs=[{"name": "forecast", "parameters": {"binary_data": 1}}]), with_input(name="x"),
    with_input(parameters={"binary_data_size": 80}), with_input(parameters=3),
]  # fmt: skip


def test_a_request_of_another_form_is_refused(client):
    each_refused(client, ((body, {"json": body}) for body in BODIES))


def test_a_body_that_is_not_json_is_refused(client):
    for body in (b"", b"{", b"\xff\xfe", b"nan", b'{"inputs": NaN}', b"\x00" * 100, b"[" * 10_000):
        assert "JSON" in refused(client.post(MODEL, content=body)), body[:20]


def test_json_nested_250_000_deep_is_refused_and_takes_no_memory(client, server):
    process = psutil.Process(server.process.pid)
    before = process.memory_info().rss
    for body in (b"[" * 250_000, b"[" * 250_000 + b"]" * 250_000, b'{"inputs":' * 250_000, b'{"a":' * 100_000 + b"1"):
        refused(client.post(MODEL, content=body))
    growth = process.memory_info().rss - before
    assert growth < 20 << 20
    measured("nested", bodies=4, growth=growth / 2**20)


def binary(raw: bytes, rows: int = 1, size: int | None = None) -> tuple[bytes, int]:
    tensor = {"name": "context", "shape": [rows, 20, 1], "datatype": "FP32"}
    tensor["parameters"] = {"binary_data_size": len(raw) if size is None else size}
    header = json.dumps({"inputs": [tensor]}).encode()
    return header + raw, len(header)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf"), 1e39])
@pytest.mark.parametrize("model", ["lstm.sine", "bayes.sine"])
def test_a_value_that_is_not_finite_is_refused_at_every_place_in_json_and_binary(client, model, bad):
    for position in PLACES:
        window = list(WINDOW)
        window[position] = bad
        text = json.dumps(with_input(data=window))  # NaN and Infinity as literals
        address = f"/v2/models/{model}/infer"
        refused(client.post(address, content=text.encode()))
        with np.errstate(over="ignore"):
            body, length = binary(np.array(window, np.float32).tobytes())
        told = refused(client.post(address, content=body, headers={"Inference-Header-Content-Length": str(length)}))
        assert f"value {position + 1} of window 1" in told
    measured("finite", sent=2 * len(PLACES))


def test_a_binary_header_length_that_is_no_length_of_this_body_is_refused(client):
    for length in ("-1", "²", "99999999999", "1e3", "", " 5", "0x10", "5.0", "1000000", "+5", "٣"):
        body, _ = binary(np.full(20, 0.1, np.float32).tobytes())
        head = f"POST {MODEL} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        raw = head.encode() + b"Inference-Header-Content-Length: " + length.encode() + b"\r\n\r\n" + body
        with socket.create_connection((client.base_url.host, client.base_url.port), timeout=60) as connection:
            connection.sendall(raw)
            assert connection.recv(65536).startswith(b"HTTP/1.1 400"), length


def test_a_binary_size_that_is_not_that_of_the_bytes_is_refused(client):
    for size in (0, 79, 81, -80, 2**40, True, "80", None):
        body, length = binary(np.full(20, 0.1, np.float32).tobytes())
        header = json.loads(body[:length])
        header["inputs"][0]["parameters"]["binary_data_size"] = size
        text = json.dumps(header).encode()
        headers = {"Inference-Header-Content-Length": str(len(text))}
        answer = client.post(MODEL, content=text + body[length:], headers=headers)
        assert (size, answer.status_code) == (size, 400)
        refused(answer)


def test_a_body_over_the_limit_is_refused_without_being_read(client, server):
    process = psutil.Process(server.process.pid)
    before = process.memory_info().rss
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(f"POST {MODEL} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {1 << 40}\r\n\r\n".encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 413")

    def chunks():
        for _ in range(400):
            yield b" " * (1 << 16)

    refused(client.post(MODEL, content=chunks()), 413)  # which is read although all was sent first
    assert process.memory_info().rss - before < 64 << 20


def test_a_compressed_bomb_is_refused_and_takes_no_memory(client, server):
    process = psutil.Process(server.process.pid)
    bomb = gzip.compress(b" " * (200 << 20), 9)
    before = process.memory_info().rss
    refused(client.post(MODEL, content=bomb, headers={"Content-Encoding": "gzip"}), 413)
    growth = process.memory_info().rss - before
    assert growth < 64 << 20
    measured("bomb", growth=growth / 2**20)


def test_a_compression_that_is_broken_or_unknown_is_refused(client):
    for encoding, body, status in (
        ("gzip", b"not gzip", 400), ("gzip", gzip.compress(b"{}", mtime=0)[:-3], 400), ("br", b"{}", 415),
        ("gzip, gzip", b"", 415),
    ):  # fmt: skip
        refused(client.post(MODEL, content=body, headers={"Content-Encoding": encoding}), status)


HOSTILE_NAMES = [
    "..", "../lstm.sine", "..%2flstm.sine", "%2e%2e", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "....//", "/etc/passwd",
    "%2fetc",
    "lstm.sine%00", "lstm.sine%00.pt", "%00", "lstm.sine%20", "%20lstm.sine", "%09", "%0a", "lstm.sine%0d%0aX: y",
    "lstm.sine/", "lstm.sine/..", "lstm.sine%2f..%2flstm.sine", "lstm.sine\\..\\", "..\\..\\windows", "C:%5cwindows",
    "LSTM.SINE", "Lstm.sine", "lstm%E2%80%A4sine", "l%D1%95tm.sine", "%EF%BC%8E%EF%BC%8E", "lstm.sin%D0%B5",
    "%F0%9F%92%A5",
    "a" * 2000, "a." * 500, "lstm.sine.", ".lstm.sine", "lstm..sine", "lstm.sine;ls", "$(id)", "`id`", "%25%32%65",
    "~", "-", "con", "nul", "%ff%fe", "lstm.sine%23", "file:%2f%2f%2fetc",
]  # fmt: skip


def test_a_hostile_name_finds_nothing(server):
    for name in HOSTILE_NAMES:
        for rest in ("", "/infer", "/ready", "/versions/1"):
            method = "POST" if rest == "/infer" else "GET"
            head = f"{method} /v2/models/{name}{rest} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
            with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
                connection.sendall(f"{head}Connection: close\r\n\r\n".encode())
                answer = b""
                while piece := connection.recv(65536):
                    answer += piece
            status = int(answer.split(b" ", 2)[1])
            assert status in (400, 404, 405), (name, answer[:200])
            assert list(json.loads(answer.split(b"\r\n\r\n", 1)[1])) == ["error"], name
    measured("names", names=len(HOSTILE_NAMES))


def test_what_is_not_http_is_answered_in_the_same_form(server):
    rubbish = struct.pack("<q", -1) * 8 + b"\r\n\r\n"
    for raw in (b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"HELLO WORLD\r\n\r\n", rubbish):
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
            connection.sendall(raw)
            answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 400") and b'{"error":' in answer


def test_headers_without_end_are_cut(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(b"GET /v2 HTTP/1.1\r\n")
        answer = b""
        try:
            for _ in range(300):
                connection.sendall(b"X-Filler: " + b"a" * 1000 + b"\r\n")
            answer = connection.recv(65536)
        except ConnectionError:
            pass
        assert not answer or answer.startswith(b"HTTP/1.1 431")


def test_after_all_of_this_the_same_process_still_forecasts(client, server):
    answer = client.post(MODEL, json=infer())
    given = np.array(answer.json()["outputs"][0]["data"], np.float32)
    np.testing.assert_array_equal(given, load("lstm.sine", "light").predict(WINDOW)[0])
    assert server.process.poll() is None


@pytest.mark.parametrize("name", ["mlp.sine", "tcn.sine", "mlp.sine_any", "mlp.recall"])
def test_finite_values_that_lead_a_model_beyond_float32_are_refused_on_every_door(client, name):
    length = load(name).context_length
    huge, path = [3e38] * length, f"/v2/models/{name}/infer"
    for rows in (1, 100):  # answered at once, and in a thread
        request = with_input(shape=[rows, length, 1], data=huge * rows)
        for asked in (request, {**request, "parameters": {"binary_data_output": True}}):
            assert "not finite" in refused(client.post(path, json=asked))
    answer = client.post(f"/api/models/{name}/forecast", json={"context": huge, "horizon": 3})
    assert "not finite" in refused(answer)
