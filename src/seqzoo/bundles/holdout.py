"""holdout.safetensors of a bundle: the held-out part of a measured series, or those of a set of series."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load
from safetensors.numpy import save as serialise

from ..errors import InputError, IntegrityError
from ..signals import Simulated
from .store import HOLDOUT, Bundle


def of(bundle: Bundle) -> NDArray[np.float64]:
    """The values [T] from L values before the cutoff on, in the series' units; of a set, those of its first series.

    Raises:
        InputError, IntegrityError: as `parts`.
    """
    return parts(bundle)[0]


def parts(bundle: Bundle) -> list[NDArray[np.float64]]:
    """For each series of the source, the values [T] from L values before its cutoff on, in its units.

    Raises:
        InputError: the bundle was trained on a simulated signal and holds no such file.
        IntegrityError: the file cannot be read, or does not hold such an array.
    """
    source = bundle.manifest.source
    if isinstance(source, Simulated):
        raise InputError(f"{bundle.manifest.name} was trained on a simulated signal: it holds no measured values.")
    try:
        values = load(bundle.read(HOLDOUT))["values"]
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise IntegrityError(f"{HOLDOUT} cannot be read: {error}.") from None
    before = bundle.manifest.contract.context_length
    lengths = [member.length - member.cutoff + before for member in source.members]
    if values.shape != (sum(lengths),) or values.dtype != np.float64 or not np.isfinite(values).all():
        raise IntegrityError(
            f"{HOLDOUT} must hold {sum(lengths):,} finite float64 values, not {values.dtype} {list(values.shape)}."
        )
    return np.split(np.asarray(values), np.cumsum(lengths)[:-1])


def encoded(held_out: Sequence[NDArray[np.float64]]) -> bytes:
    """The bytes of the file that `parts` reads: the values of all series, one after the other."""
    return serialise({"values": np.ascontiguousarray(np.concatenate(held_out), np.float64)})
