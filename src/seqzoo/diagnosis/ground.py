"""The ground of a contest: what is held out, the cutoffs, and the unit of MASE."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._arrays import FloatArray
from .._formats import counted
from ..data.gaps import gaps_of, position_of_last, unmissing
from ..errors import InputError
from ..evaluation.accuracy import absolute_scale, has_differences
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
        training: values before the first cutoff, missing ones not counted.
        cutoffs: N, the number that is scored.
        left_out: cutoffs that are not, since a value before or after them is missing.
        gaps: how many divide the series.
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
    left_out: int
    gaps: int
    stride: int
    scale: float
    scale_season: int
    seeds: int


@dataclass(frozen=True, eq=False)
class Ground:
    """The cutoffs of a contest and what is read from them.

    Args:
        values: [T]; NaN where a value is missing.
        first: where the held-out part begins; forecasters are fitted on the values before it.
        cutoffs: [N], `stride` apart, less those with a gap in the window before them or in the targets after them.
        left_out: how many these are.
        stride: steps between cutoffs.
        horizon: H
        season: m
        scale, scale_season: as for `Protocol`.
    """

    values: NDArray[np.float64]
    first: int
    cutoffs: NDArray[np.intp]
    left_out: int
    stride: int
    horizon: int
    season: int
    scale: float
    scale_season: int

    @classmethod
    def of(cls, given: Given, season: int, horizon: int | None, depth: Depth) -> Ground:
        """The cutoffs for a series.

        Raises:
            InputError: the horizon is not from 1 to a tenth of the values; or gaps leave too few cutoffs.
        """
        values = given.values
        count = len(values) - int(np.isnan(values).sum())
        # By default so short that the cutoffs of a short series are enough for an interval.
        ahead = min(season, LONGEST_HORIZON, count // 30) if horizon is None else horizon
        check_horizon(ahead)
        if ahead > count // 10:
            raise InputError(
                f"the horizon must be from 1 to {count // 10}, a tenth of the {count:,} values, got {ahead}."
            )
        held_out = max(count // 5, min(max(9 * ahead, 40), count // 2))
        first = position_of_last(values, held_out)
        stride = max(1, -(-(held_out - ahead) // depth.cutoffs))
        every = np.arange(first, len(values) - ahead + 1, stride)
        reads = max(context_length(count - held_out, season), season)
        every = every[every >= reads]
        cutoffs = every[unmissing(values, reads + ahead)[every - reads]]
        if len(cutoffs) < 2:
            raise InputError(
                f"gaps leave {counted(len(cutoffs), 'cutoff')} of {len(every):,} in the held-out part without a "
                f"missing value among the {counted(reads, 'value')} before and the {counted(ahead, 'value')} after "
                "it. Fill gaps, on the command line with --gaps interpolate or --gaps last, or give a part of the "
                "series with fewer gaps."
            )
        past = values[:first]
        scales = {lag: absolute_scale(past, lag) for lag in (season, 1) if has_differences(past, lag)}
        scale_season = next((lag for lag, scale in scales.items() if scale > 0), 0)
        if not scale_season:
            raise InputError(
                f"the first {first:,} values are all equal: there is nothing to learn from. Give another part."
            )
        return cls(
            values, first, cutoffs, len(every) - len(cutoffs), stride, ahead, season, scales[scale_season],
            scale_season,
        )  # fmt: skip

    @property
    def training(self) -> int:
        """How many values lie before the first cutoff."""
        return self.first - int(np.isnan(self.values[: self.first]).sum())

    def context_length(self, count: int) -> int:
        """L of forecasters that are fitted on `count` values."""
        return context_length(count, self.season)

    def latest(self, count: int) -> Ground:
        """The same cutoffs of the series from the latest `count` values before the first one on."""
        begin = position_of_last(self.values[: self.first], count)
        return dataclasses.replace(
            self, values=self.values[begin:], first=self.first - begin, cutoffs=self.cutoffs - begin
        )

    @property
    def since_a_gap(self) -> int:
        """The fewest values between a gap and the end of what a forecaster is fitted on, or a cutoff."""
        missing = np.flatnonzero(np.isnan(self.values))
        ends = np.concatenate([[self.first], self.cutoffs])
        last = np.concatenate([[-1], missing])[np.searchsorted(missing, ends)]
        return int((ends - 1 - last).min())

    def whole(self, count: int) -> NDArray[np.bool_]:
        """[N]: whether none of the `count` values before a cutoff is missing."""
        before = np.concatenate([[0], np.cumsum(np.isnan(self.values))])
        return np.asarray(
            (self.cutoffs >= count) & (before[self.cutoffs] == before[np.maximum(self.cutoffs - count, 0)])
        )

    @property
    def overlap(self) -> int:
        """How many neighbouring cutoffs share targets."""
        return -(-self.horizon // self.stride)

    def losses(self, forecast: FloatArray) -> FloatArray:
        """The absolute scaled error of forecasts [N, H], averaged over steps, at each cutoff."""
        target = np.stack([self.values[cutoff : cutoff + self.horizon] for cutoff in self.cutoffs])
        return np.asarray(np.abs(forecast - target).mean(axis=1) / self.scale)

    def protocol(self, depth: Depth) -> Protocol:
        """The facts for a report."""
        return Protocol(
            depth.name, self.horizon, self.season, self.training, len(self.cutoffs), self.left_out,
            len(gaps_of(self.values)), self.stride, self.scale, self.scale_season, depth.seeds,
        )  # fmt: skip


def context_length(count: int, season: int) -> int:
    """L of forecasters that are fitted on `count` values: two seasons, at least 16, at most a quarter of them."""
    return max(1, min(max(2 * season, LEAST_CONTEXT), MAX_CONTEXT, count // 4))
