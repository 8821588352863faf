"""A recipe: every fact of a training run that decides its weights, save the seed."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Literal

from .errors import InputError


@dataclass(frozen=True)
class Recipe:
    """How to train. Two runs of one recipe, seed and software stack end in the same weights.

    Args:
        optimiser: "soap" (see `optimisers.py`) or "adam".
        learning_rate: peak learning rate.
        steps: updates.
        batch_size: windows of an update.
        warmup: fraction of the steps over which the learning rate rises from 0.
        decay: "linear" to 0 after the warm-up, or "none".
        clip_norm: largest norm of the gradient (adam only).
        averaging: time constant of the exponential average of the weights that is kept, as a
            fraction of the steps done; 0 keeps the last weights.
        points: length of the one observed series to learn from; None draws fresh windows without end.
        evaluate_every: steps between evaluations of the averaged weights, and checkpoints.
    """

    optimiser: Literal["soap", "adam"] = "soap"
    learning_rate: float = 4e-3
    steps: int = 4000
    batch_size: int = 64
    warmup: float = 0.02
    decay: Literal["linear", "none"] = "linear"
    clip_norm: float = 1.0
    averaging: float = 0.02
    points: int | None = None
    evaluate_every: int = 50

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "evaluate_every"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, got {getattr(self, name)}.")
        if not 0 <= self.warmup <= 1 or not 0 <= self.averaging <= 1:
            raise InputError(
                f"warmup and averaging are fractions from 0 to 1, got {self.warmup} and {self.averaging}."
            )
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0 and self.clip_norm > 0):
            raise InputError(
                f"learning_rate and clip_norm must be > 0, got {self.learning_rate} and {self.clip_norm}."
            )

    def with_changes(self, **changes: Any) -> Recipe:
        """A copy with the given fields replaced; those given as None are left alone."""
        return dataclasses.replace(self, **{k: v for k, v in changes.items() if v is not None})

    def learning_rate_at(self, step: int) -> float:
        """The learning rate of update `step` (0-based)."""
        warm = max(1, round(self.warmup * self.steps))
        if step < warm:
            return self.learning_rate * (step + 1) / warm
        if self.decay == "none":
            return self.learning_rate
        return self.learning_rate * (self.steps - step) / max(1, self.steps - warm)
