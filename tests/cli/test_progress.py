"""The bar of tasks at a place: how many are done, failed and in flight, how fast, and how long the rest takes."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from seqzoo.cli import progress
from seqzoo.cli.tables import is_live
from support.in_process import Here


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_bar_is_drawn_on_a_terminal_only_whatever_colour_is_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    pipe, screen = Console(file=io.StringIO()), Console(file=Screen())
    assert pipe.is_terminal and not is_live(pipe) and is_live(screen)
    monkeypatch.setattr(progress, "console", pipe)
    with progress.StageBar(quiet=False) as bar:
        bar.progress.refresh()
    assert pipe.file.getvalue() == ""  # type: ignore[attr-defined]


def test_one_bar_tells_of_tasks_that_are_done_that_failed_that_fly_and_of_those_to_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Console(file=Screen(), width=120, color_system=None)
    monkeypatch.setattr(progress, "console", terminal)
    place, now = Here(), 0.0
    place.in_flight, place.dashboard = 3, "http://127.0.0.1:8265"
    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    with progress.PlaceBar("series", place, quiet=False) as bar:
        bar.begin(40, 100)
        assert bar.state() == "3 in flight"
        for done in range(10):
            now += 30.0
            bar.end(f"[meter {done}]", is_failed=done == 4)
        assert bar.state() == "1 failed, 3 in flight, 2/min, 25:00 left"
        now += 90_000.0
        assert bar.state() == "1 failed, 3 in flight, 0.399/h, 125:25:00 left"
        now -= 90_299.0
        assert bar.state() == "1 failed, 3 in flight, 10/s, 0:05 left"
        bar.progress.refresh()
    shown = terminal.file.getvalue()  # type: ignore[attr-defined]
    assert shown.startswith("Dashboard: http://127.0.0.1:8265\n")
    assert re.search(r"series.* 50/100 1 failed, 3 in flight, 10/s, 0:05 left \[meter 9\]", shown)
