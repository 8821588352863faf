"""Scaling: from the units of a series to those of a model, and back."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from .windows import _series, single


@dataclass(frozen=True)
class Normaliser:
    """Maps x to (x - center) / scale before the model, and back after it. A bundle holds it."""

    center: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.center) and math.isfinite(self.scale) and self.scale > 0):
            raise InputError(
                f"a normaliser needs a finite center and a scale > 0, got {self.center} and {self.scale}."
            )

    @classmethod
    def fit(cls, series: ArrayLike) -> Normaliser:
        """A normaliser with the mean and standard deviation of a series [T]; scale 1 where the series is constant."""
        values = _series(series)
        spread = float(values.std())
        return cls(float(values.mean()), spread if spread > 0 else 1.0)

    @property
    def is_identity(self) -> bool:
        """Whether it leaves all values as they are."""
        return self.center == 0.0 and self.scale == 1.0

    def apply(self, values: NDArray[np.floating]) -> NDArray[np.float32]:
        """Values in model units as float32, from values in series units; infinite where float32 overflows.

        The center is subtracted in float64: near 1.7e9 neighbouring numbers of float32 are 128 apart.
        """
        if not self.is_identity:
            values = (values.astype(np.float64) - self.center) / self.scale
        return single(values)

    def undo(self, values: NDArray[np.floating]) -> NDArray[np.floating]:
        """Values in series units as float64, from values in model units; unchanged if the scaling is the identity."""
        return values if self.is_identity else values.astype(np.float64) * self.scale + self.center
