"""The view Train, without a browser."""

from __future__ import annotations

import asyncio

from seqzoo.app.model.train import Training, _Seen


def test_a_look_that_began_before_a_run_was_started_does_not_say_that_it_is_gone() -> None:
    view, turned = Training.__new__(Training), []
    view.run, view.turn_to = "", turned.append

    def look() -> _Seen:
        view.run = "started"  # by the visitor meanwhile
        return _Seen("", [], None, {}, None, None)

    view._look = look  # type: ignore[method-assign]
    asyncio.run(view._poll())
    assert view.run == "started" and turned == []
