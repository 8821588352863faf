"""uvicorn, with what it lacks: a deadline for requests that trickle in, and a drain that loses none.

uvicorn closes idle connections the moment it is asked to stop; a request that is on its way there is lost. Here
the listener's queue is emptied first, every answer from then on says `Connection: close`, and connections that stay
idle are closed after a grace.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Any

import orjson
from uvicorn import Config, Server
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

REQUEST_SECONDS = 8.0  # from a request's first byte, or a connection's beginning, to its last
MAX_HEADER = 64 << 10
GRACE = 1.5  # seconds that a connection may stay idle once the server drains
LONGEST_DRAIN = 3.5


class GuardedProtocol(HttpToolsProtocol):
    """One connection. Errors below HTTP take the form of all others."""

    request_seconds = REQUEST_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._header_bytes = 0
        self._reads_headers = True

    @property
    def is_idle(self) -> bool:
        """Whether no request is being read or answered."""
        answered = self.cycle is None or self.cycle.response_complete
        return answered and not self.pipeline and (self._deadline is None or self._header_bytes == 0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._deadline is None:
            self._arm()
        self._header_bytes += len(data)
        super().data_received(data)
        if self._reads_headers and self._header_bytes > MAX_HEADER:
            self._cut(b"431 Request Header Fields Too Large", f"headers may hold at most {MAX_HEADER:,} bytes.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._deadline is None:  # a second request in the bytes of the first
            self._arm()

    def on_headers_complete(self) -> None:
        self._reads_headers, self._header_bytes = False, 0
        super().on_headers_complete()
        if getattr(self.server_state, "is_draining", False):
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._reads_headers, self._header_bytes = True, 0
        self._disarm()

    def handle_websocket_upgrade(self) -> None:
        self._disarm()  # a websocket stays open as long as its page
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        self._cut(b"400 Bad Request", "this is not an HTTP request.")

    def shutdown(self) -> None:
        """Called by the server when it drains: the next answer is the last on this connection."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False

    def close_if_idle(self) -> None:
        """Close the connection unless a request is being read or answered."""
        if self.is_idle:
            self.transport.close()

    def _arm(self) -> None:
        self._deadline = self.loop.call_later(self.request_seconds, self._too_slow)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.close()
            return
        self._cut(b"408 Request Timeout", f"a request must arrive within {self.request_seconds:g} seconds.")

    def _cut(self, status: bytes, message: str) -> None:
        if self.transport.is_closing():
            return
        body = orjson.dumps({"error": message})
        head = b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        self.transport.write(head % (status, len(body)) + body)
        self.transport.close()


class DrainingServer(Server):
    """A server that answers what was accepted before it ends, and then ends with status 0."""

    def __init__(self, config: Config, listener: socket.socket) -> None:
        super().__init__(config)
        self.listener = listener
        self.server_state.is_draining = False  # type: ignore[attr-defined]

    @property
    def is_draining(self) -> bool:
        """Whether the server has been asked to stop."""
        return bool(self.server_state.is_draining)  # type: ignore[attr-defined]

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Empty the listener's queue, answer what is under way, close what is idle, give up after a while."""
        loop = asyncio.get_running_loop()
        self.server_state.is_draining = True  # type: ignore[attr-defined]
        began = loop.time()
        with self.listener.dup() as kept:  # closing the server must not reset connections that wait in the queue
            for server in self.servers:
                server.close()
            for sock in sockets or []:
                sock.close()
            waiting = _accepted(kept)
        for arrived in waiting:
            with contextlib.suppress(OSError):
                await loop.connect_accepted_socket(self._protocol, arrived)
        for connection in list(self.server_state.connections):
            connection.shutdown()  # a websocket closes at once: its page comes back to the next server
        while self.server_state.connections and loop.time() - began < LONGEST_DRAIN and not self.force_exit:
            if loop.time() - began > GRACE:
                for connection in list(self.server_state.connections):
                    if isinstance(connection, GuardedProtocol):
                        connection.close_if_idle()
            await asyncio.sleep(0.02)
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.close()
        for task in list(self.server_state.tasks):
            task.cancel()
        self._captured_signals.clear()  # uvicorn would end by raising the signal again
        await self.lifespan.shutdown()

    def _protocol(self) -> GuardedProtocol:
        return GuardedProtocol(
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
            _loop=asyncio.get_running_loop(),
        )


def _accepted(listener: socket.socket) -> list[socket.socket]:
    """The connections that the kernel has accepted and nobody has picked up.

    Without a pause in between: clients that reconnect would keep such a loop alive for as long as it answers them.
    """
    listener.setblocking(False)
    found: list[socket.socket] = []
    while True:
        try:
            connection, _ = listener.accept()
        except (BlockingIOError, InterruptedError):
            return found
        except OSError:  # that client has gone
            continue
        connection.setblocking(False)
        found.append(connection)
