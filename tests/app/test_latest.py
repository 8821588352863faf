"""Work that is done for the newest state only."""

from __future__ import annotations

import asyncio

import pytest

from seqzoo.app.ui.latest import Latest


def test_calls_during_a_run_share_the_next_one_and_each_returns_though_others_go_on_calling() -> None:
    async def go() -> None:
        state = ["first"]
        begun: asyncio.Queue[str] = asyncio.Queue()
        may_end = asyncio.Semaphore(0)

        async def work() -> None:
            begun.put_nowait(state[0])
            await may_end.acquire()

        def call(now: str) -> asyncio.Task[None]:
            state[0] = now
            return asyncio.create_task(latest())

        latest = Latest(work)
        first = call("first")
        assert await begun.get() == "first"
        during = [call("second"), call("third")]
        may_end.release()
        await first  # and not for what others ask for
        assert await begun.get() == "third"
        last = call("fourth")
        may_end.release()
        await asyncio.gather(*during)
        assert await begun.get() == "fourth" and not last.done()
        may_end.release()
        await last
        assert begun.empty()

    asyncio.run(asyncio.wait_for(go(), timeout=60))


def test_a_run_that_fails_tells_who_asked_for_it_and_the_next_call_runs() -> None:
    runs = []

    async def work() -> None:
        runs.append(1)
        if len(runs) == 1:
            raise ValueError("once")

    async def go() -> None:
        latest = Latest(work)
        with pytest.raises(ValueError, match="once"):
            await latest()
        await latest()
        assert len(runs) == 2

    asyncio.run(go())
