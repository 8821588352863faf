"""One training with several seeds: each is a task, its scores are a row, and its bundle stays beside the rows."""

from __future__ import annotations

import hashlib
import math
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import __version__, _storage
from .._estimates import Estimate, mean
from ..bundles.store import MANIFEST
from ..errors import DivergedError
from . import keyed
from .keyed import Row
from .tasks import Failure, Place, Retry

if TYPE_CHECKING:
    from ..training.spec import TrainingSpec
    from ..zoo._card import Card

ROWS = "rows"  # their folder, beside the bundles



@dataclass(frozen=True)
class Seeded:
    """A training with one seed: a task.

    Args:
        name: of the bundle; by default that of the zoo's entry.
        keeps_worse: whether a model that does not beat the last value counts.
        models: files of the user that register models.
    """

    spec: TrainingSpec
    card: Card
    name: str | None
    keeps_worse: bool = False
    models: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """A digest of everything that determines the result, but for the rounding of the processor."""
        facts = f"{self.spec.fingerprint} {self.name} {self.keeps_worse} {__version__}"
        return hashlib.sha256(facts.encode()).hexdigest()[:24]


class Kept(NamedTuple):
    """The outcome of a training: its row, and the files of its bundle."""

    row: dict[str, Any]
    files: dict[str, bytes]


def trained(task: Seeded) -> Kept:
    """In the worker: train, export and score.

    Raises:
        SeqzooError: the training cannot start, diverges, or is no better than the last value.
    """
    from ..publishing import build
    from ..training import loop
    from ..zoo import _registry

    for file in task.models:
        _registry.load_file(Path(file))
    result = loop.train(task.spec)
    if not task.keeps_worse:
        result.check_useful()
    with tempfile.TemporaryDirectory() as place:
        bundle = build.export(result, task.card, Path(place, "bundle"), name=task.name)
        files = {path.name: path.read_bytes() for path in bundle.path.iterdir()}
    score, best = bundle.manifest.score, result.best
    row = {
        "validation": best.mse if best.excess is None else best.excess, "mse": score.mse[0], "mse_se": score.mse[1],
        "excess": None if score.excess is None else score.excess[0],
        "skill": None if score.skill is None else score.skill[0], "best_step": result.best_step,
    }  # fmt: skip
    return Kept(row, files)


def run(
    tasks: Sequence[Seeded],
    folder: Path,
    place: Place,
    *,
    on_start: Callable[[int, int], None] = lambda done, total: None,
    on_end: Callable[[Seeded, Kept | Failure], None] = lambda task, outcome: None,
    on_retry: Callable[[Retry], None] = lambda retry: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> tuple[list[dict[str, Any]], bool]:
    """The rows of the tasks by seed, and whether all are there. Arguments and errors as for `keyed.run`."""

    def rows_of(task: Seeded, outcome: Kept | Failure) -> list[dict[str, Any]]:
        common = {"model": task.spec.zoo_name, "seed": task.spec.seed, "steps": task.spec.recipe.steps}
        if isinstance(outcome, Failure):
            return [{**common, "error": outcome.reason}]
        _storage.write_folder(folder / task.key, outcome.files)  # before its row, which says that it is there
        return [{**common, "error": "", **outcome.row}]

    rows, is_complete = keyed.run(
        tasks, folder / ROWS, place, trained, rows_of,
        is_there=lambda row: bool(row["error"]) or (folder / row["key"] / MANIFEST).is_file(),
        on_start=on_start, on_end=on_end, on_retry=on_retry, should_stop=should_stop,
    )  # fmt: skip
    return sorted(rows, key=lambda row: int(row["seed"])), is_complete


def best_of(rows: Sequence[Row]) -> Row:
    """The row of the lowest error on the values that choose the weights: no score is looked at.

    Raises:
        DivergedError: every training has failed.
    """
    whole = [row for row in rows if not row["error"]]
    if not whole:
        raise DivergedError(f"no seed has a model: {rows[0]['error'] if rows else 'none was trained'}")
    return min(whole, key=lambda row: (row["validation"], row["seed"]))


def estimate(rows: Sequence[Row], measure: str) -> Estimate:
    """The mean of a measure over seeds with its standard error; NaN where no seed has it."""
    values = [row[measure] for row in rows if not row["error"] and row.get(measure) is not None]
    return mean(values) if values else Estimate(math.nan, math.nan)


def is_known(rows: Sequence[Row], measure: str) -> bool:
    """Whether a measure is known of some seed."""
    return bool(np.isfinite(estimate(rows, measure).value))
