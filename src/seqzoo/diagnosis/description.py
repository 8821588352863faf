"""What a series holds: its span, gaps and outliers, its seasons, its trend, its noise. NumPy only."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._extras import has_polars
from .._formats import counted
from ..data.collection import CollectedSeries
from ..data.frequency import frequency
from ..data.measured import Reading
from ..data.series import Series
from ..data.windows import finite_series
from ..errors import InputError
from .decomposition import (
    SMALLEST,
    autocorrelation,
    decompose,
    outliers,
    season_strength,
    seasons,
    spectral_entropy,
    trend_strength,
)

FEWEST = 30
MOST_MISSING = 0.5  # share of the steps
MOST_POSITIONS = 10  # of outliers that are listed

@dataclass(frozen=True)
class Season:
    """A season that was looked for.

    Args:
        length: m, in steps.
        strength: from 0 to 1, see `season_strength`.
        autocorrelation: at lag m, of the series without its trend.
    """

    length: int
    strength: float
    autocorrelation: float


@dataclass(frozen=True)
class Description:
    """What was understood of a series.

    Args:
        name: of the series or its file.
        length: T, missing values included.
        start: time of the first value, if it is known.
        frequency: the step as pandas writes it, if it is known.
        understood: what was understood of a table; empty for plain numbers.
        counts: of a table: rows, duplicates, what was sorted, dropped and filled.
        missing: how many values are missing.
        gaps: how many runs of missing values.
        longest_gap: the longest of them, in steps.
        longest_run: the longest run of equal values.
        minimum, maximum, mean, sd: of the values.
        outliers: how many values lie far from the rest once trend and season are removed.
        outlier_positions: the first ten of them, counted from 0.
        seasons: those that were looked for, the shortest first.
        season: m, the one that is used; 1 for none.
        season_from: "given", "frequency", "data" or "none".
        trend: its strength from 0 to 1, see `trend_strength`.
        noise: standard deviation of the remainder after trend and season.
        entropy: spectral, from 0 to 1, which is white noise.
    """

    name: str
    length: int
    start: str | None
    frequency: str | None
    understood: str
    counts: dict[str, Any]
    missing: int
    gaps: int
    longest_gap: int
    longest_run: int
    minimum: float
    maximum: float
    mean: float
    sd: float
    outliers: int
    outlier_positions: list[int]
    seasons: list[Season]
    season: int
    season_from: str
    trend: float
    noise: float
    entropy: float


@dataclass(frozen=True, eq=False)
class Given:
    """A series as it was given, from its first value to its last one.

    Args:
        name: what to call it.
        values: [T]; NaN where a value is missing.
        start, frequency, understood, counts: as for `Description`.
    """

    name: str
    values: NDArray[np.float64]
    start: str | None = None
    frequency: str | None = None
    understood: str = ""
    counts: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def filled(self) -> NDArray[np.float64]:
        """[T]: the values, with straight lines across gaps. Season and trend need a value at each step."""
        steps, missing = np.arange(len(self.values)), np.isnan(self.values)
        return np.interp(steps, steps[~missing], self.values[~missing]) if missing.any() else self.values

    @classmethod
    def of(cls, source: Any, name: str = "series") -> Given:
        """The series in a source.

        Args:
            source: an array [T] or [T, 1] in which NaN stands for a missing value; a `Series`, a `CollectedSeries` or
                a `Reading` of one series; or, with the extra `series`, a frame of pandas, polars or pyarrow.
            name: of an array.

        Raises:
            InputError: the values are no series, infinite, too few, too many are missing, or all are equal.
        """
        facts: dict[str, Any] = {}
        if type(source).__module__.partition(".")[0] in ("pandas", "polars", "pyarrow") and has_polars():
            from ..data.reading import read_frame

            source = read_frame(source)
        if isinstance(source, Reading):
            facts = {"understood": source.understood, "counts": dict(source.counts)}
            name, source = source.labels[0], source.one()
        if isinstance(source, CollectedSeries):
            source = source.series()
        if isinstance(source, Series):
            name, source = name if facts else source.name, source.trimmed()
            if source.times is not None:
                facts |= {"start": source.times.stamp(0), "frequency": source.times.frequency.alias}
            source = source.values
        values = _numbers(source)
        present = np.flatnonzero(~np.isnan(values))
        if len(present) < FEWEST:
            raise InputError(
                f"{name} has {counted(len(present), 'value')}: a contest needs at least {FEWEST}. Give a longer "
                "series."
            )
        values = finite_series(values[present[0] : present[-1] + 1], missing=True)
        if (share := 1 - len(present) / len(values)) > MOST_MISSING:
            raise InputError(
                f"{share:.0%} of the values of {name} are missing; at most {MOST_MISSING:.0%} may be. "
                "Give a part with fewer gaps, or fill them first."
            )
        if np.nanmin(values) == np.nanmax(values):
            raise InputError(
                f"all values of {name} are {values[0]:g}: there is nothing to forecast. Give another column."
            )
        return cls(name, values, **facts)


def describe(given: Given, season: int | None = None) -> Description:
    """The description of a series; its seasons, trend and entropy are those with straight lines across gaps.

    Args:
        season: steps of its season if it is known, 1 for none; otherwise it is looked for.

    Raises:
        InputError: the season is not from 1 to a third of the values.
    """
    values, missing = given.filled, np.isnan(given.values)
    measured = given.values[~missing]
    if season is not None and not 1 <= season <= len(values) // 3:
        raise InputError(
            f"the season must be from 1, for none, to {len(values) // 3} steps, a third of the values, got {season}."
        )
    if season is not None:
        lengths, source = [length for length in (season,) if length > 1], "given"
    elif given.frequency is not None:
        usual = frequency(given.frequency).seasons
        lengths, source = [length for length in usual if length <= len(values) // 3], "frequency"
    else:
        lengths, source = seasons(values), "data"
    looked_for = [_season(values, length) for length in lengths]
    used = season if season is not None else _chosen(looked_for)
    parts = decompose(values, used)
    far = [position for position in outliers(parts.remainder) if not missing[position]]
    gaps = _runs(missing)
    return Description(
        name=given.name,
        length=len(values),
        start=given.start,
        frequency=given.frequency,
        understood=given.understood,
        counts=given.counts,
        missing=int(missing.sum()),
        gaps=len(gaps),
        longest_gap=max(gaps, default=0),
        longest_run=1 + max(_runs(np.diff(given.values) == 0), default=0),
        minimum=float(measured.min()),
        maximum=float(measured.max()),
        mean=float(measured.mean()),
        sd=float(measured.std()),
        outliers=len(far),
        outlier_positions=far[:MOST_POSITIONS],
        seasons=looked_for,
        season=used,
        season_from=source if used > 1 or season is not None else "none",
        trend=trend_strength(parts),
        noise=float(parts.remainder[~missing].std()),
        entropy=spectral_entropy(values),
    )


def _numbers(source: Any) -> NDArray[np.float64]:
    try:
        values = np.asarray(source, np.float64)
    except (TypeError, ValueError, OverflowError):
        raise InputError("a series must be an array of numbers [T]; what was given is not one.") from None
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1 or len(values) == 0:
        raise InputError(f"a series must be an array of numbers [T] or [T, 1], got shape {list(values.shape)}.")
    if np.isinf(values).any():
        raise InputError(
            f"value {int(np.isinf(values).argmax()) + 1} of the series is infinite. Write a missing value as nan."
        )
    return values


def _season(values: NDArray[np.float64], length: int) -> Season:
    parts = decompose(values, length)
    level = autocorrelation(values - parts.trend, length)[length] * len(values) / (len(values) - length)
    return Season(length, season_strength(parts), float(level))


def _chosen(looked_for: list[Season]) -> int:
    """The length of the shortest season that is strong; of a longer one if it leaves a quarter less unexplained."""
    used, left = 1, np.inf
    for season in looked_for:
        unexplained = 1 - season.strength
        if min(season.strength, season.autocorrelation) >= SMALLEST and unexplained < 0.75 * left:
            used, left = season.length, unexplained
    return used


def _runs(flags: NDArray[np.bool_]) -> list[int]:
    """Lengths of the runs of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    lengths: list[int] = (edges[1::2] - edges[::2]).tolist()
    return lengths
