"""The runs of `order`: one is trained at a time in each process, and saved as it ends."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ... import _storage
from ...errors import InputError, SeqzooError
from ...evaluation.scoring import HELD_OUT_SEEDS
from ...execution import local
from .order import RESULTS, Case, Measured, Results, Settings, read, save

SCORE_SEED = HELD_OUT_SEEDS + 21


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

        error, parameters = digits.train(case.family, case.condition, seed=case.seed, epochs=settings.epochs)
    return Measured(error, parameters, round(time.perf_counter() - began, 1))


def _on_sine(case: Case, settings: Settings) -> tuple[float, int]:
    """Excess over the Bayes forecast of the ordered windows, and the count of parameters."""
    import torch

    from ..._extras import one_thread
    from ...evaluation import scoring
    from ...training.loop import train
    from ...training.spec import TrainingSpec
    from ...zoo import _registry
    from .reordering import Reordered

    steps = settings.steps[case.family]
    # Few evaluations: beside runs this short they are dear.
    changes = {"recipe.steps": steps, "recipe.evaluate_every": steps}
    spec = TrainingSpec.of(_registry.entry(f"{case.family}.sine"), seed=case.seed, changes=changes)
    module = train(spec, wrap=lambda inner: Reordered(inner, case.condition, case.seed)).module
    with one_thread(), torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(case.seed)

        def predict(context: NDArray[np.float32]) -> NDArray[np.float32]:
            return np.concatenate([module(part).numpy() for part in torch.split(torch.from_numpy(context), 1000)])

        process = spec.source.process
        assert process is not None
        scored = scoring.score(predict, process, spec.context_length, windows=settings.windows, seed=SCORE_SEED)
    return scored.excess.value, sum(parameter.numel() for parameter in module.parameters())


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
        workers: processes that train at the same time.
        on_done: given each case as it ends, and how many are left.
        should_stop: asked all the time; the runs that have begun are lost.

    Raises:
        InputError: the folder holds runs of other lengths, or another run writes into it.
        SeqzooError: a run failed, or its process died.
    """
    with _storage.only_writer(folder):
        results = read(folder) if (folder / RESULTS).exists() else Results(settings)
        if results.settings != settings:
            raise InputError(
                f"{folder / RESULTS} holds runs of other lengths, which cannot be compared with these. Choose "
                "another folder with --out, or move the file away."
            )
        missing = [case for case in wanted if case.key not in results.runs]
        done = local.answers(functools.partial(measure, settings=settings), missing, workers, should_stop)
        for left, (case, measured) in zip(reversed(range(len(missing))), done, strict=False):
            if isinstance(measured, local.Failure):
                raise SeqzooError(
                    f"{case.key} failed: {measured.reason.rstrip('.')}. "
                    "What was finished is kept: the same command goes on from there."
                )
            results.runs[case.key] = measured
            save(results, folder)
            on_done(case, measured, left)
        return results
