"""The parts of a finding of the arena: values to draw, a table, sentences, and how they were measured."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

OVER_SEEDS = "95% Student t interval over seeds"
TWO_SIDED = 1.96  # half the width, in standard errors, of a 95% interval of a mean over many windows


class Mark(NamedTuple):
    """A value in a row of a picture, with its interval (NaN without one) and the value of each seed."""

    row: str
    name: str
    value: float
    low: float = math.nan
    high: float = math.nan
    each: tuple[float, ...] = ()
    is_reference: bool = False


class Curve(NamedTuple):
    """Values `y` at `x`, each with the ends of its error bar (NaN without one)."""

    name: str
    x: list[float]
    y: list[float]
    low: list[float]
    high: list[float]
    is_reference: bool = False


class Axis(NamedTuple):
    """The name of an axis and its scale; shares are labelled in per cent."""

    name: str
    is_share: bool = False
    is_logarithmic: bool = True


@dataclass(frozen=True)
class Finding:
    """The conclusions of an experiment: `marks` or `curves` to draw, a table, sentences, and how all was measured.

    `at` holds named values of x to mark, and `details` further lines. `models` and `parts` {key: label} are the
    choices of the page; `part` is the part shown.
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
    """The part `asked`, or the first one if it does not exist."""
    return asked if asked in parts else next(iter(parts), "")


def chosen_of(asked: Collection[str], models: Sequence[str]) -> list[str]:
    """The models that are in `asked`; all models if none is."""
    return [name for name in models if name in asked] or list(models)
