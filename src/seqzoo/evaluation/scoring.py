"""The score of a forecaster on fresh windows of a known signal, beside every floor."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._arrays import with_channel
from .._estimates import Estimate
from ..errors import InputError
from ..forecasters.floors import Floors, averaged, floors_on, vanishes
from ..signals import Signal
from . import metrics

HELD_OUT_SEEDS = 2**31  # seeds from here on are for validation and scores; training uses smaller ones
MOST_VALUES = 30_000_000
UNDEFINED = Estimate(math.nan, math.nan)
Predict = Callable[..., NDArray[np.floating]]


@dataclass(frozen=True)
class StepScore:
    """The score at one step ahead; `excess` is NaN if the Bayes floor is zero."""

    mse: Estimate
    excess: Estimate
    floors: Floors


@dataclass(frozen=True)
class Score:
    """A score on fresh windows: means over the horizon, and `steps`; `excess` is NaN if the Bayes floor is zero."""

    windows: int
    seed: int
    mse: Estimate
    excess: Estimate
    skill: Estimate
    steps: list[StepScore]

    @property
    def floors(self) -> dict[str, float]:
        """Expected MSE of every reference by name, averaged over the horizon."""
        return averaged([step.floors for step in self.steps])


def fresh_seed() -> int:
    """A random seed of at least 2^31, which no training uses; an earlier score used it with a chance of 1 in 2^31."""
    return HELD_OUT_SEEDS + 1 + secrets.randbelow(HELD_OUT_SEEDS - 1)


def most_windows(context_length: int, horizon: int = 1) -> int:
    """The most windows that a score can use without running out of memory."""
    return MOST_VALUES // (context_length + horizon)


@dataclass(frozen=True)
class HeldOut:
    """Fresh windows with their Bayes forecasts and floors, to score any number of forecasters on.

    context [N, L] is float32; target and bayes [N, H] are in the signal's units; floors has one entry for each step.
    """

    context: NDArray[np.float32]
    target: NDArray[np.floating]
    bayes: NDArray[np.floating]
    floors: list[Floors]
    seed: int

    def score(self, predict: Predict) -> Score:
        """The score of `predict`, which maps [B, L, 1] to at least [B, H]."""
        horizon = len(self.floors)
        forecast = predict(with_channel(self.context))[:, :horizon]
        steps = []
        for step, reference in enumerate(self.floors):
            excess = UNDEFINED
            if not vanishes(dict(reference.items())):
                excess = metrics.excess(forecast[:, step], self.bayes[:, step], *reference.bayes)
            steps.append(StepScore(metrics.mse(forecast[:, step], self.target[:, step]), excess, reference))
        last = np.repeat(self.context[:, -1:], horizon, axis=1)
        bayes_mse, bayes_se = np.mean([reference.bayes for reference in self.floors], axis=0).tolist()
        return Score(
            windows=len(self.context),
            seed=self.seed,
            mse=metrics.mse(forecast, self.target),
            excess=(
                UNDEFINED if vanishes(averaged(self.floors))
                else metrics.excess(forecast, self.bayes, bayes_mse, bayes_se)
            ),
            skill=metrics.skill(forecast, self.target, last, self.bayes),
            steps=steps,
        )


def held_out(
    signal: Signal, context_length: int, *, horizon: int = 1, windows: int = 50_000, seed: int
) -> HeldOut:
    """Fresh windows with their Bayes forecasts, which are the expensive part of a score.

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
    # The floors are computed from the values that the model reads, which are float32.
    context = draw.context.astype(np.float32)
    bayes, variance = signal.posterior(context, horizon)
    return HeldOut(context, draw.target, bayes, floors_on(signal, variance, context_length), seed)


def score(
    predict: Predict, signal: Signal, context_length: int, *, horizon: int = 1, windows: int = 50_000, seed: int
) -> Score:
    """The score of `predict`, which maps [B, L, 1] to at least [B, horizon], on windows drawn from `seed`.

    Raises:
        InputError: as `held_out`.
    """
    return held_out(signal, context_length, horizon=horizon, windows=windows, seed=seed).score(predict)
