"""An open page of the app without a browser: its elements, its socket, and messages that no page would send."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Callable
from html import unescape
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

_ELEMENTS = re.compile(r"parseElements\(String\.raw`(.*?)`\)", re.DOTALL)
_ACKNOWLEDGED = re.compile(r"43(\d+)\[")
_CLIENT = re.compile(r"'client_id': '([0-9a-f-]+)'")


class Tab:
    """A page that has been opened. Use it in a with statement.

    `elements` are those of the page as NiceGUI describes them, by id, with what came over the socket so far.
    """

    def __init__(self, address: str, path: str) -> None:
        self.answer = httpx.get(address + path, timeout=60)
        page = self.answer.text
        self.elements: dict[str, Any] = json.loads(unescape(_ELEMENTS.findall(page)[0]))
        self.client = _CLIENT.findall(page)[0]
        self.asked = self.acknowledged = 0
        query = f"client_id={self.client}&tab_id={self.client}&document_id=d&next_message_id=0"
        query += "&implicit_handshake=true"
        socket = f"{address.replace('http', 'ws')}/_nicegui_ws/socket.io/?EIO=4&transport=websocket&{query}"
        self._connecting = connect(socket, origin=Origin(address), max_size=None, open_timeout=60, close_timeout=2)

    def __enter__(self) -> Tab:
        self.socket: ClientConnection = self._connecting.__enter__()
        self.socket.send("40")
        return self

    def __exit__(self, *_: object) -> None:
        self._connecting.__exit__(None, None, None)

    @property
    def text(self) -> str:
        """All markup of the page."""
        return "\n".join(str((made.get("props") or {}).get("innerHTML", "")) for made in self.elements.values())

    def read(self, until: Callable[[Tab], object], seconds: float = 60) -> Any:
        """Take what the server sends until something holds; returns what it gave. Raises TimeoutError."""
        end = time.monotonic() + seconds
        while not (found := until(self)):
            said = self.socket.recv(timeout=max(end - time.monotonic(), 0))
            assert isinstance(said, str)
            if said == "2":
                self.socket.send("3")
            elif number := _ACKNOWLEDGED.match(said):
                self.acknowledged = int(number[1])
            elif said.startswith('42["update",'):
                for key, made in json.loads(said[2:])[1].items():
                    if isinstance(made, dict):
                        self.elements[key] = made
                    else:  # it was removed; or it is the number of the message
                        self.elements.pop(key, None)
        return found

    def served(self) -> None:
        """Wait until the server has taken all that was sent: it takes messages in their order."""
        self.asked += 1
        message = ["ack", {"client_id": self.client, "next_message_id": 0}]
        self.socket.send(f"42{self.asked}{json.dumps(message)}")
        self.read(lambda tab: tab.acknowledged == self.asked, seconds=120)

    def settle(self, seconds: float = 0.3) -> None:
        """Take what the server sends for a while."""
        with contextlib.suppress(TimeoutError):
            self.read(lambda tab: False, seconds)

    def emit(self, kind: str, message: Any) -> None:
        """Send a message of Socket.IO."""
        self.socket.send("42" + json.dumps([kind, message]))

    def listeners(self, *kinds: str) -> list[tuple[str, dict[str, Any]]]:
        """What listens to such events, with the id of its element."""
        return [
            (key, event)
            for key, made in self.elements.items()
            for event in made.get("events") or []
            if event["type"] in kinds
        ]

    def act(self, element: str, listener: dict[str, Any], *args: Any) -> None:
        """An event with these arguments."""
        shown = [json.dumps(arg) for arg in args]
        named = {"id": int(element), "client_id": self.client, "listener_id": listener["listener_id"]}
        self.emit("event", {**named, "args": shown})
