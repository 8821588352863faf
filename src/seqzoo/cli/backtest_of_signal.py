"""A backtest on a fresh series of the model's signal, whose best possible forecaster is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from .._formats import counted
from ..errors import InputError
from ..evaluation.backtest import backtest as run
from ..evaluation.scoring import HELD_OUT_SEEDS, fresh_seed
from ..forecasters.exact import best_linear, linear_mse
from ..forecasters.floors import MAX_SAMPLED, floors
from ..forecasters.protocol import Forecaster, steps_of
from ..forecasters.rollout import linear_recursion
from ..signals import Signal
from .app import FileOptions, emit
from .reading import given_series
from .steps import draw, rows_of, told_errors
from .tables import show_backtest


def on_signal(
    predictor: Forecaster,
    name: str,
    horizon: int,
    stride: int,
    points: int,
    seed: int | None,
    plot: Path | None,
    json: bool,
    how: FileOptions,
) -> None:
    """Score a model on a fresh series of its signal, beside the expected errors of the best forecasters."""
    given_series([], None, how)  # refuses options of a file
    series, used = _drawn(predictor, points, horizon, seed)
    result = run(steps_of(predictor, horizon), series, predictor.context_length, horizon, stride=stride)
    beside = _known(predictor.signal, predictor.context_length, horizon)
    draw(plot, name, result.steps, beside)
    if json:
        emit({"model": name, "engine": predictor.engine, "file": None, "seed": used, "cutoffs": result.cutoffs,
              "stride": stride, "bandwidth": result.bandwidth, "left_out": 0, "outside_training": None,
              "steps": rows_of(result.steps, beside)})  # fmt: skip
        return
    show_backtest(name, result.steps, beside)
    typer.echo(f"{counted(result.cutoffs, 'cutoff')} of a fresh series (seed {used}); {told_errors(result)}.")
    if plot is not None:
        typer.echo(f"Picture: {plot}")


def _drawn(predictor: Forecaster, points: int, horizon: int, seed: int | None) -> tuple[Any, int]:
    """A fresh series of the model's signal, and its seed."""
    signal = predictor.signal
    if signal.episodic:
        raise InputError(
            f"windows of {signal.title} are independent episodes, so a series of it has no cutoffs. "
            "Give a series with --file, or see the model's score with `seqzoo show`."
        )
    # A model with a finite budget was trained on the series of its seed, which is below the held-out seeds.
    used = fresh_seed() if seed is None else max(seed, HELD_OUT_SEEDS + seed % HELD_OUT_SEEDS)
    return signal.observed_series(points, predictor.context_length, horizon, seed=used), used


def _known(signal: Signal, context_length: int, horizon: int) -> dict[str, list[float]]:
    """Expected MSE by step ahead of the best forecasters of a signal."""
    samples = min(signal.windows_to_score // 10, MAX_SAMPLED // max(context_length, horizon))  # at most 5 s
    table = floors(signal, context_length, horizon, samples=samples)
    recursion = linear_recursion(best_linear(signal, context_length), horizon)
    return {
        "bayes": [row.bayes.value for row in table],
        "best_linear": [row.best_linear for row in table],
        "best_linear_recursion": linear_mse(signal, *recursion).tolist(),
    }
