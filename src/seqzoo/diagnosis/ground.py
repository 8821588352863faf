"""The ground of a contest: what is held out, the cutoffs, and the unit of MASE."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._arrays import FloatArray
from ..errors import InputError
from ..evaluation.accuracy import absolute_scale
from ..forecasters.rollout import check_horizon
from ..forecasters.simple import MAX_CONTEXT
from .depths import Depth
from .description import Given

LONGEST_HORIZON = 24  # by default, and at most a thirtieth of the values
LEAST_CONTEXT = 16  # values; a cycle without a fixed length fits in


@dataclass(frozen=True)
class Protocol:
    """How the forecasters were compared.

    Args:
        depth: "quick", "default" or "deep".
        horizon: H, steps ahead.
        season: m, of rules, models and the unit of MASE.
        training: values before the first cutoff.
        cutoffs: N, the number that is scored.
        stride: steps between neighbouring cutoffs.
        scale: the unit of MASE: the mean absolute difference of values a season apart in the training part.
        scale_season: that season; 1 where the training part repeats its season exactly.
        seeds: trainings of each network.
    """

    depth: str
    horizon: int
    season: int
    training: int
    cutoffs: int
    stride: int
    scale: float
    scale_season: int
    seeds: int


@dataclass(frozen=True, eq=False)
class Ground:
    """The cutoffs of a contest and what is read from them.

    Args:
        values: [T]
        first: the first cutoff.
        stride: steps between cutoffs.
        horizon: H
        season: m
        scored: [N], which cutoffs count: those whose targets hold no missing value.
        scale, scale_season: as for `Protocol`.
    """

    values: NDArray[np.float64]
    first: int
    stride: int
    horizon: int
    season: int
    scored: NDArray[np.bool_]
    scale: float
    scale_season: int

    @classmethod
    def of(cls, given: Given, season: int, horizon: int | None, depth: Depth) -> Ground:
        """The cutoffs for a series.

        Raises:
            InputError: the horizon is not from 1 to a tenth of the values.
        """
        values, count = given.values, len(given.values)
        # By default so short that the cutoffs of a short series are enough for an interval.
        ahead = min(season, LONGEST_HORIZON, count // 30) if horizon is None else horizon
        check_horizon(ahead)
        if ahead > count // 10:
            raise InputError(
                f"the horizon must be from 1 to {count // 10}, a tenth of the {count:,} values, got {ahead}."
            )
        held_out = max(count // 5, min(max(9 * ahead, 40), count // 2))
        first = count - held_out
        stride = max(1, -(-(held_out - ahead) // depth.cutoffs))
        cutoffs = np.arange(first, count - ahead + 1, stride)
        scored = ~np.array([given.is_missing[cutoff : cutoff + ahead].any() for cutoff in cutoffs])
        if scored.sum() < 2:
            raise InputError("nearly every held-out value is missing. Give a part of the series with fewer gaps.")
        scales = {lag: absolute_scale(values[:first], lag) for lag in dict.fromkeys((season, 1))}
        scale_season = next((lag for lag, scale in scales.items() if scale > 0), 0)
        if not scale_season:
            raise InputError(
                f"the first {first:,} values are all equal: there is nothing to learn from. Give another part."
            )
        return cls(values, first, stride, ahead, season, scored, scales[scale_season], scale_season)

    @property
    def cutoffs(self) -> NDArray[np.intp]:
        """[N]"""
        return np.arange(self.first, len(self.values) - self.horizon + 1, self.stride)

    def context_length(self, count: int) -> int:
        """L of forecasters that are fitted on `count` values: two seasons, at least 16, at most a quarter of them."""
        return max(1, min(max(2 * self.season, LEAST_CONTEXT), MAX_CONTEXT, count // 4))

    @property
    def overlap(self) -> int:
        """How many neighbouring cutoffs share targets."""
        return -(-self.horizon // self.stride)

    def losses(self, forecast: FloatArray) -> FloatArray:
        """The absolute scaled error of forecasts [N, H], averaged over steps, at each cutoff that counts."""
        target = np.stack([self.values[cutoff : cutoff + self.horizon] for cutoff in self.cutoffs])
        return np.asarray(np.abs(forecast - target)[self.scored].mean(axis=1) / self.scale)

    def protocol(self, depth: Depth) -> Protocol:
        """The facts for a report."""
        return Protocol(
            depth.name, self.horizon, self.season, self.first, int(self.scored.sum()), self.stride, self.scale,
            self.scale_season, depth.seeds,
        )  # fmt: skip
