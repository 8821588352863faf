"""Fixtures of the tests that make a bundle once for a module: a home that they share, and a model of the calendar."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqzoo.bundles import shelf, store
from support import calendar_model
from support.terminal import terminal

__all__ = ["at_home", "home_of_all", "kept", "terminal"]


@pytest.fixture(scope="module")
def home_of_all(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SEQZOO_HOME that the tests of a module share."""
    return tmp_path_factory.mktemp("shared") / "home"


@pytest.fixture
def at_home(home_of_all: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a test in that home."""
    monkeypatch.setenv("SEQZOO_HOME", str(home_of_all))


@pytest.fixture(scope="module")
def kept(home_of_all: Path) -> store.Bundle:
    """`gru.meter`, which reads the calendar, on the shelf of that home; a module may keep another."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQZOO_HOME", str(home_of_all))
        return calendar_model.bundle_of(shelf.place("gru.meter"))
