"""The score of a forecaster on the held-out part of a measured series, beside baselines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._arrays import channel
from .._estimates import Estimate
from ..forecasters.table import RULES
from .backtest import Backtest, backtest
from .scoring import Predict


@dataclass(frozen=True)
class HoldoutScore:
    """Scores over every cutoff of the held-out part.

    Args:
        model: the score of the forecaster.
        rivals: the score of each baseline of RULES on the same cutoffs.
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


def score_on_series(predict: Predict, values: NDArray[np.float64], context_length: int, horizon: int) -> HoldoutScore:
    """The score of `predict`, which maps [B, L, 1] to at least [B, H], at every cutoff of a series [T] from L on.

    Raises:
        InputError: as `backtest`.
    """
    rivals = {}
    for name, weights_of in RULES.items():
        weights = weights_of(context_length, horizon)
        rivals[name] = backtest(lambda context, w=weights: channel(context) @ w.T, values, context_length, horizon)  # type: ignore[misc]
    return HoldoutScore(backtest(predict, values, context_length, horizon), rivals)


def _over_steps(result: Backtest) -> Estimate:
    values, errors = (np.array(part) for part in zip(*result.steps, strict=True))
    return Estimate(float(values.mean()), float(errors.mean()))
