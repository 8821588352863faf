"""The backtest of one of many series: the measures of a model and its rivals, from every cutoff, are a row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..bundles import holdout
from ..data.series import Series
from ..errors import SeqzooError
from ..evaluation.on_a_series import (
    cutoff_at,
    entrants_of,
    first_of_last,
    forecasts_of,
    results_of,
    units_of,
    whole_cutoffs,
)
from ..evaluation.rolling import Entrant, always, blocks
from ..forecasters.known import channels_at, check_steps
from ..forecasters.protocol import Forecaster, has_bundle, steps_of
from ..signals import Simulated

if TYPE_CHECKING:
    from .keyed import Row

MODEL = "model"  # its name in columns
MOST_AT_ONCE = 2_000  # cutoffs of a block; fewer where each takes long


@dataclass(frozen=True)
class BacktestOfEach:
    """What is asked of each series.

    Args:
        model: forecasts H steps; the other options are those of `seqzoo backtest`.
        weights: what identifies those of the model, which every machine must have.
    """

    model: Forecaster
    weights: str
    horizon: int
    stride: int = 1
    start: str | None = None
    last: int | None = None
    season: int | None = None
    statistical: bool = False
    levels: tuple[float, ...] = ()

    def facts(self) -> dict[str, Any]:
        """Everything beside the series that determines a row, for JSON."""
        names = ("horizon", "stride", "start", "last", "season", "statistical", "levels")
        return {"model": self.model.name, "weights": self.weights, "engine": self.model.engine,
                **{name: getattr(self, name) for name in names}}  # fmt: skip

    def answer(self, series: Series) -> dict[str, Any]:
        """The row of a series: its cutoffs, and each measure of each forecaster as `mase.seasonal_naive`.

        Raises:
            InputError: its steps are not those of the model, it is too short, or no window is whole.
            SeqzooError: this machine has other weights of the model.
        """
        if weights_of(self.model) != self.weights:
            raise SeqzooError(f"the bundle of {self.model.name} on this machine is another one. Copy it here.")
        values, times, length = series.values, series.times, self.model.context_length
        check_steps(self.model, times)
        known = channels_at(self.model, times, 0, len(values))
        trained_until = trained_until_in(self.model, values)
        if self.last is not None:
            first = first_of_last(len(values), length, self.horizon, self.stride, self.last)
        elif self.start is not None:
            first = cutoff_at(self.start, len(values), times)
        else:
            first = trained_until or length
        cutoffs, left_out = whole_cutoffs(values, length, self.horizon, self.stride, first)
        season = self.season or (1 if times is None else times.frequency.season_of(len(values)))
        units = units_of(values[:first], season, is_stated=self.season is not None)
        own = Entrant(MODEL, always(steps_of(self.model, self.horizon)), length, known=known)
        entrants, absent = entrants_of(
            own, values, first, length, self.horizon, units.season, statistical=self.statistical
        )
        forecasts = forecasts_of(entrants, values, self.horizon, blocks(cutoffs, None, MOST_AT_ONCE))
        assert forecasts is not None
        results = results_of(values, cutoffs, forecasts, self.levels, units)
        measures = {
            f"{measure}.{name}": each.value if np.isfinite(each.value) else None
            for name in forecasts
            for measure, each in results.measures(name).items()
        }
        finite = ((name, measures[f"mae.{name}"]) for name in forecasts)
        mae = {name: math.inf if value is None else value for name, value in finite}
        return {
            "values": len(values), "missing": series.missing, "first": first, "cutoffs": len(cutoffs),
            "left_out": left_out, "season": units.season, "best": min(mae, key=mae.__getitem__),
            "seen_in_training": 0 if trained_until is None else int((cutoffs < trained_until).sum()),
            "absent": "; ".join(f"{name}: {reason}" for name, reason in absent.items()), **measures,
        }  # fmt: skip


def trained_until_in(model: Forecaster, values: NDArray[np.float64]) -> int | None:
    """The cutoff of the model's training, where the series is the one that it was trained on."""
    if not has_bundle(model) or isinstance(model.manifest.source, Simulated):
        return None
    return holdout.cutoff_in(model.bundle, values)


def weights_of(model: Forecaster) -> str:
    """What identifies the weights of a model; empty for one that has none."""
    return model.bundle.manifest_sha256 if has_bundle(model) else ""


class Standing(NamedTuple):
    """A forecaster over all series.

    Args:
        mean, median: of its measure over the series that have it.
        series: how many have it.
        best: on how many its MAE is the lowest.
    """

    name: str
    mean: float
    median: float
    series: int
    best: int


def standings(rows: Sequence[Row], measure: str) -> list[Standing]:
    """The forecasters by their mean, each over the series that it has, the model first.

    A forecaster that is missing on some series, as one that could not be fitted, is averaged over the others; the
    count says so.
    """
    prefix = f"{measure}."
    names = dict.fromkeys(name.removeprefix(prefix) for row in rows for name in row if name.startswith(prefix))
    every = []
    for name in names:
        values = np.array([row[prefix + name] for row in rows if row.get(prefix + name) is not None], float)
        if len(values):
            best = sum(row.get("best") == name for row in rows)
            every.append(Standing(name, float(values.mean()), float(np.median(values)), len(values), best))
    return sorted(every, key=lambda each: (each.name != MODEL, each.mean))
