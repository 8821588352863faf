"""Rivals of a model on a measured series: rules, the best linear forecaster, statistical models. No torch.

A rival is fitted on the past [t] of a series, the values before a cutoff. It then forecasts H steps from that past,
or from a longer one without being fitted again.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._arrays import FloatArray
from ..data.windows import finite_series
from ..errors import UnknownNameError
from .linear import RidgeAutoregression
from .simple import MAX_CONTEXT, check_season, weighted_sum
from .statistical import METHODS, Statistical
from .table import label, rules

Fitted = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Maps a past [t] to forecasts [H] of the values that follow it."""


class Rival(Protocol):
    """A forecaster that is fitted on the past of one series."""

    @property
    def name(self) -> str:
        """Its name in files and on the command line."""

    @property
    def label(self) -> str:
        """Its name in text."""

    def fit(self, past: ArrayLike, horizon: int) -> Fitted:
        """The rival, fitted on a past [t] to forecast `horizon` steps.

        Raises:
            InputError: the past is too short or not finite, or the horizon lies outside its range.
            MissingExtraError: it needs a package that is not installed.
        """


@dataclass(frozen=True)
class Rule:
    """A weighted sum of the past, of at most its last 4,096 values; nothing is fitted.

    Args:
        name: a key of `table.rules`.
        weights: maps L and H to weights [H, L].
    """

    name: str
    weights: Callable[[int, int], FloatArray]

    @property
    def label(self) -> str:
        return label(self.name)

    def fit(self, past: ArrayLike, horizon: int) -> Fitted:
        @functools.lru_cache(maxsize=1)  # a long past has the same weights at every cutoff
        def weights(length: int) -> FloatArray:
            return self.weights(length, horizon)

        def forecast(values: NDArray[np.float64]) -> NDArray[np.float64]:
            window = values[-MAX_CONTEXT:]
            return np.asarray(weighted_sum(weights(len(window)), window), np.float64)

        forecast(finite_series(past))
        return forecast


def rivals(season: int = 1, context_length: int | None = None) -> dict[str, Rival]:
    """Every rival by name, for a series whose season has `season` steps.

    Args:
        season: steps of a season; 1 for a series without one, for which seasonal naive is left out.
        context_length: L of the best linear forecaster; see `RidgeAutoregression`.

    Raises:
        InputError: the season is not a whole number of at least 1.
    """
    check_season(season)
    every: list[Rival] = [Rule(name, weights) for name, weights in rules(season).items()]
    every += [RidgeAutoregression(context_length, season), *(Statistical(name, season) for name in METHODS)]
    return {rival.name: rival for rival in every}


def rival(name: str, season: int = 1, context_length: int | None = None) -> Rival:
    """One rival; arguments as for `rivals`.

    Raises:
        UnknownNameError: there is no such rival for this season.
        InputError: as `rivals`.
    """
    every = rivals(season, context_length)
    if name not in every:
        raise UnknownNameError("rival", name, every)
    return every[name]
