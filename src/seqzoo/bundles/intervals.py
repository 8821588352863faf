"""intervals.safetensors of a bundle: the calibration errors that prediction intervals of any level follow from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load
from safetensors.numpy import save as serialise

from ..errors import InputError, IntegrityError
from .store import INTERVALS, Bundle


def of(bundle: Bundle) -> NDArray[np.float64]:
    """Absolute errors [n, H] in the series' units, ascending at each step ahead.

    Raises:
        InputError: the bundle states no intervals: its signal is simulated, or an earlier version wrote it.
        IntegrityError: the file cannot be read, or does not hold such an array.
    """
    facts = bundle.manifest.intervals
    if facts is None:
        raise InputError(
            f"{bundle.manifest.name} holds no intervals: train it again on its series, with this version of seqzoo."
        )
    try:
        errors = load(bundle.read(INTERVALS))["errors"]
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise IntegrityError(f"{INTERVALS} cannot be read: {error}.") from None
    shape = (facts.windows, bundle.manifest.contract.horizon)
    if errors.shape != shape or errors.dtype != np.float64 or not np.isfinite(errors).all():
        raise IntegrityError(
            f"{INTERVALS} must hold finite float64 values {list(shape)}, not {errors.dtype} {list(errors.shape)}."
        )
    if (errors[0] < 0).any() or (np.diff(errors, axis=0) < 0).any():
        raise IntegrityError(f"{INTERVALS} must hold errors from 0 on, ascending at each step ahead.")
    return np.asarray(errors)


def encoded(errors: NDArray[np.float64]) -> bytes:
    """The bytes of the file that `of` reads."""
    return serialise({"errors": np.ascontiguousarray(np.sort(errors, axis=0), np.float64)})
