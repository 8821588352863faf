"""A contest: which cells there are, which are still to run, and where their results are kept."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ... import _storage, signals
from ..._extras import one_thread
from ...bundles.manifest import Contract
from ...data.scaling import Normaliser
from ...errors import InputError, UnknownNameError
from ...execution.local import Failure, answers
from ...forecasters.floors import floors
from ...forecasters.table import REFERENCES
from ...publishing.build import to_onnx
from ...runtime.engines.onnx import OnnxEngine
from ...training.sources import sampler_of
from ...zoo import _registry
from .. import results
from ..results import BATCH_SIZE, Footprint, Outcome, Result, Results
from .training import Cell, play

MOST_SEEDS = 1000
ROUNDS, CALLS = 30, 30  # of a latency: every round visits every model


@dataclass(frozen=True)
class Contest:
    """The same data and the same number of windows for every model.

    Args:
        signal: a signal family, at its default parameters.
        models: architectures.
        budgets: points of the one observed series, None for fresh windows without end.
        seeds: seeds 0..seeds - 1, the same for all models.
        windows: seen in training by every model; rounded down to whole batches.

    Raises:
        UnknownNameError: no such signal or architecture.
        InputError: no seed, too few windows, or a budget that cannot be divided.
    """

    signal: str
    models: tuple[str, ...]
    budgets: tuple[int | None, ...]
    seeds: int
    windows: int

    def __post_init__(self) -> None:
        signals.make(self.signal)
        for model in self.models:
            if model not in _registry.architectures():
                raise UnknownNameError("architecture", model, _registry.architectures())
        if not self.models or not self.budgets:
            raise InputError("the arena needs at least one model and one budget.")
        if not 1 <= self.seeds <= MOST_SEEDS:
            raise InputError(f"the number of seeds must be from 1 to {MOST_SEEDS}, got {self.seeds}.")
        if self.windows < BATCH_SIZE:
            raise InputError(f"every model sees at least one batch of {BATCH_SIZE} windows, got {self.windows}.")
        lengths = {model: _registry.architecture(model).config().context_length for model in self.models}
        if len(set(lengths.values())) > 1:
            shown = ", ".join(f"{model} {length}" for model, length in lengths.items())
            raise InputError(f"models are compared on windows of one context_length, theirs differ: {shown}.")
        for points in self.budgets:
            spec = Cell(self.models[0], self.signal, points, self.windows, 0).spec()
            sampler_of(spec)

    @property
    def context_length(self) -> int:
        """Of every model."""
        length: int = _registry.architecture(self.models[0]).config().context_length
        return length

    def cells(self) -> list[Cell]:
        """Seed by seed, so that what an interrupted contest has is balanced."""
        return [
            Cell(model, self.signal, points, self.windows // BATCH_SIZE * BATCH_SIZE, seed)
            for seed in range(self.seeds)
            for points in self.budgets
            for model in self.models
        ]


@dataclass(frozen=True)
class Progress:
    """Passed to `on_result` after every cell; `done` counts those that were there before."""

    result: Result
    done: int
    total: int


def hold(
    contest: Contest,
    folder: Path,
    *,
    workers: int,
    on_start: Callable[[int, int], None] = lambda done, total: None,
    on_result: Callable[[Progress], None] = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
    work: Callable[[Cell], Outcome] = play,
) -> Results:
    """Run the cells that `folder` has no result of, and save after each.

    A cell that failed before is tried again. `should_stop` ends the contest with what is there.

    Args:
        on_start: called with the number of cells that are there already, and of all.
        work: what is done with a cell.

    Raises:
        InputError: the folder holds the results of another signal, cannot be read, or another run writes into it.
        OSError: the folder cannot be written to.
    """
    check_folder(folder)
    with _storage.only_writer(folder):
        found = open_results(folder, contest)
        cells = contest.cells()
        prints = {cell: cell.fingerprint for cell in cells}
        have = {(result.place, result.fingerprint) for result in found.cells if result.outcome is not None}
        missing = [cell for cell in cells if (cell.place, prints[cell]) not in have]
        results.save(found, folder)  # before any work: a folder that cannot be written to is known at once
        if not found.references:
            found.references = reference_excess(contest.signal, contest.context_length)
        done = len(cells) - len(missing)
        on_start(done, len(cells))
        for cell, answer in answers(work, missing, workers, should_stop):
            outcome, error = (None, answer.reason) if isinstance(answer, Failure) else (answer, "")
            result = Result(*cell.place, prints[cell], outcome, error)
            found.enter(result)
            results.save(found, folder)
            done += 1
            on_result(Progress(result, done, len(cells)))
        return found


def check_folder(folder: Path) -> None:
    """Raises InputError for what is no folder."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is no folder; give another one with --out.")


def open_results(folder: Path, contest: Contest) -> Results:
    """The results of a folder, or none yet.

    Raises:
        InputError: they are of another signal or context_length, or cannot be read.
    """
    if not (folder / results.NAME).exists():
        return Results(contest.signal, contest.context_length)
    found = results.load(folder)
    if (found.signal, found.context_length) != (contest.signal, contest.context_length):
        raise InputError(
            f"{folder} holds results of the signal {found.signal!r} at a context_length of {found.context_length}; "
            "give another folder with --out."
        )
    return found


def reference_excess(signal: str, context_length: int) -> dict[str, float]:
    """The excess of each reference forecaster, from its exact MSE and the Bayes floor."""
    table = floors(signals.make(signal), context_length)[0]
    bayes = table.bayes.value
    return {name: value / bayes - 1 for name, value in table.items() if name in REFERENCES}


def measure(found: Results, models: Sequence[str]) -> None:
    """Latency and size of every model, untrained: neither depends on the weights.

    Measured in this process, every model in every round, so that a slow spell of the machine meets all.
    A model that cannot be exported to ONNX has neither.
    """
    window = np.zeros((1, found.context_length, 1), np.float32)
    engines, sizes = {}, {}
    for model in models:
        made = _registry.architecture(model)
        contract = Contract(made.config().context_length, made.config().horizon, Normaliser())
        with contextlib.suppress(Exception), one_thread():  # the exporter's exceptions share no base class
            data = to_onnx(made.module(made.config()), contract)
            engines[model], sizes[model] = OnnxEngine(data, contract), len(data)
    names = list(engines)
    seconds: dict[str, list[float]] = {model: [] for model in names}
    for turn in range(ROUNDS):
        first = turn % max(1, len(names))
        for model in [*names[first:], *names[:first]]:
            engines[model].run(window)
            for _ in range(CALLS):
                began = time.perf_counter()
                engines[model].run(window)
                seconds[model].append(time.perf_counter() - began)
    for model in names:
        found.footprints[model] = Footprint(round(1e6 * float(np.median(seconds[model])), 2), sizes[model])
