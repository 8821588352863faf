"""The score of a forecaster on the held-out part of a measured series, beside its rivals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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
from .backtest import Backtest, backtest
from .scoring import Predict

FEWEST_CUTOFFS = 8
LINEAR = RidgeAutoregression.name


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
    linear: FittedLinear | None = None,
    known: NDArray[np.float64] | None = None,
) -> HoldoutScore:
    """The score of `predict`, which maps [B, L, D] to at least [B, H], at every cutoff of a series [T] from L on.

    Cutoffs whose windows hold or aim at a missing value (NaN) are left out.

    Rivals are the rules of `table.rules` that read a window of L values, and the best linear forecaster if given.
    They read values only.
    Cutoffs are often few here: the bandwidth of standard errors is at most half their number less one. They are then
    too small.

    Args:
        season: steps of a season; with 1, or one longer than the window, seasonal naive is left out.
        linear: fitted on the values before the held-out part.
        known: [T, D - 1], the channels that `predict` reads beside the values.

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
            forecaster, values, context_length, horizon, widest=cutoffs // 2 - 1, known=beside, missing=missing
        )

    rivals = {name: scored(rule) for name, rule in rules_of_windows(context_length, horizon, season).items()}
    if linear is not None:
        rivals[LINEAR] = scored(linear)
    own = predict if known is None else lambda context, _: predict(context)
    return HoldoutScore(scored(own, known), rivals)


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


def linear_on(source: Observed, context_length: int, horizon: int) -> FittedLinear | None:
    """The best linear forecaster, fitted on the values before the cutoff; None where these are too few.

    Raises:
        InputError: the series is not stored on this machine.
    """
    past = source.series().values[: source.cutoff]
    try:
        return RidgeAutoregression(context_length).fit(past, horizon)
    except InputError:
        return None


def _over_steps(result: Backtest) -> Estimate:
    values, errors = (np.array(part) for part in zip(*result.steps, strict=True))
    return Estimate(float(values.mean()), float(errors.mean()))
