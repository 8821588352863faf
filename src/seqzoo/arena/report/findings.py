"""What a finding of the arena is: something to draw, a table, sentences, and how all of it was measured."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

OVER_SEEDS = "95% Student t interval over seeds"
TWO_SIDED = 1.96  # standard errors to either side of a mean over many windows hold 95%


class Mark(NamedTuple):
    """A value in a row of a picture, with its interval (NaN where there is none) and each seed's own value."""

    row: str
    name: str
    value: float
    low: float = math.nan
    high: float = math.nan
    each: tuple[float, ...] = ()
    is_reference: bool = False


class Curve(NamedTuple):
    """Values at `x`, each with the ends of its bar (NaN where there is none)."""

    name: str
    x: list[float]
    y: list[float]
    low: list[float]
    high: list[float]
    is_reference: bool = False


class Axis(NamedTuple):
    """What an axis measures; shares are labelled in per cent."""

    name: str
    is_share: bool = False
    is_logarithmic: bool = True


@dataclass(frozen=True)
class Finding:
    """What an experiment comes to: `marks` or `curves` to draw, the table, sentences, and how all was measured.

    `at` has values of x to point at, by name; `details` are lines for those who want every one.
    `models` are those that can be chosen, `parts` what else can be, as {key: label}, `part` the one shown.
    """

    models: list[str]
    parts: dict[str, str]
    part: str
    x: Axis
    headings: Sequence[str]
    rows: list[list[str]]
    sentences: list[str]
    measured: dict[str, str]
    marks: list[Mark] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    y: Axis | None = None
    at: dict[str, float] = field(default_factory=dict)
    details: list[str] = field(default_factory=list)


def part_of(asked: str, parts: dict[str, str]) -> str:
    """The part asked for, or the first."""
    return asked if asked in parts else next(iter(parts), "")


def chosen_of(asked: Collection[str], models: Sequence[str]) -> list[str]:
    """Of the models asked for those that there are; all where that leaves none."""
    return [name for name in models if name in asked] or list(models)
