"""A page of a model whose visitor never connects, as without JavaScript, ends without a traceback."""

from __future__ import annotations

import asyncio

from nicegui import Client, core, ui
from starlette.requests import Request

from seqzoo.app.model import page
from seqzoo.app.model.visit import Visit
from seqzoo.runtime.repository import Repository


def test_a_visitor_who_never_connects_is_no_failure(home, monkeypatch, caplog):
    monkeypatch.setattr(page, "PATIENCE", 0.02)
    repository = Repository()

    async def visited() -> list[bool]:
        monkeypatch.setattr(core, "loop", asyncio.get_running_loop())
        request = Request({"type": "http", "path": "/models/linear.sine", "headers": []})
        with Client(ui.page("/models/{name}"), request=request) as client:
            visit = Visit(repository, "linear.sine", repository.describe("linear.sine"), {})
            tabs = page._Tabs(visit)
            await tabs.run()
            return [client.has_socket_connection, bool(tabs.built), repository.peek("linear.sine") is not None]

    assert asyncio.run(visited()) == [False, False, False]  # nothing was built or loaded for nobody
    assert caplog.records == []
