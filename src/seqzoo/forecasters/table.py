"""The table of references: their names, labels and rules. A new rule is a file beside this one, and a row here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from .._arrays import FloatArray
from ..signals import FAMILIES
from .simple import drift_weights, last_value_weights, line_weights, mean_weights, seasonal_naive_weights


@dataclass(frozen=True)
class Reference:
    """A computed forecaster, or a floor that is not the error of a forecaster.

    Args:
        name: the name in files, addresses and the command line.
        label: the name in text.
        short: the name in charts.
        summary: one sentence on the forecaster; empty for a floor without one.
        knows_signal: whether its forecast depends on the law of the signal, not only on the window.
        weights: maps L and H to the weights [H, L] of a rule that is the same for every signal; None for others.
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
"""Every expected error that a score is compared with, by name, from the lowest to the highest."""

REFERENCES = {name: row for name, row in FLOORS.items() if row.summary}
"""The rows that are forecasters, from best to simplest."""
REQUIRED = ("noise", "bayes", "best_linear", "line", "last_value")
"""Floors that every score on a signal states; only newer scores state floors that were added later."""
RULES = {name: row.weights for name, row in FLOORS.items() if row.weights is not None}
"""Weights of the rules that need no law; they are compared with models of measured series too."""

MEASURED = {
    row.name: row
    for row in (
        Reference("seasonal_naive", "seasonal naive", "seasonal", "The last season, repeated.", False),
        Reference("drift", "drift", "drift", "The line from first to last value, extended.", False, drift_weights),
        Reference("mean", "mean", "mean", "The mean of the window, repeated.", False, mean_weights),
        Reference("linear", "best linear", "best linear", "The weighted sum that ridge regression finds.", False),
        Reference(
            "linear_calendar", "best linear with the calendar", "best linear with the calendar",
            "The same of the values and of the calendar of the first step ahead.", False,
        ),
    )
}
"""Rivals on measured series; on a known signal they have no floor. Seasonal naive needs a season, linear a past, and
linear_calendar times."""


def rules(season: int = 1) -> dict[str, Callable[[int, int], FloatArray]]:
    """Maps from L and H to the weights [H, L] of every rule for a series whose season has `season` steps.

    Seasonal naive leads where there is a season; without one, season 1, it is the last value.
    """
    measured = {name: row.weights for name, row in MEASURED.items() if row.weights is not None}
    seasonal = {"seasonal_naive": partial(seasonal_naive_weights, season=season)} if season > 1 else {}
    return {**seasonal, **RULES, **measured}


def label(name: str) -> str:
    """The label of a floor or rule; the name itself if it is unknown."""
    row = FLOORS.get(name) or MEASURED.get(name)
    return row.label if row is not None else name


def named(words: str) -> str | None:
    """The floor whose short name begins `words`, for example "best linear, direct"; None if there is none."""
    return next((row.name for row in FLOORS.values() if words.lower().startswith(row.short.lower())), None)


def names() -> list[str]:
    """The names of every reference on every signal, for example "bayes.sine"."""
    return [f"{reference}.{family}" for family in FAMILIES for reference in REFERENCES]


def reference_of(name: str) -> tuple[str, str] | None:
    """The reference and the signal family of a name such as "bayes.sine"; None for other names."""
    reference, _, family = name.partition(".")
    return (reference, family) if reference in REFERENCES and family in FAMILIES else None
