"""How much a diagnosis computes: quick, default or deep."""

from __future__ import annotations

from dataclasses import dataclass

from .networks import LONGEST_STEPWISE, Architecture


@dataclass(frozen=True)
class Depth:
    """How much is computed.

    Args:
        name: "quick", "default" or "deep".
        cutoffs: the most cutoffs.
        architectures: networks of the contest.
        seeds: trainings of each; their mean forecast is compared.
        surrogates: S of the test of linearity.
        is_statistical: whether statistical models take part, and a network is trained on the series' twin.
        learns: whether the best network is trained on parts of the training part too.
        processes: the most that are worth their start.
    """

    name: str
    cutoffs: int
    architectures: tuple[Architecture, ...]
    seeds: int
    surrogates: int
    is_statistical: bool
    learns: bool
    processes: int = 64


_NETWORKS = (
    Architecture("mlp", {"hidden_size": 32}, 800),
    Architecture("tcn", {"channels": 16, "layers": 5}, 300, LONGEST_STEPWISE),
    Architecture("gru", {"hidden_size": 24}, 300, LONGEST_STEPWISE),
)
QUICK = Depth("quick", 200, (Architecture("mlp", {"hidden_size": 32}, 300),), 2, 19, False, False, 1)
DEFAULT = Depth("default", 400, _NETWORKS, 3, 19, True, True)
DEEP = Depth("deep", 400, _NETWORKS, 5, 99, True, True)
