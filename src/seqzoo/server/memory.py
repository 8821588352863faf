"""What requests hold of the server's memory: bodies that are being read or answered, and answers not yet sent."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from .answers import BUSY_SECONDS, Refused

MAX_HELD = 128 << 20
LARGE = 256 << 10  # a body from here on may take thirty times its size when it is decoded
LARGE_AT_ONCE = 2  # such requests that are decoded and computed at the same time; others wait
TRIM_SECONDS = 1.0  # after the last large request, memory that was freed goes back to the system

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Held:
    """Bytes that all requests hold together.

    Args:
        most: what bodies may hold; who asks for more is told to come back. Answers count too, and are never refused.
    """

    def __init__(self, most: int = MAX_HELD) -> None:
        self.most, self.now = most, 0
        self._trim: asyncio.TimerHandle | None = None

    def release(self, size: int) -> None:
        """Give bytes back. After large requests, the process returns to the system what it has freed."""
        self.now -= size
        if size >= LARGE:
            if self._trim is not None:
                self._trim.cancel()
            loop = asyncio.get_running_loop()
            self._trim = loop.call_later(TRIM_SECONDS, loop.run_in_executor, None, trim)


class Upload:
    """One request's body as it comes in, and what the request holds."""

    def __init__(self, receive: Receive, held: Held) -> None:
        self._receive, self._held, self._size = receive, held, 0
        self.has_ended = False

    async def receive(self) -> MutableMapping[str, Any]:
        """The next message of the client."""
        message = await self._receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            self.has_ended = True
        return message

    async def drain(self, most: int) -> None:
        """Read the rest and forget it, so that a client which sends all before it reads can read the answer."""
        while not self.has_ended and most > 0:
            most -= len((await self.receive()).get("body", b""))

    def take(self, size: int) -> None:
        """Hold bytes of a body. Raises Refused: 503, if requests hold too much already."""
        if self._held.now + size > self._held.most:
            raise Refused(
                503,
                f"the requests under way hold the {self._held.most:,} bytes that they may: try again in "
                f"{BUSY_SECONDS} seconds.",
                "busy",
            )
        self.keep(size)

    def keep(self, size: int) -> None:
        """Hold bytes of an answer."""
        self._held.now += size
        self._size += size

    def sent(self, size: int) -> None:
        """Hold no longer what the client has taken of an answer that goes on, as a stream of events does."""
        self._held.now -= size
        self._size -= size

    def release(self) -> None:
        """Give back all that the request holds."""
        self._held.release(self._size)
        self._size = 0


def trim() -> None:
    """Return free memory to the system. glibc keeps it for later otherwise; other libraries have no such call."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
