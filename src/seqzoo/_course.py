"""One point of the course of a training."""

from __future__ import annotations

import msgspec


class Evaluation(msgspec.Struct, frozen=True, omit_defaults=True):
    """One point of the training history.

    Args:
        loss: the mean over the updates since the point before, in model units.
        excess: over Bayes on the validation windows; None where the law of the data is not known.
        mse: on the validation windows, in the series' units squared; None where the excess says more.
    """

    step: int
    windows: int
    seconds: float
    loss: float
    excess: float | None = None
    mse: float | None = None
