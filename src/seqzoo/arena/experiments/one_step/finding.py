"""The finding of the one-step experiment."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection

from ....evaluation.verdicts import LEAST
from ....forecasters.table import label
from ...report.contests import detected, how_measured
from ...report.findings import OVER_SEEDS, Axis, Finding, Mark, chosen_of, part_of
from ...report.tables import HEADINGS, boards, budget, summary, verdict_line
from ...results import TrainingResults

ENDLESS = "endless"


def summarise(results: TrainingResults, part: str, chosen: Collection[str]) -> Finding:
    """Excess of one step by model; a part is a length of the observed series."""
    by_budget = boards(results)
    parts = {_key(board.points): budget(board.points) for board in by_budget}
    part = part_of(part, parts)
    board = next(board for board in by_budget if _key(board.points) == part)
    models = [row.name for row in board.rows if not row.is_reference]
    names = {*chosen_of(chosen, models), *(label(name) for name in results.references)}
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
    return Finding(
        models, parts, part, Axis("excess over Bayes", is_share=True), HEADINGS, [row.cells() for row in few.rows],
        [*detected(few), *summary(few)], how_measured(results, board.points, board.windows, OVER_SEEDS), marks,
        details=[verdict_line(verdict) for verdict in few.verdicts],
    )  # fmt: skip


def _key(points: int | None) -> str:
    return ENDLESS if points is None else str(points)
