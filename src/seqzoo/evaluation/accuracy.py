"""The accuracy of forecasts of measured series, where no floor is known. NumPy only.

Forecasts and targets are [H] or [N, H], N forecasts of H steps. Each measure is given over all values and by step.
Values that are not finite give NaN, never an error: a table shows which forecast failed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..data.gaps import gaps_of
from ..data.measured import LONGEST_GAP
from ..errors import InputError
from ..forecasters.simple import check_season


class Accuracy(NamedTuple):
    """A measure over all steps, and at each step 1..H ahead, [H]."""

    value: float
    steps: NDArray[np.float64]


def mae(forecast: ArrayLike, target: ArrayLike) -> Accuracy:
    """Mean absolute error, in the units of the series.

    Raises:
        InputError: forecast and target are not both [H] or both [N, H].
    """
    return _mean(np.abs(_error(forecast, target)))


def rmse(forecast: ArrayLike, target: ArrayLike) -> Accuracy:
    """The root of the mean squared error, in the units of the series; over all steps it is not the mean of `steps`.

    Raises:
        InputError: as `mae`.
    """
    return _root(_mean(_error(forecast, target) ** 2))


def smape(forecast: ArrayLike, target: ArrayLike) -> Accuracy:
    """The mean of |f - y| / (|f| + |y|), from 0 to 1; a step where both are 0 counts as 0.

    The M competitions state 200 times this number, as per cent.

    Raises:
        InputError: as `mae`.
    """
    error = np.abs(_error(forecast, target))
    size = np.atleast_2d(np.abs(np.asarray(forecast, float)) + np.abs(np.asarray(target, float)))
    return _mean(np.divide(error, size, out=np.zeros_like(error), where=size != 0))


def mase(forecast: ArrayLike, target: ArrayLike, scale: ArrayLike) -> Accuracy:
    """Mean absolute error in units of `absolute_scale`; over several series, the mean over series.

    Hyndman and Koehler, Another Look at Measures of Forecast Accuracy (Int. Journal of Forecasting 22, 2006).

    Args:
        scale: one number, or [N], the scale of each forecast's series. A scale of 0, of a series that repeats itself
            exactly, gives NaN: its errors have no unit.

    Raises:
        InputError: as `mae`; or the scale is neither one number nor [N].
    """
    return _mean(np.abs(_scaled(forecast, target, scale)))


def rmsse(
    forecast: ArrayLike, target: ArrayLike, scale: ArrayLike, *, one_series: bool = False
) -> Accuracy:
    """The root of the mean squared error of each forecast in units of `squared_scale`; the mean over forecasts.

    Rows are different series: a step of one forecast has one error, so its root is the absolute error.

    Args:
        scale: as for `mase`.
        one_series: whether the rows are forecasts of one series from N cutoffs: the mean is then taken before the
            root, over all of them.

    Raises:
        InputError: as `mase`.
    """
    with np.errstate(over="ignore"):
        squares = _scaled(forecast, target, scale) ** 2
    if one_series:
        return _root(_mean(squares))
    return Accuracy(float(np.sqrt(squares.mean(axis=1)).mean()), np.sqrt(squares).mean(axis=0))


def pinball(forecast: ArrayLike, target: ArrayLike, level: float) -> Accuracy:
    """Pinball (quantile) loss of forecasts of the quantile at `level`: max(q (y - f), (q - 1) (y - f)).

    At level 0.5 it is half the mean absolute error.

    Raises:
        InputError: as `mae`; or the level is not between 0 and 1.
    """
    _check_levels(np.array([level]))
    return _mean(_pinball(_error(forecast, target), level))


def crps(quantiles: ArrayLike, target: ArrayLike, levels: ArrayLike) -> Accuracy:
    """Continuous ranked probability score, approximated as twice the mean pinball loss of the quantiles.

    The score is the integral of twice the pinball loss over all levels (Laio and Tamea, Verification tools for
    probabilistic forecasts, Hydrology and Earth System Sciences 11, 2007). With levels spaced evenly the mean tends
    to it as their number grows; it is in the units of the series.

    Args:
        quantiles: [H, Q] or [N, H, Q], the forecast of each quantile.
        levels: [Q], each between 0 and 1.

    Raises:
        InputError: the shapes do not fit, or a level is not between 0 and 1.
    """
    forecast, at = np.asarray(quantiles, float), np.asarray(levels, float)
    if at.ndim != 1 or len(at) == 0 or forecast.shape[-1:] != at.shape:
        raise InputError(
            f"quantiles must be [H, Q] or [N, H, Q] with one level for each of Q, got {list(forecast.shape)} and "
            f"levels {list(at.shape)}."
        )
    _check_levels(at)
    each = [_pinball(_error(forecast[..., index], target), level) for index, level in enumerate(at)]
    return _mean(2 * np.mean(each, axis=0))


def coverage(low: ArrayLike, high: ArrayLike, target: ArrayLike) -> Accuracy:
    """The share of targets that lie in [low, high], both ends included.

    Raises:
        InputError: as `mae`.
    """
    below, above = _error(low, target) <= 0, _error(high, target) >= 0
    return _mean((below & above).astype(float))


def absolute_scale(training: ArrayLike, season: int = 1) -> float:
    """The unit of `mase`: the mean |x_t - x_(t-m)| of the training part [T], the error of seasonal naive within it.

    A difference to or from a missing value (NaN) is left out, and so is one across a gap that no rule fills.

    Raises:
        InputError: the season is not a whole number of at least 1, or no two values lie a season apart.
    """
    return float(np.abs(_seasonal_differences(training, season)).mean())


def squared_scale(training: ArrayLike, season: int = 1) -> float:
    """The unit of `rmsse`: the root of the mean squared difference of values a season apart; as `absolute_scale`.

    Raises:
        InputError: as `absolute_scale`.
    """
    return float(np.sqrt((_seasonal_differences(training, season) ** 2).mean()))


def has_differences(training: NDArray[np.float64], season: int) -> bool:
    """Whether a training part [T] has two values a season apart, as `absolute_scale` needs them."""
    return len(_differences(training, season)) > 0


def _differences(values: NDArray[np.float64], season: int) -> NDArray[np.float64]:
    differences: NDArray[np.float64] = values[season:] - values[:-season]
    known = ~np.isnan(differences)
    for begin, count in gaps_of(values):
        if count > LONGEST_GAP:  # the parts around it are series of their own
            known[max(0, begin + count - season) : begin] = False
    return differences[known]


def _seasonal_differences(training: ArrayLike, season: int) -> NDArray[np.float64]:
    check_season(season)
    values = np.asarray(training, float)
    if values.ndim != 1:
        raise InputError(f"a training part must be a series [T], got shape {list(values.shape)}.")
    differences = _differences(values, season)
    if len(differences) == 0:
        raise InputError(
            f"a scale needs two values that lie a season of {season} apart; the training part has {len(values)} "
            "values. Give a longer training part or a shorter season."
        )
    return differences


def _error(forecast: ArrayLike, target: ArrayLike) -> NDArray[np.float64]:
    """[N, H]: forecast - target."""
    given, true = np.asarray(forecast, float), np.asarray(target, float)
    if given.shape != true.shape or given.ndim not in (1, 2) or given.size == 0:
        raise InputError(
            f"forecast and target must both be [H] or both [N, H], got {list(given.shape)} and {list(true.shape)}."
        )
    return np.atleast_2d(given - true)


def _scaled(forecast: ArrayLike, target: ArrayLike, scale: ArrayLike) -> NDArray[np.float64]:
    error, unit = _error(forecast, target), np.asarray(scale, float)
    if unit.shape not in ((), (len(error),)):
        raise InputError(f"scale must be one number or [{len(error)}], one for each row, got {list(unit.shape)}.")
    unit = np.broadcast_to(unit, len(error))[:, None]
    with np.errstate(over="ignore"):  # of a unit next to 0: infinite
        return np.asarray(np.divide(error, unit, out=np.full_like(error, np.nan), where=unit != 0))


def _pinball(error: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    return np.asarray(np.maximum(-level * error, (1 - level) * error))


def _check_levels(levels: NDArray[np.float64]) -> None:
    if not ((levels > 0) & (levels < 1)).all():
        raise InputError(f"the level of a quantile must be between 0 and 1, got {levels.tolist()}.")


def _mean(values: NDArray[np.float64]) -> Accuracy:
    return Accuracy(float(values.mean()), values.mean(axis=0))


def _root(squares: Accuracy) -> Accuracy:
    return Accuracy(float(np.sqrt(squares.value)), np.sqrt(squares.steps))
