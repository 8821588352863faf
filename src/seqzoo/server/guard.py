"""uvicorn with deadlines for slow requests and unread answers, a limit on headers, a check of Host, and a safe stop.

When uvicorn is asked to stop, it closes idle connections at once, and requests on their way there are lost. Here
the server first accepts the connections in the listener's queue. Every later answer has `Connection: close`, and
connections that stay idle are closed after GRACE seconds.
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

REQUEST_SECONDS = 8.0  # from the first byte of a request, or the start of its connection, to the last byte
MAX_HEADER = 64 << 10  # bytes of a request's first line and header fields, or between two parts of its body
WRITE_SECONDS = 30.0  # for a client to read a piece of its answer
LINGER_SECONDS, MAX_LINGERING = 2.0, 4 << 20  # seconds and bytes that are still read after an error
GRACE = 1.5  # seconds until an idle connection is closed, once the server is stopping
LONGEST_DRAIN = 3.5  # seconds until a stopping server closes every connection


_HOST = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[^\s/?#@\[\]:,]*)(:[0-9]{0,5})?")


class _Malformed(Exception):
    """Raised in a callback of the parser to end the parsing."""

    def __init__(self, status: bytes, message: str) -> None:
        super().__init__(message)
        self.status = status


class GuardedProtocol(HttpToolsProtocol):
    """One connection. Malformed requests, too, are answered with errors as JSON."""

    request_seconds, write_seconds = REQUEST_SECONDS, WRITE_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._malformed: _Malformed | None = None
        self._lingering: int | None = None  # bytes that may still be read after an error; None before one
        self._header_bytes = 0  # received since the last byte of a body
        self._field_bytes = 0  # exact size of this request's first line and fields
        self._has_cycle = False  # whether `cycle` belongs to the request that is being read

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
        if self._deadline is None:  # a second request arrived together with the first
            self._arm()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + 4)  # plus a colon, a space and the line end
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
        self._disarm()  # a websocket has no deadline
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        if self._malformed is not None:
            self._cut(self._malformed.status, str(self._malformed))
        else:
            self._cut(b"400 Bad Request", "this is not an HTTP request.")

    def _unsupported_upgrade_warning(self) -> None:
        """Answer the request without the upgrade, and close the connection after it."""
        self.cycle.keep_alive = False

    def shutdown(self) -> None:
        """Make the next answer the last one on this connection; the server calls this when it stops."""
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
        """Check that a request of HTTP/1.1 has exactly one valid Host (RFC 9112, section 3.2)."""
        hosts = [value for name, value in self.headers if name == b"host"]
        if (hosts or self.parser.get_http_version() == "1.0") and len(hosts) < 2:
            if not hosts or _HOST.fullmatch(hosts[0]):
                return
            message = f"the Host header must be a host name or an address, got {ascii(hosts[0][:100])[1:]}."
        else:
            message = f"a request of HTTP/1.1 must have one Host header; this one has {len(hosts) or 'none'}."
        self._malformed = _Malformed(b"400 Bad Request", message)
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
        """Answer with an error, without calling the application, and close the connection."""
        if self.transport.is_closing() or self._lingering is not None:
            return
        if self.cycle is not None and not self.cycle.response_complete:
            if not self._has_cycle:  # an earlier request is being answered: close after it
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
        # Closing at once, while the client still sends, would reset the connection before it reads the answer.
        self._disarm()
        self._lingering = MAX_LINGERING
        self.transport.resume_reading()
        self.transport.write_eof()
        self._deadline = self.loop.call_later(LINGER_SECONDS, self.transport.close)


_TOO_LONG = (b"431 Request Header Fields Too Large", f"headers may hold at most {MAX_HEADER:,} bytes.")


class DrainingServer(Server):
    """A server that answers all accepted requests before it stops, and exits with status 0."""

    def __init__(self, config: Config, listener: socket.socket) -> None:
        super().__init__(config)
        self.listener = listener
        self.server_state.is_draining = False  # type: ignore[attr-defined]

    @property
    def is_draining(self) -> bool:
        """Whether the server has been asked to stop."""
        return bool(self.server_state.is_draining)  # type: ignore[attr-defined]

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept the queue, answer requests in progress, close idle connections; after LONGEST_DRAIN, close all."""
        loop = asyncio.get_running_loop()
        self.server_state.is_draining = True  # type: ignore[attr-defined]
        began = loop.time()
        with self.listener.dup() as queue:  # closing the server must not reset the connections in the queue
            for server in self.servers:
                server.close()
            for sock in sockets or []:
                sock.close()
            waiting = _accepted(queue)
        for arrived in waiting:
            with contextlib.suppress(OSError):
                await loop.connect_accepted_socket(self._protocol, arrived)
        for connection in list(self.server_state.connections):
            connection.shutdown()  # closes a websocket at once; its page reconnects to the next server
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
        self._captured_signals.clear()  # uvicorn would raise the signal again at the end
        await self.lifespan.shutdown()

    def _protocol(self) -> GuardedProtocol:
        return GuardedProtocol(
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
            _loop=asyncio.get_running_loop(),
        )


def _accepted(listener: socket.socket) -> list[socket.socket]:
    """The connections that wait in the queue of the listener.

    The loop does not await anything: clients that reconnect meanwhile could otherwise keep it running.
    """
    listener.setblocking(False)
    connections: list[socket.socket] = []
    while True:
        try:
            connection, _ = listener.accept()
        except (BlockingIOError, InterruptedError):
            return connections
        except OSError:  # this client has disconnected
            continue
        connection.setblocking(False)
        connections.append(connection)
