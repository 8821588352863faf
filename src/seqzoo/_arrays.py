"""Type aliases of arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]
"""Numbers in float32 or float64."""
Float32Array = NDArray[np.float32]
"""Numbers in float32, as engines read and return them."""
