"""Work that a page does for the newest state only."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class Latest:
    """Runs `work` for the newest state only: calls during a run share the one run that follows it.

    Args:
        work: computes and shows; it must not call this object.
    """

    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        self.work = work
        self._asked = self._done = 0  # calls, and those of them after which a run began
        self._running = asyncio.Lock()

    async def __call__(self) -> None:
        """Return once a run has ended that began after this call."""
        self._asked += 1
        mine = self._asked
        async with self._running:
            if self._done < mine:
                self._done = self._asked
                await self.work()
