"""Tables, text and picture of sample efficiency."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .... import _storage
from ...._formats import percent
from ....evaluation import plots
from ....evaluation.verdicts import geometric_mean
from ....forecasters.table import label
from ...report.figures import efficiency_figure
from ...report.tables import markdown_table, safe
from ...results import BATCH_SIZE, TrainingResults

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURE, MARKDOWN = "efficiency.svg", "report.md"
FIGURE_SHOWS = "Excess over Bayes against points, by model"
NOTE = (
    "The table states the excess over Bayes on fresh windows, as the geometric mean over seeds. The last column is "
    "the number of points from which on a model stays below the best linear forecaster, whose weights are known "
    "exactly."
)


@dataclass(frozen=True)
class EfficiencyTable:
    """The table of one number of training windows. `curves` has the excess of each seed by model and points.

    A model that failed on a seed has no value at those points; `failures` has the reasons.
    """

    title: str
    curves: dict[str, dict[int, list[float]]]
    headings: list[str]
    rows: list[list[str]]
    failures: list[str]


def tables(results: TrainingResults) -> list[EfficiencyTable]:
    """The tables of some results, by windows seen; endless budgets are left out."""
    by_windows = []
    for windows in sorted({cell.windows for cell in results.cells if cell.points is not None}):
        values: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
        failures = {}
        cells = [cell for cell in results.cells if cell.windows == windows and cell.points is not None]
        for cell in sorted(cells, key=lambda cell: cell.seed):
            assert cell.points is not None
            if cell.outcome is None:
                failures[cell.model, cell.points] = f"{cell.model}, {cell.points:,} points: {cell.error}"
            else:
                values[cell.model][cell.points].append(cell.outcome.excess)
        for model, at in failures:
            values[model].pop(at, None)
        measured = {model: dict(sorted(curve.items())) for model, curve in values.items() if curve}
        curves = dict(sorted(measured.items(), key=lambda item: geometric_mean(list(item[1].values())[-1])))
        points = sorted({cell.points for cell in cells if cell.points is not None})
        by_windows.append(
            EfficiencyTable(
                f"{results.signal}, {windows // BATCH_SIZE:,} updates of {BATCH_SIZE} windows",
                curves,
                ["model", *(f"{at:,}" for at in points), "below best linear from"],
                _rows(results, curves, points),
                list(failures.values()),
            )
        )
    return by_windows


def _rows(results: TrainingResults, curves: dict[str, dict[int, list[float]]], points: list[int]) -> list[list[str]]:
    """The models, from the best at the most points to the worst; then the references, which need no training."""
    best_linear = results.references.get("best_linear", math.nan)
    rows = []
    for model, curve in curves.items():
        means = {at: geometric_mean(excess) for at, excess in curve.items()}
        first = None
        for at in sorted(means, reverse=True):
            if not means[at] < best_linear:
                break
            first = at
        texts = [percent(means[at]) if at in means else "" for at in points]
        rows.append([model, *texts, "" if first is None else f"{first:,}"])
    for name, excess in results.references.items():
        rows.append([label(name), *[percent(excess)] * len(points), ""])
    return rows


def markdown(tables: list[EfficiencyTable], *, level: int = 2) -> str:
    """The tables as Markdown."""
    parts = []
    for table in tables:
        parts.append(f"{'#' * level} {safe(table.title)}\n\n{markdown_table(table.headings, table.rows)}")
        if table.failures:
            parts.append("\n".join(f"- failed: {safe(failure)}" for failure in table.failures) + "\n")
    return "\n".join([*parts, f"{NOTE}\n"])


def picture(results: TrainingResults, tables: list[EfficiencyTable]) -> Figure:
    """The figure of some tables."""
    return efficiency_figure({table.title: table.curves for table in tables}, results.references)


def write(results: TrainingResults, folder: Path) -> list[EfficiencyTable]:
    """Write the report of some results into a folder; returns its tables.

    Raises:
        OSError: the folder cannot be written to.
    """
    by_windows = tables(results)
    plots.save(picture(results, by_windows), folder / FIGURE)
    title = f"seqzoo sample efficiency: {results.signal}"
    text = f"# {title}\n\n![{FIGURE_SHOWS}]({FIGURE})\n\n{markdown(by_windows)}"
    _storage.write_file(folder / MARKDOWN, text.encode("utf-8", "backslashreplace"))
    return by_windows
