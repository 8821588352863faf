"""The base class of experiments whose cases are trainings on a budget of data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..._extras import require
from ..experiment import Experiment

if TYPE_CHECKING:
    from ..results import TrainingOutcome, TrainingResults
    from .training import Cell


class TrainingExperiment(Experiment["Cell", "TrainingOutcome", "TrainingResults"]):
    """An experiment that trains every model on the same data; its settings make a `Contest`."""

    file, out, counted, reports_unfinished = "results.json", None, "trainings", True

    def check_installed(self, *, measuring: bool) -> None:
        needed = ["matplotlib", *(["torch", "onnx", "onnxscript", "yaml"] if measuring else [])]
        require(needed, "the arena", "arena")

    def cases(self, settings: Any) -> list[Cell]:
        cells: list[Cell] = settings.contest().cells()
        return cells

    def measure(self, case: Cell) -> TrainingOutcome:
        from .training import play

        return play(case)

    def label(self, case: Cell) -> str:
        from .contest import label

        return label(case)

    def tell(self, measurement: TrainingOutcome) -> str:
        from .contest import tell

        return tell(measurement)

    def begin(self, folder: Path, settings: Any) -> TrainingResults:
        from .contest import begin

        return begin(folder, settings.contest())

    def read(self, folder: Path) -> TrainingResults:
        from ..results import load

        return load(folder)
