"""Common parts of the findings of contests: how they were measured, and which models differ."""

from __future__ import annotations

from ... import signals
from ..results import BATCH_SIZE, TrainingResults
from .tables import Board


def how_measured(results: TrainingResults, points: int | None, windows: int, bars: str) -> dict[str, str]:
    """How a contest on a budget of `points` was measured, by heading."""
    seeds = {cell.seed for cell in results.cells if cell.points == points and cell.outcome is not None}
    scored = {cell.outcome.scored for cell in results.cells if cell.outcome is not None}
    series = "endless: all windows are fresh" if points is None else f"{points:,} points, the last fifth held out"
    return {
        "Signal": signals.make(results.signal).description,
        "Series": series,
        "Seeds": f"{len(seeds)}",
        "Training windows": f"{windows:,} for every model, in {windows // BATCH_SIZE:,} updates of {BATCH_SIZE}",
        "Measured on": f"{' or '.join(f'{count:,}' for count in sorted(scored)) or 'no'} fresh windows for each seed",
        "Bars": bars,
    }


def detected(board: Board) -> list[str]:
    """A sentence on how many pairs of models differ detectably; no sentence if no pair was tested."""
    names = {row.name for row in board.rows if not row.is_reference}
    pairs = [v for v in board.verdicts if {v.better, v.worse} <= names and v.seeds > 1]
    if not pairs:
        return []
    apart = sum(verdict.is_detected for verdict in pairs)
    return [
        f"a difference is detected between {apart} of {len(pairs)} pairs of models, with "
        f"{max(v.seeds for v in pairs)} seeds and simultaneous intervals for the whole table (Bonferroni)"
    ]
