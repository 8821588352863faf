"""docs/adding-a-model.md: its model file trains, serves and proves itself, and the diff it shows is the file."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

import seqzoo
from seqzoo.bundles.store import open_bundle
from seqzoo.errors import UnknownNameError
from seqzoo.publishing import build
from seqzoo.zoo import _registry
from seqzoo.zoo._model_files import ENTRY_POINTS
from support import entry_points
from support.terminal import Terminal

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "adding-a-model.md").read_text("utf-8")
FILE, IN_PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
SIZES = ("recipe.steps=20", "recipe.evaluate_every=10", "config.hidden_size=4", "config.context_length=2")
SMALL = [part for size in SIZES for part in ("--set", size)] + ["--keep-worse"]
WINDOW = np.sin(0.02 * np.arange(2)).tolist()


@pytest.fixture
def mgu(tmp_path: Path, own_models) -> Path:
    path = tmp_path / "mgu.py"
    path.write_text(FILE, "utf-8")
    return path


def test_the_file_trains_by_the_commands_shown_and_its_bundle_needs_it_no_more(
    terminal: Terminal, mgu: Path, home: Path, own_models, few_windows: None
) -> None:
    assert terminal("train", "mgu.sine", "--models", mgu, *SMALL).status == 0
    found = open_bundle(home / "models" / "mgu.sine-own")
    assert found.manifest.rebuild == "seqzoo reproduce mgu.sine-own --models mgu.py"
    eager = build.eager(build.module_of(found), np.array(WINDOW, np.float32).reshape(1, 2, 1)).numpy()
    with_file = terminal("verify", "mgu.sine-own", "--windows", 1000)
    assert with_file.status == 0 and "not proven" not in with_file.out
    again = terminal("reproduce", "mgu.sine-own", "--models", mgu, "--json")  # the file runs once in a process
    assert json.loads(again.out)["identical"] is True
    mgu.unlink()
    own_models()
    with pytest.raises(UnknownNameError, match="'mgu'"):
        _registry.architecture("mgu")
    assert "'mgu'" in terminal("reproduce", "mgu.sine-own").refusal
    report = json.loads(terminal("verify", "mgu.sine-own", "--windows", 1000, "--json").out)
    outcomes = {check["name"]: check["passed"] for check in report["checks"]}
    assert report["passed"] and outcomes["eager"] is None and outcomes["onnx"] is outcomes["torchscript"] is True
    said = terminal("predict", "mgu.sine-own", "--engine", "onnx", "--", *WINDOW)
    assert float(said.out) == pytest.approx(float(eager[0, 0]), abs=1e-5)
    assert terminal("show", "mgu.sine-own").status == terminal("forecast", "mgu.sine-own", "-n", 3).status == 0
    for engine in ("onnx", "torchscript"):
        forecast = float(seqzoo.load("mgu.sine-own", engine).predict(WINDOW)[0, 0])
        assert forecast == pytest.approx(float(eager[0, 0]), abs=1e-5), engine


def test_the_number_of_parameters_in_the_file_is_true(mgu: Path) -> None:
    _registry.load_file(mgu)
    made = _registry.architecture("mgu")
    for k, h in ((32, 1), (3, 7)):
        module = made.module(made.config(20, h, k))
        count = sum(parameter.numel() for parameter in module.parameters())
        assert count == 2 * k * (1 + k + 1) + k * h + h
    assert f"{2 * 32 * 34 + 33:,} as it stands" in FILE


def test_the_python_of_the_page_runs(mgu: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(mgu.parent)
    names: dict[str, object] = {}
    exec(compile(IN_PYTHON, "page", "exec"), names)
    assert names["trained"].finished  # type: ignore[attr-defined]


def test_the_entry_point_of_the_page_makes_the_file_known(
    mgu: Path, monkeypatch: pytest.MonkeyPatch, terminal: Terminal, few_windows: None
) -> None:
    (toml,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    points = tomllib.loads(toml)["project"]["entry-points"][ENTRY_POINTS]
    package = mgu.parent / "my_models"
    package.mkdir()
    (package / "__init__.py").touch()
    mgu.rename(package / "mgu.py")
    entry_points.install(monkeypatch, mgu.parent, points)
    assert terminal("train", "mgu.recall-h3", *SMALL, "--as", "remembers", "--json").status == 0
    said = terminal("verify", "remembers", "--windows", 1000)
    assert said.status == 0 and "not proven" not in said.out
    assert open_bundle(seqzoo.available()["remembers"]).manifest.rebuild == "seqzoo reproduce remembers"
    assert seqzoo.load("remembers").predict([0.1] * 2).shape == (1, 3)


def test_the_diff_of_the_page_is_the_file_it_adds() -> None:
    (diff,) = re.findall(r"```diff\n(.*?)```", PAGE, re.DOTALL)
    file = (ROOT / "src" / "seqzoo" / "zoo" / "linear.py").read_text("utf-8")
    head, body = diff.split(" @@\n")
    assert "".join(line[1:] for line in body.splitlines(keepends=True)) == file
    assert all(line.startswith("+") for line in body.splitlines())
    count = len(file.splitlines())
    assert head.endswith(f"@@ -0,0 +1,{count}") and f"1 file changed, {count} insertions(+)" in PAGE


def test_nothing_else_in_the_package_names_the_model_that_the_diff_adds() -> None:
    for path in (ROOT / "src" / "seqzoo").rglob("*.py"):
        if path.name != "linear.py":
            assert not re.search(r"zoo\.linear|zoo import \w*linear|LinearConfig", path.read_text("utf-8")), path
