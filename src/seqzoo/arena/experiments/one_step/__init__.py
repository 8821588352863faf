"""One step: excess by model; all are trained on the same data and number of windows, with several seeds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from ...experiment import CommittedResults, Demonstration, Option, ReportTable, WrittenReport
from ..training_experiment import TrainingExperiment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ...report.findings import Finding
    from ...results import TrainingResults
    from ..contest import Contest


@dataclass(frozen=True)
class OneStepSettings:
    """Settings of the command; `contest` checks them."""

    signal: Annotated[str, Option("Signal family, for example sine.")] = "sine"
    models: Annotated[str | None, Option("Architectures, for example lstm,gru,mlp; all if not given.")] = None
    budget: Annotated[
        list[str] | None, Option("Length of the observed series, or endless; 20000 if not given. Repeatable.")
    ] = None
    seeds: Annotated[int, Option("Number of seeds: 0, 1, ..., the same for every model.")] = 5
    windows: Annotated[int, Option("Training windows of every model.")] = 256_000

    def contest(self) -> Contest:
        """The contest of these settings; raises as `Contest.of`."""
        from ..contest import Contest

        return Contest.of(self.signal, self.models, self.budget or ["20000"], self.seeds, self.windows)


class OneStep(TrainingExperiment):
    """Excess of one step by model; a part of the finding is a length of the observed series."""

    key, command, title = "one-step", "arena", "One step"
    help = """Compare models on the same data and number of windows, over several seeds, with intervals and verdicts.

    Ctrl-C stops and reports the finished trainings; the same command continues. Examples:
    `seqzoo arena --signal sine --budget 20000 --seeds 5` ·
    `seqzoo arena --models lstm,mlp --budget 1000 --budget endless` · `seqzoo arena --render FOLDER`
    """
    notice = (
        "Notice between which neighbours no difference is detected: a smaller mean {excess} is a verdict only if "
        "the differences over seeds show it."
    )
    settings = OneStepSettings
    figure_shows = "Excess over Bayes of every model, by budget"
    parts = "Series"
    committed = (
        CommittedResults(
            "sine", "The plain sine, on three budgets",
            "--signal sine --budget 1000 --budget 20000 --budget endless --seeds 5 --windows 128000", "plain sine",
        ),
        CommittedResults("recall", "Recall", "--signal recall --budget endless --seeds 5 --windows 128000", "recall"),
        CommittedResults(
            "sine_any", "A sine of any frequency", "--signal sine_any --budget endless --seeds 5 --windows 128000",
            "sine of any frequency",
        ),
    )  # fmt: skip

    def finish(self, results: TrainingResults, settings: OneStepSettings, say: Callable[[str], None]) -> bool:
        """Latency and size, of all models together if one of them lacks them."""
        from .footprints import measure

        trained = {cell.model for cell in results.cells if cell.outcome is not None}
        entered = set(settings.contest().models) & trained
        if entered <= results.footprints.keys():
            return False
        say("Measuring latency and size.")
        measure(results, sorted(entered | results.footprints.keys()))
        return True

    def summarise(self, results: TrainingResults, part: str, chosen: Collection[str]) -> Finding:
        from .finding import summarise

        return summarise(results, part, chosen)

    def figure(self, results: TrainingResults) -> Figure:
        from ...report.figures import arena_figure
        from ...report.tables import boards

        return arena_figure(boards(results))

    def markdown(self, results: TrainingResults, *, level: int = 2) -> str:
        from ...report import tables

        return tables.markdown(tables.boards(results), level=level)

    def report(self, results: TrainingResults, folder: Path, *, finished: bool) -> WrittenReport:
        from ...report.tables import HEADINGS, summary
        from . import page

        boards = page.write(results, folder)
        tables = [
            ReportTable(
                f"{board.title}. {board.training}",
                HEADINGS,
                [row.cells() for row in board.rows if not row.error],
                [(row.name, row.error) for row in board.rows if row.error],
                summary(board),
            )
            for board in boards
        ]
        facts = {"folder": str(folder), "finished": finished, "boards": boards}
        return WrittenReport(facts, f"Report: {folder / page.HTML}, {folder / page.MARKDOWN}", tables=tables)

    def demonstrate(self, signal: str, part: str, models: Sequence[str]) -> Demonstration:
        from ....zoo import _registry

        names, seeds, windows = models or _registry.architectures(), 3, 12_800
        settings = OneStepSettings(signal, ",".join(names), [part] if part else None, seeds, windows)
        about = f"{len(names)} models, {seeds} seeds and {windows:,} training windows"
        return Demonstration(settings, len(names) * seeds, about)
