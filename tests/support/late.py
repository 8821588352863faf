"""A slow machine, where SEQZOO_LATE holds a seed: frames, requests, events and what the app computes come late.

A test that reads before what it reads has followed then fails, and so does a page that loses what a visitor does
while it computes.
"""

from __future__ import annotations

import asyncio
import os
import random
from typing import Any

SEED = int(os.environ.get("SEQZOO_LATE", "0"))  # 0: nothing is late
FRAME, REQUEST, EVENT, COMPUTED = 0.1, 1.0, 0.5, 0.75  # at most, in seconds

# Before any script of a page.
SCRIPT = f"""(() => {{
  const {{ requestAnimationFrame: frame, cancelAnimationFrame: cancel, setTimeout: soon, fetch: ask }} = window;
  let state = {SEED};
  const late = (seconds) => 1000 * seconds * (state = (48271 * state) % 2147483647) / 2147483647;
  const waiting = new Map();
  window.requestAnimationFrame = (draw) => {{
    const drawLate = () => {{ waiting.delete(id); draw(performance.now()); }};
    const id = frame(() => waiting.set(id, soon(drawLate, late({FRAME}))));
    return id;
  }};
  window.cancelAnimationFrame = (id) => {{ cancel(id); clearTimeout(waiting.get(id)); }};
  window.fetch = async (...what) => {{
    await new Promise((done) => soon(done, late({REQUEST})));
    return ask(...what);
  }};
}})()"""


def delay_the_app() -> None:
    """In the process of an app: its pages' events, in their order, and the results of its threads come late."""
    import anyio.to_thread
    from nicegui.client import Client

    draw, handle, run = random.Random(SEED), Client.handle_event, anyio.to_thread.run_sync
    newest = 0.0

    def later(client: Client, message: dict[str, Any]) -> None:
        nonlocal newest
        loop = asyncio.get_running_loop()
        newest = max(newest + 1e-4, loop.time() + draw.uniform(0, EVENT))
        loop.call_at(newest, handle, client, message)

    async def slowly(*arguments: Any, **options: Any) -> Any:
        result = await run(*arguments, **options)
        await asyncio.sleep(draw.uniform(0, COMPUTED))
        return result

    Client.handle_event = later  # type: ignore[method-assign]
    anyio.to_thread.run_sync = slowly  # type: ignore[assignment]
