"""What HTTP itself asks of a server: its limits, Host, HEAD, schemes of authorisation, and errors that arrive."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from pathlib import Path

import httpx
import pytest
from uvicorn import Config

from seqzoo.errors import InputError
from seqzoo.server.edge import MAX_DRAINED
from seqzoo.server.guard import MAX_HEADER, DrainingServer, GuardedProtocol
from seqzoo.server.serve import application
from support.asking import infer, measured

HEAD = b"POST /v2/models/lstm.sine/infer HTTP/1.1\r\nHost: localhost\r\n"


def exchange(port: int, raw: bytes) -> bytes:
    """All that the server answers until it closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(raw)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


def is_error(answer: bytes, status: int) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.startswith(b"HTTP/1.1 %d " % status) and list(json.loads(body)) == ["error"]


def filled(size: int, line: bytes = b"GET /v2 HTTP/1.1\r\n") -> bytes:
    """A request whose first line and fields count `size` bytes."""
    fields = b"Host: localhost\r\nConnection: close\r\n"
    used = len(line.split()[1]) + len(fields) + len(b"X: \r\n")
    return line + fields + b"X: " + b"a" * (size - used) + b"\r\n\r\n"


def test_headers_may_hold_64_kib_in_one_field_or_many_and_no_byte_more(server):
    many = b"".join(b"X-%d: %b\r\n" % (number, b"a" * 100) for number in range(1000))
    cases = {
        "as many as may be": (filled(MAX_HEADER), 200),
        "a byte more": (filled(MAX_HEADER + 1), 431),
        "100,000 in one": (filled(100_000), 431),
        "100,000 in many": (b"GET /v2 HTTP/1.1\r\nHost: localhost\r\n" + many + b"\r\n", 431),
        "a long address": (b"GET /v2?%b HTTP/1.1\r\nHost: localhost\r\n\r\n" % (b"a" * 100_000), 431),
        "more with a body": (HEAD + b"X: " + b"a" * 100_000 + b"\r\nContent-Length: 2\r\n\r\n{}", 431),
        "trailers": (
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", 431
        ),
    }  # fmt: skip
    for name, (raw, status) in cases.items():
        answer = exchange(server.port, raw)
        assert answer.startswith(b"HTTP/1.1 %d " % status), (name, answer[:200])
        assert status == 200 or is_error(answer, status), name
    measured("headers", sent=len(cases))


def test_a_request_of_http_1_1_names_one_host(server):
    cases = [
        (b"GET /v2 HTTP/1.1\r\n\r\n", 400), (b"GET /v2 HTTP/1.1\r\nHost: a\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /v2 HTTP/1.1\r\nHost: localhost\r\nhOST: localhost\r\n\r\n", 400),
        (b"GET /v2 HTTP/1.1\r\nHost: local host\r\n\r\n", 400), (b"GET /v2 HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        (b"GET /v2 HTTP/1.1\r\nHost: localhost:port\r\n\r\n", 400),
        (b"POST /v2/repository/index HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 400),
        (b"GET /v2 HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 400),
        (b"GET /v2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200),
        (b"GET /v2 HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close\r\n\r\n", 200),
        (b"GET /v2 HTTP/1.0\r\n\r\n", 200),
    ]  # fmt: skip
    for raw, status in cases:
        answer = exchange(server.port, raw)
        assert answer.startswith(b"HTTP/1.1 %d " % status), (raw, answer[:200])
        assert status == 200 or is_error(answer, status)


def test_a_bad_request_behind_good_ones_lets_them_be_answered(server):
    good = b"GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = exchange(server.port, good * 3 + b"GET /v2 HTTP/1.1\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200") == 3 and b'{"live":true}' in answer
    assert answer.count(b"HTTP/1.1") in (3, 4) and answer.rindex(b"HTTP/1.1 200") > answer.find(b"HTTP/1.1 400")


@pytest.mark.parametrize("form", ["stated", "chunked"])
def test_a_client_that_sends_20_mb_before_it_reads_reads_why_it_is_refused(server, form):
    body = b" " * 20_000_000
    head = HEAD + b"Content-Length: %d\r\n\r\n" % len(body)
    if form == "chunked":
        head, body = HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    for _ in range(5):
        assert is_error(exchange(server.port, head + body), 413)
    cross = HEAD + b"Origin: http://evil.example\r\nContent-Length: 20000000\r\n\r\n"
    assert is_error(exchange(server.port, cross + b" " * 20_000_000), 403)
    measured("refused_bodies", sent=6)


def unread(*ports: int) -> int:
    """Bytes on their way between two ports of this machine, or waiting there to be read."""
    waiting = 0
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        local, remote, _, queues = line.split()[1:5]
        if {int(end.partition(":")[2], 16) for end in (local, remote)} == set(ports):
            waiting += sum(int(queue, 16) for queue in queues.split(":"))
    return waiting


def test_what_a_refused_client_goes_on_sending_is_bounded_in_bytes_and_time(server):
    """The client sends no more before the server has read what it sent: the system would keep tens of MB for it."""
    began, sent, piece = time.monotonic(), 0, 1 << 20
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(HEAD + b"Content-Length: 1000000000000\r\n\r\n")
        port = connection.getsockname()[1]
        with pytest.raises(ConnectionError):
            while sent < 1 << 30:
                sent += connection.send(b" " * piece)
                while unread(port, server.port) > piece and time.monotonic() - began < 60:
                    pass
    assert sent < MAX_DRAINED + 3 * piece and time.monotonic() - began < 60


def test_head_is_answered_wherever_get_is_and_has_no_body(server):
    paths = ["/v2", "/v2/models/lstm.sine", "/v2/health/ready", "/metrics", "/api/models", "/api/models/lstm.sine",
             "/api/models/lstm.sine/bundle.zip", "/api/floors?signal=sine", "/docs", "/openapi.json", "/nothing",
             "/api/models/nobody"]  # fmt: skip
    with httpx.Client(base_url=server.address, timeout=60) as client:
        for path in paths:
            got, head = client.get(path), client.head(path)
            assert (path, head.status_code, head.content) == (path, got.status_code, b"")
            assert head.headers["content-type"] == got.headers["content-type"]
            if path != "/metrics":
                assert head.headers["content-length"] == str(len(got.content)), path
        assert client.head("/v2/repository/index").status_code == 405


def test_the_scheme_of_a_token_is_read_in_any_case_and_a_refusal_names_it(start):
    server = start("--token", "sécret")
    address = f"{server.address}/v2/repository/models/lstm.sine/unload"
    right = "sécret".encode()
    for given in (b"Bearer ", b"bearer ", b"BEARER ", b"Bearer   "):
        assert httpx.post(address, headers={"Authorization": given + right}).status_code == 200, given
    for given in (right, b"Basic " + right, b"Bearer", b"bearer wrong", b"bearer " + right + b" x", b""):
        answer = httpx.post(address, headers={"Authorization": given})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), given
        assert list(answer.json()) == ["error"]
    for token in ("", " "):
        with pytest.raises(InputError, match="token"):
            application(token=token)


def test_a_parameter_that_is_not_understood_is_refused_by_name(server):
    def with_parameters(where: str, **parameters: object) -> dict[str, object]:
        request = infer(outputs=[{"name": "forecast"}])
        part = request if where == "request" else request[where][0]
        part["parameters"] = parameters
        return request

    refused = [
        ("outputs", {"classification": 1}), ("outputs", {"shared_memory_region": "a"}),
        ("outputs", {"binary_data": True, "classification": 2}), ("inputs", {"shared_memory_region": "a"}),
        ("inputs", {"binary_data": True}), ("inputs", {"content_type": "base64"}), ("request", {"sequence_id": 7}),
        ("request", {"sequence_start": True}), ("request", {"binary_data": True}), ("request", {"my_own": 1}),
    ]  # fmt: skip
    taken = [
        ("request", {"priority": 1, "timeout": 100, "headers": {}}), ("inputs", {"content_type": "np"}),
        ("outputs", {"classification": None}), ("request", {}),
    ]  # fmt: skip
    with httpx.Client(base_url=server.address, timeout=60) as client:
        for cases, status in ((refused, 400), (taken, 200)):
            for where, parameters in cases:
                body = with_parameters(where, **parameters)
                answer = client.post("/v2/models/lstm.sine/infer", json=body)
                assert (answer.status_code, where, parameters) == (status, where, parameters)
                names = set(parameters) - {"binary_data"} or parameters
                assert status == 200 or any(name in answer.json()["error"] for name in names)
    measured("parameters", sent=len(refused))


def test_websockets_that_are_refused_say_why(app, server):
    upgrade = (b"GET %b HTTP/1.1\r\nHost: %b\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n%b\r\n")  # fmt: skip
    for running in (app, server):
        for path, host, more in (
            (b"/v2", b"localhost", b"Origin: http://evil.example\r\n"), (b"/v2", b"evil.example", b""),
            (b"/nowhere", b"localhost", b""),
        ):  # fmt: skip
            answer = exchange(running.port, upgrade % (path, host, more))
            assert is_error(answer, 404 if running is server and path == b"/nowhere" else 403), answer[:300]


def test_an_answer_that_nobody_reads_is_not_kept(monkeypatch):
    monkeypatch.setattr(GuardedProtocol, "write_seconds", 0.3)
    gone = asyncio.Event()

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not gone.is_set():
            await send({"type": "http.response.body", "body": b" " * (1 << 20), "more_body": True})
            if (await asyncio.wait({asyncio.ensure_future(receive())}, timeout=0))[0]:
                gone.set()

    async def go() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            config = Config(app, http=GuardedProtocol, lifespan="off", log_config=None)
            config.load()
            server = DrainingServer(config, listener)
            server.lifespan = config.lifespan_class(config)
            loop = asyncio.get_running_loop()
            serving = await loop.create_server(server._protocol, sock=listener.dup())
            with socket.create_connection(listener.getsockname()[:2]) as client:
                client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                await asyncio.wait_for(gone.wait(), 60)
            serving.close()

    asyncio.run(go())
