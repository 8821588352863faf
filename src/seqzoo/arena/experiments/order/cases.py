"""The runs: a family, what it reads, in which order; and what is kept of them."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from ....errors import InputError
from ...measurements import Measurements

CONDITIONS = ("intact", "permuted", "shuffled")
TESTED = 500  # pictures
FAMILIES = {
    "sine": ("lstm", "gru", "mlp", "tcn", "gaf_cnn"),
    "digits": ("cnn", "mlp", "lstm by row", "gru by row", "lstm by pixel", "gru by pixel"),
}


class Lengths(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the runs are. `steps` is by architecture, on the sine; `windows` are what it is scored on."""

    steps: dict[str, int]
    epochs: int
    windows: int


FULL = Lengths({"lstm": 1000, "gru": 1000, "mlp": 1000, "tcn": 600, "gaf_cnn": 600}, epochs=50, windows=20_000)
QUICK = Lengths({"lstm": 150, "gru": 100, "mlp": 150, "tcn": 60, "gaf_cnn": 30}, epochs=4, windows=5_000)


class OrderCase(NamedTuple):
    """One run: a family on data ("sine" or "digits") in a condition."""

    data: str
    family: str
    condition: str
    seed: int
    lengths: Lengths = FULL

    @property
    def key(self) -> str:
        """As "sine/lstm/intact/0"."""
        return f"{self.data}/{self.family}/{self.condition}/{self.seed}"


class OrderOutcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a run came to. `error` is the excess over the ordered Bayes forecast, or the share of wrong answers."""

    error: float
    parameters: int
    seconds: float


class OrderResults(Measurements[Lengths, OrderOutcome]):
    """Every run that is done; they are all of the same lengths."""


def cases(seeds: int, lengths: Lengths) -> list[OrderCase]:
    """Every run of so many seeds; seed by seed, so that an early end leaves whole comparisons.

    Raises:
        InputError: fewer than two seeds, of which no interval can be made, or more than 100.
    """
    if not 2 <= seeds <= 100:
        raise InputError(f"seeds must be from 2 to 100, got {seeds}.")
    return [
        OrderCase(data, family, condition, seed, lengths)
        for seed in range(seeds)
        for data, families in FAMILIES.items()
        for family in families
        for condition in CONDITIONS
    ]
