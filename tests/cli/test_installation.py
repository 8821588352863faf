"""`seqzoo doctor-install`: the core that is used, or why there is none."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import pytest

import seqzoo
from seqzoo.runtime import core
from support.terminal import Terminal


def test_it_says_which_core_is_used_or_why_none(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    facts = json.loads(terminal("doctor-install", "--json").out)
    used = core.find()
    assert facts["core"] == (used and used.target) and facts["seqzoo"] == seqzoo.__version__
    monkeypatch.setenv("SEQZOO_CORE", "off")
    assert "core              none: SEQZOO_CORE=off" in terminal("doctor-install").out
    monkeypatch.setenv("SEQZOO_CORE", "pdp11")
    assert "pdp11" in terminal("doctor-install").out
    monkeypatch.delenv("SEQZOO_CORE")
    monkeypatch.setattr(core, "LIBRARY", tmp_path / "lib.so")
    core.of.cache_clear()
    try:
        facts = json.loads(terminal("doctor-install", "--json").out)
        assert facts["core"] is facts["core_path"] is None and "pip install ." in facts["core_missing"]
        core.of.cache_clear()
        monkeypatch.setattr(platform, "machine", lambda: "ppc64le")
        missing = json.loads(terminal("doctor-install", "--json").out)["core_missing"]
        assert missing.startswith("there is none for") and missing.endswith("ppc64le")  # no installation changes that
    finally:
        core.of.cache_clear()
