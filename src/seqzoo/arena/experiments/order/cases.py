"""The runs of the experiment on order, and their results."""

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
    """The lengths of the runs: `steps` on the sine by architecture, `epochs` on digits, and `windows` of a score."""

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
    """The outcome of a run. `error` is the excess over the ordered Bayes forecast, or the share of wrong answers."""

    error: float
    parameters: int
    seconds: float


class OrderResults(Measurements[Lengths, OrderOutcome]):
    """The results of all finished runs, which have the same lengths."""


def cases(seeds: int, lengths: Lengths) -> list[OrderCase]:
    """The runs of all seeds, seed by seed, so that an interrupted experiment has complete comparisons.

    Raises:
        InputError: the seeds are fewer than two, which give no interval, or more than 100.
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
