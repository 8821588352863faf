"""The documentation site: its navigation, its pages of commands and of Python. `make docs` checks the built pages."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import yaml

import seqzoo

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools" / "docs"))


@pytest.fixture
def commands() -> ModuleType:
    return importlib.import_module("commands")


def pages_of(entries: list[object]) -> Iterator[str]:
    for entry in entries:
        for value in entry.values() if isinstance(entry, dict) else [entry]:
            yield from pages_of(value) if isinstance(value, list) else [value]


def test_the_navigation_lists_every_page_of_the_documentation_once() -> None:
    listed = list(pages_of(yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"]))
    assert len(listed) == len(set(listed))
    ours = {page for page in listed if not page.startswith(("project/", "https:"))}
    pages = [*DOCS.rglob("*.md"), *(path.with_suffix(".md") for path in DOCS.rglob("*.ipynb"))]
    assert ours == {path.relative_to(DOCS).as_posix() for path in pages}
    assert all((ROOT / Path(page).name).is_file() for page in listed if page.startswith("project/"))


def test_the_list_of_decisions_has_the_title_of_each() -> None:
    listed = re.findall(r"^- \[(.+)\]\((.+)\)$", (DOCS / "adr" / "README.md").read_text("utf-8"), re.MULTILINE)
    records = sorted((DOCS / "adr").glob("0*.md"))
    assert listed == [(path.read_text("utf-8").split("\n")[0].removeprefix("# "), path.name) for path in records]


def test_the_page_of_commands_is_the_help_of_the_commands(commands: ModuleType) -> None:
    page = (DOCS / "commands.md").read_text("utf-8")
    assert page == commands.page(), "run python tools/docs/commands.py"
    for section in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        shared = page.split("## Options of files")[1] if "#options-of-files" in section else ""
        cells = " ".join(re.findall(r"^\| `(.*?)` ", section + shared, re.MULTILINE))
        options = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", cells))
        for example in re.findall(r"^seqzoo (?!.*\[OPTIONS\]).*$", section, re.MULTILINE):
            assert example.split()[1] == section.split()[1], example
            unknown = set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", example)) - options
            assert not unknown, example


def test_the_page_of_python_has_every_name_that_is_public() -> None:
    """docs/compatibility.md: what seqzoo exports, and every other name that a page imports."""
    shown = set(re.findall(r"^::: ([\w.]+)$", (DOCS / "api.md").read_text("utf-8"), re.MULTILINE))
    public = {f"seqzoo.{name}" for name in seqzoo.__all__ if name[0] != "_"}
    for page in DOCS.glob("*.md"):
        for code in re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
            for module, names in re.findall(r"^from (seqzoo[\w.]*) import ([\w, ]+)", code, re.MULTILINE):
                public |= {f"{module}.{name.strip()}" for name in names.split(",")}
    assert public - {"seqzoo.signals.Sine"} == shown  # which is seqzoo.Sine
    for name in shown:
        module, _, attribute = name.rpartition(".")
        assert hasattr(importlib.import_module(module), attribute), name


def test_a_link_that_leads_nowhere_and_a_file_of_another_host_fail_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = importlib.import_module("documentation")
    monkeypatch.setattr(build, "SITE", tmp_path)
    (tmp_path / "a.html").write_text('<p id="b"><a href="#b"></a><a href="a.html#b"></a><a href="https://x.example/"></a>')
    assert build.check() == []
    (tmp_path / "c.html").write_text('<a href="a.html#d"></a><a href="e.html"></a><img src="//x.example/y.png">')
    (tmp_path / "s.css").write_text("p { background: url(https://x.example/z.png); }")
    assert build.check() == [
        "c.html loads //x.example/y.png",
        "c.html links to a.html#d, which has no such anchor",
        "c.html links to e.html, which does not exist",
        "s.css loads https://x.example/z.png",
    ]


def test_a_link_out_of_the_documentation_leads_to_a_page_that_shows_the_file() -> None:
    build = importlib.import_module("documentation")
    linked: set[Path] = set()
    code = "\n```\n[e](f)\n```\n"
    text = f"[a](../src/seqzoo/errors.py) [b](adr/README.md#x){code}[g](../CHANGELOG.md)"
    page = build._relinked(text, DOCS / "floor.md", linked)
    assert page == f"[a](source/src/seqzoo/errors.py.md) [b](adr/README.md#x){code}[g](project/CHANGELOG.md)"
    assert linked == {ROOT / "src" / "seqzoo" / "errors.py"}
