"""One evaluation during a training."""

from __future__ import annotations

import msgspec


class Evaluation(msgspec.Struct, frozen=True, omit_defaults=True):
    """One point of the training history.

    Args:
        step: updates so far.
        windows: training windows seen so far.
        seconds: training time so far.
        loss: the mean loss over the updates since the point before, in model units.
        excess: the excess over Bayes on the validation windows; None where the law of the data is unknown.
        mse: the MSE on the validation windows, in the series' units squared; None where `excess` replaces it.
    """

    step: int
    windows: int
    seconds: float
    loss: float
    excess: float | None = None
    mse: float | None = None
