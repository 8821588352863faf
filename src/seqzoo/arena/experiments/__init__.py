"""The experiments of the arena, each in a module or a package, and the list of them."""

from __future__ import annotations

from ...errors import UnknownNameError
from ..experiment import AnyExperiment
from .off_distribution import OffDistribution
from .one_step import OneStep
from .order import TimeAgainstPicture
from .roll_out import RollOut
from .sample_efficiency import SampleEfficiency

EXPERIMENTS: list[AnyExperiment] = [
    OneStep(),
    SampleEfficiency(),
    RollOut(),
    OffDistribution(),
    TimeAgainstPicture(),
]


def experiment(key: str) -> AnyExperiment:
    """An experiment by its key.

    Raises:
        UnknownNameError: no experiment has this key.
    """
    for each in EXPERIMENTS:
        if each.key == key:
            return each
    raise UnknownNameError("experiment", key, [each.key for each in EXPERIMENTS])
