"""The names of references as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


def label(floor: str) -> str:
    """A floor's name as people read it."""
    return {
        "noise": "noise (the clean signal known)",
        "bayes": "Bayes-optimal",
        "best_linear": "best linear",
        "line": "straight line",
        "last_value": "last value",
    }.get(floor, floor)
