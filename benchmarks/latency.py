"""One window: every engine through the public `predict`, beside the plain engines."""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np
import plain
from rounds import Case, interleaved, quantile

import seqzoo
from seqzoo.runtime.engines import offered

TITLE = "Latency of one window"
CALLS = 50


def measure(quick: bool) -> dict[str, Any]:
    """Microseconds of one call by case, and what `predict` adds to the plain engine."""
    window = np.random.default_rng(0).normal(size=(1, 20, 1)).astype(np.float32)
    cases = plain.cases(window, torch_threads=1)
    for engine in offered(seqzoo.load(plain.MODEL).manifest):
        cases[engine] = _case(engine, window)
    seconds = interleaved(cases, rounds=3 if quick else 100, calls=CALLS)
    everything = {name: [value for each in rounds for value in each] for name, rounds in seconds.items()}
    return {
        "calls": len(everything["onnx"]),
        "microseconds": {
            name: {"p50": 1e6 * quantile(values, 0.5), "p99": 1e6 * quantile(values, 0.99)}
            for name, values in everything.items()
        },
        "added_microseconds": {
            engine: 1e6 * statistics.median(
                statistics.median(ours) - statistics.median(theirs)
                for ours, theirs in zip(seconds[engine], seconds[f"plain {engine}"], strict=True)
            )
            for engine in ("torchscript", "onnx")
        },
    }


def table(result: dict[str, Any]) -> str:
    """Markdown."""
    rows = "\n".join(
        f"| {name} | {times['p50']:.1f} | {times['p99']:.1f} |" for name, times in result["microseconds"].items()
    )
    added = ", ".join(f"{value:.1f} µs to {engine}" for engine, value in result["added_microseconds"].items())
    return (
        f"Microseconds of one call on one window, {result['calls']:,} calls of each, interleaved. Plain torch runs "
        "in inference mode on one thread and is given a tensor, plain ONNX Runtime has its default options; the "
        "other rows are `predict`, which checks and converts its input.\n\n"
        f"| engine | p50 µs | p99 µs |\n|---|---:|---:|\n{rows}\n\n"
        f"`predict` adds {added} (median over rounds of the difference of medians)."
    )


def _case(engine: str, window: np.ndarray) -> Case:
    predictor = seqzoo.load(plain.MODEL, engine).warm()
    return Case(lambda: predictor.predict(window))
