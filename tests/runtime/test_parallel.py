"""Batches in pieces: the same as row by row, on any number of cores, and errors come through."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import numpy as np
import pytest

import seqzoo
from seqzoo.bundles import store
from seqzoo.runtime import engines
from seqzoo.runtime.engines import _parallel
from seqzoo.runtime.engines._parallel import in_pieces, one_by_one
from seqzoo.signals import Sine
from support import forked
from support.engines import ENGINES

# On both sides of each size from which an engine goes about it otherwise.
SIZES = {
    "torchscript": [1, 15, 16, 256, 257, 999, 1000],
    "onnx": [1, 15, 16, 128, 129, 257],
    "native": [1, 7, 16, 47, 48, 257],
    "numpy": [1, 47, 48, 257],
}


@pytest.fixture(scope="module")
def batch() -> np.ndarray:
    return Sine().draw(1000, 20, 1, np.random.default_rng(0)).context.astype(np.float32)[:, :, None]


@pytest.fixture(scope="module")
def rows_alone(batch) -> dict[str, np.ndarray]:
    """The forecasts of each engine from pieces too small to be split."""
    found = store.open_bundle(store.SHIPPED / "lstm.sine")
    forecasts = {}
    for name in ENGINES:
        engine = engines.build(name, found)
        pieces = [engine.run(batch[first : first + 10]) for first in range(0, max(SIZES[name]), 10)]
        forecasts[name] = np.concatenate(pieces)
    return forecasts


@pytest.fixture(params=[1, 2, 3])
def cores(request, monkeypatch) -> Iterator[int]:
    monkeypatch.setattr(_parallel, "cores", lambda: request.param)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(_parallel, "_pool", None)
    yield request.param
    if _parallel._pool is not None:
        _parallel._pool.shutdown()


@pytest.mark.parametrize("name", ENGINES)
def test_a_batch_of_any_size_gives_what_its_rows_give_in_small_pieces(name, batch, rows_alone, cores):
    engine = engines.build(name, store.open_bundle(store.SHIPPED / "lstm.sine"))
    for rows in SIZES[name]:
        forecast = engine.run(batch[:rows])
        assert forecast.shape == (rows, 1) and forecast.dtype == np.float32
        # Another batch size may take another path through a matrix product: the last bits may differ.
        np.testing.assert_allclose(forecast, rows_alone[name][:rows], rtol=0, atol=1e-6)


def test_every_row_is_run_once_in_order_and_no_piece_is_too_large(cores):
    sizes = []

    def run(piece):
        sizes.append(len(piece))
        return piece * 2

    for rows in (1, 47, 48, 49, 255, 256, 257, 511, 512, 513, 1000, 5000):
        sizes.clear()
        values = np.arange(rows, dtype=np.float32)[:, None, None]
        np.testing.assert_array_equal(in_pieces(run, values), values * 2)
        assert sum(sizes) == rows and min(sizes) > 0 and max(sizes) <= _parallel.PIECE, rows
        assert len(sizes) == 1 if rows < _parallel.WORTH_SPLITTING else len(sizes) >= cores, rows


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 6, 7, 100])
def test_one_by_one_runs_every_row_once_in_order_on_the_calling_thread(rows):
    sizes, threads = [], set()

    def run(piece):
        sizes.append(len(piece))
        threads.add(threading.get_ident())
        return piece + 1

    values = np.arange(rows, dtype=np.float32)[:, None]
    np.testing.assert_array_equal(one_by_one(run, values, 3), values + 1)
    assert sum(sizes) == rows and max(sizes) <= 3 and len(sizes) == -(-rows // 3)
    assert threads == {threading.get_ident()}


@pytest.mark.parametrize("bad", [0, 100, 999])
def test_an_error_in_any_piece_comes_through(bad, cores):
    def run(piece):
        if bad in piece:
            raise ArithmeticError(f"piece with {bad}")
        return piece

    values = np.arange(1000, dtype=np.float32)[:, None]
    for split in (in_pieces, lambda run, values: one_by_one(run, values, 128)):
        with pytest.raises(ArithmeticError, match=f"piece with {bad}"):
            split(run, values)


def test_after_an_error_the_next_batch_runs(cores):
    def broken(piece):
        raise ArithmeticError

    values = np.arange(1000, dtype=np.float32)[:, None]
    with pytest.raises(ArithmeticError):
        in_pieces(broken, values)
    np.testing.assert_array_equal(in_pieces(lambda piece: piece, values), values)


def test_the_caller_does_not_wait_for_a_pool_that_is_busy_with_others(monkeypatch):
    monkeypatch.setattr(_parallel, "cores", lambda: 2)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(_parallel, "_pool", None)
    release = threading.Event()
    blocked = _parallel._executor().submit(release.wait)
    threads = set()

    def run(piece):
        threads.add(threading.get_ident())
        return piece

    try:
        values = np.arange(1000, dtype=np.float32)[:, None]
        np.testing.assert_array_equal(in_pieces(run, values), values)
        assert threads == {threading.get_ident()} and not blocked.done()
    finally:
        release.set()
        _parallel._executor().shutdown()


def test_many_callers_at_once_each_get_their_own_rows(cores):
    answers = {}

    def ask(number):
        values = np.full((700, 1), number, np.float32) + np.arange(700, dtype=np.float32)[:, None]
        answers[number] = np.array_equal(in_pieces(lambda piece: piece + 1, values), values + 1)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == dict.fromkeys(range(16), True)


def forks_after_a_prediction(name: str) -> None:
    windows = np.linspace(-1, 1, 300 * 20).reshape(300, 20, 1)
    predictor = seqzoo.load("lstm.sine", name)
    before = predictor.predict(windows)
    child = os.fork()
    if child == 0:
        after = predictor.predict(windows)
        os._exit(0 if np.abs(after - before).max() < 1e-6 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("name", ENGINES)
def test_a_process_forked_after_a_prediction_predicts_the_same_and_does_not_hang(name):
    process = forked.context().Process(target=forks_after_a_prediction, args=(name,))
    process.start()
    process.join(120)
    try:
        assert process.exitcode == 0
    finally:
        process.kill()


def test_threads_are_the_cores_of_this_process_or_as_many_as_one_of_several_processes_is_told(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert _parallel.threads() == _parallel.cores() == len(os.sched_getaffinity(0)) >= 1
    monkeypatch.setattr(_parallel, "cores", lambda: 8)
    for stated, threads in (("1", 1), ("4,2", 4), ("99", 8), ("0", 1), ("many", 8), ("", 8)):
        monkeypatch.setenv("OMP_NUM_THREADS", stated)
        assert _parallel.threads() == threads
