"""The command line as a person uses it."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer

from seqzoo import _extras, cli
from seqzoo.cli import app
from seqzoo.cli.tables import show_score
from support.terminal import Terminal

pytestmark = pytest.mark.usefixtures("few_windows")

SMALL = [
    *("--set", "recipe.steps=60"),
    *("--set", "recipe.evaluate_every=20"),
    "--keep-worse",
]
WINDOW = [f"{value:.3f}" for value in np.sin(0.02 * np.arange(20) - 0.2)]
COMMANDS = sorted(command.name or command.callback.__name__ for command in app.registered_commands)


def test_the_commands_are_made_once_in_a_process_and_are_the_same_at_each_call(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = terminal("floors", "--samples", "100", "--json")
    monkeypatch.setattr(typer.main, "get_command", None)
    reads = [cli._line().get_command(None, "floors").params[0].process_value for _ in range(2)]  # type: ignore[arg-type]
    assert terminal("floors", "--samples", "100", "--json") == first and reads[0] is reads[1]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_shows_an_example(terminal: Terminal, command: str) -> None:
    said = terminal(command, "--help")
    assert said.status == 0
    assert f"seqzoo {command}" in said.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["show", "lstm.sine"],
        ["predict", "lstm.sine", *WINDOW],
        ["forecast", "lstm.sine", "-n", "5"],
        ["floors", "--samples", "100"],
        ["verify", "lstm.sine", "--windows", "1000", "--seed", "5000000000"],
    ],
)
def test_json_is_json_and_nothing_else(terminal: Terminal, arguments: list[str]) -> None:
    said = terminal(*arguments, "--json")
    assert said.status == 0
    assert json.loads(said.out)


def test_numbers_come_from_arguments_a_file_or_standard_input_alike(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "window.csv"
    file.write_text(",".join(WINDOW), "utf-8")
    answers = {
        terminal("predict", "lstm.sine", *WINDOW).out,
        terminal("predict", "lstm.sine", "--file", file).out,
        terminal("predict", "lstm.sine", "-", stdin="\n".join(WINDOW)).out,
    }
    assert len(answers) == 1
    assert -1.1 < float(answers.pop()) < 1.1


def test_lines_of_a_file_are_windows_of_a_batch(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "windows.csv"
    file.write_text("\n".join([" ".join(WINDOW), " ".join(reversed(WINDOW))]), "utf-8")
    first, second = terminal("predict", "lstm.sine", "--file", file).out.split()
    assert float(first) > float(second)


@pytest.mark.parametrize(("ending", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_a_forecast_is_drawn_in_the_format_asked_for(
    terminal: Terminal, tmp_path: Path, ending: str, begins: bytes
) -> None:
    picture = tmp_path / f"forecast.{ending}"
    assert terminal("forecast", "lstm.sine", "-n", "10", "--plot", picture).status == 0
    assert picture.read_bytes().startswith(begins)


def test_another_ending_is_refused_before_any_work(terminal: Terminal, tmp_path: Path) -> None:
    refusal = terminal("forecast", "lstm.sine", "--plot", tmp_path / "forecast.gif").refusal
    assert "forecast.gif" in refusal and ".png" in refusal and ".svg" in refusal


def test_a_trained_model_can_be_listed_verified_used_and_reproduced(terminal: Terminal, home: Path) -> None:
    trained = terminal("train", "linear.sine", *SMALL, "--json")
    assert trained.status == 0
    assert json.loads(trained.out)["finished"] is True
    assert "linear.sine-own" in terminal("list").out
    assert terminal("verify", "linear.sine-own", "--windows", "2000", "--seed", "5000000000").status == 0
    assert len(terminal("predict", "linear.sine-own", *WINDOW).out.split()) == 1
    again = terminal("reproduce", "linear.sine-own", "--json")
    assert json.loads(again.out)["identical"] is True
    assert not list((home / "runs").glob("*/*.safetensors"))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--set", "recipe.steps=0"], "steps"),
        (["--set", "recipe.steps=abc"], "recipe.steps"),
        (["--set", "recipe.nothing=1"], "no field"),
        (["--set", "config.hidden_size=-1"], "hidden_size"),
        (["--set", "config.hidden_size=1000000000"], "hidden_size"),
        (["--set", "signal.sigma=-1"], "sigma"),
        (["--set", "sigma"], "key=value"),
        (["--as", "../elsewhere"], "name"),
        (["--as", "lstm.sine"], "shipped"),
        (["--plot", "curve.gif"], ".gif"),
        (["--seed", "-1"], "seed"),
    ],
)
def test_training_options_that_cannot_be_are_refused(terminal: Terminal, options: list[str], reason: str) -> None:
    assert reason in terminal("train", "lstm.sine", *options).refusal


def test_a_folder_that_is_no_bundle_is_not_overwritten(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", "utf-8")
    assert "not a bundle" in terminal("train", "linear.sine", *SMALL, "--out", tmp_path).refusal
    assert (tmp_path / "thesis.txt").read_text("utf-8") == "years of work"


@pytest.mark.parametrize(
    "options",
    [["--context-length", "0"], ["--horizon", "1000000000"], ["--samples", "1"], ["--set", "sigma=NaN"]],
)
def test_floors_that_cannot_be_are_refused(terminal: Terminal, options: list[str]) -> None:
    assert terminal("floors", *options).refusal


def test_ctrl_c_keeps_the_best_and_says_how_to_continue(
    terminal: Terminal, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from seqzoo.training import checkpoints

    save = checkpoints.save

    def interrupted(*given: Any) -> None:
        monkeypatch.setattr(checkpoints, "save", save)
        save(*given)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(checkpoints, "save", interrupted)
    said = terminal("train", "linear.sine", "--set", "recipe.steps=1000000")
    assert said.status == 130, said
    assert "--resume" in said.out
    assert "Traceback" not in said.err
    assert (home / "models" / "linear.sine-own" / "manifest.json").is_file()


@pytest.mark.parametrize(("engine", "says"), [("keras", "unknown engine 'keras'"), ("torchscript", "[train]")])
def test_an_engine_that_the_app_cannot_have_is_refused_before_it_listens(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, engine: str, says: str
) -> None:
    monkeypatch.setattr(_extras, "has_torch", lambda: False)
    said = terminal("app", "--engine", engine)
    assert said.status == 2 and says in said.err and said.err.count("\n") == 1


def test_the_tour_proves_scores_and_draws(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("evaluation.scoring", "publishing.verify"):
        monkeypatch.setattr(f"seqzoo.{module}.fresh_seed", lambda: 5_000_000_000)
    said = terminal("tour", "--plot", tmp_path / "tour.png")
    assert said.status == 0
    for part in ("lstm.sine passes", "Bayes-optimal", "last value", "excess over Bayes"):
        assert part in said.out
    assert (tmp_path / "tour.png").read_bytes().startswith(b"\x89PNG")


def test_a_model_never_stands_below_bayes_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    floors = {"noise": 0.01, "bayes": 0.0107, "best_linear": 0.012, "line": 0.0123, "last_value": 0.02}
    show_score("a.model", (0.0106, 0.0001), (0.003, 0.0001), (1.01, 0.01), floors)
    said = capsys.readouterr().out
    assert said.index("Bayes-optimal") < said.index("a.model") < said.index("best linear")
    assert "0.010600" in said
