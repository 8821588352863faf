"""docs/extending.md: its files and lines are added to a copy of the package, which is then run."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

import seqzoo
from support.commands import commands_of_a_copy

ROOT = Path(__file__).parents[2]
PACKAGE = Path(seqzoo.__file__).parent
PAGE = (ROOT / "docs" / "extending.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (?:A|An) (\w+)\n(.*?)(?=^## |\Z)", PAGE, flags=re.M | re.S))

SMALL = "--set recipe.steps=20 --set recipe.batch_size=16 --keep-worse"
FEW = "--windows 2000 --seed 9"


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.py")}


def extend(copied: Path, section: str) -> None:
    """Apply a section of the page to a copy of the package; it changes what the section says, and nothing else."""
    text, before_all = SECTIONS[section], files_of(copied)
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
    now = files_of(copied)
    assert {name for name in now if before_all.get(name) != now[name]} == {new, *([listed[1]] if listed else [])}


WINDOW = 20 * " 0.1"
LINES = {
    # The signal of the page is the one that the model of the page is trained on.
    "model": (f"train damped.ar1 {SMALL}", f"verify damped.ar1-own {FEW}"),
    "signal": ("floors --signal ar1 --samples 2000 --json", "list", "predict bayes.ar1" + 20 * " 0.5"),
    "reference": (
        "floors --samples 2000 --json",
        "predict window_mean.sine " + " ".join(f"{value:.6f}" for value in np.sin(0.02 * np.arange(20))),
        "list",
    ),
    "engine": (
        f"verify linear.sine {FEW}", f"predict linear.sine{WINDOW} --engine plain",
        f"predict linear.sine{WINDOW} --engine onnx",
    ),
    "experiment": ("persistence --ahead 1 --windows 200 --on local:1 --out out",),
}  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> dict[str, list[str]]:
    """What the commands of each section print, on one copy of the package that all sections have extended.

    They add files and lines in different places; one process runs all, as torch takes seconds to import.
    """
    folder = tmp_path_factory.mktemp("extended")
    copied = folder / "src" / "seqzoo"
    shutil.copytree(PACKAGE, copied, ignore=shutil.ignore_patterns("shipped"))
    (copied / "shipped").symlink_to(PACKAGE / "shipped")
    for section in SECTIONS:
        extend(copied, section)
    environment = {**os.environ, "PYTHONPATH": str(copied.parent), "SEQZOO_HOME": str(folder / "home")}
    with commands_of_a_copy(environment, folder) as run:
        told = {section: [run(*shlex.split(line)) for line in LINES[section]] for section in SECTIONS}
    assert all(outcome.status == 0 for outcomes in told.values() for outcome in outcomes), told
    assert (folder / "out" / "persistence.json").exists()
    return {section: [outcome.out for outcome in outcomes] for section, outcomes in told.items()}


def test_the_page_has_the_five_kinds():
    assert list(SECTIONS) == ["model", "signal", "reference", "engine", "experiment"]


def test_a_model_is_one_file(told):
    _, verified = told["model"]
    assert "damped.ar1-own passes\n" in verified


def test_a_signal_is_one_file_and_its_lines_in_the_list(told):
    floors, listed, forecast = told["signal"]
    (step,) = json.loads(floors)
    # All is Gaussian: the best linear forecaster is the best there is.
    assert step["bayes"] == pytest.approx(step["best_linear"], rel=1e-9)
    assert step["noise"] == pytest.approx(0.01) and step["bayes"] < step["last_value"] < step["line"]
    assert "damped.ar1-own" in listed
    assert len(forecast.split()) == 1


def test_a_reference_is_one_file_and_its_lines_in_the_list(told):
    floors, forecast, listed = told["reference"]
    (step,) = json.loads(floors)
    noise_of_mean = 0.01 / 20
    assert step["window_mean"] > 0.01 + noise_of_mean
    assert float(forecast) == pytest.approx(np.sin(0.02 * np.arange(20)).mean(), abs=1e-5)
    assert "window_mean.sine" in listed


def test_an_engine_is_one_file_and_its_lines_in_the_list(told):
    verified, plain, onnx = told["engine"]
    assert "linear.sine passes\n" in verified  # with a reference that its manifest does not know
    assert "plain: within" in verified or "plain: equal" in verified
    assert float(plain) == pytest.approx(float(onnx), abs=1e-5)


def test_an_experiment_is_one_file_and_its_lines_in_the_list(told):
    assert "last value" in told["experiment"][0]
