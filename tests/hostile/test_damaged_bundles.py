"""Bundles whose bytes are not those the manifest states: refused before any parser sees them.

That a flipped bit of any file is noticed stands in tests/server/test_repository.py.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any, NoReturn

import pytest

import seqzoo
from seqzoo import _storage
from seqzoo.bundles import shelf, store, trust
from seqzoo.errors import BundleError, IntegrityError, ManifestError
from seqzoo.runtime.engines import numpy, onnx
from support import forge
from support.engines import ENGINES
from support.terminal import Terminal

WINDOW = [0.1] * 20
SOAK = bool(os.environ.get("SEQZOO_SOAK"))
FLIPS = 200 if SOAK else 40


def _flips(name: str, size: int) -> list[int]:
    return sorted(random.Random(name).sample(range(8 * size), FLIPS))


@pytest.mark.parametrize(("engine", "name"), [("onnx", store.ONNX), *((e, store.WEIGHTS) for e in ENGINES[2:])])
def test_no_parser_sees_a_damaged_file(
    copied: Path, engine: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []

    def spy(data: bytes, *rest: Any, **named: Any) -> NoReturn:
        seen.append(data)
        raise AssertionError("parsed")

    monkeypatch.setattr(onnx.ort, "InferenceSession", spy)
    monkeypatch.setattr(numpy, "parse", spy)
    whole = (copied / name).read_bytes()
    for bit in _flips(name, len(whole)):
        (copied / name).write_bytes(forge.flipped(whole, bit))
        with pytest.raises(IntegrityError):
            seqzoo.load(copied, engine).predict(WINDOW)
    assert seen == []
    (copied / name).write_bytes(whole)
    with pytest.raises((AssertionError, IntegrityError)):
        seqzoo.load(copied, engine).predict(WINDOW)
    assert seen == [whole]


def test_torch_does_not_see_a_damaged_file_even_of_a_bundle_built_here(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    trust.record(store.open_bundle(copied).manifest_sha256)
    seen: list[object] = []
    monkeypatch.setattr(torch.jit, "load", lambda file, **named: seen.append(file))
    whole = (copied / store.TORCHSCRIPT).read_bytes()
    for bit in _flips("torch", len(whole)):
        (copied / store.TORCHSCRIPT).write_bytes(forge.flipped(whole, bit))
        with pytest.raises(IntegrityError):
            seqzoo.load(copied, "torchscript").predict(WINDOW)
    assert seen == []


def test_verify_names_the_damaged_file(copied: Path, terminal: Terminal) -> None:
    for name in store.REQUIRED:
        whole = (copied / name).read_bytes()
        (copied / name).write_bytes(forge.flipped(whole, 800))
        done = terminal("verify", copied)
        assert done.status == 1 and done.err == "", name
        assert f"FAILS: file {name}" in done.out, name
        (copied / name).write_bytes(whole)


def test_a_flipped_bit_of_the_manifest_is_refused_or_changes_no_prediction(copied: Path) -> None:
    whole = (copied / store.MANIFEST).read_bytes()
    expected = seqzoo.load(copied, "numpy").predict(WINDOW)
    bits = range(0, 8 * len(whole), 5 if SOAK else 41)
    refused = 0
    for bit in bits:
        (copied / store.MANIFEST).write_bytes(forge.flipped(whole, bit))
        try:
            given = seqzoo.load(copied, "numpy").predict(WINDOW)
        except seqzoo.SeqzooError:
            refused += 1
            continue
        facts = store.open_bundle(copied).manifest.contract.scaling
        assert (given == expected).all() or not facts.is_identity
    assert refused > 0.6 * len(bits)


def test_a_manifest_with_a_flipped_bit_loses_the_trust_of_its_builder(copied: Path) -> None:
    trust.record(store.open_bundle(copied).manifest_sha256)
    assert store.open_bundle(copied).is_trusted
    forge.state(copied, title="Another title")
    assert not store.open_bundle(copied).is_trusted


def _remove(path: Path) -> None:
    path.unlink()


def _link(path: Path) -> None:
    target = path.with_name("elsewhere")
    path.rename(target)
    path.symlink_to(target)


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _oversized(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(store.FILE_LIMIT + 1)


def _appended(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


SPOILS = [_remove, _link, _fifo, _folder, _empty, _oversized, _appended]


@pytest.mark.parametrize("spoil", SPOILS, ids=lambda spoil: spoil.__name__.strip("_"))
@pytest.mark.parametrize("name", [store.ONNX, store.WEIGHTS])
def test_a_file_that_is_not_the_stated_one_is_refused(
    copied: Path, name: str, spoil: Any, terminal: Terminal
) -> None:
    spoil(copied / name)
    engine = "onnx" if name == store.ONNX else "numpy"
    with pytest.raises(IntegrityError, match=name):
        seqzoo.load(copied, engine).predict(WINDOW)
    assert name in terminal("predict", copied, "--engine", engine, *WINDOW).refusal
    done = terminal("verify", copied)
    assert done.status == 1 and f"FAILS: file {name}" in done.out


@pytest.mark.parametrize("spoil", SPOILS[:-1], ids=lambda spoil: spoil.__name__.strip("_"))
def test_a_manifest_that_is_not_a_file_is_refused(copied: Path, spoil: Any, terminal: Terminal) -> None:
    spoil(copied / store.MANIFEST)
    with pytest.raises(ManifestError):
        store.open_bundle(copied)
    for command in ("show", "reproduce"):
        assert "manifest" in terminal(command, copied).refusal
    done = terminal("verify", copied)
    assert done.status == 1 and "FAILS: manifest" in done.out


def test_a_file_that_may_not_be_read_is_refused(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(path: Any, *rest: Any) -> NoReturn:
        raise PermissionError(13, "Permission denied", str(path))

    found = store.open_bundle(copied)
    monkeypatch.setattr(_storage.os, "open", deny)
    with pytest.raises(IntegrityError, match=store.ONNX):
        found.read(store.ONNX)


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="/proc/self/maps"):
        _storage.read_file(Path("/proc/self/maps"), 16)  # states a size of 0


def test_a_damaged_bundle_of_ones_own_is_listed_with_what_is_wrong(
    shipped: Path, terminal: Terminal
) -> None:
    own = shelf.own_models() / "broken"
    own.mkdir(parents=True)
    (own / store.MANIFEST).write_text("[/red] not JSON")
    done = terminal("list")
    assert done.status == 0 and "cannot be used" in done.out and "lstm.sine" in done.out
    with pytest.raises(BundleError):
        seqzoo.load("broken", "onnx").predict(WINDOW)
