"""Sessions of streams: how many there are, and how long they last."""

from __future__ import annotations

from typing import cast

import pytest
from cachetools import TTLCache

from seqzoo.runtime.stream import Stream
from seqzoo.server import sessions
from seqzoo.server.answers import Refused


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(sessions, "TTLCache", lambda most, seconds: TTLCache(most, seconds, timer=clock))
    return clock


def stream(name: str) -> Stream:
    return cast(Stream, name)


def refused(kept: sessions.Sessions, key: str) -> bool:
    try:
        kept.get(key)
    except Refused as refusal:
        return refusal.status == 404
    return False


def test_beyond_the_most_the_least_recently_used_ends(clock: Clock) -> None:
    kept = sessions.Sessions(most=2)
    one, two = kept.open(stream("one")), kept.open(stream("two"))
    assert kept.get(one) == "one"
    three = kept.open(stream("three"))
    assert refused(kept, two) and (kept.get(one), kept.get(three)) == ("one", "three")


def test_a_session_ends_when_it_is_idle_and_each_use_begins_its_time_anew(clock: Clock) -> None:
    kept = sessions.Sessions(idle_seconds=10)
    used, idle = kept.open(stream("used")), kept.open(stream("idle"))
    for clock.now in (9.0, 18.0, 27.0):
        assert kept.get(used) == "used"
    assert refused(kept, idle)
    clock.now = 37.0
    assert refused(kept, used)


def test_what_is_closed_is_gone(clock: Clock) -> None:
    kept = sessions.Sessions()
    key = kept.open(stream("one"))
    kept.close(key)
    assert refused(kept, key)
    with pytest.raises(Refused):
        kept.close(key)
