"""Time against picture: the error of each family where the steps of windows or the pixels of pictures are reordered.

Every family is trained and tested in three conditions: intact; permuted, by one fixed order, which destroys only
the neighbourhood; shuffled, each input by a new random order, which leaves only the values.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from ...._extras import require
from ...experiment import CommittedResults, Demonstration, Experiment, Option

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ...report.findings import Finding
    from .cases import Lengths, OrderCase, OrderOutcome, OrderResults


@dataclass(frozen=True)
class TimeAgainstPictureSettings:
    """Settings of the command."""

    seeds: Annotated[int, Option("Number of seeds; intervals are over seeds.")] = 3
    quick: Annotated[bool, Option("Short runs, a minute in all; they allow no conclusions.")] = False

    def lengths(self) -> Lengths:
        """The lengths of the runs."""
        from .cases import FULL, QUICK

        return QUICK if self.quick else FULL


class TimeAgainstPicture(Experiment["OrderCase", "OrderOutcome", "OrderResults"]):
    """The error of each family on reordered input; a part of the finding is a kind of input."""

    key = command = "time-against-picture"
    title = "Time against picture"
    help = """Train recurrent, feed-forward and convolutional families on ordered and reordered windows and pictures.

    The same command continues an interrupted experiment.

    Examples: `seqzoo time-against-picture` · `seqzoo time-against-picture --quick --out order`
    """
    notice = (
        "Notice which families get worse when one fixed order scatters the neighbours (permuted). All fail when "
        "each input has a new random order (shuffled)."
    )
    file, settings = "time-against-picture.json", TimeAgainstPictureSettings
    counted, parts = "runs", "Input"
    figure_shows = "Error of each family on intact, permuted and shuffled input"
    committed = (CommittedResults("time-against-picture", "Time against picture", "--seeds 4"),)

    def check_installed(self, *, measuring: bool) -> None:
        if measuring:
            require(["torch"], "training", "train")
            require(["sklearn"], "the pictures of digits", "arena")
        super().check_installed(measuring=measuring)

    def cases(self, settings: TimeAgainstPictureSettings) -> list[OrderCase]:
        from .cases import cases

        return cases(settings.seeds, settings.lengths())

    def measure(self, case: OrderCase) -> OrderOutcome:
        from .runs import measure

        return measure(case)

    def label(self, case: OrderCase) -> str:
        return case.key

    def tell(self, measurement: OrderOutcome) -> str:
        return f"{measurement.error:.2%} in {measurement.seconds:.0f} s"

    def begin(self, folder: Path, settings: TimeAgainstPictureSettings) -> OrderResults:
        from ...measurements import begin
        from .cases import OrderResults

        return begin(folder / self.file, OrderResults(settings.lengths()), OrderResults)

    def read(self, folder: Path) -> OrderResults:
        from ... import result_files
        from .cases import OrderResults

        return result_files.read(folder / self.file, OrderResults)

    def summarise(self, results: OrderResults, part: str, chosen: Collection[str]) -> Finding:
        from .finding import summarise

        return summarise(results, part, chosen)

    def figure(self, results: OrderResults) -> Figure:
        from .report import figure

        return figure(results)

    def markdown(self, results: OrderResults, *, level: int = 2) -> str:
        from .report import markdown

        return markdown(results)

    def demonstrate(self, signal: str, part: str, models: Sequence[str]) -> Demonstration:
        seeds = 2
        settings = TimeAgainstPictureSettings(seeds, quick=True)
        about = f"{seeds} seeds of every family; the runs are too short for conclusions"
        return Demonstration(settings, len(self.cases(settings)), about)
