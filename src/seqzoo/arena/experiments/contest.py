"""A contest, in which every model trains on the same data and the same number of windows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ... import signals
from ..._formats import percent
from ...errors import InputError, UnknownNameError
from ...forecasters.floors import floors
from ...forecasters.table import REFERENCES
from ...training.sources import sampler_of
from ...zoo import _registry
from .. import results
from ..report.tables import budget
from ..results import BATCH_SIZE, TrainingOutcome, TrainingResults
from .training import Cell

MOST_SEEDS = 1000


@dataclass(frozen=True)
class Contest:
    """The same data and the same number of windows for every model.

    Args:
        signal: a signal family, at its default parameters.
        models: names of architectures.
        budgets: lengths of the observed series; None for endless fresh windows.
        seeds: the number of seeds, 0..seeds - 1, the same for all models.
        windows: the number of training windows of every model, rounded down to whole batches.

    Raises:
        UnknownNameError: the signal or an architecture does not exist.
        InputError: there is no seed, the windows are too few, or a budget cannot be divided.
    """

    signal: str
    models: tuple[str, ...]
    budgets: tuple[int | None, ...]
    seeds: int
    windows: int

    def __post_init__(self) -> None:
        signals.make(self.signal)
        for model in self.models:
            if not _registry.has_architecture(model):
                raise UnknownNameError("architecture", model, _registry.architectures())
        if not self.models or not self.budgets:
            raise InputError("the arena needs at least one model and one budget.")
        if not 1 <= self.seeds <= MOST_SEEDS:
            raise InputError(f"the number of seeds must be from 1 to {MOST_SEEDS}, got {self.seeds}.")
        if self.windows < BATCH_SIZE:
            raise InputError(f"every model sees at least one batch of {BATCH_SIZE} windows, got {self.windows}.")
        lengths = {model: _registry.architecture(model).config().context_length for model in self.models}
        if len(set(lengths.values())) > 1:
            each = ", ".join(f"{model} {length}" for model, length in lengths.items())
            raise InputError(f"models are compared on windows of one context_length, theirs differ: {each}.")
        for points in self.budgets:
            sampler_of(Cell(self.models[0], self.signal, points, self.windows, 0).spec())

    @classmethod
    def of(cls, signal: str, models: str | None, budgets: list[str], seeds: int, windows: int) -> Contest:
        """A contest from the words of a command: models separated by commas, or None for all, and budgets.

        Raises:
            UnknownNameError, InputError: as `Contest`, or a word is not a budget.
        """
        every = _registry.architectures() if models is None else [name.strip() for name in models.split(",")]
        names = tuple(dict.fromkeys(name for name in every if name))
        return cls(signal, names, tuple(dict.fromkeys(map(points_of, budgets))), seeds, windows)

    @property
    def context_length(self) -> int:
        """L, which all models share."""
        length: int = _registry.architecture(self.models[0]).config().context_length
        return length

    def cells(self) -> list[Cell]:
        """The cells, seed by seed, so that an interrupted contest has the same seeds for all models."""
        return [
            Cell(model, self.signal, points, self.windows // BATCH_SIZE * BATCH_SIZE, seed)
            for seed in range(self.seeds)
            for points in self.budgets
            for model in self.models
        ]


def points_of(word: str) -> int | None:
    """The number of points of a budget given as a word; None for "endless".

    Raises:
        InputError: the word is neither a number nor "endless".
    """
    plain = word.strip()
    if plain != "endless" and not (plain.isascii() and plain.isdigit() and len(plain) < 12):
        raise InputError(f"a budget is a number of points or the word endless, got {word[:40]!r}.")
    return None if plain == "endless" else int(plain)


def begin(folder: Path, contest: Contest) -> TrainingResults:
    """The results in a folder, or new ones that hold only the references.

    Raises:
        InputError: the results are of another signal or context_length, or cannot be read.
    """
    stored = TrainingResults(contest.signal, contest.context_length)
    if (folder / results.NAME).exists():
        stored = results.load(folder)
    if (stored.signal, stored.context_length) != (contest.signal, contest.context_length):
        raise InputError(
            f"{folder} holds results of the signal {stored.signal!r} at a context_length of {stored.context_length}; "
            "give another folder with --out."
        )
    if not stored.references:
        stored.references = reference_excess(contest.signal, contest.context_length)
    return stored


def label(cell: Cell) -> str:
    """A training in a few words."""
    return f"{cell.model}, {budget(cell.points)}, seed {cell.seed}"


def tell(outcome: TrainingOutcome) -> str:
    """The outcome of a training in a few words."""
    return f"excess {percent(outcome.excess)} in {outcome.seconds:.0f} s"


def reference_excess(signal: str, context_length: int) -> dict[str, float]:
    """The excess of each reference forecaster, from its exact MSE and the Bayes floor."""
    table = floors(signals.make(signal), context_length)[0]
    bayes = table.bayes.value
    return {name: value / bayes - 1 for name, value in table.items() if name in REFERENCES}
