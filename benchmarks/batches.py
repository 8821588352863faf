"""Batches of 1 to 100,000 windows: `predict` beside the plain engines with their default threads."""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np
import plain
from rounds import Case, interleaved, ratio

import seqzoo

TITLE = "Throughput by batch"
SIZES = (1, 4, 16, 32, 48, 64, 100, 256, 1000, 4096, 10_000, 100_000)
ENGINES = ("torchscript", "onnx")


def measure(quick: bool) -> dict[str, Any]:
    """Windows per second by case and batch, and time relative to the plain engine."""
    predictors = {engine: seqzoo.load(plain.MODEL, engine).warm() for engine in ENGINES}
    rows = []
    for size in SIZES[:9] if quick else SIZES:
        batch = np.random.default_rng(size).normal(size=(size, 20, 1)).astype(np.float32)
        cases = plain.cases(batch)
        del cases["plain eager"]
        for engine, predictor in predictors.items():
            cases[engine] = Case(lambda predictor=predictor, batch=batch: predictor.predict(batch))
        calls = max(1, min(20, 2000 // size))
        seconds = interleaved(cases, rounds=3 if quick else 15 if size < 10_000 else 5, calls=calls)
        middle = {name: [statistics.median(each) for each in rounds] for name, rounds in seconds.items()}
        ours, theirs = (
            [[min(middle[prefix + engine][turn] for engine in ENGINES)] for turn in range(len(middle["onnx"]))]
            for prefix in ("", "plain ")
        )
        rows.append(
            {
                "batch": size,
                "windows_per_second": {name: size / statistics.median(each) for name, each in middle.items()},
                "time_ratio": {engine: ratio(seconds[engine], seconds[f"plain {engine}"]) for engine in ENGINES},
                "best_time_ratio": ratio(ours, theirs),
            }
        )
    return {"batches": rows}


def table(result: dict[str, Any]) -> str:
    """Markdown."""
    lines = []
    for row in result["batches"]:
        speed, relative = row["windows_per_second"], row["time_ratio"]
        cells = [f"{row['batch']:,}"]
        for engine in ENGINES:
            cells += [f"{speed[f'plain {engine}']:,.0f}", f"{speed[engine]:,.0f}", f"{relative[engine]:.2f}"]
        lines.append(f"| {' | '.join(cells)} | {row['best_time_ratio']:.2f} |")
    heading = " | ".join(f"plain {engine} | {engine} | time" for engine in ENGINES)
    return (
        "Windows per second through `predict`, beside the plain engine with its default threads, interleaved. "
        "*time* is that of `predict` over that of the plain engine (median over rounds; below 1 is faster); the "
        "last column compares the faster of ours with the faster of the plain ones.\n\n"
        f"| batch | {heading} | best time |\n|{'---:|' * 8}\n" + "\n".join(lines)
    )
