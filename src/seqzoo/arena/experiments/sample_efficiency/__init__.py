"""Sample efficiency: excess against the number of points that a model is trained on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
class SampleEfficiencySettings:
    """Settings of the command; `contest` checks them."""

    signal: Annotated[str, Option("Signal family, for example sine.")] = "sine"
    models: Annotated[str | None, Option("Architectures, for example lstm,gru,mlp; all if not given.")] = None
    points: Annotated[str, Option("Lengths of the training series, separated by commas.")] = (
        "200,500,1000,2000,5000,10000,20000,50000"
    )
    seeds: Annotated[int, Option("Number of seeds: 0, 1, ..., the same for every model.")] = 2
    windows: Annotated[int, Option("Training windows of every model.")] = 64_000

    def contest(self) -> Contest:
        """The contest of these settings.

        Raises:
            InputError: a length is endless; and as `Contest.of`.
        """
        from ....errors import InputError
        from ..contest import Contest, points_of

        points = self.points.split(",")
        if None in map(points_of, points):
            raise InputError("--points takes numbers, got endless. `seqzoo arena --budget endless` measures it.")
        return Contest.of(self.signal, self.models, points, self.seeds, self.windows)


class SampleEfficiency(TrainingExperiment):
    """Excess against points."""

    key = command = "sample-efficiency"
    title = "Sample efficiency"
    help = """Measure excess against the length of the training series.

    Ctrl-C stops and reports the finished trainings; the same command continues. Examples:
    `seqzoo sample-efficiency --signal sine` · `seqzoo sample-efficiency --models linear,mlp --points 200,1000,5000` ·
    `seqzoo sample-efficiency --render FOLDER`
    """
    notice = (
        "Notice from how many points on each curve stays below the {best linear} forecaster: most networks need a "
        "thousand points or more to beat its twenty fixed weights."
    )
    settings = SampleEfficiencySettings
    figure_shows = "Excess over Bayes against points, by model"
    committed = (
        CommittedResults("sample-efficiency", "Sample efficiency", "--signal sine --seeds 2 --windows 64000"),
    )

    def summarise(self, results: TrainingResults, part: str, chosen: Collection[str]) -> Finding:
        from .finding import summarise

        return summarise(results, part, chosen)

    def figure(self, results: TrainingResults) -> Figure:
        from .report import picture, tables

        return picture(results, tables(results))

    def markdown(self, results: TrainingResults, *, level: int = 2) -> str:
        from .report import markdown, tables

        return markdown(tables(results), level=level)

    def report(self, results: TrainingResults, folder: Path, *, finished: bool) -> WrittenReport:
        from . import report

        by_windows = report.write(results, folder)
        facts = {
            "folder": str(folder), "finished": finished, "references": results.references, "tables": by_windows,
        }  # fmt: skip
        return WrittenReport(
            facts,
            f"Report: {folder / report.MARKDOWN}, {folder / report.FIGURE}",
            tables=[ReportTable(table.title, table.headings, table.rows) for table in by_windows],
        )

    def demonstrate(self, signal: str, part: str, models: Sequence[str]) -> Demonstration:
        from ....zoo import _registry

        names, points, seeds, windows = models or _registry.architectures(), (200, 1000, 5000, 20000), 2, 12_800
        settings = SampleEfficiencySettings("sine", ",".join(names), ",".join(map(str, points)), seeds, windows)
        about = f"{len(names)} models, {seeds} seeds, {windows:,} windows; points {', '.join(map(str, points))}"
        return Demonstration(settings, len(names) * len(points) * seeds, about)
