"""Aliases of arrays, by what they hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]
"""Numbers in float32 or float64."""
Float32Array = NDArray[np.float32]
"""Numbers as engines take and give them."""
