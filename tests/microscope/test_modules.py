"""The modules of the microscope, and the bundle of them that Jupyter gets."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from seqzoo.microscope import modules


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    path = Path(__file__).parents[2] / "tools" / "bundle.py"
    spec = importlib.util.spec_from_file_location("bundle", path)
    assert spec and spec.loader
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_the_bundle_was_made_of_the_modules_as_they_are_now(tool: ModuleType) -> None:
    assert modules.BUNDLE.read_text("utf-8").startswith(tool.stamp()), "run `make bundle`"


def test_the_bundle_is_what_esbuild_makes_of_the_modules(tool: ModuleType) -> None:
    if not tool.ESBUILD.exists():
        pytest.skip("esbuild is not installed: `npm ci` installs it")
    assert modules.BUNDLE.read_text("utf-8") == tool.bundled(), "run `make bundle`"


def test_the_address_of_the_modules_changes_with_the_name_and_the_content_of_each() -> None:
    files = dict(modules.files())
    path = "microscope/js/cell.js"
    assert {path, "microscope/js/microscope.css", "microscope/hosts/nicegui.js"} <= set(files)
    others = [{**files, path: files[path] + b" "}, {**files, "microscope/js/other.js": b""}]
    renamed = {("microscope/js/cells.js" if key == path else key): data for key, data in files.items()}
    seen = {modules.digest(made) for made in (files, *others, renamed)}
    assert len(seen) == 4 and modules.version() == modules.digest(files)
