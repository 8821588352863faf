"""Rolling origin: forecasts of a measured series from successive cutoffs, by forecasters fitted once or again.

`rolling_origin` is that of one rival. `blocks` and `roll` are that of a backtest: several entrants at the same
cutoffs, block by block, so that it can be interrupted between two blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._arrays import channel
from ..data.windows import finite_series, unbroken
from ..errors import InputError
from ..forecasters.linear import RidgeAutoregression
from ..forecasters.rivals import Rival
from ..forecasters.rollout import check_horizon, finite
from ..forecasters.simple import check_season, seasonal_naive_weights, weighted_sum
from ..forecasters.statistical import METHODS, Statistical
from . import accuracy
from .accuracy import Accuracy
from .backtest import forecasts_at
from .holdout import of_windows

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RollingOrigin:
    """Forecasts from N cutoffs of a series.

    Args:
        cutoffs: [N], indices of the series; a forecast reads the values before its cutoff.
        forecast: [N, H]
        target: [N, H]
        scale: [N], `accuracy.absolute_scale` of the values before each cutoff, the unit of `mase`.
    """

    cutoffs: NDArray[np.intp]
    forecast: Array
    target: Array
    scale: Array

    @property
    def mae(self) -> Accuracy:
        """Mean absolute error."""
        return accuracy.mae(self.forecast, self.target)

    @property
    def rmse(self) -> Accuracy:
        """The root of the mean squared error."""
        return accuracy.rmse(self.forecast, self.target)

    @property
    def mase(self) -> Accuracy:
        """Mean absolute scaled error; NaN where a past repeats itself exactly."""
        return accuracy.mase(self.forecast, self.target, self.scale)


def rolling_origin(
    rival: Rival,
    values: ArrayLike,
    horizon: int,
    *,
    first: int,
    season: int = 1,
    stride: int | None = None,
    refit: bool = True,
) -> RollingOrigin:
    """The forecasts of a rival from the cutoffs first, first + stride, ... of a series [T].

    Args:
        rival: fitted on the values before a cutoff; it never sees a value from the cutoff on.
        horizon: H, 1 to 10,000; the last cutoff leaves H values.
        first: the first cutoff.
        season: steps of a season, for the unit of `mase`.
        stride: steps from one cutoff to the next; by default H.
        refit: whether the rival is fitted again at each cutoff, or once at the first and then only reads further.

    Raises:
        InputError: the series is not finite; a length lies outside its range; the first past is no longer than a
            season; or as `Rival.fit`.
        MissingExtraError: as `Rival.fit`.
    """
    check_horizon(horizon)
    series, step = finite_series(values), horizon if stride is None else stride
    if not all(isinstance(each, int | np.integer) for each in (first, step)) or first < 1 or step < 1:
        raise InputError(f"the first cutoff and the stride must be whole numbers from 1, got {first!r} and {step!r}.")
    if len(series) < first + horizon:
        raise InputError(
            f"a series of {len(series):,} values is too short: {first} before the first cutoff and a horizon of "
            f"{horizon} need {first + horizon:,}."
        )
    cutoffs = np.arange(first, len(series) - horizon + 1, step)
    forecasts, scales = [], []
    fitted = None
    for cutoff in cutoffs:
        past = series[:cutoff].copy()  # a view would lead to the values after the cutoff
        if fitted is None or refit:
            fitted = rival.fit(past.copy(), horizon)
        scales.append(accuracy.absolute_scale(past, season))
        forecasts.append(finite(fitted(past)[None])[0])
    targets = np.stack([series[cutoff : cutoff + horizon] for cutoff in cutoffs])
    return RollingOrigin(cutoffs, np.stack(forecasts), targets, np.array(scales))


class Stopped(Exception):
    """An entrant was asked to stop while it was fitted."""


@dataclass(frozen=True)
class Entrant:
    """A forecaster of a backtest.

    Args:
        name: its name in the results.
        fit: maps the past [t], the values before a cutoff, to a forecaster: of windows [B, L, 1] to at least [B, H]
            where `reads` is L, else of a past [t] to [H].
        reads: L, or None for a forecaster that reads the whole past, which then has no gap: it is what lies between
            the last missing value and the cutoff.
        needs_past: whether `fit` reads the past.
        known: [T, D - 1], the channels of the series that a forecaster of windows reads beside the values; it is then
            called with [B, L, D] and [B, H, D - 1], see `rollout.forecast_of`. None if D is 1.
    """

    name: str
    fit: Callable[[Array], Callable[[Array], Any]]
    reads: int | None = None
    needs_past: bool = False
    known: Array | None = None


@dataclass(frozen=True, eq=False)
class Block:
    """Neighbouring cutoffs, whose forecasters are fitted on the same past.

    Args:
        number: from 0, in order of time.
        fitted_at: the cutoff before which the forecasters are fitted.
        cutoffs: [n], indices of the series.
    """

    number: int
    fitted_at: int
    cutoffs: NDArray[np.intp]


def blocks(cutoffs: NDArray[np.intp], refit: int | None, most: int) -> list[Block]:
    """The cutoffs [N] of a backtest as blocks of at most `most` cutoffs.

    Args:
        refit: fit again at every that many cutoffs; None to fit once, at the first.
    """
    every = len(cutoffs) if refit is None else refit
    parts = [
        (int(cutoffs[begin]), cutoffs[begin : begin + every][at : at + most])
        for begin in range(0, len(cutoffs), every)
        for at in range(0, min(every, len(cutoffs) - begin), most)
    ]
    return [Block(number, fitted_at, each) for number, (fitted_at, each) in enumerate(parts)]


def roll(
    entrants: Sequence[Entrant], values: Array, horizon: int, wanted: Sequence[Block]
) -> Iterator[tuple[Block, dict[str, Array]]]:
    """For each block, the forecasts [n, H] by entrant. An entrant never sees a value from its cutoff on.

    Args:
        values: [T]; NaN where a value is missing, which no window of the blocks holds.

    Raises:
        InputError: a forecaster cannot be fitted, or returns too few steps or values that are not finite.
    """
    fitted_at, forecasters = -1, {}
    for block in wanted:
        if block.fitted_at != fitted_at:
            fitted_at = block.fitted_at
            past = values[:fitted_at]
            pasts = {each.name: unbroken(past) if each.reads is None else past for each in entrants}
            forecasters = {each.name: each.fit(pasts[each.name].copy()) for each in entrants}  # a view leads on
        yield block, {
            each.name: _forecasts(each, forecasters[each.name], values, block.cutoffs, horizon) for each in entrants
        }


def _forecasts(
    entrant: Entrant, forecaster: Callable[[Array], Any], values: Array, cutoffs: NDArray[np.intp], horizon: int
) -> Array:
    if entrant.reads is None:
        pasts = [unbroken(values[:at]).copy() for at in cutoffs]
        return np.stack([finite(np.asarray(forecaster(past), np.float64)[None])[0] for past in pasts])
    return forecasts_at(forecaster, values, cutoffs, entrant.reads, horizon, entrant.known)


def rules_as_entrants(rules: Mapping[str, Callable[[Any], Any]], context_length: int) -> list[Entrant]:
    """Rules of windows of L values, see `holdout.rules_of_windows`; nothing is fitted."""
    return [Entrant(name, always(rule), context_length) for name, rule in rules.items()]


def rivals_as_entrants(
    context_length: int, horizon: int, season: int, *, statistical: bool, known: Array | None = None
) -> list[Entrant]:
    """The rivals that are fitted on the past, and seasonal naive where its season is longer than a window.

    Args:
        context_length: L of the best linear forecaster.
        statistical: whether AutoETS, AutoTheta and AutoARIMA of statsforecast are among them.
        known: [T, D - 1], the channels of a model with a calendar; a second best linear forecaster reads them too.

    Raises:
        InputError: the season is not a whole number of at least 1.
    """
    check_season(season)

    def fitted(rival: Rival) -> Callable[[Array], Callable[[Array], Any]]:
        return lambda past: rival.fit(past, horizon)

    entrants = []
    if season > context_length:
        weights = seasonal_naive_weights(season, horizon, season=season)
        entrants.append(
            Entrant("seasonal_naive", always(lambda windows: weighted_sum(weights, channel(windows))), season)
        )
    linear = RidgeAutoregression(context_length)
    entrants.append(Entrant(linear.name, fitted(linear), context_length, needs_past=True))
    if known is not None:
        beside = known
        entrants.append(Entrant(
            linear.with_calendar, lambda past: of_windows(linear.fit(past, horizon, beside[: len(past)])),
            context_length, needs_past=True, known=known,
        ))  # fmt: skip
    if statistical:
        entrants += [Entrant(name, fitted(Statistical(name, season)), needs_past=True) for name in METHODS]
    return entrants


def always(forecaster: Callable[..., Any]) -> Callable[[Array], Callable[..., Any]]:
    """The `fit` of an entrant that is not fitted."""
    return lambda past: forecaster
