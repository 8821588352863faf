"""docs/extending.md: its files and lines are added to a copy of the package, which is then run."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import seqzoo

ROOT = Path(__file__).parents[2]
PACKAGE = Path(seqzoo.__file__).parent
PAGE = (ROOT / "docs" / "extending.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (?:A|An) (\w+)\n(.*?)(?=^## |\Z)", PAGE, flags=re.M | re.S))

SMALL = "--set recipe.steps=20 --set recipe.batch_size=16 --keep-worse"
FEW = "--windows 2000 --seed 9"
# Commands of one process, as torch takes seconds to import: what each printed, and its status.
COMMANDS = """
import contextlib, io, json, sys
from seqzoo import cli
told = []
for words in json.loads(sys.argv[1]):
    sys.argv[1:] = words
    with contextlib.redirect_stdout(io.StringIO()) as out:
        try:
            cli.main()
        except SystemExit as ended:
            told.append([ended.code or 0, out.getvalue()])
print(json.dumps(told))
"""


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.py")}


@pytest.fixture
def extended(tmp_path, home):
    """Applies a section to a copy of the package; returns what runs commands on it, each a line, in one process."""
    copied = tmp_path / "src" / "seqzoo"
    shutil.copytree(PACKAGE, copied, ignore=shutil.ignore_patterns("shipped"))
    (copied / "shipped").symlink_to(PACKAGE / "shipped")

    def extend(section: str):
        text = SECTIONS[section]
        new, example = re.search(r"^- new: `(.+?)` \(\[example\]\(\.\./(.+?)\)\)", text, flags=re.M).groups()
        shutil.copy(ROOT / example, copied / new)
        listed = re.search(r"^- list: `(.+?)`", text, flags=re.M)
        for diff in re.findall(r"^```diff\n(.*?)^```", text, flags=re.M | re.S):
            lines = diff.splitlines(keepends=True)
            before = "".join(line[1:] for line in lines if not line.startswith("+"))
            after = "".join(line[1:] for line in lines if not line.startswith("-"))
            place = copied / listed[1]
            assert place.read_text("utf-8").count(before) == 1, before
            place.write_text(place.read_text("utf-8").replace(before, after), "utf-8")
        ours, theirs = files_of(PACKAGE), files_of(copied)
        assert {name for name in theirs if ours.get(name) != theirs[name]} == {new, *([listed[1]] if listed else [])}
        environment = {**os.environ, "PYTHONPATH": str(copied.parent)}

        def run(*lines: str) -> list[str]:
            command = [sys.executable, "-c", COMMANDS, json.dumps([shlex.split(line) for line in lines])]
            ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
            assert ran.returncode == 0, ran.stderr + ran.stdout
            told = json.loads(ran.stdout)
            assert [status for status, _ in told] == [0] * len(lines), ran.stderr + ran.stdout
            return [out for _, out in told]

        return run

    return extend


def test_the_page_has_the_five_kinds():
    assert list(SECTIONS) == ["model", "signal", "reference", "engine", "experiment"]


def test_a_model_is_one_file(extended):
    _, verified = extended("model")(f"train damped.sine {SMALL}", f"verify damped.sine-own {FEW}")
    assert "damped.sine-own passes\n" in verified


def test_a_signal_is_one_file_and_its_lines_in_the_list(extended):
    floors, _, listed, forecast = extended("signal")(
        "floors --signal ar1 --samples 2000 --json",
        f"train linear.ar1 {SMALL}",
        "list",
        "predict bayes.ar1" + 20 * " 0.5",
    )
    (step,) = json.loads(floors)
    # All is Gaussian: the best linear forecaster is the best there is.
    assert step["bayes"] == pytest.approx(step["best_linear"], rel=1e-9)
    assert step["noise"] == pytest.approx(0.01) and step["bayes"] < step["last_value"] < step["line"]
    assert "linear.ar1-own" in listed
    assert len(forecast.split()) == 1


def test_a_reference_is_one_file_and_its_lines_in_the_list(extended):
    values = np.sin(0.02 * np.arange(20))
    floors, forecast, listed, verified = extended("reference")(
        "floors --samples 2000 --json",
        "predict window_mean.sine " + " ".join(f"{value:.6f}" for value in values),
        "list",
        f"verify linear.sine {FEW}",
    )
    (step,) = json.loads(floors)
    noise_of_mean = 0.01 / 20
    assert step["window_mean"] > 0.01 + noise_of_mean
    assert float(forecast) == pytest.approx(values.mean(), abs=1e-5)
    assert "window_mean.sine" in listed
    assert "linear.sine passes\n" in verified


def test_an_engine_is_one_file_and_its_lines_in_the_list(extended):
    window = 20 * " 0.1"
    told, plain, onnx = extended("engine")(
        f"verify linear.sine {FEW}",
        f"predict linear.sine{window} --engine plain",
        f"predict linear.sine{window} --engine onnx",
    )
    assert "plain: within" in told or "plain: equal" in told
    assert float(plain) == pytest.approx(float(onnx), abs=1e-5)


def test_an_experiment_is_one_file_and_its_lines_in_the_list(extended, tmp_path):
    out = tmp_path / "out"
    (told,) = extended("experiment")(f"persistence --ahead 1 --windows 200 --workers 1 --out {out}")
    assert (out / "persistence.json").exists() and told
