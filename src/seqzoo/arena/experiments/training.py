"""One cell of the arena: a model trained once on a budget and scored on fresh windows."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass

from ...errors import SeqzooError
from ...evaluation.scoring import HELD_OUT_SEEDS, HeldOut, held_out
from ...publishing.build import eager
from ...signals import Signal
from ...training.loop import train
from ...training.spec import TrainingSpec
from ...zoo import _registry
from ..results import BATCH_SIZE, MOST, SCHEMA_VERSION, TrainingOutcome

EVALUATIONS = 4  # of a run, and five times as many early on: they choose the weights, but take time
MOST_SCORED = 20_000  # windows of a score
FIRST_SCORE_SEED = HELD_OUT_SEEDS + 10_000  # validation, bundles and golden tensors use smaller seeds


@dataclass(frozen=True)
class Cell:
    """A model, by its architecture, on a signal.

    Args:
        points: length of the observed series; None draws endless fresh windows.
        windows: the number of training windows, repeats included: updates times batch size, the same for every model.
        seed: determines the observed series, the initial weights and the windows of the score, so that models of the
            same seed are paired. Since the windows change with the seed, intervals over seeds include their effect.
    """

    model: str
    signal: str
    points: int | None
    windows: int
    seed: int

    def spec(self) -> TrainingSpec:
        """The training: the model's recipe with the arena's batch size, budget and number of steps.

        Raises:
            UnknownNameError: the model or the signal does not exist.
            InputError: the recipe cannot have one of the values.
        """
        steps = self.windows // BATCH_SIZE
        changes = {
            "recipe.steps": steps,
            "recipe.batch_size": BATCH_SIZE,
            "recipe.points": self.points,
            "recipe.evaluate_every": max(1, steps // EVALUATIONS),
        }
        return TrainingSpec.of(_registry.entry(f"{self.model}.{self.signal}"), seed=self.seed, changes=changes)

    @property
    def place(self) -> tuple[str, int | None, int, int]:
        """As `TrainingResult.place`."""
        return self.model, self.points, self.windows, self.seed

    @property
    def fingerprint(self) -> str:
        """A digest of everything that determines the result, but for the rounding of the processor."""
        facts = f"{SCHEMA_VERSION} {self.spec().fingerprint} {MOST_SCORED} {FIRST_SCORE_SEED}"
        return hashlib.sha256(facts.encode()).hexdigest()[:16]


def play(cell: Cell) -> TrainingOutcome:
    """The outcome of training and scoring a cell.

    Raises:
        SeqzooError: the training cannot start or diverges, or the forecasts are not finite.
    """
    return outcome_of(cell.spec())


def outcome_of(spec: TrainingSpec) -> TrainingOutcome:
    """The outcome of a training on a known signal, scored on windows that its seed determines.

    Raises:
        SeqzooError: as `play`.
    """
    trained = train(spec)
    windows = _windows(spec.source.process, spec.context_length, spec.horizon, spec.seed)
    score = windows.score(lambda given: eager(trained.module, given).numpy())
    if not score.excess.value <= MOST:
        raise SeqzooError("the trained model's forecasts are infinite, NaN or extremely large.")
    return TrainingOutcome(
        excess=score.excess.value,
        excess_se=score.excess.se,
        skill=score.skill.value,
        mse=score.mse.value,
        scored=score.windows,
        parameters=sum(parameter.numel() for parameter in trained.module.parameters()),
        seconds=round(trained.seconds, 2),
        best_step=trained.best_step,
    )


@functools.lru_cache(maxsize=2)  # the Bayes forecasts of some signals take longer than a short training
def _windows(signal: Signal, context_length: int, horizon: int, seed: int) -> HeldOut:
    count = min(MOST_SCORED, signal.windows_to_score)
    return held_out(signal, context_length, horizon=horizon, windows=count, seed=FIRST_SCORE_SEED + seed)
