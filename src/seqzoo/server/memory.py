"""The memory that requests hold: their bodies until they are answered, and answers until they are sent."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from .answers import BUSY_SECONDS, Refused

MAX_HELD = 128 << 20
LARGE = 256 << 10  # bytes of a large body; decoding one may take thirty times its size
LARGE_AT_ONCE = 2  # large requests that are decoded and computed at the same time; others wait
TRIM_SECONDS = 1.0  # after the last large request, until free memory is returned to the system

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Held:
    """The bytes that all requests hold together.

    Args:
        most: the limit. A body beyond it is refused with 503; answers count too, but are never refused.
    """

    def __init__(self, most: int = MAX_HELD) -> None:
        self.most, self.now = most, 0
        self._trim: asyncio.TimerHandle | None = None

    def release(self, size: int) -> None:
        """Count bytes as free. After large requests, the process returns its free memory to the system."""
        self.now -= size
        if size >= LARGE:
            if self._trim is not None:
                self._trim.cancel()
            loop = asyncio.get_running_loop()
            self._trim = loop.call_later(TRIM_SECONDS, loop.run_in_executor, None, trim)


class Upload:
    """The incoming body of one request, and the bytes that the request holds."""

    def __init__(self, receive: Receive, held: Held) -> None:
        self._receive, self._held, self._size = receive, held, 0
        self.has_ended = False

    async def receive(self) -> MutableMapping[str, Any]:
        """The next ASGI message of the client."""
        message = await self._receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            self.has_ended = True
        return message

    async def drain(self, most: int) -> None:
        """Read and drop up to `most` bytes, for clients that send everything before they read the answer."""
        while not self.has_ended and most > 0:
            most -= len((await self.receive()).get("body", b""))

    def take(self, size: int) -> None:
        """Count bytes of a body.

        Raises:
            Refused: 503, if all requests together would hold more than the limit.
        """
        if self._held.now + size > self._held.most:
            raise Refused(
                503,
                f"the requests in progress hold {self._held.most:,} bytes, the limit: try again in "
                f"{BUSY_SECONDS} seconds.",
                "busy",
            )
        self.keep(size)

    def keep(self, size: int) -> None:
        """Count bytes of an answer."""
        self._held.now += size
        self._size += size

    def sent(self, size: int) -> None:
        """Count bytes as free that the client has read of an unfinished answer, such as a stream of events."""
        self._held.now -= size
        self._size -= size

    def release(self) -> None:
        """Count all bytes of the request as free."""
        self._held.release(self._size)
        self._size = 0


def trim() -> None:
    """Return free memory to the system, which glibc otherwise keeps. Other C libraries have no such call."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
