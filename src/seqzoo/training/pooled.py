"""Networks trained on windows of many series, each window in units of its own, by the one loop.

A network of `Framed` forecasts the change from the last value of its window, in units of the window's mean absolute
difference. It adds to a weighted sum of the window, so that it learns only what no such sum expresses.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .._arrays import channel
from .._extras import one_thread
from ..data.windows import Windows
from ..forecasters.simple import seasonal_naive_weights
from ..zoo import _registry
from ..zoo._recipes import Recipe
from .loop import fit
from .sources import Finite
from .validation import batch

LEAST_SPREAD = 1e-3  # of a window, in the units of the series: a constant window stays finite
FARTHEST = 50.0  # units of a value from the last one


class Framed(nn.Module):
    """A network between windows [B, L, 1] and forecasts [B, H] of series in units of about 1.

    Args:
        season: steps of the season that the weighted sum repeats before training; 1 for the last value.
    """

    def __init__(self, network: nn.Module, context_length: int, horizon: int, season: int) -> None:
        super().__init__()
        self.network = network
        self.size = context_length**0.5  # of a random walk of this length, in steps
        self.linear = nn.Linear(context_length, horizon)
        nn.init.zeros_(self.linear.bias)
        naive = torch.from_numpy(seasonal_naive_weights(context_length, horizon, season=season))
        with torch.no_grad():
            self.linear.weight.copy_(self.size * naive)

    def forward(self, context: Tensor) -> Tensor:
        last = context[:, -1:]
        spread = context.diff(dim=1).abs().mean(dim=1, keepdim=True) + LEAST_SPREAD
        entered = ((context - last) / spread).clamp(-FARTHEST, FARTHEST) / self.size
        change = self.network(entered) + self.linear(channel(entered))
        forecast: Tensor = channel(last) + channel(spread) * change
        return forecast


def trained(
    architecture: str, size: dict[str, Any], windows: Windows, held_out: Windows, recipe: Recipe, seed: int,
    season: int,
) -> tuple[nn.Module, int]:
    """A framed network of least absolute error on the held-out windows, and its step.

    Args:
        size: fields of the architecture's config besides the lengths.
        windows: what it is trained on, in units in which an error counts alike in each series.
        season: as for `Framed`.

    Raises:
        DivergedError: the loss became infinite or NaN.
    """
    length, horizon = windows.context.shape[1], windows.target.shape[1]
    entry = _registry.architecture(architecture)
    config = dataclasses.replace(entry.config(), context_length=length, horizon=horizon, **size)
    given = Finite(windows, held_out, recipe.batch_size, seed)
    fitted = fit(
        lambda: Framed(entry.module(config), length, horizon, season), given, recipe, seed, loss=nn.functional.l1_loss
    )
    return fitted.module, fitted.best_step


def forecast(module: nn.Module, context: NDArray[np.float64]) -> NDArray[np.float64]:
    """The forecast [N, H] of a module after windows [N, L]."""
    with torch.no_grad(), one_thread():
        return np.asarray(module(batch(context)).numpy(), np.float64)
