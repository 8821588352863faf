"""What a bare installation says when an extra is needed."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from support.terminal import Terminal


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    for name in request.param:
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.parametrize("without", [["torch"]], indirect=True)
@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "lstm.sine", "--engine", "torchscript", *["0"] * 20],
        ["train", "lstm.sine"],
        ["reproduce", "lstm.sine"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_without_torch_the_line_that_installs_it_is_shown(
    terminal: Terminal, without: None, arguments: list[str]
) -> None:
    assert "pip install 'seqzoo[train]'" in terminal(*arguments).refusal


@pytest.mark.parametrize("without", [["torch"]], indirect=True)
def test_without_torch_a_bundle_verifies_and_says_what_was_not_checked(terminal: Terminal, without: None) -> None:
    done = terminal("verify", "lstm.sine", "--windows", 1000)
    verdict = done.out.splitlines()[-1]
    assert done.status == 0 and verdict.startswith("lstm.sine passes, but not proven: eager (")
    assert "; torchscript (" in verdict and verdict.count("the [train] extra") == 2


@pytest.mark.parametrize("without", [["matplotlib", "matplotlib.figure"]], indirect=True)
@pytest.mark.parametrize("command", ["forecast", "train", "tour"])
def test_without_matplotlib_the_line_that_installs_it_is_shown_before_any_work(
    terminal: Terminal, without: None, command: str, tmp_path: Path, home: Path
) -> None:
    picture = tmp_path / "picture.svg"
    done = terminal(command, "lstm.sine", "--plot", picture)
    assert "pip install 'seqzoo[plot]'" in done.refusal
    assert done.out == "" and not picture.exists() and not (home / "runs").exists()


@pytest.mark.parametrize("without", [["onnxscript"], ["onnx"], ["yaml"]], indirect=True)
def test_without_the_exporter_training_is_refused_before_it_starts(
    terminal: Terminal, without: None, home: Path
) -> None:
    assert "pip install 'seqzoo[train]'" in terminal("train", "lstm.sine").refusal
    assert not home.exists()


def test_without_nicegui_the_line_that_installs_the_app_is_shown(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "nicegui" else found(name, *rest)
    )
    assert "pip install 'seqzoo[app]'" in terminal("app").refusal
