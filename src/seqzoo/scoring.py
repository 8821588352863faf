"""The score of a forecaster on fresh windows of a known signal, beside every floor."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import metrics
from .errors import InputError
from .floors import Floors, floors
from .metrics import Estimate
from .signals import Sine

HELD_OUT_SEEDS = 2**31  # seeds from here on are for validation and scores; training uses those below
MOST_VALUES = 30_000_000
Predict = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True)
class Score:
    """One step ahead, on `windows` fresh windows."""

    windows: int
    seed: int
    mse: Estimate
    excess: Estimate
    skill: Estimate
    floors: Floors


def fresh_seed() -> int:
    """A seed that no training run, validation or earlier score has used, save by a chance of 1 in 2^31."""
    return HELD_OUT_SEEDS + 1 + secrets.randbelow(HELD_OUT_SEEDS - 1)


def most_windows(context_length: int) -> int:
    """How many windows a score can be of: beyond that memory runs short."""
    return MOST_VALUES // (context_length + 1)


def score(predict: Predict, signal: Sine, context_length: int, *, windows: int = 50_000, seed: int) -> Score:
    """Score `predict`, which maps [B, L, 1] to [B, H], on its first step ahead.

    Raises:
        InputError: fewer than two windows, or more than `most_windows`.
    """
    if windows < 2:
        raise InputError(f"a score needs at least 2 windows, got {windows}.")
    if windows > most_windows(context_length):
        raise InputError(
            f"a score takes at most {most_windows(context_length):,} windows of {context_length} values, "
            f"got {windows:,}."
        )
    draw = signal.draw(windows, context_length, 1, np.random.default_rng(seed))
    # Floors are those of the values the model is given, in float32.
    context = draw.context.astype(np.float32)
    forecast = predict(context[:, :, None])[:, 0]
    bayes, variance = signal.posterior(context, 1)
    reference = floors(signal, context_length, samples=2)[0]
    spread = metrics.mean(variance[:, 0])
    bayes_mse = Estimate(signal.sigma**2 + spread.value, spread.se)
    table = Floors(reference.noise, bayes_mse, reference.best_linear, reference.line, reference.last_value)
    return Score(
        windows=windows,
        seed=seed,
        mse=metrics.mse(forecast, draw.target[:, 0]),
        excess=metrics.excess(forecast, bayes[:, 0], bayes_mse.value),
        skill=metrics.skill(forecast, draw.target[:, 0], draw.context[:, -1], bayes[:, 0]),
        floors=table,
    )
