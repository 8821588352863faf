"""The commands that compare: what they write, and how they refuse."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest

from seqzoo.arena.experiments import experiment
from seqzoo.arena.experiments.order import TimeAgainstPicture
from seqzoo.arena.experiments.order.cases import FULL, QUICK, OrderCase, OrderOutcome, cases
from seqzoo.execution.local import Local
from support.in_process import Here
from support.terminal import Terminal

pytestmark = pytest.mark.usefixtures("forked_places")


def text_of(key: str, folder: Path) -> str:
    shown = experiment(key)
    return shown.markdown(shown.read(folder))


def test_off_distribution_writes_results_figure_and_text(terminal: Terminal, tmp_path: Path) -> None:
    said = terminal("off-distribution", "lstm.sine", "--windows", "100", "--out", tmp_path)
    assert said.status == 0, said.err
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [
        "off-distribution.json", "off-distribution.md", "off-distribution.svg",
    ]
    assert text_of("off-distribution", tmp_path) in said.out
    assert (tmp_path / "off-distribution.md").read_text("utf-8") in said.out


def test_roll_out_writes_results_figure_and_text(terminal: Terminal, tmp_path: Path) -> None:
    said = terminal("roll-out", "linear.sine", "lstm.sine-h50", "--windows", "100", "--out", tmp_path)
    assert said.status == 0, said.err
    names = sorted(path.name for path in tmp_path.iterdir() if path.is_file())
    assert names == ["roll-out.json", "roll-out.md", "roll-out.svg"]
    assert text_of("roll-out", tmp_path) in said.out
    assert experiment("roll-out").read(tmp_path).at_once == {"linear.sine": 1, "lstm.sine-h50": 50}


def test_roll_out_takes_every_model_of_another_signal(terminal: Terminal, tmp_path: Path) -> None:
    said = terminal("roll-out", "--signal", "recall", "--windows", "20", "--json", "--out", tmp_path)
    assert said.status == 0, said.err
    assert {"lstm.recall", "mlp.recall"} <= set(json.loads(said.out)["models"])


def test_off_distribution_prints_the_json_that_it_writes(terminal: Terminal, tmp_path: Path) -> None:
    said = terminal("off-distribution", "--signal", "square", "--windows", "50", "--json", "--out", tmp_path)
    assert said.status == 0, said.err
    assert json.loads(said.out) == json.loads((tmp_path / "off-distribution.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["off-distribution", "lstm.sin"], ("'lstm.sin'", "'lstm.sine'")),
        (["off-distribution", "bayes.sine"], ("'bayes.sine'",)),
        (["off-distribution", "lstm.sine", "--signal", "square"], ("'lstm.sine'", "'sine'", "'square'")),
        (["off-distribution", "--signal", "sawtooth"], ("'sawtooth'",)),
        (["off-distribution", "--signal", "recall"], ("recall", "sine, square")),
        (["off-distribution", "--windows", "0"], ("windows", "2 to", "0")),
        (["off-distribution", "lstm.sine-h50"], ("lstm.sine-h50", "50", "20 and 1")),
        (["roll-out", "lstm.sin"], ("'lstm.sin'", "'lstm.sine'")),
        (["roll-out", "lstm.recall"], ("'lstm.recall'", "'recall'", "'sine'")),
        (["roll-out", "--signal", "sawtooth"], ("'sawtooth'",)),
        (["roll-out", "--windows", "1"], ("windows", "2 to", "1")),
        (["off-distribution", "--windows", "2000000000"], ("windows", "2 to", "2,000,000,000")),
        (["time-against-picture", "--seeds", "1"], ("seeds", "2 to 100", "1")),
        (["time-against-picture", "--on", "nowhere"], ("local:N", "ray:ADDRESS", "nowhere")),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_compared_is_refused_in_one_line(
    terminal: Terminal, tmp_path: Path, arguments: list[str], expected: tuple[str, ...]
) -> None:
    refusal = terminal(*arguments, "--out", tmp_path / "out").refusal
    assert all(part in refusal for part in expected), refusal


@pytest.mark.parametrize("command", ["roll-out", "off-distribution", "time-against-picture"])
def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_computed(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(Local, "run", None)
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        assert str(out) in terminal(command, "--out", out).refusal


def test_time_against_picture_goes_on_and_ends_with_results_figure_and_text(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[OrderCase] = []

    def measure(self: TimeAgainstPicture, case: OrderCase) -> OrderOutcome:
        done.append(case)
        if len(done) == 40:
            signal.raise_signal(signal.SIGINT)
        return OrderOutcome(0.01 * len(done), 17_000, 0.0)

    monkeypatch.setattr(TimeAgainstPicture, "measure", measure)
    monkeypatch.setattr("seqzoo.execution.tasks.place", Here)
    command = ["time-against-picture", "--quick", "--seeds", "2", "--on", "local:1", "--out", tmp_path]
    assert terminal(*command).status == 130
    said = terminal(*command)
    assert said.status == 0, said.err
    assert done == cases(2, QUICK) and "40 of 66 runs" in said.out
    assert text_of("time-against-picture", tmp_path) in said.out
    assert (tmp_path / "time-against-picture.svg").exists() and (tmp_path / "time-against-picture.md").exists()
    assert str(tmp_path) in terminal("time-against-picture", "--out", tmp_path).refusal  # of other lengths


def test_results_that_are_damaged_are_refused(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "time-against-picture.json").write_text("[1, 2")
    assert "time-against-picture.json" in terminal("time-against-picture", "--out", tmp_path).refusal


def test_ctrl_c_ends_after_the_run_that_is_going_and_keeps_it(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure(self: TimeAgainstPicture, case: OrderCase) -> OrderOutcome:
        assert case.lengths == FULL
        signal.raise_signal(signal.SIGINT)
        return OrderOutcome(0.5, 17_000, 0.0)

    monkeypatch.setattr(TimeAgainstPicture, "measure", measure)
    monkeypatch.setattr("seqzoo.execution.tasks.place", Here)
    said = terminal("time-against-picture", "--on", "local:1", "--out", tmp_path)
    assert said.status == 130, said
    assert experiment("time-against-picture").read(tmp_path).measured == 1
    assert not (tmp_path / "time-against-picture.svg").exists()


def test_the_report_of_a_folder_can_be_written_again(terminal: Terminal, tmp_path: Path) -> None:
    said = terminal("roll-out", "linear.sine", "--windows", "20", "--out", tmp_path)
    (tmp_path / "roll-out.svg").unlink()
    again = terminal("roll-out", "--render", tmp_path)
    assert (again.status, again.out) == (0, said.out) and (tmp_path / "roll-out.svg").exists()


@pytest.mark.parametrize(
    ("missing", "command", "extra"),
    [
        ("matplotlib", "off-distribution", "plot"),
        ("matplotlib", "time-against-picture", "plot"),
        ("torch", "time-against-picture", "train"),
        ("sklearn", "time-against-picture", "arena"),
    ],
)
def test_an_extra_that_is_missing_is_named_before_any_work(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str, command: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    assert f"pip install 'seqzoo[{extra}]'" in terminal(command, "--out", tmp_path / "out").refusal
    assert not (tmp_path / "out").exists()
