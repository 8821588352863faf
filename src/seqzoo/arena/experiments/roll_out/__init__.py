"""Roll-outs: the error of trained models by step ahead, where their forecasts are fed back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from ...experiment import Argument, CommittedResults, Demonstration, Experiment, Option

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ...report.findings import Finding
    from .measuring import RolledOut, RollOutCase, RollOutResults


@dataclass(frozen=True)
class RollOutSettings:
    """Settings of the command."""

    models: Annotated[list[str] | None, Argument("Models of the signal; all if none is named.")] = None
    signal: Annotated[str, Option("Signal family.")] = "sine"
    windows: Annotated[int, Option("Fresh windows, the same for every model.")] = 5000


class RollOut(Experiment["RollOutCase", "RolledOut", "RollOutResults"]):
    """The error by step ahead. Each call measures it again, since the file does not state the weights of a model."""

    key = command = "roll-out"
    title = "Roll-out"
    help = """Roll out every forecaster for 100 steps, and measure its error at each step beside the floor.

    Examples: `seqzoo roll-out` · `seqzoo roll-out lstm.sine lstm.sine-h50 --windows 20000 --out rolled`
    """
    notice = (
        "Notice that models with nearly equal errors one step ahead differ widely at a hundred steps: feeding "
        "forecasts back magnifies small differences, while the {floor} hardly rises."
    )
    file, settings = "roll-out.json", RollOutSettings
    figure_shows, counted, is_long = "Mean squared error against steps ahead, by model", "models", False
    committed = (CommittedResults("roll-out", "Many steps ahead", "--windows 5000"),)

    def cases(self, settings: RollOutSettings) -> list[RollOutCase]:
        from .. import shelf_models
        from .measuring import STEPS, RollOutCase, check

        models = shelf_models.fitting(settings.models or [], settings.signal, most_at_once=max(STEPS))
        check(settings.signal, settings.windows)
        return [RollOutCase(model, tuple(models), settings.signal, settings.windows) for model in models]

    def measure(self, case: RollOutCase) -> RolledOut:
        from .. import shelf_models
        from .measuring import roll_out

        return roll_out(shelf_models.predictor(case.model), case.signal, case.windows)

    def label(self, case: RollOutCase) -> str:
        return case.model

    def tell(self, measurement: RolledOut) -> str:
        from .measuring import STEPS

        return f"mean squared error {measurement.errors[-1]} at step {STEPS[-1]}"

    def begin(self, folder: Path, settings: RollOutSettings) -> RollOutResults:
        from .measuring import begin

        return begin(settings.signal, settings.windows)

    def finish(self, results: RollOutResults, settings: RollOutSettings, say: Callable[[str], None]) -> bool:
        """Measure the references if no model was measured."""
        from .measuring import references

        if results.references:
            return False
        results.references = references(settings.signal, settings.windows)
        return True

    def read(self, folder: Path) -> RollOutResults:
        from ... import result_files
        from .measuring import RollOutResults

        return result_files.read(folder / self.file, RollOutResults)

    def summarise(self, results: RollOutResults, part: str, chosen: Collection[str]) -> Finding:
        from .finding import summarise

        return summarise(results, chosen)

    def figure(self, results: RollOutResults) -> Figure:
        from .report import figure

        return figure(results)

    def markdown(self, results: RollOutResults, *, level: int = 2) -> str:
        from .report import markdown

        return markdown(results)

    def demonstrate(self, signal: str, part: str, models: Sequence[str]) -> Demonstration:
        from .. import shelf_models
        from .measuring import STEPS

        names = [shelf_models.with_signal(name, "sine") for name in models]
        names, windows = names or shelf_models.fitting([], "sine", most_at_once=max(STEPS)), 500
        about = f"{len(names)} models, {windows} fresh windows; the models are those that the zoo ships"
        return Demonstration(RollOutSettings(names, "sine", windows), len(names), about)
