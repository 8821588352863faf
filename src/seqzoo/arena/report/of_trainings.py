"""Answers from contests: one step, and sample efficiency. A contest under way is answered from what there is."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection
from pathlib import Path

from ... import signals
from ...evaluation.verdicts import LEAST, geometric_mean
from ...forecasters.table import label
from .. import results
from ..experiments import sample_efficiency
from ..results import BATCH_SIZE, Results
from .findings import OVER_SEEDS, Answer, Axis, Curve, Mark, chosen_of, part_of
from .tables import HEADINGS, Board, boards, budget, summary, verdict_line

ENDLESS = "endless"


def finding_of_one_step(folder: Path, part: str, chosen: Collection[str]) -> Answer:
    """Excess of one step by model; a part is a length of the observed series."""
    found = results.load(folder)
    shown = boards(found)
    parts = {_key(board.points): budget(board.points) for board in shown}
    part = part_of(part, parts)
    board = next(board for board in shown if _key(board.points) == part)
    models = [row.name for row in board.rows if not row.is_reference]
    names = {*chosen_of(chosen, models), *(label(name) for name in found.references)}
    few = dataclasses.replace(
        board,
        rows=[row for row in board.rows if row.name in names or row.is_reference],
        verdicts=[verdict for verdict in board.verdicts if {verdict.better, verdict.worse} <= names],
    )
    marks = [
        Mark(
            label(row.name) if row.is_reference else row.name,
            row.name,
            row.excess.value,
            max(row.excess.low, min(row.outcomes.values()) / 2) if row.outcomes else math.nan,
            row.excess.high if row.outcomes else math.nan,
            tuple(row.outcomes.values()),
            row.is_reference,
        )
        for row in few.rows
        if not row.error and row.excess.value > LEAST
    ]
    return Answer(
        models, parts, part, Axis("excess over Bayes", is_share=True), HEADINGS, [row.cells() for row in few.rows],
        [*_told_apart(few), *summary(few)], _measured(found, board.points, board.windows, OVER_SEEDS), marks,
        details=[verdict_line(verdict) for verdict in few.verdicts],
    )  # fmt: skip


def finding_of_sample_efficiency(folder: Path, part: str, chosen: Collection[str]) -> Answer:
    """Excess against points; the verdicts are those at the most points."""
    found = results.load(folder)
    table = sample_efficiency.tables(found)[-1]
    models = sorted({cell.model for cell in found.cells})
    names = chosen_of(chosen, models)
    curves = [
        Curve(
            name,
            [float(at) for at in curve],
            [geometric_mean(values) for values in curve.values()],
            [min(values) if len(values) > 1 else math.nan for values in curve.values()],
            [max(values) if len(values) > 1 else math.nan for values in curve.values()],
        )
        for name, curve in table.curves.items()
        if name in names
    ]
    points = sorted({cell.points for cell in found.cells if cell.points is not None})
    ends = [float(points[0]), float(points[-1])]
    none = [math.nan, math.nan]
    curves += [
        Curve(label(name), ends, [value, value], none, none, True)
        for name, value in found.references.items()
        if value > 0
    ]
    references = {label(name) for name in found.references}
    rows = [row for row in table.rows if row[0] in names or row[0] in references]
    said = [
        f"{row[0]}: below the best linear forecaster from {row[-1]} points on"
        if row[-1]
        else f"{row[0]}: not below the best linear forecaster at {points[-1]:,} points"
        for row in rows
        if row[0] in names
    ]
    last = next(board for board in reversed(boards(found)) if board.points == points[-1])
    few = dataclasses.replace(
        last,
        rows=[row for row in last.rows if row.name in names],
        verdicts=[verdict for verdict in last.verdicts if {verdict.better, verdict.worse} <= {*names, *references}],
    )
    at_the_end = _told_apart(few)
    said += [f"At {points[-1]:,} points: {line}" for line in at_the_end]
    said += [str(verdict) for verdict in few.verdicts if verdict.is_detected and at_the_end]
    measured = _measured(found, points[-1], last.windows, "the span of the seeds; lines join their geometric means")
    measured["Series"] = f"one noisy series of {points[0]:,} to {points[-1]:,} points, its last fifth held out"
    return Answer(
        models, {}, "", Axis("points of the observed series"), table.headings, rows, said, measured,
        curves=curves, y=Axis("excess over Bayes", is_share=True),
        details=[verdict_line(verdict) for verdict in few.verdicts],
    )  # fmt: skip


def _measured(found: Results, points: int | None, windows: int, bars: str) -> dict[str, str]:
    seeds = {cell.seed for cell in found.cells if cell.points == points and cell.outcome is not None}
    scored = {cell.outcome.scored for cell in found.cells if cell.outcome is not None}
    series = "fresh windows without end" if points is None else f"{points:,} points, the last fifth held out"
    return {
        "Signal": signals.make(found.signal).description,
        "Series": series,
        "Seeds": f"{len(seeds)}",
        "Training windows": f"{windows:,} for every model, in {windows // BATCH_SIZE:,} updates of {BATCH_SIZE}",
        "Measured on": f"{' or '.join(f'{count:,}' for count in sorted(scored)) or 'no'} fresh windows for each seed",
        "Bars": bars,
    }


def _told_apart(board: Board) -> list[str]:
    """How many pairs of models the test tells apart; nothing where no pair has been tested."""
    names = {row.name for row in board.rows if not row.is_reference}
    pairs = [v for v in board.verdicts if {v.better, v.worse} <= names and v.seeds > 1]
    if not pairs:
        return []
    apart = sum(verdict.is_detected for verdict in pairs)
    return [
        f"{apart} of {len(pairs)} pairs of models can be told apart, with {max(v.seeds for v in pairs)} seeds and "
        "intervals that hold for every pair of the whole table at once (Bonferroni)"
    ]


def _key(points: int | None) -> str:
    return ENDLESS if points is None else str(points)
