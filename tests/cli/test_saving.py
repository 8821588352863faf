"""What a command that writes or prints does where it cannot, or should not."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from seqzoo.bundles import store
from seqzoo.cli import tables
from seqzoo.cli.listing import show_models
from seqzoo.errors import InputError
from seqzoo.runtime import catalogue
from seqzoo.training.spec import TrainingSpec
from seqzoo.zoo import _registry
from support.signalled import training
from support.terminal import Terminal

pytestmark = pytest.mark.usefixtures("few_windows")

SMALL = ["--set", "recipe.steps=60", "--set", "recipe.evaluate_every=20"]
TOO_FAST = ["--set", "recipe.learning_rate=1e6", *SMALL]


def test_a_model_worse_than_the_last_value_is_no_success_and_its_weights_are_not_lost(
    terminal: Terminal, home: Path
) -> None:
    refusal = terminal("train", "linear.sine", *TOO_FAST).refusal
    assert "no better than the last value" in refusal and "(1e+06) is probably too high" in refusal
    assert not list((home / "models").iterdir())
    (checkpoint,) = (home / "runs").glob("*/checkpoint.safetensors")
    assert str(checkpoint) in refusal
    assert terminal("train", "linear.sine", *TOO_FAST, "--resume", "--keep-worse").status == 0
    assert store.open_bundle(home / "models" / "linear.sine-own").manifest.score.skill[0] < 0


def test_training_without_noise_is_refused_before_it_begins(terminal: Terminal) -> None:
    assert "sigma must be above 0" in terminal("train", "linear.sine", "--set", "signal.sigma=0").refusal
    with pytest.raises(InputError, match="sigma must be above 0"):
        TrainingSpec.of(_registry.entry("linear.sine"), changes={"signal.sigma": 0.0})


def test_a_place_that_cannot_be_written_is_refused_before_any_work(
    terminal: Terminal, home: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    nowhere = tmp_path / "file" / "below"
    cases = [
        ["train", "linear.sine", *SMALL, "--out", nowhere / "bundle"],
        ["train", "linear.sine", *SMALL, "--plot", nowhere / "curve.svg"],
        ["arena", "--models", "linear", "--seeds", "1", "--out", nowhere],
        ["sample-efficiency", "--models", "linear", "--points", "200", "--seeds", "1", "--out", nowhere],
        ["roll-out", "linear.sine", "--out", nowhere],
        ["off-distribution", "linear.sine", "--out", nowhere],
        ["time-against-picture", "--quick", "--out", nowhere],
        ["export", "lstm.sine", "--out", nowhere],
        ["forecast", "lstm.sine", "--plot", nowhere / "a.svg"],
        ["backtest", "lstm.sine", "--plot", nowhere / "a.svg"],
        ["tour", "--plot", nowhere / "a.svg"],
        ["site", nowhere / "public"],
    ]
    for arguments in cases:
        said = terminal(*arguments)
        assert said.refusal.startswith(f"cannot write into {nowhere}") and not said.out, arguments
    assert not list(home.glob("runs/*/*.safetensors"))
    (tmp_path / "folder.svg").mkdir()
    assert "it is a folder" in terminal("forecast", "lstm.sine", "--plot", tmp_path / "folder.svg").refusal


def _weights(folder: Path) -> str:
    return hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest()


def test_a_killed_training_resumes_to_the_same_weights(home: Path, terminal: Terminal) -> None:
    with training(signal.SIGKILL, "linear.sine", *SMALL, "--keep-worse") as killed:
        assert killed.ended()[0] == -signal.SIGKILL
    assert terminal("train", "linear.sine", *SMALL, "--keep-worse", "--resume", "--as", "resumed").status == 0
    assert terminal("train", "linear.sine", *SMALL, "--keep-worse", "--as", "whole").status == 0
    assert _weights(home / "models" / "resumed") == _weights(home / "models" / "whole")


def test_of_two_trainings_under_one_name_the_second_is_told_and_loses_nothing(home: Path, terminal: Terminal) -> None:
    options = ["--set", "recipe.steps=80", "--set", "recipe.evaluate_every=20", "--keep-worse"]
    with training(signal.SIGSTOP, "linear.sine", *options) as slow:
        slow.wait_for_signal()
        first = terminal("train", "linear.sine", *SMALL, "--keep-worse", "--json")
        assert first.status == 0
        saved = store.open_bundle(home / "models" / "linear.sine-own").manifest
        slow.go_on()
        status, _, err = slow.ended()
    assert status == 2 and str(home / "models" / "linear.sine-own") in err and "--resume" in err
    assert store.open_bundle(home / "models" / "linear.sine-own").manifest == saved
    again = terminal("train", "linear.sine", *options, "--resume", "--as", "second", "--json")
    assert again.status == 0 and json.loads(again.out)["finished"]
    assert store.open_bundle(home / "models" / "second").manifest.training.recipe["steps"] == 80
    assert not list((home / "runs").glob("*/made-*"))


IN_TURN = """
import json, os, sys
import seqzoo.cli
from seqzoo.__main__ import main
for words in json.loads(sys.argv[1]):
    child = os.fork()
    if not child:
        sys.argv = ["seqzoo", *words]
        break
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    sys.stderr.write(f"{status}\\n")
else:
    os._exit(0)
main()
"""


@pytest.mark.skipif(os.name == "nt", reason="descriptors of POSIX")
@pytest.mark.parametrize(
    ("target", "reason"),
    [(">&-", "standard output is closed"), (">/dev/full", "No space left on device")],
)
def test_output_that_cannot_be_printed_is_an_error_with_a_sentence(target: str, reason: str) -> None:
    predict = ["predict", "lstm.sine", *["0.1"] * 20]
    commands = [["list"], ["list", "--json"], predict, ["--help"], ["--version"], ["show", "lstm.sine"]]
    line = ["sh", "-c", f'exec "$@" {target}', "sh", sys.executable, "-c", IN_TURN, json.dumps(commands)]
    done = subprocess.run(line, stderr=subprocess.PIPE, text=True, check=True)
    told = done.stderr.splitlines()
    assert len(told) == 2 * len(commands) and told[1::2] == ["2"] * len(commands), done.stderr
    assert all(each.startswith(f"seqzoo: {reason}") for each in told[::2]), done.stderr


def test_no_name_is_cut_where_the_terminal_is_narrow(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = catalogue.rows()
    for columns in (20, 40, 60, 80, 200):
        monkeypatch.setenv("COLUMNS", str(columns))
        show_models(rows)
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines[1 : len(rows) + 1]] == [row["name"] for row in rows]
        table_lines = lines[: len(rows) + 1]
        assert columns < 30 or all(len(line) <= columns for line in table_lines)
        assert any("too narrow for: what it is" in line for line in lines) is (columns <= 60)
    table = Table("model", "first", "second", box=None)
    table.add_row("a_long_name.sine", "1.234567", "2.345678")
    tables.print_table(table, Console(width=30))
    out = capsys.readouterr().out
    assert "a_long_name.sine" in out and "1.234567" in out and "too narrow for: second" in out and "…" not in out
