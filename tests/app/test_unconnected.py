"""A page whose visitor never connects, as without JavaScript, ends without a traceback; a slow one is shown."""

from __future__ import annotations

import asyncio
from pathlib import Path

from nicegui import Client, core, ui
from starlette.requests import Request

import seqzoo.app
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


def test_no_page_is_given_up_after_the_three_seconds_of_nicegui():
    modules = sorted(Path(seqzoo.app.__file__).parent.rglob("*.py"))
    using = {way: [path for path in modules if f"@{way}.page(" in path.read_text("utf-8")] for way in ("theme", "ui")}
    assert len(using["theme"]) == 5 and using["ui"] == []
