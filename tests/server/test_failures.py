"""Where the server itself fails, its client reads `{"error": ...}` with an id that leads to the log's traceback."""

from __future__ import annotations

import asyncio
import re

import httpx
import pytest

from seqzoo.server import serve, v2
from seqzoo.server.edge import Edge
from seqzoo.server.metrics import Metrics
from seqzoo.server.origins import Origins
from support.serving import launch

BROKEN = """
import sys
from seqzoo.app import gallery
from seqzoo.app.gallery import sketches
from seqzoo.runtime.repository import Repository
from seqzoo.runtime import catalogue

def fails(*_, **__):
    raise ZeroDivisionError("deep inside")

Repository.index = Repository.describe = Repository.peek = Repository.state = fails
sketches.of = catalogue.table = fails
gallery._cards = gallery.catalogue.rows = fails
from seqzoo.cli import main
main()
"""


def number_of(answer: httpx.Response) -> str:
    """The id in the error, which must be all there is."""
    assert answer.status_code == 500 and answer.headers["content-type"] == "application/json", answer.text[:300]
    assert list(answer.json()) == ["error"]
    told = answer.json()["error"]
    assert "deep inside" not in told and "Traceback" not in told
    return re.search(r"\b[0-9a-f]{8}\b", told)[0]


def test_no_door_of_a_server_that_fails_is_bare(tmp_path):
    server = launch(tmp_path / "home", command="app", program=("-c", BROKEN))
    doors = [
        ("POST", "/v2/repository/index"), ("GET", "/v2/models/lstm.sine"), ("POST", "/v2/models/lstm.sine/infer"),
        ("GET", "/v2/models/lstm.sine/ready"), ("HEAD", "/v2/models/lstm.sine"), ("GET", "/api/models"),
        ("GET", "/api/models/lstm.sine"), ("GET", "/api/models/lstm.sine/bundle.zip"),
        ("POST", "/api/models/lstm.sine/streams"), ("GET", "/sketches/lstm.sine.svg"), ("GET", "/models.csv"),
    ]  # fmt: skip
    try:
        with httpx.Client(base_url=server.address, timeout=60) as client:
            numbers = {}
            for method, path in doors:
                answer = client.request(method, path)
                assert (method, path, answer.status_code) == (method, path, 500)
                if method != "HEAD":
                    numbers[path] = number_of(answer)
            page = client.get("/", headers={"Accept": "text/html"})
            assert page.status_code == 500 and "deep inside" not in page.text
            shown = re.findall(r"\b[0-9a-f]{8}\b", page.text)
            table = client.get("/models.csv", headers={"Accept": "text/html"})
            assert table.status_code == 500 and table.headers["content-type"].startswith("text/html")
        log = (tmp_path / "home-server.log").read_text()
        for path, number in numbers.items():
            assert re.search(rf"{re.escape(path)}'.*{number}\nTraceback", log), path
        assert any(f"{number}\nTraceback" in log for number in shown) and "ZeroDivisionError: deep inside" in log
    finally:
        server.kill()


def test_a_failure_of_any_layer_takes_the_one_form_and_is_logged_once(caplog, monkeypatch):
    async def fails(*_: object) -> None:
        raise RuntimeError("deep inside")

    async def half(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("deep inside")

    def ask(app, path="/x", **more):
        async def go() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
                return await client.post(path, **more)

        return asyncio.run(go())

    metrics = Metrics()
    number = number_of(ask(Edge(fails, metrics, Origins())))
    assert [number in record.getMessage() for record in caplog.records] == [True]
    assert caplog.records[0].exc_info is not None
    broken = Origins()
    monkeypatch.setattr(broken, "check", lambda *_: 1 / 0)
    number_of(ask(Edge(fails, metrics, broken)))
    monkeypatch.setattr(v2.V2, "_name", lambda *_: 1 / 0)
    app = serve.application()
    caplog.clear()
    number = number_of(ask(app, "/v2/models/lstm.sine/infer", content=b" " * 300_000))
    assert [number in record.getMessage() for record in caplog.records] == [True]
    caplog.clear()
    with pytest.raises(AssertionError):  # too late for another answer: it breaks off, which httpx asserts against
        ask(Edge(half, metrics, Origins()))
    assert len(caplog.records) == 1
    assert 'seqzoo_refused_total{reason="internal"} 3.0' in metrics.text(0).decode()
