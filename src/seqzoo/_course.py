"""One point of the course of a training."""

from __future__ import annotations

import msgspec


class Evaluation(msgspec.Struct, frozen=True):
    """One point of the training history. `loss` is the mean over the updates since the one before."""

    step: int
    windows: int
    seconds: float
    loss: float
    excess: float
