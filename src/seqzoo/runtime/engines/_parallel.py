"""Runs large batches in pieces that fit a core's cache, on all threads that this process may use."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from ..._arrays import FloatArray

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor


Result = TypeVar("Result")
PIECE = 256  # rows; the gates of 256 windows of 64 units are 256 KB
WORTH_SPLITTING = 48  # rows; with fewer, handing work to another thread costs more than it saves

_lock = threading.Lock()
_pool: ThreadPoolExecutor | None = None
_forked = False


def cores() -> int:
    """The number of CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads() -> int:
    """How many threads a batch is divided among: one for each core, or fewer if OMP_NUM_THREADS says so, as in a
    process that is one of several."""
    stated = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    return min(cores(), max(1, int(stated))) if stated.isdecimal() else cores()


def is_forked() -> bool:
    """Whether this process was forked. The threads of OpenMP and ONNX Runtime do not survive a fork, and a call that
    waits for them would hang."""
    return _forked


def one_by_one(run: Callable[[FloatArray], FloatArray], batch: FloatArray, rows: int) -> FloatArray:
    """`run(batch)`, computed at most `rows` rows at a time, one piece after another; `run` itself uses threads."""
    if len(batch) <= rows:
        return run(batch)
    return np.concatenate([run(batch[first : first + rows]) for first in range(0, len(batch), rows)])


def in_pieces(run: Callable[[FloatArray], FloatArray], batch: FloatArray, piece: int = PIECE) -> FloatArray:
    """`run(batch)`, computed in pieces on several threads. Rows are independent, so the result is the same."""
    rows = len(batch)
    if rows < WORTH_SPLITTING:
        return run(batch)
    count = max(threads(), -(-rows // piece))
    bounds = np.linspace(0, rows, count + 1).astype(int).tolist()
    return np.concatenate(shared(lambda turn: run(batch[bounds[turn] : bounds[turn + 1]]), count))


def shared(run: Callable[[int], Result], count: int) -> list[Result]:
    """`run(turn)` of each turn from 0 to `count` - 1, in their order, computed on several threads.

    The calling thread computes too, so that it never waits for a busy pool.
    """
    results: dict[int, Result] = {}
    turns = itertools.count()  # next(turns) is atomic

    def work() -> None:
        while (turn := next(turns)) < count:
            results[turn] = run(turn)

    helpers = [_executor().submit(work) for _ in range(min(threads(), count) - 1)]
    try:
        work()
    finally:
        running = [helper for helper in helpers if not helper.cancel()]
        errors = [helper.exception() for helper in running]
    for error in errors:
        if error is not None:
            raise error
    return [results[turn] for turn in range(count)]


def _executor() -> ThreadPoolExecutor:
    global _pool
    with _lock:
        if _pool is None:
            from concurrent.futures import ThreadPoolExecutor  # a slow import that one window does not need

            _pool = ThreadPoolExecutor(max(1, cores() - 1), thread_name_prefix="seqzoo")
        return _pool


def _forget() -> None:
    global _pool, _lock, _forked
    _pool, _lock, _forked = None, threading.Lock(), True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)  # threads do not survive a fork
