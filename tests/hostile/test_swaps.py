"""A hostile bundle and a shipped one take turns at one place, while every door opens it: nothing foreign runs."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from starlette.testclient import TestClient

import seqzoo
from seqzoo import _storage
from seqzoo.bundles import store
from seqzoo.errors import BundleError, UntrustedError
from seqzoo.server.serve import application
from support import forge
from support.asking import measured
from support.terminal import Terminal

SECONDS = 10.0 if os.environ.get("SEQZOO_SOAK") else 0.2
WINDOW = [0.1] * 20

# Swaps at full speed in a process of its own: links, folders, files, and files that are hard links.
SWAP = """
import os, shutil, sys
from pathlib import Path
place, shipped, kept, hostile = map(Path, sys.argv[1:])
both, spare = [kept, hostile], place.with_name("spare")
link, folder, file, hard = (place / f"mine.sine-{kind}" for kind in ("link", "folder", "file", "hard"))
shutil.copytree(shipped, folder), shutil.copytree(hostile, spare)
shutil.copytree(shipped, file), shutil.copytree(shipped, hard)
turn = 0
while True:
    turn += 1
    now = both[turn % 2]
    for target in (shipped, hostile) * 8:
        os.symlink(target, spare.with_name("link"))
        os.replace(spare.with_name("link"), link)
    os.rename(folder, spare.with_name("aside"))
    os.rename(spare, folder)
    os.rename(spare.with_name("aside"), spare)
    for name in ("manifest.json", "model.torchscript.pt")[:: 1 if turn % 3 else -1]:
        shutil.copyfile(now / name, spare.with_name("copy"))
        os.replace(spare.with_name("copy"), file / name)
        (hard / name).unlink()
        os.link(now / name, hard / name)
    if turn == 2:
        print("swapping", flush=True)
"""


class Place(NamedTuple):
    """Where bundles change; `marker` is the file that the hostile one creates if its code runs."""

    models: Path
    hostile: Path
    marker: Path

    @property
    def bundles(self) -> list[Path]:
        return [self.models / f"mine.sine-{kind}" for kind in ("link", "folder", "file", "hard")]


def _hostile(folder: Path, marker: Path) -> Path:
    shutil.copytree(store.SHIPPED / "lstm.sine", folder)
    forge.replace(folder, store.TORCHSCRIPT, forge.torchscript(marker))
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    root = tmp_path_factory.mktemp("swaps")
    made = Place(root / "home" / "models", _hostile(root / "hostile", root / "marker"), root / "marker")
    shutil.copytree(store.SHIPPED / "lstm.sine", root / "kept")  # on the file system of the hard links
    made.models.mkdir(parents=True)
    command = [sys.executable, "-c", SWAP, made.models, store.SHIPPED / "lstm.sine", root / "kept", made.hostile]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "swapping\n"
        yield made
        assert process.poll() is None, "the swaps ended early"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_hostile_bundle_of_these_tests_runs_code_when_it_is_trusted(tmp_path: Path) -> None:
    hostile = _hostile(tmp_path / "hostile", tmp_path / "marker")
    with pytest.raises(UntrustedError):
        seqzoo.load(hostile, "torchscript").warm()
    assert not (tmp_path / "marker").exists()
    opened = store.open_bundle(hostile)
    contents = {name: opened.read(name) for name in store.REQUIRED}
    store.write_bundle(tmp_path / "ours", opened.manifest, contents)  # as if this machine had built it
    seqzoo.load(tmp_path / "ours", "torchscript").warm()
    assert (tmp_path / "marker").exists()


@pytest.mark.parametrize("engine", ["torchscript", None])
def test_a_link_that_turns_between_the_manifest_and_the_model_gains_no_trust(
    tmp_path: Path, engine: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It leads to the hostile bundle whenever a file is read, and to the shipped one at every other moment."""
    hostile = _hostile(tmp_path / "hostile", tmp_path / "marker")
    link, read = tmp_path / "lstm.sine", _storage.read_file

    def lead(target: Path) -> None:
        link.unlink(missing_ok=True)
        link.symlink_to(target)

    def turned(path: Path, limit: int) -> bytes:
        lead(hostile)
        try:
            return read(path, limit)
        finally:
            lead(store.SHIPPED / "lstm.sine")

    lead(store.SHIPPED / "lstm.sine")
    monkeypatch.setattr(_storage, "read_file", turned)
    with contextlib.suppress(BundleError):
        seqzoo.load(link, engine).predict(WINDOW)
    assert not (tmp_path / "marker").exists()
    assert store.open_bundle(link).is_trusted is False


def _race(place: Place, attempt: Callable[[Path], bool], is_named: bool) -> None:
    """Attempts, each True where it was answered. Where torchscript is named both outcomes must occur, or nothing was
    raced; other engines run what is in the hostile bundle too.
    """
    tries = answered = 0
    end = time.monotonic() + SECONDS
    while time.monotonic() < end or not (0 < answered and (answered < tries or not is_named)):
        assert time.monotonic() < end + 120, "one outcome never occurred"
        for path in place.bundles:
            answered += attempt(path)
            tries += 1
            assert not place.marker.exists(), f"foreign code ran at attempt {tries} on {path.name}"
    measured("swaps", doors=1, seconds=SECONDS, tries=tries, answered=answered, ran=int(place.marker.exists()))


@pytest.mark.parametrize("engine", ["torchscript", None])
def test_nothing_foreign_runs_through_the_library(place: Place, engine: str | None) -> None:
    expected = seqzoo.load("lstm.sine", "onnx").predict(WINDOW)

    def attempt(path: Path) -> bool:
        try:
            forecast = seqzoo.load(path, engine).predict(WINDOW)
        except BundleError:
            return False
        np.testing.assert_allclose(forecast, expected, atol=1e-5)
        return True

    _race(place, attempt, engine is not None)


@pytest.mark.parametrize("engine", [["--engine", "torchscript"], []])
def test_nothing_foreign_runs_through_the_command_line(place: Place, engine: list[str], terminal: Terminal) -> None:
    _race(place, lambda path: terminal("predict", path, *engine, *WINDOW).status == 0, bool(engine))


@pytest.mark.parametrize("engine", ["torchscript", "onnx"])
def test_nothing_foreign_runs_through_the_server(place: Place, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEQZOO_HOME", str(place.models.parent))
    with TestClient(application(engine), base_url="http://127.0.0.1:8000") as client:

        def attempt(path: Path) -> bool:
            read = client.post(f"/v2/repository/models/{path.name}/load", json={})
            asked = client.post(f"/api/models/{path.name}/forecast", json={"context": WINDOW, "horizon": 1})
            assert max(read.status_code, asked.status_code) < 500, (read.text, asked.text)
            return read.status_code == 200

        client.post("/v2/repository/models/lstm.sine/load", json={}).raise_for_status()  # imports the engine
        _race(place, attempt, engine == "torchscript")
