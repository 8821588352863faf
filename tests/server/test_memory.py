"""Memory: what requests hold together is bounded, and the process gives it back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import time
from collections.abc import Callable

import httpx
import numpy as np
import psutil
import pytest

from seqzoo.server.answers import Refused
from seqzoo.server.edge import Edge
from seqzoo.server.memory import MAX_HELD, Held, Upload
from seqzoo.server.metrics import Metrics
from seqzoo.server.origins import Origins
from seqzoo.server.serve import application
from support.asking import infer, measured
from support.serving import launch
from support.tabs import Tab

ROWS = 100_000 if os.environ.get("SEQZOO_SOAK") else 50_000
CLIENTS = 5
KEPT = 64 << 20  # what a process may keep of requests that are over; without a bound it kept 280 MiB of 100,000 rows
HEAD = b"POST /v2/models/lstm.sine/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"


WATCHED = """
import gc, json, os, signal
from nicegui import Client, observables
from seqzoo.app import build
build.RECONNECT_SECONDS = 0.2

def tell(*_):
    from seqzoo.microscope.facts import Subject
    gc.collect()
    subjects = sum(type(one) is Subject for one in gc.get_objects())
    stores = sum(type(one) is observables.ObservableDict for one in gc.get_objects())
    # Not by print: the signal may come while it prints the address.
    os.write(1, json.dumps([len(Client.instances), subjects, stores]).encode() + b"\\n")

signal.signal(signal.SIGUSR1, tell)
from seqzoo.cli import main
main()
"""


def until(holds: Callable[[], bool], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.1)
    return holds()


def test_clients_that_leave_in_the_middle_of_100_000_windows_leave_no_memory_behind(server):
    process = psutil.Process(server.process.pid)
    values = np.random.default_rng(0).normal(size=20 * ROWS).astype(np.float32).round(3)
    body = json.dumps(infer()).replace("[1, 20, 1]", f"[{ROWS}, 20, 1]").encode()
    body = body[: body.index(b'"data"')] + b'"data": [' + b",".join(b"%g" % value for value in values) + b"]}]}"
    with httpx.Client(base_url=server.address, timeout=60) as client:
        client.post("/v2/models/lstm.sine/infer", json=infer(300))  # every import, and both sessions
        before = process.memory_info().rss
        for _ in range(CLIENTS):
            with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
                connection.sendall(HEAD % len(body) + body)
        busy = "seqzoo_requests_in_progress 1.0"  # this request for the metrics
        assert until(lambda: busy in client.get("/metrics").text)
        until(lambda: process.memory_info().rss - before < KEPT, 30)
        growth = process.memory_info().rss - before
        assert growth < KEPT
        assert client.post("/v2/models/lstm.sine/infer", json=infer()).status_code == 200
    measured("left", clients=CLIENTS, growth=growth / 2**20)


def test_bodies_beyond_what_may_be_held_are_refused_with_when_to_come_back(server):
    size, held = 15 << 20, []
    with httpx.Client(base_url=server.address, timeout=60) as client:
        try:
            for _ in range(MAX_HELD // size):
                held.append(socket.create_connection(("127.0.0.1", server.port), timeout=60))
                held[-1].sendall(HEAD % size + b" " * (size - 1))  # a byte is missing: it waits
            assert until(lambda: _answer(client, size).status_code == 503, 30)
            answer = _answer(client, size)
            assert answer.headers["retry-after"] == "2" and "2 seconds" in answer.json()["error"]
            assert client.get("/v2/health/live").status_code == 200  # what needs little goes on
            assert client.post("/v2/models/lstm.sine/infer", json=infer()).status_code == 200
            assert 'seqzoo_refused_total{reason="busy"}' in client.get("/metrics").text
        finally:
            for connection in held:
                connection.close()
        assert until(lambda: _answer(client, size).status_code == 400, 30)  # it is read, and is no JSON
    measured("busy", held=len(held) * size / 2**20)


def test_a_closed_tab_leaves_no_page_and_no_microscope_behind(tmp_path):
    server = launch(tmp_path / "home", "--engine", "onnx", command="app", program=("-c", WATCHED))

    def kept() -> list[int]:
        server.process.send_signal(signal.SIGUSR1)
        return json.loads(server.process.stdout.readline())

    try:
        stores = kept()[2]
        with contextlib.ExitStack() as tabs:
            for _ in range(5):
                tabs.enter_context(Tab(server.address, "/models/lstm.sine?view=inside"))
            assert until(lambda: kept()[1] == 5)
        assert until(lambda: kept()[0] == 0)
        assert until(lambda: kept()[1] <= 1)  # the thread that made the last may still hold it
        assert until(lambda: kept()[2] <= stores + 1)  # NiceGUI looks for stores that are over every 10 seconds
    finally:
        server.kill()


def _answer(client: httpx.Client, size: int) -> httpx.Response:
    return client.post("/v2/models/lstm.sine/infer", content=b" " * size)


def test_all_that_a_request_holds_is_given_back_however_it_ends():
    held = Held(1000)

    async def app(scope, receive, send):
        body = (await receive())["body"]
        assert held.now == len(body)
        if body.startswith(b"fail"):
            raise RuntimeError
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * 700})
        assert held.now == len(body) + 700  # an answer counts, and is not refused

    async def go() -> list[int]:
        transport = httpx.ASGITransport(Edge(app, Metrics(), Origins(), max_body=1000, held=held))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            bodies = (b"a" * 900, b"fail", b"b" * 1001)
            return [(await client.post("/", content=body)).status_code for body in bodies]

    assert asyncio.run(go()) == [200, 500, 413]
    assert held.now == 0
    first, second = Upload(None, held), Upload(None, held)
    first.take(999)
    with pytest.raises(Refused, match="1,000 bytes"):
        second.take(2)
    second.release()
    assert held.now == 999


def test_what_was_sent_of_a_stream_is_held_no_longer():
    held = Held(most=1000)
    seen = []

    async def app(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(50):
            await send({"type": "http.response.body", "body": b"x" * 100, "more_body": True})
            seen.append(held.now)
        await send({"type": "http.response.body", "body": b""})

    async def go() -> bytes:
        transport = httpx.ASGITransport(Edge(app, Metrics(), Origins(), held=held))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return (await client.get("/")).content

    assert len(asyncio.run(go())) == 5000
    assert set(seen) == {0} and held.now == 0


def test_what_waits_for_its_turn_ends_when_its_client_leaves(monkeypatch):
    """Two large requests are computed at a time; a third whose client leaves is never begun."""
    from seqzoo.server import protocol

    begun, gate = [], asyncio.Event()

    def parse(body: bytes, *_: object) -> None:
        begun.append(body[:1])
        loop.call_soon_threadsafe(ready.set)
        asyncio.run_coroutine_threadsafe(gate.wait(), loop).result()
        raise Refused(400, "enough.", "input")

    async def ask(app: object, mark: bytes, left: asyncio.Event) -> None:
        sent = [{"type": "http.request", "body": mark * (1 << 20), "more_body": False}]

        async def receive():
            if sent:
                return sent.pop()
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            pass

        scope = {"type": "http", "method": "POST", "path": "/v2/models/lstm.sine/infer", "headers": [],
                 "raw_path": b"", "query_string": b"", "root_path": ""}  # fmt: skip
        await app(scope, receive, send)

    async def go() -> None:
        nonlocal loop, ready
        loop, ready = asyncio.get_running_loop(), asyncio.Event()
        app, stays, leaves = application(), asyncio.Event(), asyncio.Event()
        two = [asyncio.create_task(ask(app, mark, stays)) for mark in (b"1", b"2")]
        while len(begun) < 2:
            ready.clear()
            await asyncio.wait_for(ready.wait(), 30)
        third = asyncio.create_task(ask(app, b"3", leaves))
        await asyncio.sleep(0)
        leaves.set()
        await asyncio.wait_for(third, 30)
        gate.set()
        await asyncio.gather(*two)

    loop = ready = None
    monkeypatch.setattr(protocol, "parse", parse)
    asyncio.run(go())
    assert sorted(begun) == [b"1", b"2"]
