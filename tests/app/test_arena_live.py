"""The small version runs in a process of its own, one at a time, and says how it ended."""

from __future__ import annotations

import sys
import time
from typing import NamedTuple

import psutil
import pytest

from seqzoo.app.arena.live import Choice, Live
from seqzoo.errors import InputError
from support import forked

LONG = Choice.of("one-step", "sine", "20000", ("gaf_cnn",))


class Wrong(NamedTuple):
    """A run whose command cannot be."""

    arguments: tuple[str, ...] = ("arena", "--models", "nothing")
    total: int = 1

    def measured(self, folder):
        return 0


@pytest.fixture
def live(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQZOO_HOME", str(tmp_path / "home"))
    made = Live()
    yield made
    made.close()
    assert list((tmp_path / "home").glob("arena/small-*")) == [], "its folder is left behind"


def ended(live):
    while (state := live.state()).is_running:
        time.sleep(0.05)
    return state


def test_before_the_first_run_there_is_none(live):
    assert live.state() is None
    live.stop()
    assert live.state() is None


def test_a_run_that_cannot_be_says_why_in_one_line(live, monkeypatch):
    monkeypatch.setattr(sys.modules[Live.__module__], "Child", forked.Child)
    live.start(Wrong())
    state = ended(live)
    assert state.how == "failed" and "\n" not in state.reason
    assert "'nothing'" in state.reason and "lstm" in state.reason


def test_there_is_one_run_at_a_time_and_it_can_be_stopped(live):
    others = set(psutil.Process().children())
    live.start(LONG)
    with pytest.raises(InputError, match="running already"):
        live.start(LONG)
    assert live.state().how == "running"
    (process,) = set(psutil.Process().children()) - others
    live.stop()
    assert live.state().how == "stopped" and not process.is_running()


def test_a_run_of_trained_models_finishes_with_every_result_and_a_new_one_starts_afresh(live):
    choice = Choice.of("roll-out", "sine", "", ("linear",))
    live.start(choice)
    first = ended(live)
    assert (first.how, first.measured, first.reason, first.choice) == ("finished", 1, "", choice)
    assert choice.measured(first.folder) == 1
    live.start(choice)
    assert not first.folder.exists() and live.version == 2
    live.stop()
    assert live.state().how == "stopped"


def test_a_home_that_cannot_be_written_to_is_a_clear_line(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SEQZOO_HOME", str(tmp_path / "file"))
    with pytest.raises(InputError, match="cannot be started"):
        Live().start(LONG)
