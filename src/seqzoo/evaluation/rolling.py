"""Rolling origin: forecasts of a rival of a measured series from successive cutoffs, fitted again at each or once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..data.windows import finite_series
from ..errors import InputError
from ..forecasters.rivals import Rival
from ..forecasters.rollout import check_horizon, finite
from . import accuracy
from .accuracy import Accuracy

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
