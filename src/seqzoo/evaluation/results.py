"""The results of a backtest: forecasts of several forecasters at the same cutoffs, their measures, and their file.

While a backtest runs, each block of cutoffs is a part in the folder FILE.parts, written atomically. A part holds
forecasts only: everything else follows from the question, which the folder states. The same question goes on from its
parts; another one is refused.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from .. import _storage
from .._arrays import FloatArray
from ..data.times import TimeIndex
from ..errors import InputError, IntegrityError
from . import accuracy
from .accuracy import Accuracy
from .adaptive import follow
from .intervals import least_windows, radius_of
from .rolling import Block

Array = NDArray[np.float64]
QUESTION = "question.json"
LIMIT = 1 << 30  # bytes of a part


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that determines the forecasts of a backtest.

    Args:
        series: SHA-256 of the values.
        model: its name and what identifies its weights.
        cutoffs: SHA-256 of their indices.
        refit: fit again at every that many cutoffs; None if nothing is fitted again.
        forecasters: their names, the model first.
        version: of the program.
    """

    series: str
    model: str
    engine: str
    horizon: int
    cutoffs: str
    refit: int | None
    season: int
    forecasters: tuple[str, ...]
    version: str


class Parts:
    """The finished blocks of a backtest, in the folder FILE.parts.

    Args:
        file: the file that the parts will become.
    """

    def __init__(self, file: Path, question: Question) -> None:
        self.file, self.question = file, question
        self.folder = file.with_name(f"{file.name}.parts")

    @contextlib.contextmanager
    def held(self, *, anew: bool) -> Iterator[None]:
        """Hold the folder, for one process: create it, or check that it holds parts of this question.

        Args:
            anew: remove any parts first.

        Raises:
            InputError: the folder holds something else, or parts of another question, or another process holds it.
            OSError: it cannot be written to.
        """
        is_new = not self.folder.exists()
        with _storage.only_writer(self.folder):
            try:
                self._begin(anew)
                yield
            finally:
                if is_new and not self._place(0).exists():  # nothing to go on from
                    self.remove()

    def _begin(self, anew: bool) -> None:
        stated = self.folder / QUESTION
        others = {path.name for path in self.folder.iterdir()} - {_storage.LOCK}
        if others:
            try:
                before = msgspec.json.decode(_storage.read_file(stated, LIMIT), type=Question)
            except (IntegrityError, msgspec.MsgspecError):
                raise InputError(
                    f"{self.folder} is not the folder of a backtest. Give another --out, or remove it."
                ) from None
            if before == self.question and not anew:
                return
            if not anew:
                changed = [name for name in Question.__struct_fields__
                           if getattr(before, name) != getattr(self.question, name)]  # fmt: skip
                raise InputError(
                    f"{self.folder} holds parts of another backtest (not the same: {', '.join(changed)}). Give the "
                    "command that began it, --fresh to begin anew, or another --out."
                )
            for path in self.folder.glob("*.safetensors"):
                path.unlink()
        _storage.write_file(stated, msgspec.json.encode(self.question))

    def read(self, block: Block) -> dict[str, Array] | None:
        """What `write` wrote for a block; None if that is missing or damaged."""
        try:
            arrays = load(_storage.read_file(self._place(block.number), LIMIT))
        except (IntegrityError, SafetensorError, ValueError):
            return None
        cutoffs = arrays.pop("cutoffs", None)
        if cutoffs is None or not np.array_equal(cutoffs, block.cutoffs):
            return None
        shape = (len(block.cutoffs), self.question.horizon)
        is_whole = set(arrays) == set(self.question.forecasters) and all(a.shape == shape for a in arrays.values())
        return arrays if is_whole else None

    def write(self, block: Block, arrays: Mapping[str, Array]) -> None:
        """Write the forecasts [n, H] of a block, atomically.

        Raises:
            OSError: the folder cannot be written to.
        """
        contents = {name: np.ascontiguousarray(values, np.float64) for name, values in arrays.items()}
        _storage.write_file(self._place(block.number), save({"cutoffs": block.cutoffs.astype(np.int64), **contents}))

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _place(self, number: int) -> Path:
        return self.folder / f"{number:06}.safetensors"


def interval_of(
    forecast: Array, target: Array, cutoffs: NDArray[np.intp], level: float
) -> tuple[Array, Array]:
    """The ends, [N, H] each, of an interval around forecasts [N, H] from the errors known at each cutoff.

    The first cutoffs calibrate: once as many errors are known as split conformal needs at this level, their radius is
    that of split conformal, and `adaptive.follow` moves it. Before, both ends are NaN. No error is used before its
    target lies in the past, so the same holds for forecasters that are fitted again.

    Raises:
        InputError: the level lies outside its range, or the cutoffs are too few for it.
    """
    first, known = check_enough(cutoffs, target.shape[1], level)
    errors = np.abs(forecast - target)
    radius = np.full_like(errors, np.nan)
    start = radius_of(errors[:known], level)
    radius[first:] = follow(errors[first:], start, level, cutoffs=cutoffs[first:])
    return forecast - radius, forecast + radius


def check_enough(cutoffs: NDArray[np.intp], horizon: int, level: float) -> tuple[int, int]:
    """Which of the cutoffs [N] is the first that has an interval, and how many errors are known there.

    Raises:
        InputError: as `interval_of`.
    """
    needed = least_windows(level)
    known = np.searchsorted(cutoffs + horizon, cutoffs, side="right")  # at each cutoff, whose targets all lie before
    first = int(np.searchsorted(known, needed))
    if first == len(cutoffs):
        raise InputError(
            f"an interval of level {level:.12g} needs the errors of {needed:,} cutoffs whose {horizon} targets lie "
            f"before it, and none of the {len(cutoffs):,} cutoffs has so many. Give more cutoffs or a lower level."
        )
    return first, int(known[first])


@dataclass(frozen=True, eq=False)
class Results:
    """The forecasts of a backtest.

    Args:
        cutoffs: [N]
        target: [N, H]
        forecasts: [N, H] by forecaster, the model first.
        intervals: the ends, [N, H] each, by forecaster and level; NaN at cutoffs without one.
        scales: the units of MASE and of RMSSE: `accuracy.absolute_scale` and `squared_scale` of the values before the
            first cutoff.
    """

    cutoffs: NDArray[np.intp]
    target: Array
    forecasts: dict[str, Array]
    intervals: dict[str, dict[float, tuple[Array, Array]]]
    scales: tuple[float, float]

    def measures(self, name: str) -> dict[str, Accuracy]:
        """Every measure of a forecaster, over all and by step.

        Those of intervals are there where it has any, over the cutoffs that have all of them: coverage, the pinball
        loss of each end and of the forecast as the median, and CRPS from these quantiles, see `accuracy.crps`.
        """
        forecast, target = self.forecasts[name], self.target
        absolute, squared = self.scales
        measures = {
            "mae": accuracy.mae(forecast, target),
            "rmse": accuracy.rmse(forecast, target),
            "mase": accuracy.mase(forecast, target, absolute),
            "rmsse": accuracy.rmsse(forecast, target, squared, one_series=True),
            "smape": accuracy.smape(forecast, target),
        }
        ends = self.intervals.get(name, {})
        if not ends:
            return measures
        has_ends = ~np.any([np.isnan(low).any(axis=1) for low, _ in ends.values()], axis=0)
        target, quantiles = target[has_ends], {0.5: forecast[has_ends]}
        for level, (low, high) in ends.items():
            low, high = low[has_ends], high[has_ends]
            measures[f"coverage_{100 * level:g}"] = accuracy.coverage(low, high, target)
            quantiles |= {round((1 - level) / 2, 9): low, round((1 + level) / 2, 9): high}
        levels = sorted(quantiles)
        for level in levels:
            measures[f"pinball_{level:g}"] = accuracy.pinball(quantiles[level], target, level)
        measures["crps"] = accuracy.crps(np.stack([quantiles[level] for level in levels], axis=2), target, levels)
        return measures

    def columns(self, series: str, times: TimeIndex | None) -> dict[str, Any]:
        """Columns of one row for each forecaster, cutoff and step, in the names that the packages of Nixtla use.

        `cutoff` is the time of the last value that the forecaster saw, `ds` that of the forecast value: in UTC where
        the zone is known, by the clock where it is not, positions from 0 where there are no times.
        """
        names, horizon = list(self.forecasts), self.target.shape[1]
        at = np.tile(self.cutoffs[:, None] + np.arange(horizon), (len(names), 1, 1)).ravel()
        last = np.tile(np.repeat(self.cutoffs - 1, horizon), len(names))
        if times is not None:
            instants = times.instants(int(at.max()) + 1).astype("datetime64[us]")
            at, last = instants[at], instants[last]
        each = len(self.cutoffs) * horizon
        levels = sorted({level for of in self.intervals.values() for level in of})
        ends: dict[str, FloatArray] = {}
        for level in levels:
            for side, end in enumerate(("lo", "hi")):
                parts = [self.intervals.get(name, {}).get(level) for name in names]
                ends[f"{end}-{100 * level:g}"] = np.concatenate(
                    [np.full(each, np.nan) if part is None else part[side].ravel() for part in parts]
                )
        return {
            "unique_id": [series] * (each * len(names)),
            "cutoff": last,
            "ds": at,
            "step": np.tile(np.arange(1, horizon + 1), len(names) * len(self.cutoffs)),
            "forecaster": np.repeat(names, each).tolist(),
            "forecast": np.concatenate([values.ravel() for values in self.forecasts.values()]),
            "y": np.tile(self.target.ravel(), len(names)),
            **ends,
        }  # fmt: skip
