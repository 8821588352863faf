"""An estimate with its standard error."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .errors import InputError


class Estimate(NamedTuple):
    """A mean over windows and its standard error (NaN for a single window)."""

    value: float
    se: float

    def __str__(self) -> str:
        return f"{self.value:.4g} ± {self.se:.1g}"


def mean(per_window: ArrayLike) -> Estimate:
    """The mean over windows [B] with its standard error.

    Raises:
        InputError: not one value per window, or no window.
    """
    values = np.asarray(per_window, dtype=np.float64)
    if values.ndim != 1 or len(values) == 0:
        raise InputError(f"a mean needs one value per window and at least one window, got {values.shape}.")
    spread = float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return Estimate(float(values.mean()), spread)
