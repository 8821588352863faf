"""The score of one forecaster on the held-out parts of a set of measured series, beside its rivals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._estimates import Estimate, mean
from ..data.gaps import starts_of
from ..data.scaling import Scaling
from ..data.windows import sliding
from ..errors import InputError
from ..forecasters.linear import FittedLinear
from ..forecasters.rollout import forecast_of
from .accuracy import absolute_scale
from .backtest import VALUES_AT_ONCE
from .holdout import LINEARS, rules_of_windows
from .scoring import Predict

Array = NDArray[np.float64]

MODEL = "model"
BESIDE = ("seasonal_naive", "last_value", *LINEARS)  # the rivals whose errors are stated for each series


class Units(NamedTuple):
    """What the errors on a series are divided by: both are of the values before its cutoff.

    Args:
        scale: their standard deviation.
        seasonal: their mean absolute difference over a season, the unit of MASE.
    """

    scale: float
    seasonal: float

    @classmethod
    def of(cls, past: Array, season: int) -> Units:
        """The units of a past [T].

        Raises:
            InputError: no two values lie a season apart.
        """
        return cls(Scaling.fit(past).scale, absolute_scale(past, season))


@dataclass(frozen=True, eq=False)
class SeriesErrors:
    """Errors on one series, by forecaster.

    Args:
        cutoffs: the number of cutoffs.
        mse: mean squared errors, in the units of the series squared.
        mase: mean absolute errors in `Units.seasonal`; empty where that is 0.
    """

    cutoffs: int
    mse: dict[str, float]
    mase: dict[str, float]


@dataclass(frozen=True, eq=False)
class SetScore:
    """Means over the series of a set, each series counting once, by forecaster: MODEL and every rival.

    A rival that could not be fitted on some series is left out. Standard errors are those of means over series.

    Args:
        mse: mean squared error over the square of the series' scale.
        steps: the same at each step ahead.
        mase: mean absolute scaled error, over the series that have a unit for it.
        series: the errors on each.
    """

    mse: dict[str, Estimate]
    steps: dict[str, list[Estimate]]
    mase: dict[str, Estimate]
    series: list[SeriesErrors]

    @property
    def cutoffs(self) -> int:
        """The number of cutoffs of all series."""
        return sum(each.cutoffs for each in self.series)


def score_on_set(
    predict: Predict, held_out: Sequence[Array], units: Sequence[Units], context_length: int, horizon: int, *,
    season: int, linear: Sequence[Mapping[str, FittedLinear]], known: Sequence[Array] | None = None,
) -> SetScore:  # fmt: skip
    """The score of `predict`, which maps [B, L, D] to at least [B, H], at every cutoff of each series.

    Args:
        held_out: of each series, the L values before its cutoff and those from there on; windows with a missing value
            (NaN) are left out.
        units: of each series.
        season: steps of the season of all series.
        linear: of each series, the best linear forecasters fitted before its cutoff, by name of LINEARS.
        known: [T, D - 1] of each series, the channels beside `held_out` that are known in advance; None if D is 1.

    Raises:
        InputError: fewer than two series, one is shorter than a window, or a forecast is not finite.
    """
    if len(held_out) < 2:
        raise InputError(f"a score over series needs at least 2 of them, got {len(held_out)}.")
    rules = rules_of_windows(context_length, horizon, season)
    names = [MODEL, *rules, *(name for name in LINEARS if all(name in each for each in linear))]
    relative: dict[str, list[Array]] = {name: [] for name in names}
    series = []
    besides: Sequence[Array | None] = [None] * len(held_out) if known is None else known
    for values, unit, of_this, beside in zip(held_out, units, linear, besides, strict=True):
        context, target = sliding(values, context_length, horizon, known=beside)
        if np.isnan(values).any():
            starts = starts_of(values, context_length, horizon)
            context, target = context[starts], target[starts]
        forecasters: dict[str, Predict] = {MODEL: predict, **rules, **of_this}
        mse, mase = {}, {}
        for name, forecaster in forecasters.items():
            pieces = np.array_split(context, -(-context.size // VALUES_AT_ONCE))
            error = np.concatenate([forecast_of(forecaster, piece, horizon) for piece in pieces]) - target
            if name in relative:
                relative[name].append(((error / unit.scale) ** 2).mean(axis=0))
            if name == MODEL or name in BESIDE:
                mse[name] = float((error**2).mean())
                if unit.seasonal > 0:
                    mase[name] = float(np.abs(error).mean() / unit.seasonal)
        series.append(SeriesErrors(len(context), mse, mase))
    means = {name: mean(np.stack(errors).mean(axis=1)) for name, errors in relative.items()}
    steps = {name: [mean(column) for column in np.stack(errors).T] for name, errors in relative.items()}
    scaled = [each.mase for each in series if each.mase]
    stated = [name for name in names if name in (MODEL, *BESIDE)] if len(scaled) > 1 else []
    mase_of = {name: mean(np.array([each[name] for each in scaled])) for name in stated}
    return SetScore(means, steps, mase_of, series)

