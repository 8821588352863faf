"""Fixtures of the command line's tests: `terminal`, and a Python without the extra that reads tables."""

from __future__ import annotations

import sys

import pytest

from support.terminal import terminal

__all__ = ["terminal"]


@pytest.fixture
def without_polars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
