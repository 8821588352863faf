"""docs/extending.md: its files and lines are added to a copy of the package, which is then run."""

from __future__ import annotations

import json
import os
import re
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

SMALL = ("--set", "recipe.steps=20", "--set", "recipe.batch_size=16", "--keep-worse")
FEW = ("--windows", "2000", "--seed", "9")


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.py")}


@pytest.fixture
def extended(tmp_path, home):
    """Applies a section to a copy of the package; returns what runs Python on it, and the files that differ."""
    copied = tmp_path / "src" / "seqzoo"
    shutil.copytree(PACKAGE, copied, ignore=shutil.ignore_patterns("shipped", "__pycache__"))
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

        def run(*words: object) -> str:
            command = [sys.executable, *map(str, words)]
            ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
            assert ran.returncode == 0, ran.stderr + ran.stdout
            return ran.stdout

        return run

    return extend


def test_the_page_has_the_five_kinds():
    assert list(SECTIONS) == ["model", "signal", "reference", "engine", "experiment"]


def test_a_model_is_one_file(extended):
    run = extended("model")
    run("-m", "seqzoo", "train", "damped.sine", *SMALL)
    assert "damped.sine-own passes\n" in run("-m", "seqzoo", "verify", "damped.sine-own", *FEW)


def test_a_signal_is_one_file_and_its_lines_in_the_list(extended):
    run = extended("signal")
    (step,) = json.loads(run("-m", "seqzoo", "floors", "--signal", "ar1", "--samples", 2000, "--json"))
    # All is Gaussian: the best linear forecaster is the best there is.
    assert step["bayes"] == pytest.approx(step["best_linear"], rel=1e-9)
    assert step["noise"] == pytest.approx(0.01) and step["bayes"] < step["last_value"] < step["line"]
    run("-m", "seqzoo", "train", "linear.ar1", *SMALL)
    assert "linear.ar1-own" in run("-m", "seqzoo", "list")
    assert len(run("-m", "seqzoo", "predict", "bayes.ar1", *["0.5"] * 20).split()) == 1


def test_a_reference_is_one_file_and_its_lines_in_the_list(extended):
    run = extended("reference")
    (step,) = json.loads(run("-m", "seqzoo", "floors", "--samples", 2000, "--json"))
    noise_of_mean = 0.01 / 20
    assert step["window_mean"] > 0.01 + noise_of_mean
    values = np.sin(0.02 * np.arange(20))
    forecast = float(run("-m", "seqzoo", "predict", "window_mean.sine", *(f"{value:.6f}" for value in values)))
    assert forecast == pytest.approx(values.mean(), abs=1e-5)
    assert "window_mean.sine" in run("-m", "seqzoo", "list")
    assert "linear.sine passes\n" in run("-m", "seqzoo", "verify", "linear.sine", *FEW)


def test_an_engine_is_one_file_and_its_lines_in_the_list(extended):
    run = extended("engine")
    told = run("-m", "seqzoo", "verify", "linear.sine", *FEW)
    assert "plain: within" in told or "plain: equal" in told
    window = ["0.1"] * 20
    plain, onnx = (
        float(run("-m", "seqzoo", "predict", "linear.sine", *window, "--engine", name)) for name in ("plain", "onnx")
    )
    assert plain == pytest.approx(onnx, abs=1e-5)


def test_an_experiment_is_one_file_and_its_lines_in_the_list(extended, tmp_path):
    run = extended("experiment")
    out = tmp_path / "out"
    told = run("-m", "seqzoo", "persistence", "--ahead", 1, "--windows", 200, "--workers", 1, "--out", out)
    assert (out / "persistence.json").exists() and told
