"""Messages over the pages' socket that no page would send: each costs a line of the log, and the pages go on."""

from __future__ import annotations

import contextlib
import json

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from support.serving import Running
from support.tabs import Tab

ARGUMENTS = [
    None, True, {}, [], [[[]]], "x" * 1000, float("nan"), float("inf"), 10**400, 1e308, -1, "NaN", "-inf", "1e999",
    "９", {"index": 1e308, "value": "x"}, {"index": "0", "value": None}, {"index": 10**30, "value": "nan"},
    ["a", "b"], [None, None], [{}, "file"], {"a": {"b": 1}}, {"window": [1], "view": {}}, {"window": 7, "view": 7},
    {"window": [None] * 20, "view": {}}, {"window": [10**400] * 20, "view": {}}, {"window": ["x"] * 20, "view": {}},
    {"number": 1, "steps": 1, "window": [0.5] * 20, "off": [None]}, {"number": 1, "steps": 1, "window": [0.5] * 20},
    {"number": 1, "steps": 9, "window": [0.5] * 20, "off": [-9, 10**9]}, {"window": [0.5] * 20, "view": []},
    {"window": [0.5] * 20, "view": {"draw": {}, "ahead": [9], "t": 1e308}},
]  # fmt: skip
VIEWS = {
    "/models/lstm.sine?view=inside": "nicegui-nicegui",
    "/models/lstm.sine": "textarea", "/models/mlp.sine?view=inside": "nicegui-view",
    "/models/lstm.sine?view=train": "select", "/models/lstm.sine?view=rollout": "nicegui-view", "/arena": "progress",
}  # fmt: skip
FRAMES: list[list[str | bytes]] = [
    ["x"], [""], [b""], ["9"], ["4x"], ["40", "42"], ["40", "42[]"], ["40", "42{}"], ["40", '42["event"]'],
    ["40", "42[1]"], ["40", '42["javascript_response",7]'], ["40", '42["log",[],1]'], ["40", '42["ack",{}]'],
    ["40", '42["event",null]'], ["40", '42["event",{"client_id":[]}]'], ["40", '42["event",{}]'],
    ["40", '42["log",{"level":[]}]'], ["40", '42["log",{"level":"error","message":"a\\nb"}]'],
    ["40", '42["handshake",{}]'], ["40", '42["handshake",{"client_id":{}}]'],
    ["40", '451-["event",{"_placeholder":true,"num":0}]', b"xx"], ["40", "42" + "[" * 100_000],
    ["40", "4" + "9" * 1000], ["40/x,"], ["40", "x" * 1_000_001], ["40", "x" * (2 << 20)],
    ["41"], ["1"], ["40", "40", "40"], ["40", "50"],
]  # fmt: skip


def logged(app: Running) -> list[str]:
    return (app.home.parent / f"{app.home.name}-server.log").read_text().splitlines()


@pytest.mark.parametrize("path", VIEWS)
def test_arguments_of_the_wrong_kind_are_ignored_by_every_control(app: Running, path: str) -> None:
    before = len(logged(app))
    with Tab(app.address, path) as tab:
        tab.read(lambda tab: any(made.get("tag") == VIEWS[path] for made in tab.elements.values()))
        tab.settle()
        kinds = {event["type"] for made in tab.elements.values() for event in made.get("events") or []} - {"click"}
        listening = tab.listeners(*kinds)
        assert len(listening) >= 2
        for element, listener in listening:
            for argument in ARGUMENTS:
                text = json.dumps(argument).replace("NaN", "null").replace("Infinity", "1e999")
                tab.act(element, listener, json.loads(text))
            tab.act(element, listener)
            tab.act(element, listener, 1, 2, 3)
        tab.served()
        tab.settle()
        assert "This did not work" not in tab.text and "nan" not in tab.text
    assert [line for line in logged(app)[before:] if "cannot be read" not in line] == []


def test_a_frame_that_cannot_be_read_costs_at_most_a_line(app: Running) -> None:
    address = app.address.replace("http", "ws") + "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
    before = len(logged(app))
    for frames in FRAMES:
        with connect(address, origin=Origin(app.address), max_size=None, open_timeout=60, close_timeout=1) as socket:
            with contextlib.suppress(ConnectionClosed, TimeoutError):
                for frame in frames:
                    socket.send(frame)
                while True:
                    socket.recv(timeout=0.1)
    with Tab(app.address, "/models/bayes.sine?view=nonsense") as tab:
        tab.read(lambda tab: "Your own values" in tab.text)
        tab.served()
    lines = logged(app)[before:]
    assert len(lines) <= len(FRAMES) and all(len(line) < 500 for line in lines), lines


def test_an_event_for_nothing_that_is_there_costs_at_most_a_line(app: Running) -> None:
    with Tab(app.address, "/") as tab:
        element, listener = tab.listeners("click")[0]
        named = {"id": int(element), "client_id": tab.client, "listener_id": listener["listener_id"], "args": ["{}"]}
        for changed in ({"id": None}, {"id": []}, {"id": 10**9}, {"listener_id": "x"}, {"args": "x"}, {"args": 7}):
            before = len(logged(app))
            tab.emit("event", named | changed)
            tab.served()
            assert len(logged(app)) - before <= 1, changed
        tab.act(element, listener, {})
        tab.read(lambda tab: tab.elements)
