"""The references in one table: what each is called and what it says. A new rule is a file beside this, and a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..signals import FAMILIES
from .simple import FloatArray, last_value_weights, line_weights


@dataclass(frozen=True)
class Reference:
    """A forecaster that is computed, or a floor that is none.

    Args:
        name: as files, addresses and the command line have it.
        label: as people read it.
        short: the same in a chart.
        summary: one sentence; empty where it is no forecaster.
        knows_signal: whether its forecast depends on the law of the signal, not only on the window.
        weights: of a rule that is the same for every signal: [H, L], by L and H.
    """

    name: str
    label: str
    short: str
    summary: str
    knows_signal: bool
    weights: Callable[[int, int], FloatArray] | None = None


FLOORS = {
    row.name: row
    for row in (
        Reference("noise", "noise (the clean signal known)", "noise", "", True),
        Reference(
            "bayes", "Bayes-optimal", "Bayes",
            "The conditional mean given the window: on its signal, no forecaster can be better.", True,
        ),
        Reference(
            "best_linear", "best linear", "best linear",
            "The weighted sum of the window that is best on average; its weights are exact.", True,
        ),
        Reference(
            "line", "straight line", "straight line", "A straight line fitted to the window and extended.", False,
            line_weights,
        ),
        Reference("last_value", "last value", "last value", "The last value, repeated.", False, last_value_weights),
    )
}  # fmt: skip
"""Every expected error that a score stands beside, by name, from the lowest to the highest kind."""

REFERENCES = {name: row for name, row in FLOORS.items() if row.summary}
"""Those that forecast, from best to simplest."""
REQUIRED = ("noise", "bayes", "best_linear", "line", "last_value")
"""Floors that every score on a signal states; one that has been added since stands in newer ones only."""
RULES = {name: row.weights for name, row in FLOORS.items() if row.weights is not None}
"""Weights of the rules that need no law, and so stand beside a model of a measured series too."""


def label(floor: str) -> str:
    """A floor's name as people read it."""
    return FLOORS[floor].label if floor in FLOORS else floor


def named(words: str) -> str | None:
    """The floor that some words begin with, as "best linear, direct" or "Bayes that knows"; None where none does."""
    return next((row.name for row in FLOORS.values() if words.lower().startswith(row.short.lower())), None)


def names() -> list[str]:
    """Every reference on every signal, as "bayes.sine"."""
    return [f"{reference}.{family}" for family in FAMILIES for reference in REFERENCES]


def reference_of(name: str) -> tuple[str, str] | None:
    """Reference and signal family of a name as "bayes.sine"; None if it is not one's name."""
    reference, _, family = name.partition(".")
    return (reference, family) if reference in REFERENCES and family in FAMILIES else None
