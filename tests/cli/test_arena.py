"""The commands that compare, as a person uses them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from seqzoo.arena import results
from support.in_process import Here
from support.signalled import command
from support.terminal import Terminal

TINY = ["--models", "linear,mlp", "--seeds", 2, "--windows", 640, "--on", "local:1"]


def test_an_arena_is_interrupted_continued_to_its_report_and_shown_again_without_training(
    terminal: Terminal, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    budgets = ["--budget", "200", "--budget", "endless"]
    options = ["--models", "linear,mlp", "--windows", "640", "--on", "local:1", *budgets, "--seeds"]
    folder = home / "arena" / "sine"
    with command("arena", *options, "200") as running:
        assert any(line.startswith("1/800") for line in running.out), running.ended()
        running.interrupt()
        status, out, err = running.ended()
    assert status == 130, err
    assert "Traceback" not in err
    assert "Report: " in out and (folder / "index.html").is_file()
    there = len(results.load(folder).cells)
    assert 0 < there < 800

    monkeypatch.setattr("seqzoo.execution.tasks.place", Here)
    seeds = there // 4 + 1  # one more than are complete
    said = terminal("arena", *options, seeds)
    assert said.status == 0, said
    assert f"{4 * seeds}/{4 * seeds}  mlp, endless, seed {seeds - 1}: excess " in said.out
    for part in ("sine, 200 points", "sine, endless", "best linear", "Report: "):
        assert part in said.out
    assert {path.name for path in folder.iterdir()} == {"results.json", "report.md", "index.html", "excess.svg"}
    found = results.load(folder)
    assert len(found.cells) == 4 * seeds and all(cell.outcome is not None for cell in found.cells)
    assert set(found.footprints) == {"linear", "mlp"}
    before = (folder / "results.json").read_bytes()

    again = terminal("arena", *options, seeds, "--json")
    facts = json.loads(again.out)
    assert facts["finished"] is True and [board["points"] for board in facts["boards"]] == [200, None]
    assert (folder / "results.json").read_bytes() == before  # seconds of training would have changed
    (folder / "report.md").unlink()
    assert terminal("arena", "--render", folder).status == 0
    assert (folder / "report.md").is_file() and (folder / "results.json").read_bytes() == before


def test_sample_efficiency_draws_its_curves_and_starts_no_second_time(
    terminal: Terminal, tmp_path: Path, few_windows: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqzoo.execution.tasks.place", Here)
    options = ["--models", "linear", "--points", "200,300", "--seeds", 1, "--windows", 256, "--out", tmp_path / "out"]
    said = terminal("sample-efficiency", *options)
    assert said.status == 0 and "below best linear from" in said.out
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"results.json", "report.md", "efficiency.svg"}
    again = terminal("sample-efficiency", *options)
    assert "2 of 2 trainings" in again.out
    facts = json.loads(terminal("sample-efficiency", "--render", tmp_path / "out", "--json").out)
    assert list(facts["tables"][0]["curves"]["linear"]) == ["200", "300"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--signal", "sinus"], ("'sinus'", "'sine'")),
        (["--models", "lstm,nope"], ("'nope'",)),
        (["--models", ","], ("model",)),
        (["--budget", "20"], ("20", "10,000,000")),
        (["--budget", "24"], ("24", "26")),
        (["--budget", "many"], ("'many'", "endless")),
        (["--budget", "-5"], ("-5", "points")),
        (["--budget", "1e3"], ("1e3", "points")),
        (["--budget", "99999999999"], ("99999999999", "10,000,000")),
        (["--seeds", "0"], ("seeds", "1000", "0")),
        (["--windows", "5"], ("windows", "5")),
        (["--on", "local:0"], ("local:N", "local:0")),
        (["--render", "nowhere"], ("nowhere",)),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(
    terminal: Terminal, home: Path, options: list[str], reason: tuple[str, ...]
) -> None:
    refusal = terminal("arena", *options).refusal
    assert all(part in refusal for part in reason), refusal
    assert not home.exists()


@pytest.mark.parametrize("points", ["endless", "", "20", "200,,300"])
def test_points_that_are_none_are_refused(terminal: Terminal, home: Path, points: str) -> None:
    assert terminal("sample-efficiency", "--points", points).refusal
    assert not home.exists()


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_place_that_cannot_be_written_to_is_refused_before_any_training(
    terminal: Terminal, tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").write_text("mine", "utf-8")
    said = terminal("arena", *TINY, "--out", tmp_path / place)
    assert said.refusal and said.out == ""
    assert (tmp_path / "file").read_text("utf-8") == "mine"


@pytest.mark.parametrize("missing", ["matplotlib", "torch", "onnxscript", "yaml"])
@pytest.mark.parametrize("command", ["arena", "sample-efficiency"])
def test_without_the_extra_the_line_that_installs_it_is_shown(
    terminal: Terminal, home: Path, monkeypatch: pytest.MonkeyPatch, command: str, missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    assert "pip install 'seqzoo[arena]'" in terminal(command).refusal
    assert not home.exists()
