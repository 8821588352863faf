"""What an arena has found so far: one JSON file, whole after every cell."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ..errors import InputError
from . import stored

SCHEMA_VERSION = 1
NAME = "results.json"
BATCH_SIZE = 128  # of every training in the arena


class _Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Strict: a field this schema does not know is an error, never silently dropped."""


class Outcome(_Facts, frozen=True):
    """The score of a trained model on `scored` fresh windows; the `se` is over windows."""

    excess: float
    excess_se: float
    skill: float
    mse: float
    scored: int
    parameters: int
    seconds: float
    best_step: int


class Result(_Facts, frozen=True):
    """One cell: a model trained once. Either `outcome` or `error` says how it ended.

    `points` is the length of the one observed series; None draws fresh windows without end.
    """

    model: str
    points: int | None
    windows: int
    seed: int
    fingerprint: str
    outcome: Outcome | None = None
    error: str = ""

    @property
    def place(self) -> tuple[str, int | None, int, int]:
        """What there is one result of."""
        return self.model, self.points, self.windows, self.seed


class Footprint(_Facts, frozen=True):
    """Of one model: median microseconds of one window through ONNX Runtime, bytes of the ONNX file."""

    microseconds: float
    bytes: int


class Results(msgspec.Struct, forbid_unknown_fields=True):
    """Everything in one results.json. `references` has the exact excess of each reference forecaster."""

    signal: str
    context_length: int
    references: dict[str, float] = {}
    cells: list[Result] = []
    footprints: dict[str, Footprint] = {}
    schema_version: int = SCHEMA_VERSION

    def enter(self, result: Result) -> None:
        """Add a result, in place of an older one of the same cell."""
        self.cells = [*(cell for cell in self.cells if cell.place != result.place), result]


def load(folder: Path) -> Results:
    """Read the results of a folder.

    Raises:
        InputError: there are none, or the file is damaged or of another schema.
        IntegrityError: the file is a link, no regular file, or huge.
    """
    path = folder / NAME
    found = stored.read(path, Results)
    if found.schema_version != SCHEMA_VERSION:
        raise InputError(
            f"{path} is of schema {found.schema_version}; this seqzoo reads {SCHEMA_VERSION}. "
            "Remove it to start again, or use the version that wrote it."
        )
    return found


def save(results: Results, folder: Path) -> None:
    """Write the results of a folder, whole or not at all.

    Raises:
        OSError: the folder cannot be written to.
    """
    stored.write(folder / NAME, results)
