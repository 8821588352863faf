"""Type aliases of arrays, and the channel axis: mathematics is on windows [B, L], forecasters read [B, L, D].

Nothing but these functions and modules that are shipped adds the axis or takes it away
(`tests/house/test_channel_axis.py`).
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]
"""Numbers in float32 or float64."""
Float32Array = NDArray[np.float32]
"""Numbers in float32, as engines read and return them."""


class _Indexed(Protocol):
    """An array of NumPy or a tensor of PyTorch."""

    def __getitem__(self, key: Any, /) -> Any: ...


_Values = TypeVar("_Values", bound=_Indexed)


def with_channel(windows: _Values) -> _Values:
    """The windows [B, L] of one channel as a batch [B, L, 1], a view."""
    batch: _Values = windows[:, :, None]
    return batch


def channel(batch: _Values) -> _Values:
    """The windows [B, L] of a batch [B, L, D], a view: the first channel, which holds the values."""
    windows: _Values = batch[:, :, 0]
    return windows


def values_of(context: FloatArray) -> FloatArray:
    """The windows [B, L] of windows [B, L] or of a batch [B, L, D], a view."""
    return channel(context) if context.ndim == 3 else context


def with_known(windows: FloatArray, known: FloatArray | None) -> FloatArray:
    """The batch [B, L, D] of windows [B, L] and of their channels [B, L, D - 1] known in advance; None if D is 1."""
    batch = with_channel(windows)
    return batch if known is None else np.concatenate([batch, known.astype(batch.dtype, copy=False)], axis=2)
