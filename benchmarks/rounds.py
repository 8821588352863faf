"""Times cases side by side: every round times every case, so that a slow moment of the machine affects all."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import torch

# The threads of ONNX Runtime and of torch spin for 6 to 22 ms after a call; the next case must not pay for them.
PAUSE = 0.05


class Case(NamedTuple):
    """A call to time, and how many threads torch is set to meanwhile (None: as installed)."""

    call: Callable[[], object]
    torch_threads: int | None = None


def interleaved(cases: dict[str, Case], rounds: int, calls: int) -> dict[str, list[list[float]]]:
    """The seconds of every call, by case: [rounds][calls]. The order of the cases rotates."""
    default = torch.get_num_threads()
    names = list(cases)
    seconds: dict[str, list[list[float]]] = {name: [] for name in names}
    try:
        for turn in range(rounds):
            first = turn % len(names)
            for name in names[first:] + names[:first]:
                call, threads = cases[name]
                torch.set_num_threads(threads or default)
                time.sleep(PAUSE)
                call()
                seconds[name].append([_timed(call) for _ in range(calls)])
    finally:
        torch.set_num_threads(default)
    return seconds


def quantile(values: list[float], share: float) -> float:
    """The smallest value that a share `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def ratio(above: list[list[float]], below: list[list[float]]) -> float:
    """Median over rounds of the ratio of the medians within a round: what both share cancels."""
    return statistics.median(
        statistics.median(a) / statistics.median(b) for a, b in zip(above, below, strict=True)
    )


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter_ns()
    call()
    return (time.perf_counter_ns() - began) / 1e9
