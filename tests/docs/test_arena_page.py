"""The page of the arena is written from results that are there."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from seqzoo.arena import results
from seqzoo.arena.experiments import EXPERIMENTS
from seqzoo.arena.results import TrainingResults
from seqzoo.cli import app
from support import arena_work

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def script(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("arena_page", ROOT / "tools" / "arena.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr("sys.argv", ["arena.py"])
    (tmp_path / "docs" / "img").mkdir(parents=True)
    return module


def test_sections_appear_with_their_results_and_name_the_command_behind_them(script, tmp_path):
    found = TrainingResults("sine", 20, {"bayes": 0.0, "last_value": 0.9})
    found.cells = [arena_work.result(model, seed, 0.1 + seed / 100) for model in ("mlp", "lstm") for seed in (0, 1)]
    for name in ("sine", "sample-efficiency"):
        results.save(found, tmp_path / script.RESULTS / name)
    script.main()
    text = (tmp_path / "docs" / "arena.md").read_text("utf-8")
    assert re.findall(r"^## (.*)", text, re.MULTILINE) == ["The plain sine, on three budgets", "Sample efficiency"]
    options = EXPERIMENTS[0].committed[0].options
    assert f"`seqzoo arena {options} --out {script.RESULTS.as_posix()}/sine`" in text
    pictures = re.findall(r"\]\(([^)]+)\)", text)
    assert len(pictures) == 2 and all((tmp_path / "docs" / picture).is_file() for picture in pictures)


def test_the_commands_behind_the_sections_are_commands(script):
    registered = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert {experiment.command for experiment in EXPERIMENTS} <= registered


def test_the_page_is_what_the_committed_results_say(script, tmp_path, monkeypatch):
    drawn = []
    (tmp_path / script.RESULTS).parent.mkdir(parents=True)
    (tmp_path / script.RESULTS).symlink_to(ROOT / script.RESULTS)
    monkeypatch.setattr(script.plots, "save", lambda figure, path: drawn.append(path))  # the text is compared
    script.main()
    assert drawn and all((ROOT / path.relative_to(tmp_path)).is_file() for path in drawn)
    assert (tmp_path / "docs" / "arena.md").read_text("utf-8") == (ROOT / "docs" / "arena.md").read_text("utf-8")
