"""Off the training distribution: the error of trained models on a signal that differs from training."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from ...experiment import Argument, CommittedResults, Demonstration, Experiment, Option

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ...report.findings import Finding
    from .measuring import OffDistributionResults, SweepCase, SweepPoint


@dataclass(frozen=True)
class OffDistributionSettings:
    """Settings of the command."""

    models: Annotated[list[str] | None, Argument("Models of the signal; all if none is named.")] = None
    signal: Annotated[str, Option("Signal family.")] = "sine"
    windows: Annotated[int, Option("Fresh windows at each value of a parameter.")] = 5000


class OffDistribution(Experiment["SweepCase", "list[SweepPoint]", "OffDistributionResults"]):
    """The error where one parameter of the signal differs from training. Each call measures it again."""

    key = command = "off-distribution"
    title = "Off-distribution"
    help = """Change frequency, noise or amplitude, and measure how much the error of every forecaster grows.

    Examples: `seqzoo off-distribution` · `seqzoo off-distribution lstm.sine --windows 20000 --out shifted`
    """
    notice = (
        "Notice that on a changed signal most networks err about as much as a {Bayes} forecaster that assumes the "
        "training signal; some err far more. A weighted sum (linear) still works at a larger amplitude."
    )
    file, settings = "off-distribution.json", OffDistributionSettings
    figure_shows, counted, is_long = "Error against each changed parameter, by model", "parameters", False
    parts = "Changed parameter"
    committed = (CommittedResults("off-distribution", "Off the training distribution", "--windows 5000"),)

    def cases(self, settings: OffDistributionSettings) -> list[SweepCase]:
        from .. import shelf_models
        from .measuring import SWEEPS, SweepCase, check

        models = tuple(shelf_models.fitting(settings.models or [], settings.signal))
        check(settings.signal, settings.windows)
        return [SweepCase(parameter, models, settings.signal, settings.windows) for parameter in SWEEPS]

    def measure(self, case: SweepCase) -> list[SweepPoint]:
        from .. import shelf_models
        from .measuring import sweep

        models = {name: shelf_models.predictor(name).predict for name in case.models}
        return sweep(case.parameter, models, case.signal, windows=case.windows)

    def label(self, case: SweepCase) -> str:
        return case.parameter.replace("_", " ")

    def tell(self, measurement: list[SweepPoint]) -> str:
        return f"{len(measurement)} values"

    def begin(self, folder: Path, settings: OffDistributionSettings) -> OffDistributionResults:
        from .. import shelf_models
        from .measuring import begin

        models = shelf_models.fitting(settings.models or [], settings.signal)
        return begin(settings.signal, settings.windows, models)

    def read(self, folder: Path) -> OffDistributionResults:
        from ... import result_files
        from .measuring import OffDistributionResults

        return result_files.read(folder / self.file, OffDistributionResults)

    def summarise(self, results: OffDistributionResults, part: str, chosen: Collection[str]) -> Finding:
        from .finding import summarise

        return summarise(results, part, chosen)

    def figure(self, results: OffDistributionResults) -> Figure:
        from .report import figure

        return figure(results)

    def markdown(self, results: OffDistributionResults, *, level: int = 2) -> str:
        from .report import markdown

        return markdown(results)

    def demonstrate(self, signal: str, part: str, models: Sequence[str]) -> Demonstration:
        from .. import shelf_models
        from .measuring import SWEEPS

        names, windows = [shelf_models.with_signal(name, "sine") for name in models], 500
        count = f"{len(names)} models" if names else "all models"
        about = f"{count}, {windows} fresh windows for each value; the models are those that the zoo ships"
        return Demonstration(OffDistributionSettings(names, "sine", windows), len(SWEEPS), about)
