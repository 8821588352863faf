"""Scaling: from a series' own units to a model's, and back."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from .windows import _series, single


@dataclass(frozen=True)
class Normaliser:
    """x -> (x - center) / scale before the model, and back after it. Travels inside the bundle."""

    center: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.center) and math.isfinite(self.scale) and self.scale > 0):
            raise InputError(
                f"a normaliser needs a finite center and a scale > 0, got {self.center} and {self.scale}."
            )

    @classmethod
    def fit(cls, series: ArrayLike) -> Normaliser:
        """Mean and standard deviation of a series [T]; scale 1 where the series is constant."""
        values = _series(series)
        spread = float(values.std())
        return cls(float(values.mean()), spread if spread > 0 else 1.0)

    @property
    def is_identity(self) -> bool:
        """Whether it changes nothing."""
        return self.center == 0.0 and self.scale == 1.0

    def apply(self, values: NDArray[np.floating]) -> NDArray[np.float32]:
        """Series units to float32 in model units, infinite where float32 cannot hold them.

        The center is taken off in float64: near 1.7e9 neighbouring numbers of float32 are 128 apart.
        """
        if not self.is_identity:
            values = (values.astype(np.float64) - self.center) / self.scale
        return single(values)

    def undo(self, values: NDArray[np.floating]) -> NDArray[np.floating]:
        """Model units to series units, in float64; as they are given where there is nothing to undo."""
        return values if self.is_identity else values.astype(np.float64) * self.scale + self.center
