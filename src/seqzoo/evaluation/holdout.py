"""The score of a forecaster on the held-out part of a measured series, beside its rivals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from .._arrays import FloatArray, channel
from .._estimates import Estimate
from ..data.gaps import starts_of
from ..errors import InputError
from ..forecasters.linear import FittedLinear, RidgeAutoregression
from ..forecasters.simple import weighted_sum
from ..forecasters.table import rules
from ..signals import Observed
from .backtest import Backtest, backtest, widest_of
from .scoring import Predict

FEWEST_CUTOFFS = 8
LINEAR, LINEAR_CALENDAR = RidgeAutoregression.name, RidgeAutoregression.with_calendar
LINEARS = (LINEAR, LINEAR_CALENDAR)
"""The rivals that are fitted to the values before a cutoff, by name; the second reads a model's calendar too."""


@dataclass(frozen=True)
class HoldoutScore:
    """Scores over every cutoff of the held-out part.

    Args:
        model: the score of the forecaster.
        rivals: the score of each rival on the same cutoffs.
    """

    model: Backtest
    rivals: dict[str, Backtest]

    @property
    def mse(self) -> Estimate:
        """The mean MSE over the horizon; its standard error is the mean of those of the steps, an upper bound."""
        return _over_steps(self.model)

    @property
    def rival_mse(self) -> dict[str, float]:
        """The mean MSE over the horizon, by rival."""
        return {name: _over_steps(result).value for name, result in self.rivals.items()}


def score_on_series(
    predict: Predict,
    values: NDArray[np.float64],
    context_length: int,
    horizon: int,
    *,
    season: int = 1,
    linear: Mapping[str, FittedLinear] = MappingProxyType({}),
    known: NDArray[np.float64] | None = None,
) -> HoldoutScore:
    """The score of `predict`, which maps [B, L, D] to at least [B, H], at every cutoff of a series [T] from L on.

    Cutoffs whose windows hold or aim at a missing value (NaN) are left out.

    Rivals are the rules of `table.rules` that read a window of L values, and the best linear forecasters if given.
    All but LINEAR_CALENDAR read values only.
    The bandwidth of standard errors is at most `backtest.widest_of` their number.

    Args:
        season: steps of a season; with 1, or one longer than the window, seasonal naive is left out.
        linear: fitted on the values before the held-out part, by name.
        known: [T, D - 1], the channels that `predict` and LINEAR_CALENDAR read beside the values.

    Raises:
        InputError: as `backtest`, or there are fewer than 8 cutoffs.
    """
    check_cutoffs(len(values) - context_length, horizon)
    cutoffs = len(values) - context_length - horizon + 1
    if missing := bool(np.isnan(values).any()):
        cutoffs = len(starts_of(values, context_length, horizon))
        if cutoffs < FEWEST_CUTOFFS:
            raise InputError(
                f"a score needs {FEWEST_CUTOFFS} held-out windows without a missing value, got {cutoffs}. Fill the "
                "gaps, or give a longer series, a shorter horizon or an earlier cutoff."
            )

    def scored(forecaster: Predict, beside: NDArray[np.float64] | None = None) -> Backtest:
        return backtest(
            forecaster, values, context_length, horizon, widest=widest_of(cutoffs), known=beside, missing=missing
        )

    rivals = {name: scored(rule) for name, rule in rules_of_windows(context_length, horizon, season).items()}
    for name, fitted in linear.items():
        rivals[name] = scored(fitted) if fitted.of_known is None else scored(of_windows(fitted), known)
    return HoldoutScore(scored(predict if known is None else of_windows(predict), known), rivals)


def of_windows(predict: Predict) -> Callable[..., FloatArray]:
    """A forecaster of windows [B, L, D] that is also given the channels after them, as `forecast_of` gives them."""
    return lambda context, *following: predict(context)


def check_cutoffs(after: int, horizon: int) -> None:
    """Raises InputError unless `after` values after the first cutoff give enough cutoffs for a score."""
    needed = horizon + FEWEST_CUTOFFS - 1
    if after < needed:
        raise InputError(
            f"a score needs {needed} values after the cutoff, {FEWEST_CUTOFFS} cutoffs with a horizon of {horizon}, "
            f"got {after:,}. Give a longer series, a shorter horizon or an earlier cutoff."
        )


def rules_of_windows(
    context_length: int, horizon: int, season: int
) -> dict[str, Callable[[FloatArray], FloatArray]]:
    """The rules of `table.rules` as forecasters of windows, [B, L, 1] to [B, H].

    Seasonal naive is left out where the window does not hold a season.
    """
    known = rules(season if season <= context_length else 1)

    def rule(weights: FloatArray) -> Callable[[FloatArray], FloatArray]:
        return lambda context: weighted_sum(weights, np.asarray(channel(context), np.float64))

    return {name: rule(weights(context_length, horizon)) for name, weights in known.items()}


def linear_on(
    source: Observed, context_length: int, horizon: int, known: NDArray[np.float64] | None = None
) -> dict[str, FittedLinear]:
    """The best linear forecasters by name, fitted on the values before the cutoff; empty where these are too few.

    Args:
        known: [T, D - 1], the channels of a model with a calendar, from the first value of the series on; the second
            forecaster reads them too.

    Raises:
        InputError: the series is not stored on this machine.
    """
    past, ridge = source.series().values[: source.cutoff], RidgeAutoregression(context_length)
    try:
        fitted = {LINEAR: ridge.fit(past, horizon)}
        if known is not None:
            fitted[LINEAR_CALENDAR] = ridge.fit(past, horizon, known[: len(past)])
    except InputError:
        return {}
    return fitted


def _over_steps(result: Backtest) -> Estimate:
    values, errors = (np.array(part) for part in zip(*result.steps, strict=True))
    return Estimate(float(values.mean()), float(errors.mean()))
