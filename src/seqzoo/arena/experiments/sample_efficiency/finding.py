"""The finding of the sample-efficiency experiment."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection

from ....evaluation.verdicts import geometric_mean
from ....forecasters.table import label
from ...report.contests import detected, how_measured
from ...report.findings import Axis, Curve, Finding, chosen_of
from ...report.tables import boards, verdict_line
from ...results import TrainingResults
from .report import tables


def summarise(results: TrainingResults, part: str, chosen: Collection[str]) -> Finding:
    """The finding: excess against points, with verdicts at the largest number of points."""
    table = tables(results)[-1]
    models = sorted({cell.model for cell in results.cells})
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
    points = sorted({cell.points for cell in results.cells if cell.points is not None})
    ends = [float(points[0]), float(points[-1])]
    none = [math.nan, math.nan]
    curves += [
        Curve(label(name), ends, [value, value], none, none, True)
        for name, value in results.references.items()
        if value > 0
    ]
    references = {label(name) for name in results.references}
    rows = [row for row in table.rows if row[0] in names or row[0] in references]
    sentences = [
        f"{row[0]}: below the best linear forecaster from {row[-1]} points on"
        if row[-1]
        else f"{row[0]}: not below the best linear forecaster at {points[-1]:,} points"
        for row in rows
        if row[0] in names
    ]
    last = next(board for board in reversed(boards(results)) if board.points == points[-1])
    few = dataclasses.replace(
        last,
        rows=[row for row in last.rows if row.name in names],
        verdicts=[verdict for verdict in last.verdicts if {verdict.better, verdict.worse} <= {*names, *references}],
    )
    at_the_end = detected(few)
    sentences += [f"At {points[-1]:,} points: {line}" for line in at_the_end]
    sentences += [str(verdict) for verdict in few.verdicts if verdict.is_detected and at_the_end]
    bars = "the span of the seeds; lines join their geometric means"
    measured = how_measured(results, points[-1], last.windows, bars)
    measured["Series"] = f"one noisy series of {points[0]:,} to {points[-1]:,} points, its last fifth held out"
    return Finding(
        models, {}, "", Axis("points of the observed series"), table.headings, rows, sentences, measured,
        curves=curves, y=Axis("excess over Bayes", is_share=True),
        details=[verdict_line(verdict) for verdict in few.verdicts],
    )  # fmt: skip
