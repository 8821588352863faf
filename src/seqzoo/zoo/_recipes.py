"""A recipe: every fact of a training run that decides its weights, save the seed."""

from __future__ import annotations

import dataclasses
import math
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from ..errors import InputError

MAX_SIZE = 4096  # of anything a config counts
MAX_COUNT = 10_000_000  # of anything a recipe counts


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
        evaluate_every: steps between evaluations of the averaged weights, and checkpoints; at the
            start, where the loss falls fastest, five times as often.
    """

    optimiser: Literal["soap", "adam"] = "soap"
    learning_rate: float = 4e-3
    steps: int = 4000
    batch_size: int = 128
    warmup: float = 0.02
    decay: Literal["linear", "none"] = "linear"
    clip_norm: float = 1.0
    averaging: float = 0.05
    points: int | None = None
    evaluate_every: int = 50

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "evaluate_every", "points"):
            value = getattr(self, name)
            if value is not None and not 1 <= value <= MAX_COUNT:
                raise InputError(f"{name} must be from 1 to {MAX_COUNT:,}, got {value}.")
        if not 0 <= self.warmup <= 1 or not 0 <= self.averaging <= 1:
            raise InputError(
                f"warmup and averaging are fractions from 0 to 1, got {self.warmup} and {self.averaging}."
            )
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0 and self.clip_norm > 0):
            raise InputError(
                f"learning_rate and clip_norm must be > 0, got {self.learning_rate} and {self.clip_norm}."
            )

    def is_evaluated_at(self, step: int) -> bool:
        """Whether the weights after `step` updates are evaluated."""
        early = step <= 8 * self.evaluate_every
        every = max(1, self.evaluate_every // 5) if early else self.evaluate_every
        return step % every == 0 or step == self.steps

    def learning_rate_at(self, step: int) -> float:
        """The learning rate of update `step` (0-based)."""
        warm = max(1, round(self.warmup * self.steps))
        if step < warm:
            return self.learning_rate * (step + 1) / warm
        if self.decay == "none":
            return self.learning_rate
        return self.learning_rate * (self.steps - step) / max(1, self.steps - warm)


def configured(facts: Any, kind: str, changes: Mapping[str, object]) -> Any:
    """A frozen dataclass with all of its fields replaced, as a manifest states them.

    Raises:
        InputError: other fields, or as `replaced`.
    """
    names = {field.name for field in dataclasses.fields(facts)}
    if set(changes) != names:
        raise InputError(f"{kind} must have the fields {', '.join(sorted(names))}, got {', '.join(sorted(changes))}.")
    for name, value in changes.items():
        facts = replaced(facts, kind, name, value)
    return facts


def replaced(facts: Any, kind: str, name: str, value: object) -> Any:
    """A frozen dataclass with one field replaced, its type checked.

    Args:
        facts: a recipe, a config or a signal.
        kind: what to call it in an error.

    Raises:
        InputError: no such field, another type, or a value outside its range.
    """
    types = typing.get_type_hints(type(facts))
    if name not in types:
        raise InputError(f"{kind} has no field {name!r}; it has {', '.join(types)}.")
    try:
        # Strict: no text for a number, no fraction for a count.
        checked = msgspec.convert(value, types[name])
    except msgspec.ValidationError as error:
        why = f"{str(error)[0].lower()}{str(error)[1:]}"
        if typing.get_origin(types[name]) is Literal:
            why = f"expected {' or '.join(typing.get_args(types[name]))}"
        raise InputError(f"{kind}.{name} cannot be {value!r}: {why}.") from None
    if kind == "config" and isinstance(checked, int) and not 1 <= checked <= MAX_SIZE:
        raise InputError(f"{kind}.{name} must be from 1 to {MAX_SIZE}, got {checked}.")
    return dataclasses.replace(facts, **{name: checked})
