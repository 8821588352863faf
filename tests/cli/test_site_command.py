"""`seqzoo site`: what it says, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seqzoo.site import build
from support.terminal import Terminal


def test_a_site_says_how_to_look_at_it_and_spares_a_folder_of_other_files(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = build.Site({"index.html": b"<!doctype html>", build.MARK: b'{"files": {"index.html": ""}}'}, 17)
    monkeypatch.setattr(build, "build", lambda docs: small)
    said = terminal("site", str(tmp_path / "my site"), "--json")
    assert json.loads(said.out) == {"folder": str(tmp_path / "my site"), "files": 2, "bytes": 44, "models": 17}
    (tmp_path / "public" / "docs").mkdir(parents=True)
    said = terminal("site", str(tmp_path / "public"), "--docs", "https://docs.example")
    assert said.status == 2 and "path from the root of the site" in said.err
    said = terminal("site", str(tmp_path / "public"), "--docs", "docs/index.html")
    assert said.status == 0 and "17 models" in said.out and "python -m http.server" in said.out
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("mine")
    said = terminal("site", str(tmp_path / "thesis"))
    assert said.status == 2 and "give an empty folder" in said.err and said.err.count("\n") == 1
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["chapter.txt"]
    assert "where a file system is mounted" in terminal("site", "/").refusal
    assert "thesis/chapter.txt: it is a file" in terminal("site", str(tmp_path / "thesis/chapter.txt/site")).refusal
