"""uvicorn, with what it lacks: deadlines for requests that trickle in and for answers that nobody reads, a bound of
the headers, the rules for Host, and a drain that loses none.

uvicorn closes idle connections the moment it is asked to stop; a request that is on its way there is lost. Here
the listener's queue is emptied first, every answer from then on says `Connection: close`, and connections that stay
idle are closed after a grace.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from typing import Any

import orjson
from uvicorn import Config, Server
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

REQUEST_SECONDS = 8.0  # from a request's first byte, or a connection's beginning, to its last
MAX_HEADER = 64 << 10  # bytes of a request's first line and fields, and of what stands between parts of its body
WRITE_SECONDS = 30.0  # in which a client must take a piece of its answer
LINGER_SECONDS, MAX_LINGERING = 2.0, 4 << 20  # what a client may still send while it is told what was wrong
GRACE = 1.5  # seconds that a connection may stay idle once the server drains
LONGEST_DRAIN = 3.5


_HOST = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[^\s/?#@\[\]:,]*)(:[0-9]{0,5})?")


class _Malformed(Exception):
    """Raised in the parser's callbacks, which end the parsing by it."""

    def __init__(self, status: bytes, message: str) -> None:
        super().__init__(message)
        self.status = status


class GuardedProtocol(HttpToolsProtocol):
    """One connection. Errors below HTTP take the form of all others."""

    request_seconds, write_seconds = REQUEST_SECONDS, WRITE_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._malformed: _Malformed | None = None
        self._lingering: int | None = None  # bytes that are still taken after an error
        self._header_bytes = 0  # received since the last of a body
        self._field_bytes = 0  # of this request's first line and fields, exactly
        self._has_cycle = False  # whether `cycle` is the request that is being read

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
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._lingering is not None:
            self._lingering -= len(data)
            if self._lingering < 0:
                self.transport.close()
            return
        if self._deadline is None:
            self._arm()
        self._header_bytes += len(data)
        super().data_received(data)
        if self._header_bytes > MAX_HEADER:
            self._cut(*_TOO_LONG)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._field_bytes, self._has_cycle = 0, False
        if self._deadline is None:  # a second request in the bytes of the first
            self._arm()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + 4)  # with a colon, a space and the end of the line
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._header_bytes = 0
        self._check_host()
        super().on_headers_complete()
        self._has_cycle = True
        if getattr(self.server_state, "is_draining", False) and self.cycle is not None:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        self._header_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._header_bytes, self._has_cycle = 0, False
        self._disarm()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(self.write_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
        super().resume_writing()

    def handle_websocket_upgrade(self) -> None:
        self._disarm()  # a websocket stays open as long as its page
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        if self._malformed is not None:
            self._cut(self._malformed.status, str(self._malformed))
        else:
            self._cut(b"400 Bad Request", "this is not an HTTP request.")

    def _unsupported_upgrade_warning(self) -> None:
        """The request is answered as if it had not asked for another protocol, and is the connection's last."""
        self.cycle.keep_alive = False

    def shutdown(self) -> None:
        """Called by the server when it drains: the next answer is the last on this connection."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False

    def close_if_idle(self) -> None:
        """Close the connection unless a request is being read or answered."""
        if self.is_idle or self._lingering is not None:
            self.transport.close()

    def _count(self, size: int) -> None:
        self._field_bytes += size
        if self._field_bytes > MAX_HEADER:
            self._malformed = _Malformed(*_TOO_LONG)
            raise self._malformed

    def _check_host(self) -> None:
        """RFC 9112, section 3.2: a request of HTTP/1.1 has exactly one Host, and it is one."""
        hosts = [value for name, value in self.headers if name == b"host"]
        if (hosts or self.parser.get_http_version() == "1.0") and len(hosts) < 2:
            if not hosts or _HOST.fullmatch(hosts[0]):
                return
            told = f"the Host header is no host: {ascii(hosts[0][:100])[1:]}."
        else:
            told = f"a request of HTTP/1.1 has one Host header; this one has {len(hosts) or 'none'}."
        self._malformed = _Malformed(b"400 Bad Request", told)
        raise self._malformed

    def _arm(self) -> None:
        self._deadline = self.loop.call_later(self.request_seconds, self._too_slow)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        self._cut(b"408 Request Timeout", f"a request must arrive within {self.request_seconds:g} seconds.")

    def _cut(self, status: bytes, message: str) -> None:
        """Answer an error that the application never sees, and close."""
        if self.transport.is_closing() or self._lingering is not None:
            return
        if self.cycle is not None and not self.cycle.response_complete:
            if not self._has_cycle:  # earlier requests are being answered: the connection ends after them
                self.cycle.keep_alive = False
                return
            if self.cycle.response_started:
                self.transport.close()
                return
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        body = orjson.dumps({"error": message})
        head = b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        self.transport.write(head % (status, len(body)) + body)
        # Closed at once, while the client still sends, the connection would be reset before the answer is read.
        self._disarm()
        self._lingering = MAX_LINGERING
        self.transport.resume_reading()
        self.transport.write_eof()
        self._deadline = self.loop.call_later(LINGER_SECONDS, self.transport.close)


_TOO_LONG = (b"431 Request Header Fields Too Large", f"headers may hold at most {MAX_HEADER:,} bytes.")


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
