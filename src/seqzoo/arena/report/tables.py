"""Results as tables with verdicts, one board for each budget, and as Markdown."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..._formats import percent
from ...evaluation.verdicts import Interval, Verdict, mean_interval, verdicts
from ...forecasters.table import label
from ..results import BATCH_SIZE, Footprint, TrainingResult, TrainingResults

HEADINGS = (
    "model", "excess", "95% CI", "seeds", "skill", "parameters", "train s", "latency µs", "size KB",
)  # fmt: skip
NOTE = (
    "Excess is E[(f − f_bayes)²] / mse_bayes on fresh windows, where f is the forecast and f_bayes the Bayes "
    "forecast; 0 is optimal. A row states the mean over seeds with its Student t interval; references are exact. "
    "Latency is the median time of one window in ONNX Runtime; every round measures every model. Size is that of the "
    "ONNX file. Training seconds are of one core, while other trainings run beside it."
)
METHOD = (
    "Models of the same seed are trained on the same data. A verdict on a pair rests on the differences of "
    "log(excess) over seeds. Its interval is that of the ratio of the two excesses. Intervals are simultaneous "
    "(Bonferroni; Dunn 1961): those of all pairs of models in a table hold together with 95% confidence. So do those "
    "of all pairs of a model and a reference. A difference is detected if the interval excludes 1; p-values are "
    "corrected in the same way. The intervals in the rows of a table are not simultaneous."
)


@dataclass(frozen=True)
class BoardRow:
    """A model or reference of a board. `outcomes` holds the excess by seed; a row with an `error` has no excess."""

    name: str
    excess: Interval
    skill: float
    outcomes: dict[int, float]
    parameters: int | None = None
    seconds: float | None = None
    footprint: Footprint | None = None
    is_reference: bool = False
    error: str = ""

    def cells(self) -> list[str]:
        """The texts of the row, in the order of `HEADINGS`."""
        if self.error:
            return [self.name, f"failed: {self.error}", *[""] * (len(HEADINGS) - 2)]
        low, high = self.excess.low, self.excess.high
        interval = "" if math.isnan(low) else f"{percent(max(low, 0.0))} to {percent(high)}"
        mark = self.footprint
        return [
            label(self.name) if self.is_reference else self.name,
            percent(self.excess.value),
            "exact" if self.is_reference else interval,
            "" if self.is_reference else f"{len(self.outcomes)}",
            f"{self.skill:.4f}",
            "" if self.parameters is None else f"{self.parameters:,}",
            "" if self.seconds is None else f"{self.seconds:.1f}",
            "" if mark is None else f"{mark.microseconds:.1f}",
            "" if mark is None else f"{mark.bytes / 1024:.1f}",
        ]


@dataclass(frozen=True)
class Board:
    """All models on one budget; rows are sorted by excess, and failed ones are last."""

    signal: str
    points: int | None
    windows: int
    rows: list[BoardRow]
    verdicts: list[Verdict]

    @property
    def title(self) -> str:
        """The title, for example "sine, 20,000 points"."""
        return f"{self.signal}, {budget(self.points)}"

    @property
    def training(self) -> str:
        """The training of every model, as a sentence."""
        return f"Every model: {self.windows // BATCH_SIZE:,} updates on batches of {BATCH_SIZE} windows."


def boards(results: TrainingResults) -> list[Board]:
    """The boards of results, sorted by windows seen and then by budget, the endless one last."""
    groups: dict[tuple[int, float], list[TrainingResult]] = defaultdict(list)
    for cell in results.cells:
        groups[cell.windows, math.inf if cell.points is None else cell.points].append(cell)
    by_budget = []
    for _, cells in sorted(groups.items()):
        rows = _rows(results, cells)
        ranked = _with_references(results, rows)
        excess = {row.name: row.outcomes for row in ranked if not (row.is_reference or row.error)}
        exact = {label(name): value for name, value in results.references.items()}
        by_budget.append(Board(results.signal, cells[0].points, cells[0].windows, ranked, verdicts(excess, exact)))
    return by_budget


def _rows(results: TrainingResults, cells: Sequence[TrainingResult]) -> list[BoardRow]:
    by_model: dict[str, list[TrainingResult]] = defaultdict(list)
    for cell in sorted(cells, key=lambda cell: cell.seed):
        by_model[cell.model].append(cell)
    rows = []
    for name, own in by_model.items():
        failed = [cell for cell in own if cell.outcome is None]
        done = {cell.seed: cell.outcome for cell in own if cell.outcome is not None}
        if failed:
            # A mean over only the successful seeds would flatter the model.
            reason = f"{failed[0].error or 'no reason is known'} ({len(failed)} of {len(own)} seeds)"
            rows.append(BoardRow(name, Interval(math.inf, math.nan, math.nan), math.nan, {}, error=reason))
            continue
        values = list(done.values())
        rows.append(
            BoardRow(
                name,
                mean_interval([outcome.excess for outcome in values]),
                sum(outcome.skill for outcome in values) / len(values),
                {seed: outcome.excess for seed, outcome in done.items()},
                values[0].parameters,
                sum(outcome.seconds for outcome in values) / len(values),
                results.footprints.get(name),
            )
        )
    return rows


def _with_references(results: TrainingResults, rows: list[BoardRow]) -> list[BoardRow]:
    last = results.references.get("last_value", math.nan)
    exact = [
        BoardRow(
            name, Interval(excess, excess, excess), 1 - excess / last if last else math.nan, {}, is_reference=True
        )
        for name, excess in results.references.items()
    ]
    return sorted([*rows, *exact], key=lambda row: (bool(row.error), row.excess.value, row.name))


def summary(board: Board) -> list[str]:
    """A line for each model: which models it is better than, and from which no difference was detected."""
    lines = []
    for row in board.rows:
        if row.is_reference or row.error:
            continue
        mine = [verdict for verdict in board.verdicts if row.name in (verdict.better, verdict.worse)]
        if any(verdict.seeds < 2 for verdict in mine):
            lines.append(f"{row.name}: one seed: no verdict")
            continue
        better = [verdict.worse for verdict in mine if verdict.is_detected and verdict.better == row.name]
        alike = [
            verdict.worse if verdict.better == row.name else verdict.better
            for verdict in mine
            if not verdict.is_detected
        ]
        parts = [f"better than {', '.join(better)}"] if better else []
        parts += [f"no difference detected from {', '.join(alike)}"] if alike else []
        lines.append(f"{row.name}: {'; '.join(parts) or 'better than none'}")
    return lines


def markdown(boards: Iterable[Board], *, level: int = 2) -> str:
    """Tables and verdicts as Markdown. `NOTE` and `METHOD` explain them.

    Args:
        boards: the boards, in order.
        level: the level of their headings.
    """
    parts = []
    for board in boards:
        parts.append(f"{'#' * level} {safe(board.title)}\n\n{board.training}\n")
        parts.append(markdown_table(HEADINGS, [row.cells() for row in board.rows]))
        parts.append("\n".join(f"- {safe(line)}" for line in summary(board)) + "\n")
        pairs = "\n".join(f"- {safe(verdict_line(verdict))}" for verdict in board.verdicts)
        parts.append(f"<details><summary>Every pair</summary>\n\n{pairs}\n\n</details>\n")
    return "\n".join(parts)


def verdict_line(verdict: Verdict) -> str:
    """A verdict with its p-value."""
    if math.isnan(verdict.p):
        return str(verdict)
    texts = (f"{verdict.p:.{digits}g}" for digits in range(2, 18))  # a rounded "0.05" would hide the side of 0.05
    return f"{verdict}, p = {next((text for text in texts if float(text) != 0.05), '0.05')}"


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table of any texts; the first column is aligned left, the others right."""
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *([safe(text) for text in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def safe(text: str) -> str:
    """A text on one line, escaped so that Markdown shows it unchanged."""
    plain = re.sub(r"([\\`*\[\]|])", r"\\\1", " ".join(text.split()))
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def budget(points: int | None) -> str:
    """A budget in words, for example "20,000 points" or "endless"."""
    return "endless" if points is None else f"{points:,} points"
