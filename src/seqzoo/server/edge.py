"""The outermost layer: turns other sites' pages away, bounds what is read, inflates what was compressed, counts, and
catches what nobody did.
"""

from __future__ import annotations

import contextlib
import logging
import time
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.responses import Response

from .answers import Refused, error
from .metrics import Metrics
from .origins import Origins

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY = 16 << 20
_WINDOW = {b"gzip": 31, b"x-gzip": 31, b"deflate": 47}  # zlib's window bits; 47 takes zlib and gzip headers

access = logging.getLogger("seqzoo.access")
failures = logging.getLogger("seqzoo.server")


class Edge:
    """Wraps an application. What it hands on has its whole body in memory, inflated, and within the limit."""

    def __init__(self, app: App, metrics: Metrics, origins: Origins, max_body: int = MAX_BODY) -> None:
        self.app, self.metrics, self.origins, self.max_body = app, metrics, origins, max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        if scope["type"] == "websocket":
            await self._connect(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def counted(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self.metrics.busy.inc()
        try:
            self.origins.check(scope["method"], scope["headers"])
            await self._answer(scope, receive, counted)
        except Refused as refused:
            scope["refused"] = refused.kind
            await self._refuse(error(refused.status, str(refused)), scope, receive, counted)
        except Exception:
            failures.exception("%s %s failed", scope["method"], ascii(scope["path"][:200]))
            if status:
                raise
            scope["refused"] = "internal"
            await self._refuse(error(500, "the server failed; its log says how."), scope, receive, counted)
        finally:
            self.metrics.busy.dec()
            seconds = time.perf_counter() - began
            self.metrics.observe(scope, status, seconds)
            if access.isEnabledFor(logging.INFO):
                access.info("request", extra={"facts": _facts(scope, status, seconds)})

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self.origins.check("websocket", scope["headers"])
        except Refused as refused:
            self.metrics.refused.labels(refused.kind).inc()
            await send({"type": "websocket.close", "code": 1008})  # which answers the handshake with 403
            return
        try:
            await self.app(scope, receive, send)
        except Exception as problem:  # what a page sent cannot be read; it ends that page's connection alone
            failures.warning("a websocket failed: %s", ascii(f"{type(problem).__name__}: {problem}"[:200])[1:-1])
            with contextlib.suppress(Exception):  # it may have ended already
                await send({"type": "websocket.close", "code": 1011})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await self._body(dict(scope["headers"]), receive) if scope["method"] not in ("GET", "HEAD") else None
        if body is None:
            await self.app(scope, receive, send)
            return
        told = False

        async def replay() -> MutableMapping[str, Any]:
            nonlocal told
            if told:
                return await receive()  # a disconnect, when it comes
            told = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, replay, send)

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        stated = headers.get(b"content-length", b"0")
        if not stated.isdigit() or int(stated[:20]) > self.max_body:
            raise self._too_large()
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Refused(400, "the client left before its request was complete.", "disconnected")
            part = message.get("body", b"")
            size += len(part)
            if size > self.max_body:
                raise self._too_large()
            parts.append(part)
            if not message.get("more_body", False):
                break
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        encoding = headers.get(b"content-encoding", b"identity").strip().lower()
        return body if encoding in (b"identity", b"") else self._inflated(body, encoding)

    def _inflated(self, body: bytes, encoding: bytes) -> bytes:
        if encoding not in _WINDOW:
            shown = ascii(encoding)[2:-1][:40]
            raise Refused(415, f"Content-Encoding must be gzip or deflate, got {shown}.", "encoding")
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

    async def _refuse(self, response: Response, scope: Scope, receive: Receive, send: Send) -> None:
        # What follows of the request is not read: the connection cannot be used again.
        response.headers["connection"] = "close"
        await response(scope, receive, send)


def _facts(scope: Scope, status: int, seconds: float) -> dict[str, Any]:
    return {
        "method": scope["method"],
        "path": scope["path"][:200],
        "status": status,
        "ms": round(1000 * seconds, 3),
        "refused": scope.get("refused"),
    }
