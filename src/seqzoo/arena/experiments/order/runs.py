"""One run: a model trained on windows or pictures, and tested on others in the same condition."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from ....evaluation.scoring import HELD_OUT_SEEDS
from .cases import OrderCase, OrderOutcome

SCORE_SEED = HELD_OUT_SEEDS + 21


def measure(case: OrderCase) -> OrderOutcome:
    """Train and test one case, on one core. Needs torch; digits need scikit-learn.

    Raises:
        MissingExtraError: one of these is not installed.
    """
    began = time.perf_counter()
    if case.data == "sine":
        error, parameters = _on_sine(case)
    else:
        from . import digits

        error, parameters = digits.train(case.family, case.condition, seed=case.seed, epochs=case.lengths.epochs)
    return OrderOutcome(error, parameters, round(time.perf_counter() - began, 1))


def _on_sine(case: OrderCase) -> tuple[float, int]:
    """Excess over the Bayes forecast of the ordered windows, and the count of parameters."""
    import torch

    from ...._extras import one_thread
    from ....evaluation import scoring
    from ....training.loop import train
    from ....training.spec import TrainingSpec
    from ....zoo import _registry
    from .reordering import Reordered

    steps = case.lengths.steps[case.family]
    # Few evaluations, which take long beside runs this short.
    changes = {"recipe.steps": steps, "recipe.evaluate_every": steps}
    spec = TrainingSpec.of(_registry.entry(f"{case.family}.sine"), seed=case.seed, changes=changes)
    module = train(spec, wrap=lambda inner: Reordered(inner, case.condition, case.seed)).module
    with one_thread(), torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(case.seed)

        def predict(context: NDArray[np.float32]) -> NDArray[np.float32]:
            return np.concatenate([module(part).numpy() for part in torch.split(torch.from_numpy(context), 1000)])

        process, length = spec.source.process, spec.context_length
        assert process is not None
        scored = scoring.score(predict, process, length, windows=case.lengths.windows, seed=SCORE_SEED)
    return scored.excess.value, sum(parameter.numel() for parameter in module.parameters())
