"""An experiment in one file, as a reader of docs/extending.md would write it: how the last value ages."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

from seqzoo.arena import measurements, result_files
from seqzoo.arena.experiment import Demonstration, Experiment, Option

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from seqzoo.arena.report.findings import Finding

MODEL = "last value"


@dataclasses.dataclass(frozen=True)
class PersistenceSettings:
    """Each field is an option of the command."""

    signal: Annotated[str, Option("A signal family.")] = "sine"
    ahead: Annotated[list[int], Option("Steps ahead; repeatable.")] = dataclasses.field(
        default_factory=lambda: [1, 5, 20]
    )
    windows: Annotated[int, Option("Fresh windows.")] = 2000


class Ahead(NamedTuple):
    """A case: so many steps ahead."""

    steps: int
    signal: str
    windows: int

    @property
    def key(self) -> str:
        return str(self.steps)


class PersistenceResults(measurements.Measurements[dict[str, int | str], float]):
    """The mean squared error by steps ahead."""


class Persistence(Experiment[Ahead, float, PersistenceResults]):
    """The error of the last value repeated, by how many steps ahead it is taken to hold."""

    key = command = "persistence"
    title = "Persistence"
    help = "How soon the last value grows old."
    notice = "Notice how soon the {last value} is worth nothing."
    file, settings = "persistence.json", PersistenceSettings
    figure_shows = "Mean squared error by steps ahead"

    def cases(self, settings: PersistenceSettings) -> list[Ahead]:
        return [Ahead(steps, settings.signal, settings.windows) for steps in settings.ahead]

    def measure(self, case: Ahead) -> float:
        import numpy as np

        from seqzoo import signals

        draw = signals.make(case.signal).draw(case.windows, 20, case.steps, np.random.default_rng(2**31 + 99))
        return float(np.mean((draw.target[:, -1] - draw.context[:, -1]) ** 2))

    def begin(self, folder: Path, settings: PersistenceSettings) -> PersistenceResults:
        fresh = PersistenceResults({"signal": settings.signal, "windows": settings.windows})
        return measurements.begin(folder / self.file, fresh, PersistenceResults)

    def read(self, folder: Path) -> PersistenceResults:
        return result_files.read(folder / self.file, PersistenceResults)

    def summarise(self, results: PersistenceResults, part: str, chosen: Collection[str]) -> Finding:
        from seqzoo.arena.report.findings import Axis, Curve, Finding

        steps = sorted(map(int, results.runs))
        errors = [results.runs[str(step)] for step in steps]
        none = [math.nan] * len(steps)
        return Finding(
            [MODEL], {}, "", Axis("steps ahead"), ["steps", "error"],
            [[str(step), f"{error:.4g}"] for step, error in zip(steps, errors, strict=True)],
            [f"{MODEL}: at {steps[-1]} steps its error is {errors[-1] / errors[0]:.3g} times that at {steps[0]}"],
            {"Measured on": f"{results.settings['windows']:,} fresh windows", "Bars": "none"},
            curves=[Curve(MODEL, [float(step) for step in steps], errors, none, none)], y=Axis("mean squared error"),
        )  # fmt: skip

    def figure(self, results: PersistenceResults) -> Figure:
        from seqzoo.evaluation import plots

        figure, (axes,) = plots.panels(1)
        curve = self.summarise(results, "", ()).curves[0]
        axes.plot(curve.x, curve.y, "o-")
        return figure

    def markdown(self, results: PersistenceResults, *, level: int = 2) -> str:
        from seqzoo.arena.report.tables import markdown_table

        finding = self.summarise(results, "", ())
        return markdown_table(finding.headings, finding.rows) + "\n".join(f"- {line}" for line in finding.sentences)

    def demonstrate(self, signal: str, part: str, models: Sequence[str]) -> Demonstration:
        return Demonstration(PersistenceSettings(signal, [1, 2, 3], 500), 3, "three steps and 500 windows")
