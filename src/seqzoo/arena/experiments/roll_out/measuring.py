"""The error of roll-outs by step ahead."""

from __future__ import annotations

import functools
from typing import NamedTuple, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from .... import signals
from ...._estimates import Estimate
from ....errors import InputError, SeqzooError
from ....evaluation.scoring import HELD_OUT_SEEDS, HeldOut, held_out, most_windows
from ....forecasters.exact import best_linear, linear_mse
from ....forecasters.references import CONTEXT_LENGTH
from ....forecasters.rollout import linear_recursion

SEED = HELD_OUT_SEEDS + 22
STEPS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 35, 40, 50, 60, 70, 80, 90, 100)
BAYES, DIRECT, RECURSIVE = "Bayes", "best linear, direct", "best linear, recursive"


class RollOutCase(NamedTuple):
    """A model of the shelf, one of several, rolled out on a signal."""

    model: str
    models: tuple[str, ...]
    signal: str
    windows: int


class RolledOut(NamedTuple):
    """Expected MSE of a model at each of `STEPS`, beside that of the references."""

    errors: list[Estimate]
    at_once: int
    references: dict[str, list[float]]


class RollOutResults(msgspec.Struct, forbid_unknown_fields=True):
    """Expected MSE at each of `steps`, in the signal's units squared.

    `models` has [value, standard error over windows]: the Bayes floor plus the mean squared distance from the Bayes
    forecast. `at_once` is how many steps a model forecasts before it reads its own forecasts.
    """

    signal: str
    context_length: int
    windows: int
    seed: int
    steps: list[int]
    references: dict[str, list[float]]
    models: dict[str, list[Estimate]] = {}
    at_once: dict[str, int] = {}

    @property
    def measured(self) -> int:
        """The number of models that have been measured."""
        return len(self.models)

    def holds(self, case: RollOutCase) -> bool:
        """Whether the model has been measured."""
        return case.model in self.models

    def enter(self, case: RollOutCase, measurement: RolledOut) -> None:
        """Add a model, in the order of those that are rolled out."""
        self.references = measurement.references
        models = {**self.models, case.model: measurement.errors}
        at_once = {**self.at_once, case.model: measurement.at_once}
        self.models = {name: models[name] for name in case.models if name in models}
        self.at_once = {name: at_once[name] for name in case.models if name in at_once}

    def fail(self, case: RollOutCase, reason: str) -> None:
        """Raises SeqzooError: the experiment ends with the first model that fails."""
        raise SeqzooError(f"{case.model} cannot be rolled out: {reason}")


def begin(signal: str, windows: int) -> RollOutResults:
    """Results without any model yet."""
    return RollOutResults(signal, CONTEXT_LENGTH, windows, SEED, list(STEPS), {})


class RollsOut(Protocol):
    """A model that can be rolled out, such as a `Predictor`."""

    @property
    def horizon(self) -> int:
        """The number of steps that it forecasts at once."""

    def forecast(self, context: NDArray[np.float32], horizon: int) -> NDArray[np.floating]:
        """context: [B, L, 1], returns [B, horizon]."""


def check(signal: str, windows: int) -> None:
    """Raises InputError for too few or too many windows, and UnknownNameError for an unknown signal."""
    signals.make(signal)
    most = most_windows(CONTEXT_LENGTH, max(STEPS))
    if not 2 <= windows <= most:
        raise InputError(f"windows must be from 2 to {most:,}, got {windows:,}.")


def roll_out(model: RollsOut, signal: str, windows: int) -> RolledOut:
    """The errors of a model's roll-out on fresh windows, the same for every model."""
    fresh, known = _held_out(signal, windows), references(signal, windows)
    steps = fresh.score(lambda context: model.forecast(context, max(STEPS))).steps
    least = known[BAYES]
    errors = [
        Estimate(bayes * (1 + steps[at - 1].excess.value), bayes * steps[at - 1].excess.se)
        for at, bayes in zip(STEPS, least, strict=True)
    ]
    return RolledOut(errors, model.horizon, known)


@functools.lru_cache(maxsize=1)  # the Bayes forecasts take longer than a model
def _held_out(signal: str, windows: int) -> HeldOut:
    return held_out(signals.make(signal), CONTEXT_LENGTH, horizon=max(STEPS), windows=windows, seed=SEED)


def references(signal: str, windows: int) -> dict[str, list[float]]:
    """Expected MSE at each of `STEPS` of the forecasters that need no training."""
    process, floors = signals.make(signal), _held_out(signal, windows).floors
    rolled = linear_recursion(best_linear(process, CONTEXT_LENGTH), max(STEPS))
    by_step = {
        BAYES: [step.bayes.value for step in floors],
        DIRECT: [step.best_linear for step in floors],
        RECURSIVE: [float(value) for value in linear_mse(process, *rolled)],
    }
    return {name: [values[step - 1] for step in STEPS] for name, values in by_step.items()}
