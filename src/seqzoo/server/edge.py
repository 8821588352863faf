"""The outermost layer of the server, around all applications.

It refuses pages of other sites, and limits the size of bodies and the memory that requests hold. It also inflates
compressed bodies, counts requests and answers unexpected exceptions.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from anyio import CancelScope
from starlette.responses import Response

from .answers import Refused, error, failure, failures
from .memory import LARGE, Held, Upload
from .metrics import Metrics
from .origins import Origins

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY = 16 << 20
MAX_DRAINED = 4 * MAX_BODY  # bytes of a refused request to read and drop, so that its client reads the answer
PIECE = 256 << 10  # bytes of an answer to send at once; the next piece waits until the client has read most of it
_WINDOW = {b"gzip": 31, b"x-gzip": 31, b"deflate": 47}  # zlib's window bits; 47 takes zlib and gzip headers
_HTTP_ANSWER = "websocket.http.response"  # ASGI's extension: a handshake can be answered like a request

access = logging.getLogger("seqzoo.access")


class Edge:
    """Wraps an application, which receives requests with their whole body: inflated and at most `max_body` bytes.

    The application sees HEAD as GET; the body of its answer is dropped here.
    """

    def __init__(
        self, app: App, metrics: Metrics, origins: Origins, max_body: int = MAX_BODY, held: Held | None = None
    ) -> None:
        self.app, self.metrics, self.origins, self.max_body = app, metrics, origins, max_body
        self.held = held or Held()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        if scope["type"] == "websocket":
            await self._connect(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, method = time.perf_counter(), 0, scope["method"]
        upload = Upload(receive, self.held)
        if method == "HEAD":
            scope = {**scope, "method": "GET"}  # a copy: the HTTP server must still see HEAD

        async def counted(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                await send(message)
                return
            body = b"" if method == "HEAD" else message.get("body", b"")
            upload.keep(len(body))
            for begin in range(0, len(body) - PIECE, PIECE):
                await send({"type": message["type"], "body": body[begin : begin + PIECE], "more_body": True})
            await send({**message, "body": body[(len(body) - 1) // PIECE * PIECE :] if body else b""})
            if message.get("more_body"):
                upload.sent(len(body))

        self.metrics.busy.inc()
        try:
            self.origins.check(method, scope["headers"])
            await self._answer(scope, upload, counted)
        except Refused as refused:
            scope["refused"] = refused.kind
            await self._refuse(error(refused.status, str(refused)), scope, upload, counted)
        except Exception as problem:
            response = failure(scope, problem)
            if not status:
                await self._refuse(response, scope, upload, counted)
        finally:
            upload.release()
            self.metrics.busy.dec()
            seconds = time.perf_counter() - began
            self.metrics.observe(scope, status, seconds)
            if access.isEnabledFor(logging.INFO):
                access.info("request", extra={"facts": _facts(scope, method, status, seconds)})

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_open = False

        async def guarded(message: MutableMapping[str, Any]) -> None:
            nonlocal is_open
            if message["type"] == "websocket.close" and not is_open:
                is_open = True
                await _turn_away(error(403, f"there is no websocket at {scope['path'][:200]!a}."), scope, send)
                return
            is_open = True
            await send(message)

        try:
            self.origins.check("websocket", scope["headers"])
        except Refused as refused:
            self.metrics.refused.labels(refused.kind).inc()
            await _turn_away(error(refused.status, str(refused)), scope, send)
            return
        try:
            await self.app(scope, receive, guarded)
        except Exception as problem:
            if not is_open:
                await _turn_away(failure(scope, problem), scope, send)
                return
            # The exception ends this connection only; its page reconnects.
            failures.warning("a websocket failed: %s", ascii(f"{type(problem).__name__}: {problem}"[:200])[1:-1])
            with contextlib.suppress(Exception):  # it may have ended already
                await send({"type": "websocket.close", "code": 1011})

    async def _answer(self, scope: Scope, upload: Upload, send: Send) -> None:
        body = await self._body(dict(scope["headers"]), upload) if scope["method"] != "GET" else None
        if body is None:
            await self.app(scope, upload.receive, send)
            return
        replayed = False

        async def replay() -> MutableMapping[str, Any]:
            nonlocal replayed
            if replayed:
                return await upload.receive()  # waits for a disconnect
            replayed = True
            return {"type": "http.request", "body": body, "more_body": False}

        if len(body) < LARGE:
            await self.app(scope, replay, send)
            return
        with CancelScope() as work:
            watch = asyncio.create_task(_until_it_leaves(upload, work))
            try:
                await self.app(scope, replay, send)
            finally:
                watch.cancel()
        if work.cancelled_caught:
            raise Refused(400, "the client left before its answer was ready.", "disconnected")

    async def _body(self, headers: dict[bytes, bytes], upload: Upload) -> bytes:
        stated = headers.get(b"content-length", b"0")
        if not stated.isdigit() or int(stated[:20]) > self.max_body:
            raise self._too_large()
        parts: list[bytes] = []
        size = 0
        while not upload.has_ended:
            message = await upload.receive()
            if message["type"] == "http.disconnect":
                raise Refused(400, "the client left before its request was complete.", "disconnected")
            part = message.get("body", b"")
            size += len(part)
            if size > self.max_body:
                raise self._too_large()
            upload.take(len(part))
            parts.append(part)
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        encoding = headers.get(b"content-encoding", b"identity").strip().lower()
        if encoding in (b"identity", b""):
            return body
        whole = self._inflated(body, encoding)
        upload.take(len(whole))
        return whole

    def _inflated(self, body: bytes, encoding: bytes) -> bytes:
        if encoding not in _WINDOW:
            name = ascii(encoding)[2:-1][:40]
            raise Refused(415, f"Content-Encoding must be gzip or deflate, got {name}.", "encoding")
        machine = zlib.decompressobj(_WINDOW[encoding])
        try:
            whole = machine.decompress(body, self.max_body + 1)
        except zlib.error as problem:
            raise Refused(400, f"the body is not {encoding.decode()}: {problem}.", "encoding") from None
        if len(whole) > self.max_body:
            raise self._too_large()
        if not machine.eof or machine.unused_data:
            raise Refused(400, f"the body is not one whole {encoding.decode()} stream.", "encoding")
        return whole

    def _too_large(self) -> Refused:
        return Refused(413, f"a body may hold at most {self.max_body:,} bytes, inflated.", "too_large")

    async def _refuse(self, response: Response, scope: Scope, upload: Upload, send: Send) -> None:
        """Answer with an error, read the rest of the request, and close the connection."""

        async def unfinished(message: MutableMapping[str, Any]) -> None:
            await send({**message, "more_body": True} if message["type"] == "http.response.body" else message)

        response.headers["connection"] = "close"
        await response(scope, upload.receive, unfinished)
        await upload.drain(MAX_DRAINED)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_it_leaves(upload: Upload, work: CancelScope) -> None:
    """Cancel `work` once the client disconnects. A thread that already computes continues to its end."""
    while (await upload.receive())["type"] != "http.disconnect":
        pass
    work.cancel()


async def _turn_away(response: Response, scope: Scope, send: Send) -> None:
    """Answer the handshake of a websocket with an error."""
    if _HTTP_ANSWER in (scope.get("extensions") or {}):
        head = {"status": response.status_code, "headers": response.raw_headers}
        await send({"type": f"{_HTTP_ANSWER}.start", **head})
        await send({"type": f"{_HTTP_ANSWER}.body", "body": response.body})
    else:
        await send({"type": "websocket.close", "code": 1008})  # the server then answers the handshake with 403


def _facts(scope: Scope, method: str, status: int, seconds: float) -> dict[str, Any]:
    return {
        "method": method,
        "path": scope["path"][:200],
        "status": status,
        "ms": round(1000 * seconds, 3),
        "refused": scope.get("refused"),
        "failure": scope.get("failure"),
    }
