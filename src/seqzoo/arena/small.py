"""Small versions of the arena's questions: the same commands with fewer windows and seeds, a minute or two in all."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from . import results
from .experiments import off_distribution, order, roll_out

WINDOWS = 12_800  # of training, seen by every model
SEEDS = 3
POINTS, FEW_SEEDS = "200,1000,5000,20000", 2
FRESH = 500  # windows that trained models are measured on


class Small(NamedTuple):
    """A question with the signal and the part of it, and the models that answer."""

    question: str
    signal: str
    part: str
    models: tuple[str, ...]

    @property
    def arguments(self) -> list[str]:
        """Of the command line, but for --out."""
        models = ",".join(self.models)
        full = [_of_sine(name) for name in self.models]
        return {
            "one-step": ["arena", "--signal", self.signal, "--models", models, "--budget", self.part,
                         "--seeds", str(SEEDS), "--windows", str(WINDOWS), "--json"],
            "sample-efficiency": ["sample-efficiency", "--signal", "sine", "--models", models, "--points", POINTS,
                                  "--seeds", str(FEW_SEEDS), "--windows", str(WINDOWS), "--json"],
            "roll-out": ["roll-out", *full, "--windows", str(FRESH), "--json"],
            "off-distribution": ["off-distribution", *full, "--windows", str(FRESH), "--json"],
            "time-against-picture": ["time-against-picture", "--seeds", "2", "--quick", "--json"],
        }[self.question]  # fmt: skip

    @property
    def total(self) -> int:
        """How many results there will be."""
        return {
            "one-step": len(self.models) * SEEDS,
            "sample-efficiency": len(self.models) * len(POINTS.split(",")) * FEW_SEEDS,
            "roll-out": len(self.models),
            "off-distribution": 1,
            "time-against-picture": len(order.cases(2)),
        }[self.question]

    @property
    def about(self) -> str:
        """What is small about it."""
        return {
            "one-step": f"{SEEDS} seeds and {WINDOWS:,} training windows",
            "sample-efficiency": f"{FEW_SEEDS} seeds, {WINDOWS:,} windows; points {POINTS.replace(',', ', ')}",
            "roll-out": f"{FRESH} fresh windows; the models are those that the zoo ships",
            "off-distribution": f"{FRESH} fresh windows a point; the models are those that the zoo ships",
            "time-against-picture": "2 seeds and runs too short to conclude from, of every family",
        }[self.question]

    def done(self, folder: Path) -> int:
        """How many results are there.

        Raises:
            InputError: the file cannot be read.
        """
        if self.question in ("one-step", "sample-efficiency"):
            return len(results.load(folder).cells) if (folder / results.NAME).exists() else 0
        if self.question == "roll-out":
            return len(roll_out.read(folder).models) if (folder / roll_out.RESULTS).exists() else 0
        if self.question == "off-distribution":
            return int((folder / off_distribution.RESULTS).exists())
        return len(order.read(folder).runs) if (folder / order.RESULTS).exists() else 0


def _of_sine(name: str) -> str:
    """A model of the sine by its name without the signal: "lstm-h50" is lstm.sine-h50."""
    architecture, dash, variant = name.partition("-")
    return f"{architecture}.sine{dash}{variant}"
