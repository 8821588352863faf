"""The errors of a backtest by step ahead: as rows, in words, as a picture."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from .._formats import counted


def rows_of(steps: list[Any], beside: dict[str, list[float]]) -> list[dict[str, float]]:
    """One row of JSON for each step: the MSE of the model, its standard error, and the MSE of others by name."""
    return [
        {"step": ahead + 1, "mse": mse, "se": se, **{key: values[ahead] for key, values in beside.items()}}
        for ahead, (mse, se) in enumerate(steps)
    ]


def told_errors(result: Any, overlap: int | None = None) -> str:
    """How the standard errors of a backtest were computed, in words.

    Args:
        overlap: the lags that the overlap of windows asks for; fewer give standard errors that are too small.
    """
    if math.isnan(result.steps[0].se):
        return "too few for standard errors"
    told = f"standard errors over {counted(result.bandwidth, 'lag')}"
    if overlap is None or result.bandwidth >= overlap:
        return told
    return f"{told}, too small: the windows overlap over {overlap:,}"


def draw(plot: Path | None, name: str, steps: list[Any], beside: dict[str, list[float]]) -> None:
    """Save the picture of the MSE by step, if one was asked for."""
    if plot is not None:
        from ..evaluation import plots

        lines = {key.replace("_", " "): values for key, values in beside.items()}
        plots.save(plots.error_figure({name: steps}, lines), plot)
