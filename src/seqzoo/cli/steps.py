"""The errors of a backtest by step ahead: as rows, in words, as a picture."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any


def rows_of(steps: list[Any], beside: dict[str, list[float]]) -> list[dict[str, float]]:
    """One row of JSON for each step: the MSE of the model, its standard error, and the MSE of others by name."""
    return [
        {"step": ahead + 1, "mse": mse, "se": se, **{key: values[ahead] for key, values in beside.items()}}
        for ahead, (mse, se) in enumerate(steps)
    ]


def told_errors(result: Any) -> str:
    """How the standard errors of a backtest were computed, in words."""
    known = not math.isnan(result.steps[0].se)
    return f"standard errors over {result.bandwidth} lags" if known else "too few for standard errors"


def draw(plot: Path | None, name: str, steps: list[Any], beside: dict[str, list[float]]) -> None:
    """Save the picture of the MSE by step, if one was asked for."""
    if plot is not None:
        from ..evaluation import plots

        lines = {key.replace("_", " "): values for key, values in beside.items()}
        plots.save(plots.error_figure({name: steps}, lines), plot)
