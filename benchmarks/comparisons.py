"""Comparisons over cutoffs: how often they find a difference where there is none."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqzoo.evaluation.comparison import compare

TITLE = "Comparisons over cutoffs"
CUTOFFS = (30, 100, 400)
HORIZONS = (1, 4, 12)
DRAWS = 500


def errors(count: int, horizon: int, rng: np.random.Generator) -> np.ndarray:
    """[n]: errors of an h-step forecast that is as good as can be, a moving average of h shocks."""
    return np.convolve(rng.standard_normal(count + horizon - 1), np.ones(horizon), "valid")


def measure(quick: bool) -> dict[str, Any]:
    """False rejections by p and by interval, of pairs of forecasters whose errors have the same law."""
    rows = []
    for horizon in HORIZONS:
        for cutoffs in CUTOFFS:
            rng = np.random.default_rng([horizon, cutoffs])
            draws = 20 if quick else DRAWS
            outcomes = [
                compare(errors(cutoffs, horizon, rng) ** 2, errors(cutoffs, horizon, rng) ** 2, horizon)
                for _ in range(draws)
            ]
            rows.append(
                {
                    "horizon": horizon,
                    "cutoffs": cutoffs,
                    "draws": draws,
                    "by_p": sum(outcome.p < 0.05 for outcome in outcomes) / draws,
                    "by_interval": sum(outcome.low > 0 or outcome.high < 0 for outcome in outcomes) / draws,
                    "no_interval": sum(outcome.low != outcome.low for outcome in outcomes) / draws,
                }
            )
    return {"rows": rows}


def table(result: dict[str, Any]) -> str:
    """Markdown."""
    columns = ("steps ahead", "cutoffs", "pairs", "p below 0.05", "interval without 0", "no interval")
    lines = [
        f"| {row['horizon']} | {row['cutoffs']} | {row['draws']:,} | {row['by_p']:.1%} | {row['by_interval']:.1%} "
        f"| {row['no_interval']:.1%} |"
        for row in result["rows"]
    ]
    return (
        "`seqzoo.evaluation.comparison.compare` on squared errors of two equally good forecasters: how often it "
        "finds a difference. Exact would be 5.0%; where the cutoffs are too few for its blocks, there is no "
        f"interval.\n\n| {' | '.join(columns)} |\n|{'---:|' * len(columns)}\n" + "\n".join(lines)
    )
