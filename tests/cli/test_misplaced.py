"""A series where a model belongs, a model where a series belongs, and values that no option takes."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from types import ModuleType

import pytest

from seqzoo.bundles.store import SHIPPED
from support.terminal import Terminal

pytestmark = pytest.mark.quick


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "load.csv"
    path.write_text("value\n" + "\n".join(map(str, range(60))), "utf-8")
    return path


@pytest.mark.parametrize("command", ["backtest", "forecast", "predict", "verify"])
@pytest.mark.parametrize("given", ["load.csv", ".", "./*.csv", "series:nile"])
def test_a_series_in_place_of_a_model_is_named_with_the_command_to_type(
    terminal: Terminal, table: Path, monkeypatch: pytest.MonkeyPatch, command: str, given: str
) -> None:
    monkeypatch.chdir(table.parent)
    refusal = terminal(command, given).refusal
    typed = "'./*.csv'" if "*" in given else given
    assert "not a model" in refusal and f"seqzoo {command} MODEL --series {typed}" in refusal


@pytest.mark.parametrize("command", ["show", "export", "tour", "reproduce", "train", "roll-out"])
def test_commands_without_a_series_name_the_training_that_makes_a_model(
    terminal: Terminal, table: Path, command: str
) -> None:
    assert f"seqzoo train gru --series {table}" in terminal(command, table).refusal


def test_a_name_of_the_zoo_means_the_model_whatever_lies_in_the_folder(
    terminal: Terminal, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(table.parent)
    table.rename("lstm.sine")
    Path("gru").mkdir()
    Path("gru/load.csv").write_text("1")
    assert terminal("show", "lstm.sine").out.startswith("lstm.sine")
    assert "not a model" not in terminal("train", "gru", "--series", "none.csv").refusal


@pytest.mark.parametrize("command", [["backtest", "lstm.sine"], ["train", "gru"], ["verify", "lstm.sine"]])
def test_a_series_after_the_model_is_sent_to_its_option(
    terminal: Terminal, table: Path, command: list[str]
) -> None:
    assert f"--series {table}" in terminal(*command, table).refusal


@pytest.mark.parametrize("given", ["lstm.sine", "bayes.sine", str(SHIPPED / "lstm.sine")])
@pytest.mark.parametrize(
    "command", [["doctor"], ["forecast", "lstm.sine", "--file"], ["backtest", "lstm.sine", "--series"]]
)
def test_a_model_in_place_of_a_series_is_told_apart(terminal: Terminal, command: list[str], given: str) -> None:
    refusal = terminal(*command, given).refusal
    assert f"{given} is a model, not a series" in refusal and f"seqzoo show {given}" in refusal


@pytest.mark.parametrize(
    "arguments",
    [["pull", "me/x", "--revision="], ["train", "lstm.sine", "--as", ""], ["train", "lstm.sine", "--out", " "],
     ["sweep", "lstm.sine", "--grid="], ["m3", "--on="], ["show", ""], ["forecast", "lstm.sine", "--horizon="]],
)  # fmt: skip
def test_an_empty_value_is_refused_by_the_name_of_its_option(terminal: Terminal, arguments: list[str]) -> None:
    refusal = terminal(*arguments).refusal
    assert "it is empty" in refusal
    assert next((word.rstrip("=") for word in arguments if word.startswith("--")), "'name'") in refusal


def test_a_number_that_cannot_be_is_shown(terminal: Terminal, table: Path) -> None:
    assert "--horizon" in (refusal := terminal("forecast", "lstm.sine", "-n", "soon").refusal) and "'soon'" in refusal
    assert "too large" in terminal("backtest", "lstm.sine", "--stride", "9" * 23).refusal
    refusal = terminal("forecast", "lstm.sine", "--file", table, "--value", "value", "--keep", "many").refusal
    assert "--keep must be a number such as -999, and is 'many'" in refusal


def test_ctrl_c_while_modules_are_imported_ends_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Interrupted(ModuleType):
        def __getattr__(self, name: str) -> None:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "seqzoo.cli", Interrupted("seqzoo.cli"))
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("seqzoo", run_name="__main__")
    assert ended.value.code == 130 and capsys.readouterr().err == "seqzoo: interrupted.\n"
