"""Models in memory: one load each, a bounded number, replaced without a gap, never half-loaded."""

from __future__ import annotations

import os
import random
import re
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil
import pytest

from seqzoo import load
from seqzoo.bundles import shelf, store
from seqzoo.errors import BundleError, IntegrityError, UnknownNameError
from seqzoo.runtime import engines
from seqzoo.runtime.repository import Repository
from support.asking import measured

SOAK = bool(os.environ.get("SEQZOO_SOAK"))
WINDOW = np.full((1, 20, 1), 0.1, np.float32)


@pytest.fixture
def own(home, shipped):
    """A copy of the flagship on the user's own shelf, as `mine.sine`."""
    folder = shelf.own_models() / "mine.sine"
    shutil.copytree(shipped, folder)
    return folder


def test_nothing_is_loaded_before_it_is_asked_for_and_the_index_says_so():
    repository = Repository()
    states = {state.name: state for state in repository.index()}
    assert {"lstm.sine", "bayes.recall"} <= set(states) and not repository.loaded()
    assert {state.state for state in states.values()} == {"UNAVAILABLE"}
    repository.get("lstm.sine")
    assert repository.state("lstm.sine").state == "READY" and repository.loaded() == ["lstm.sine"]


@pytest.mark.parametrize("turn", range(20 if SOAK else 2))
def test_64_first_requests_at_once_share_one_load_and_get_the_same_bytes(monkeypatch, turn):
    loads: list[str] = []
    build = engines.build
    monkeypatch.setattr(engines, "build", lambda *given: loads.append(given[0]) or build(*given))
    repository, gate = Repository(), threading.Barrier(64)

    def ask() -> bytes:
        gate.wait()
        return repository.get("lstm.sine").predict(WINDOW).tobytes()

    with ThreadPoolExecutor(64) as pool:
        answers = {future.result() for future in [pool.submit(ask) for _ in range(64)]}
    assert len(loads) == 1
    measured("first", rounds=1, requests=64, loads=len(loads))
    assert answers == {load("lstm.sine", "light").predict(WINDOW).tobytes()}


def test_the_least_recently_used_gives_way_and_is_loaded_again_when_asked_for():
    repository = Repository(most_loaded=2)
    first = repository.get("lstm.sine")
    repository.get("mlp.sine")
    repository.get("lstm.sine")
    repository.get("gru.sine")
    assert repository.loaded() == ["lstm.sine", "gru.sine"]
    assert repository.state("mlp.sine").reason
    assert repository.get("lstm.sine") is first
    repository.get("mlp.sine")
    assert repository.loaded() == ["lstm.sine", "mlp.sine"]


def test_a_model_that_cannot_be_loaded_is_reported_with_its_reason_and_tried_again(own, shipped):
    (own / store.ONNX).write_bytes(b"damaged")
    told: list[object] = []
    repository = Repository("onnx", on_load=lambda name, error: told.append(error))
    with pytest.raises(BundleError):
        repository.get("mine.sine")
    state = repository.state("mine.sine")
    assert state.state == "UNAVAILABLE" and store.ONNX in state.reason
    assert repository.peek("mine.sine") is None and isinstance(told[0], IntegrityError)
    shutil.copy(shipped / store.ONNX, own / store.ONNX)
    assert repository.get("mine.sine").predict(WINDOW).shape == (1, 1)
    assert repository.state("mine.sine") == ("mine.sine", "READY", "") and told[1:] == [None]


def test_a_replaced_bundle_is_picked_up_on_load_and_not_before(own):
    repository = Repository()
    before = repository.get("mine.sine").predict(WINDOW)
    shutil.rmtree(own)
    shutil.copytree(store.SHIPPED / "mlp.sine", own)
    assert repository.get("mine.sine").predict(WINDOW) == before
    repository.load("mine.sine")
    after = repository.get("mine.sine").predict(WINDOW)
    assert after == load("mlp.sine", "onnx").predict(WINDOW) and after != before


def test_a_bundle_that_fails_its_golden_test_does_not_replace_the_version_in_memory(own):
    repository = Repository("onnx")
    before = repository.get("mine.sine").predict(WINDOW)
    found = store.open_bundle(own)
    contents = {name: found.read(name) for name in found.manifest.files}
    contents[store.ONNX] = (store.SHIPPED / "mlp.sine" / store.ONNX).read_bytes()
    store.write_bundle(own, found.manifest, contents)
    with pytest.raises(IntegrityError, match="golden"):
        repository.load("mine.sine")
    assert repository.get("mine.sine").predict(WINDOW) == before
    state = repository.state("mine.sine")
    assert state.state == "READY" and "golden" in state.reason


@pytest.mark.parametrize("file", [*store.REQUIRED, store.MANIFEST])
def test_every_single_bit_flip_of_a_file_is_refused_before_a_parser_sees_it(own, file, monkeypatch):
    """Of the manifest: refused, or one of its statements differs, which the golden test or the reader shows."""
    repository = Repository()
    before = repository.get("mine.sine").predict(WINDOW)
    intact = (own / file).read_bytes()
    parsed: list[str] = []
    monkeypatch.setattr(engines, "build", lambda *given: parsed.append(given[0]))
    rng = random.Random(file)
    used = {store.ONNX}
    for _ in range(2000 if SOAK else 60):
        bit = rng.randrange(8 * len(intact))
        flipped = bytearray(intact)
        flipped[bit // 8] ^= 1 << bit % 8
        (own / file).write_bytes(flipped)
        if file == store.MANIFEST:
            try:
                opened = store.open_bundle(own)
            except BundleError:
                continue
            assert opened.raw_manifest != intact and not opened.is_trusted
        else:
            with pytest.raises(IntegrityError, match=re.escape(file)):
                store.open_bundle(own).read(file)
        if file in used:
            with pytest.raises(IntegrityError):
                Repository().describe("mine.sine").bundle.read(file)
    assert not parsed
    measured("flips", flips=2000 if SOAK else 60, files=1)
    assert repository.get("mine.sine").predict(WINDOW) == before


def test_32_threads_that_load_unload_and_predict_neither_fail_nor_hang(own):
    repository = Repository(most_loaded=3)
    names = ["lstm.sine", "mlp.sine", "linear.sine", "mine.sine", "bayes.sine"]
    expected = {name: load(name).predict(WINDOW) if name == "bayes.sine" else load(name, "light").predict(WINDOW)
                for name in names}  # fmt: skip
    calls = 1000 if SOAK else 15

    def work(seed: int) -> int:
        rng = random.Random(seed)
        for _ in range(calls):
            name = rng.choice(names)
            what = rng.random()
            if what < 0.15:
                repository.load(name)
            elif what < 0.3:
                repository.unload(name)
            elif what < 0.35:
                repository.index()
            else:
                assert repository.get(name).predict(WINDOW) == expected[name]
        return calls

    with ThreadPoolExecutor(32) as pool:
        done = [future.result(timeout=250) for future in [pool.submit(work, seed) for seed in range(32)]]
    assert sum(done) == 32 * calls
    measured("threads", calls=sum(done), failures=0)
    assert len(repository.loaded()) <= 3


def test_loading_and_unloading_again_and_again_takes_no_memory():
    repository, process = Repository(), psutil.Process()
    cycles = 10_000 if SOAK else 150

    def cycle() -> None:
        repository.load("linear.sine")
        repository.get("linear.sine").predict(WINDOW)
        repository.unload("linear.sine")

    for _ in range(cycles // 3):
        cycle()
    before = process.memory_info().rss
    for _ in range(cycles):
        cycle()
    growth = process.memory_info().rss - before
    assert growth < 10 << 20
    measured("cycles", cycles=cycles, growth=growth / 2**20)


def test_unknown_names_are_refused_and_leave_nothing_behind():
    repository = Repository()
    for name in ("nobody.sine", "", "../lstm.sine", "lstm.sine\x00", "a" * 5000):
        for ask in (repository.get, repository.load, repository.unload, repository.state, repository.describe):
            with pytest.raises(UnknownNameError):
                ask(name)
    assert not repository._slots


def test_a_stand_in_serves_where_the_engine_cannot_and_the_index_says_why(own):
    (own / store.ONNX).write_bytes(b"damaged")
    repository = Repository("onnx", stand_in="numpy")
    assert repository.get("mine.sine").engine == "numpy"
    state = repository.state("mine.sine")
    assert state.state == "READY" and store.ONNX in state.reason
    (own / store.WEIGHTS).write_bytes(b"damaged")
    with pytest.raises(IntegrityError, match=r"weights\.safetensors.*model\.onnx"):
        Repository("onnx", stand_in="numpy").get("mine.sine")
