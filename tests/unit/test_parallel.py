"""Batches in pieces: the same as the unsplit run, on any number of cores, and errors come through."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest

from seqzoo import bundle
from seqzoo.runtime import ENGINES, engines, parallel
from seqzoo.runtime.parallel import in_pieces
from seqzoo.signals import Sine

SIZES = [1, 47, 48, 255, 256, 257, 5000]


@pytest.fixture(scope="module")
def batch() -> np.ndarray:
    return Sine().draw(max(SIZES), 20, 1, np.random.default_rng(0)).context.astype(np.float32)[:, :, None]


@pytest.fixture(scope="module", params=ENGINES)
def engine(request):
    return engines.build(request.param, bundle.open_bundle(bundle.SHIPPED / "lstm.sine"))


@pytest.fixture(params=[1, 2, 3])
def cores(request, monkeypatch) -> int:
    monkeypatch.setattr(parallel, "cores", lambda: request.param)
    monkeypatch.setattr(parallel, "_pool", None)
    yield request.param
    if parallel._pool is not None:
        parallel._pool.shutdown()


@pytest.mark.parametrize("rows", SIZES)
def test_a_split_batch_gives_what_the_whole_gives_on_each_engine(engine, batch, rows, cores):
    whole = engine.run(batch[:rows])
    split = in_pieces(engine.run, batch[:rows])
    assert split.shape == (rows, 1) and split.dtype == np.float32
    # Another batch size may take another path through a matrix product: the last bits may differ.
    np.testing.assert_allclose(split, whole, rtol=0, atol=1e-6)


@pytest.mark.parametrize("rows", [*SIZES, 49, 511, 512, 513, 1000])
def test_every_row_is_run_once_in_order_and_no_piece_is_too_large(rows, cores):
    sizes = []

    def run(piece):
        sizes.append(len(piece))
        return piece * 2

    values = np.arange(rows, dtype=np.float32)[:, None, None]
    np.testing.assert_array_equal(in_pieces(run, values), values * 2)
    assert sum(sizes) == rows and 0 < min(sizes) and max(sizes) <= parallel.PIECE
    assert len(sizes) == 1 if rows < parallel.WORTH_SPLITTING else len(sizes) >= cores


@pytest.mark.parametrize("bad", [0, 100, 999])
def test_an_error_in_any_piece_comes_through(bad, cores):
    def run(piece):
        if bad in piece:
            raise ArithmeticError(f"piece with {bad}")
        return piece

    with pytest.raises(ArithmeticError, match=f"piece with {bad}"):
        in_pieces(run, np.arange(1000, dtype=np.float32)[:, None])


def test_after_an_error_the_next_batch_runs(cores):
    def broken(piece):
        raise ArithmeticError

    values = np.arange(1000, dtype=np.float32)[:, None]
    with pytest.raises(ArithmeticError):
        in_pieces(broken, values)
    np.testing.assert_array_equal(in_pieces(lambda piece: piece, values), values)


def test_the_caller_does_not_wait_for_a_pool_that_is_busy_with_others(monkeypatch):
    monkeypatch.setattr(parallel, "cores", lambda: 2)
    monkeypatch.setattr(parallel, "_pool", None)
    release = threading.Event()
    blocked = parallel._executor().submit(release.wait)
    try:
        values = np.arange(1000, dtype=np.float32)[:, None]
        threads = set()

        def run(piece):
            threads.add(threading.get_ident())
            return piece

        np.testing.assert_array_equal(in_pieces(run, values), values)
        assert threads == {threading.get_ident()} and not blocked.done()
    finally:
        release.set()
        parallel._pool.shutdown()


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


def test_cores_are_those_this_process_may_use():
    assert parallel.cores() == len(os.sched_getaffinity(0)) >= 1
