"""What a model asks of the times of a series: its frequency, and the channels that are known in advance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..data.times import TimeIndex
from ..errors import InputError
from .protocol import Forecaster, has_bundle


def channels_at(
    model: Forecaster, times: TimeIndex | None, begin: int, count: int
) -> NDArray[np.float64] | None:
    """The channels [count, D - 1] of a model, from a position of a series with these times on; None if D is 1.

    Raises:
        InputError: there are no times.
    """
    if len(model.channels) == 1 or not has_bundle(model):
        return None
    calendar = model.manifest.contract.calendar
    assert calendar is not None
    if times is None:
        raise InputError(
            f"{model.name} reads the calendar beside the values, the channels {', '.join(model.channels[1:])}, and "
            "these numbers have no times. Give a file with a column of times, by --file."
        )
    return calendar.channels(times, count, begin)


def check_steps(model: Forecaster, times: TimeIndex | None) -> None:
    """Raises InputError if the steps of a series are not those of the series that the model was trained on."""
    if times is None or not has_bundle(model):
        return
    frequency = model.manifest.contract.frequency
    if frequency is not None and times.frequency.alias != frequency:
        raise InputError(
            f"{model.name} forecasts steps of {frequency}, and the file has steps of {times.frequency.alias}: give a "
            f"file of that frequency. If the file is meant so, state it with --frequency {frequency}."
        )
