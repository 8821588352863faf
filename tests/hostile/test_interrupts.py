"""Ctrl-C at the moments where it could be lost, take work with it, or be taken for a failure."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from seqzoo.bundles import shelf
from seqzoo.execution.local import Local
from seqzoo.publishing import build
from support import arena_work
from support.terminal import Terminal

TRACKED = """
import signal
from multiprocessing import resource_tracker
from seqzoo.execution.local import _no_interrupts
with _no_interrupts():
    resource_tracker.ensure_running()  # as the first process that is started does
    assert signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])
assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
"""


def test_ctrl_c_in_a_command_that_only_reads_ends_it_with_a_word(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted() -> dict[str, Path]:
        raise KeyboardInterrupt

    monkeypatch.setattr(shelf, "available", interrupted)
    said = terminal("list")
    assert (said.status, said.out) == (130, "") and said.err.startswith("seqzoo: ") and said.err.count("\n") == 1


def test_ctrl_c_after_the_last_step_does_not_lose_the_trained_model(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, home: Path, few_windows: None
) -> None:
    write = build.export

    def interrupted(*arguments: Any, **named: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        return write(*arguments, **named)

    monkeypatch.setattr(build, "export", interrupted)
    said = terminal("train", "linear.sine", "--set", "recipe.steps=2", "--keep-worse")
    assert said.status == 0, said
    assert (home / "models" / "linear.sine-own" / "manifest.json").is_file()
    assert not list((home / "runs").glob("*/*.safetensors"))


def test_the_first_process_too_is_started_with_ctrl_c_held_back() -> None:
    ran = subprocess.run([sys.executable, "-c", TRACKED], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_a_process_that_dies_of_the_stop_is_no_failed_task() -> None:
    asked = iter([False])
    assert list(Local(1).run(arena_work.square, [5], should_stop=lambda: next(asked, True))) == []


def test_a_folder_named_as_a_reference_hides_no_reference_and_breaks_no_list(
    terminal: Terminal, home: Path, shipped: Path
) -> None:
    shutil.copytree(shipped, home / "models" / "bayes.sine")
    assert "bayes.sine" not in shelf.available()
    assert terminal("list").out.count("bayes.sine ") == 1
