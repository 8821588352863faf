"""The score of a forecaster on fresh windows of a known signal, beside every floor."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import metrics
from .errors import InputError
from .floors import Floors, floors_on
from .metrics import Estimate
from .signals import Signal

HELD_OUT_SEEDS = 2**31  # seeds from here on are for validation and scores; training uses those below
MOST_VALUES = 30_000_000
Predict = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True)
class Step:
    """The score at one step ahead."""

    mse: Estimate
    excess: Estimate
    floors: Floors


@dataclass(frozen=True)
class Score:
    """On `windows` fresh windows: means over the horizon, and each step of it."""

    windows: int
    seed: int
    mse: Estimate
    excess: Estimate
    skill: Estimate
    steps: list[Step]

    @property
    def floors(self) -> dict[str, float]:
        """Expected MSE of every reference by name, averaged over the horizon."""
        rows = [dict(step.floors.items()) for step in self.steps]
        return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def fresh_seed() -> int:
    """A seed that no training run, validation or earlier score has used, save by a chance of 1 in 2^31."""
    return HELD_OUT_SEEDS + 1 + secrets.randbelow(HELD_OUT_SEEDS - 1)


def most_windows(context_length: int, horizon: int = 1) -> int:
    """How many windows a score can be of: beyond that memory runs short."""
    return MOST_VALUES // (context_length + horizon)


def score(
    predict: Predict, signal: Signal, context_length: int, *, horizon: int = 1, windows: int = 50_000, seed: int
) -> Score:
    """Score `predict`, which maps [B, L, 1] to at least [B, horizon].

    Raises:
        InputError: fewer than two windows, or more than `most_windows`.
    """
    if windows < 2:
        raise InputError(f"a score needs at least 2 windows, got {windows}.")
    if windows > most_windows(context_length, horizon):
        raise InputError(
            f"a score takes at most {most_windows(context_length, horizon):,} windows of {context_length} values, "
            f"got {windows:,}."
        )
    draw = signal.draw(windows, context_length, horizon, np.random.default_rng(seed))
    # Floors are those of the values the model is given, in float32.
    context = draw.context.astype(np.float32)
    forecast = predict(context[:, :, None])[:, :horizon]
    bayes, variance = signal.posterior(context, horizon)
    steps = []
    for step, reference in enumerate(floors_on(signal, variance, context_length)):
        excess = metrics.excess(forecast[:, step], bayes[:, step], reference.bayes.value)
        steps.append(Step(metrics.mse(forecast[:, step], draw.target[:, step]), excess, reference))
    last = np.repeat(draw.context[:, -1:], horizon, axis=1)
    return Score(
        windows=windows,
        seed=seed,
        mse=metrics.mse(forecast, draw.target),
        excess=metrics.excess(forecast, bayes, float(np.mean([step.floors.bayes.value for step in steps]))),
        skill=metrics.skill(forecast, draw.target, last, bayes),
        steps=steps,
    )
