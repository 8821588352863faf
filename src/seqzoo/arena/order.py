"""Time against picture: what a family loses when the steps of a window or the pixels of a picture are put out of order.

Every family is trained and tested in three conditions: intact; permuted, by one fixed order, which destroys who
is whose neighbour and nothing else; shuffled, each window by an order of its own, which leaves only the values.
"""

from __future__ import annotations

import dataclasses
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from .. import files
from ..errors import InputError, SeqzooError
from ..scoring import HELD_OUT_SEEDS

RESULTS = "time-against-picture.json"
CONDITIONS = ("intact", "permuted", "shuffled")
FAMILIES = {
    "sine": ("lstm", "gru", "mlp", "tcn", "gaf_cnn"),
    "digits": ("cnn", "mlp", "lstm by row", "gru by row", "lstm by pixel", "gru by pixel"),
}
SCORE_SEED = HELD_OUT_SEEDS + 21


class Case(NamedTuple):
    """One run: a family on data ("sine" or "digits") in a condition."""

    data: str
    family: str
    condition: str
    seed: int

    @property
    def key(self) -> str:
        """As "sine/lstm/intact/0"."""
        return "/".join(map(str, self))


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the runs are. `steps` is by architecture, on the sine; `windows` are what it is scored on."""

    steps: dict[str, int]
    epochs: int
    windows: int


FULL = Settings({"lstm": 1000, "gru": 1000, "mlp": 1000, "tcn": 600, "gaf_cnn": 600}, epochs=50, windows=20_000)
QUICK = Settings({"lstm": 150, "gru": 100, "mlp": 150, "tcn": 60, "gaf_cnn": 30}, epochs=4, windows=5_000)


class Measured(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a run came to. `error` is the excess over the ordered Bayes forecast, or the share of wrong answers."""

    error: float
    parameters: int
    seconds: float


class Results(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every run that is done, by `Case.key`."""

    settings: Settings
    runs: dict[str, Measured] = {}


def cases(seeds: int) -> list[Case]:
    """Every run of so many seeds; seed by seed, so that an early end leaves whole comparisons.

    Raises:
        InputError: fewer than two seeds, of which no interval can be made, or more than 100.
    """
    if not 2 <= seeds <= 100:
        raise InputError(f"seeds must be from 2 to 100, got {seeds}.")
    return [
        Case(data, family, condition, seed)
        for seed in range(seeds)
        for data, families in FAMILIES.items()
        for family in families
        for condition in CONDITIONS
    ]


def measure(case: Case, settings: Settings) -> Measured:
    """Train and test one case, on one core. Needs torch; digits need scikit-learn.

    Raises:
        MissingExtraError: one of these is not installed.
    """
    began = time.perf_counter()
    if case.data == "sine":
        error, parameters = _on_sine(case, settings)
    else:
        from . import digits

        outcome = digits.train(case.family, case.condition, seed=case.seed, epochs=settings.epochs)
        error, parameters = outcome.wrong / outcome.tested, outcome.parameters
    return Measured(error, parameters, round(time.perf_counter() - began, 1))


def _on_sine(case: Case, settings: Settings) -> tuple[float, int]:
    """Excess over the Bayes forecast of the ordered windows, and the count of parameters."""
    import torch

    from .. import registry, scoring
    from ..torch_threads import one_thread
    from ..training import Run, train
    from .reordering import reordered

    steps = settings.steps[case.family]
    changes = {"recipe.steps": steps, "recipe.evaluate_every": steps}  # few evaluations: they are dear beside short runs
    run = Run.of(registry.entry(f"{case.family}.sine"), seed=case.seed, changes=changes)
    run = dataclasses.replace(run, module=reordered(run.module, case.condition, case.seed))
    module = train(run).module
    with one_thread(), torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(case.seed)

        def predict(context: np.ndarray) -> np.ndarray:
            return np.concatenate([module(part).numpy() for part in torch.from_numpy(context).split(1000)])

        length = run.config.context_length
        scored = scoring.score(predict, run.signal, length, windows=settings.windows, seed=SCORE_SEED)
    return scored.excess.value, sum(parameter.numel() for parameter in module.parameters())


def read(folder: Path) -> Results:
    """The results in a folder.

    Raises:
        IntegrityError: there are none.
        InputError: the file is not one of these.
    """
    try:
        return msgspec.json.decode(files.read_file(folder / RESULTS, 1 << 24), type=Results)
    except msgspec.MsgspecError as error:
        raise InputError(f"{folder / RESULTS} does not hold results of this comparison: {error}.") from None


def save(results: Results, folder: Path) -> None:
    """Write the results as JSON, whole or not at all."""
    files.write_file(folder / RESULTS, msgspec.json.format(msgspec.json.encode(results), indent=1))


def run(
    wanted: list[Case],
    settings: Settings,
    folder: Path,
    *,
    workers: int = 1,
    on_done: Callable[[Case, Measured, int], None] = lambda case, measured, left: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Results:
    """Do the cases that the folder's results lack, and save after each.

    Args:
        workers: processes; 1 works in this one.
        on_done: given each case as it ends, and how many are left.
        should_stop: asked between runs; those that have begun are finished.

    Raises:
        InputError: the folder holds runs of other lengths.
        SeqzooError: a worker process died.
    """
    results = read(folder) if (folder / RESULTS).exists() else Results(settings)
    if results.settings != settings:
        raise InputError(
            f"{folder / RESULTS} holds runs of other lengths, which cannot be compared with these. Choose another "
            "folder with --out, or remove the file."
        )
    missing = [case for case in wanted if case.key not in results.runs]
    for left, (case, measured) in zip(
        reversed(range(len(missing))), _each(missing, settings, workers, should_stop), strict=False
    ):
        results.runs[case.key] = measured
        save(results, folder)
        on_done(case, measured, left)
    return results


def _each(
    missing: list[Case], settings: Settings, workers: int, should_stop: Callable[[], bool]
) -> Iterable[tuple[Case, Measured]]:
    if workers == 1:
        for case in missing:
            if should_stop():
                return
            yield case, measure(case, settings)
        return
    # Spawned: a process forked from one that has used torch's threads may hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_ignore_interrupts) as pool:
        queue, running = list(reversed(missing)), {}
        try:
            while running or (queue and not should_stop()):
                while queue and len(running) < workers and not should_stop():
                    case = queue.pop()
                    running[pool.submit(measure, case, settings)] = case
                done: set[Future[Measured]] = wait(running, return_when=FIRST_COMPLETED)[0]
                for future in done:
                    yield running.pop(future), future.result()
        except BrokenProcessPool:
            raise SeqzooError(
                "a worker process died; the system may have been short of memory. What was finished is kept: "
                "the same command goes on from there."
            ) from None


def _ignore_interrupts() -> None:
    """Ctrl-C reaches every process of the terminal; the one that hands out the work decides what it means."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
