"""Scaling: from the units of a series to those of a network, and back. The one formula of it in NumPy.

A network reads (x - level) / spread and its forecast f is put back as f * spread + level, all in float64: near 1.7e9
neighbouring numbers of float32 are 128 apart. `training.scaled` holds the same formula in PyTorch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._arrays import Float32Array, FloatArray, channel, with_channel, with_known
from ..errors import InputError
from .windows import _series, single

Kind = Literal["series", "window", "season"]
KINDS: tuple[Kind, ...] = ("series", "window", "season")
FLOOR = 1e-5  # least spread of a window, in standard deviations of the series: a constant window stays finite


class Frame(NamedTuple):
    """The level and the spread of windows, in the units of the series: numbers, or [B, 1] where windows differ.

    `last` [B, m] holds the last season of each window; forecasts are then counted from it, not from the level.
    """

    level: float | NDArray[np.float64]
    spread: float | NDArray[np.float64]
    last: NDArray[np.float64] | None = None

    def enter(self, windows: FloatArray) -> NDArray[np.float64]:
        """Windows [B, L] in the units of the network."""
        return np.asarray((windows.astype(np.float64) - self.level) / self.spread)

    def leave(self, forecast: FloatArray) -> NDArray[np.float64]:
        """Forecasts [B, H] in the units of the series."""
        level = self.level
        if self.last is not None:
            level = self.last[:, np.arange(forecast.shape[1]) % self.last.shape[1]]
        return np.asarray(forecast.astype(np.float64) * self.spread + level)


class Scaling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The scaling of a model; its bundle holds it, and its exported graphs apply it.

    Args:
        center: mean of the training part of the series.
        scale: its standard deviation, above 0.
        kind: "series": level and spread are `center` and `scale`. "window": they are the mean and the standard
            deviation of each window, as in RevIN without its affine part (Kim et al. 2022); a spread is at least
            FLOOR times `scale`. "season": the same, and the network's forecast is added to the value one season
            earlier, so that it learns the change from season to season.
        season: m, the steps of that season, from 2 on; 1 for the other kinds.

    Raises:
        InputError: the center is not finite, the scale is not above 0, or the season does not go with the kind.
    """

    center: float = 0.0
    scale: float = 1.0
    kind: Kind = "series"
    season: int = 1

    def __post_init__(self) -> None:
        if not (math.isfinite(self.center) and math.isfinite(self.scale) and self.scale > 0):
            raise InputError(f"a scaling needs a finite center and a scale > 0, got {self.center} and {self.scale}.")
        if (self.season > 1) != (self.kind == "season") or self.season < 1:
            raise InputError(
                "a scaling by season needs a season of at least 2 steps, and the others have a season of 1, got "
                f"{self.kind!r} with {self.season}."
            )

    @classmethod
    def fit(cls, series: ArrayLike, kind: Kind = "series", season: int = 1) -> Scaling:
        """The scaling of a series [T]: its mean and standard deviation in float64; scale 1 where it is constant.

        Missing values (NaN) have no part in it.
        """
        values = _series(series).astype(np.float64)
        if (missing := np.isnan(values)).any():
            values = values[~missing]
        spread = float(values.std())
        return cls(float(values.mean()), spread if spread > 0 else 1.0, kind, season)

    @property
    def is_identity(self) -> bool:
        """Whether it leaves all values as they are."""
        return self.center == 0.0 and self.scale == 1.0 and self.kind == "series"

    @property
    def numbers(self) -> list[float]:
        """[center, scale]; with the least spread of a window, where it has its own; and the season, if it counts."""
        least = [] if self.kind == "series" else [FLOOR * self.scale]
        return [self.center, self.scale, *least, *([self.season] if self.kind == "season" else [])]

    @property
    def dtype(self) -> Literal["float32", "float64"]:
        """The type that engines and exported graphs take and return."""
        return "float32" if self.is_identity else "float64"

    def standardise(self, values: FloatArray) -> Float32Array:
        """Values of any shape, standardised by the series; infinite where float32 overflows.

        Training reads series in these units; what depends on the window follows in `frame`.
        """
        if self.center != 0.0 or self.scale != 1.0:
            values = Frame(self.center, self.scale).enter(values)
        return single(values)

    def restore(self, values: FloatArray) -> FloatArray:
        """Standardised values in the units of the series, in float64; unchanged if the scaling is the identity."""
        return values if self.is_identity else Frame(self.center, self.scale).leave(values)

    def frame(self, windows: FloatArray) -> Frame:
        """The level and the spread of windows [B, L]."""
        if self.kind == "series":
            return Frame(self.center, self.scale)
        values = windows.astype(np.float64)
        level = self.center + (values - self.center).mean(axis=1, keepdims=True)
        spread = np.sqrt(np.square(values - level).mean(axis=1, keepdims=True))
        last = values[:, -self.season :] if self.kind == "season" else None
        return Frame(level, np.maximum(spread, FLOOR * self.scale), last)

    def around(self, network: Callable[[Float32Array], FloatArray], windows: FloatArray) -> FloatArray:
        """Forecasts [B, H] after windows [B, L, D], by a network that maps float32 to forecasts in its own units.

        Only the first channel, which holds the values, is scaled.

        Raises:
            InputError: as `check`.
        """
        if self.is_identity:
            return network(single(windows))
        frame, values = self._entered(windows)
        return frame.leave(network(values))

    def check(self, windows: FloatArray) -> None:
        """Raises InputError if a value of windows [B, L, D] lies so far outside that the network cannot read it."""
        self._entered(windows)

    def _entered(self, windows: FloatArray) -> tuple[Frame, Float32Array]:
        values = channel(windows)
        frame = self.frame(values)
        read = single(frame.enter(values))
        if not np.isfinite(read).all():
            raise InputError("a value lies so far outside the model's scale that float32 cannot hold it.")
        if windows.shape[2] == 1:
            return frame, with_channel(read)
        return frame, with_known(read, windows[:, :, 1:])
