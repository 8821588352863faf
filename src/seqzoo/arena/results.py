"""Results of trainings on a budget of data, in one JSON file that is saved after every training."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta

from ..errors import InputError
from . import result_files

SCHEMA_VERSION = 1
NAME = "results.json"
BATCH_SIZE = 128  # for every training in the arena
MOST = 1e100  # the largest excess or skill: squares of larger ones overflow

Score = Annotated[float, Meta(ge=-MOST, le=MOST)]
NotNegative = Annotated[float, Meta(ge=0, le=MOST)]
Count = Annotated[int, Meta(ge=1, le=2**62)]
Whole = Annotated[int, Meta(ge=0, le=2**62)]
Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}\Z")]


class Case(Protocol):
    """What identifies a training: its key, which has at most one result, and a digest of all that determines it."""

    @property
    def place(self) -> tuple[str, int | None, int, int]: ...
    @property
    def fingerprint(self) -> str: ...


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Strict: an unknown field is an error and is never dropped silently."""


class TrainingOutcome(_Strict, frozen=True):
    """The score of a trained model on `scored` fresh windows; `excess_se` is the standard error over windows."""

    excess: NotNegative
    excess_se: NotNegative
    skill: Score
    mse: NotNegative
    scored: Count
    parameters: Whole
    seconds: NotNegative
    best_step: Whole


class TrainingResult(_Strict, frozen=True):
    """The result of one cell, a single training of a model: either an `outcome` or an `error`.

    `points` is the length of the observed series; None stands for endless fresh windows.
    """

    model: Name
    points: Count | None
    windows: Count
    seed: Whole
    fingerprint: str
    outcome: TrainingOutcome | None = None
    error: str = ""

    @property
    def place(self) -> tuple[str, int | None, int, int]:
        """The key of the cell, which has at most one result."""
        return self.model, self.points, self.windows, self.seed


class Footprint(_Strict, frozen=True):
    """The footprint of a model: median microseconds for one window in ONNX Runtime, and bytes of the ONNX file."""

    microseconds: NotNegative
    bytes: Whole


class TrainingResults(msgspec.Struct, forbid_unknown_fields=True):
    """The contents of results.json. `references` holds the exact excess of each reference forecaster."""

    signal: Name
    context_length: Count
    references: dict[Name, Score] = {}
    cells: list[TrainingResult] = []
    footprints: dict[Name, Footprint] = {}
    schema_version: int = SCHEMA_VERSION

    @property
    def measured(self) -> int:
        """The number of trainings, failed ones included."""
        return len(self.cells)

    def holds(self, case: Case) -> bool:
        """Whether the cell has an outcome with the same fingerprint; a failed cell is tried again."""
        stored = next((result for result in self.cells if result.place == case.place), None)
        return stored is not None and stored.outcome is not None and stored.fingerprint == case.fingerprint

    def enter(self, case: Case, measurement: TrainingOutcome) -> None:
        """Add the outcome of a cell."""
        self.put(TrainingResult(*case.place, case.fingerprint, measurement))

    def fail(self, case: Case, reason: str) -> None:
        """Add the reason why a cell has no outcome."""
        self.put(TrainingResult(*case.place, case.fingerprint, None, reason))

    def put(self, result: TrainingResult) -> None:
        """Add a result; it replaces an older one of the same cell."""
        self.cells = [*(cell for cell in self.cells if cell.place != result.place), result]


def load(folder: Path) -> TrainingResults:
    """The results in a folder.

    Raises:
        InputError: the file is missing, damaged or of another schema.
        IntegrityError: the file is a link, not a regular file, or too large.
    """
    path = folder / NAME
    results = result_files.read(path, TrainingResults, schema=SCHEMA_VERSION)
    places = Counter(cell.place for cell in results.cells)
    if twice := next((place for place, count in places.items() if count > 1), None):
        model, points, windows, seed = twice
        raise InputError(
            f"{path} holds two results of {model}, {'endless' if points is None else f'{points} points'}, {windows} "
            f"windows, seed {seed}; expected one. Remove one of them."
        )
    return results


def save(results: TrainingResults, folder: Path) -> None:
    """Write the results into a folder, atomically.

    Raises:
        OSError: the folder cannot be written to.
    """
    result_files.write(folder / NAME, results)
