"""holdout.safetensors of a bundle: the held-out part of a measured series, or those of a set of series."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load
from safetensors.numpy import save as serialise

from ..errors import InputError, IntegrityError
from ..signals import Observed, ObservedSet, Simulated
from .store import HOLDOUT, Bundle


def of(bundle: Bundle) -> NDArray[np.float64]:
    """The values [T] from L values before the cutoff on, in the series' units; of a set, those of its first series.

    Raises:
        InputError, IntegrityError: as `parts`.
    """
    return parts(bundle)[0]


def parts(bundle: Bundle) -> list[NDArray[np.float64]]:
    """For each series of the source, the values [T] from L values before its cutoff on, in its units; NaN in gaps.

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
    if values.shape != (sum(lengths),) or values.dtype != np.float64 or not _is_whole(values, source, before):
        raise IntegrityError(
            f"{HOLDOUT} must hold {sum(lengths):,} finite float64 values, but for gaps that the manifest states, not "
            f"{values.dtype} {list(values.shape)}."
        )
    return np.split(np.asarray(values), np.cumsum(lengths)[:-1])


def _is_whole(values: NDArray[np.float64], source: Observed | ObservedSet, before: int) -> bool:
    """Whether every value is finite, but for those that the source states as missing."""
    if not any(member.missing for member in source.members):
        return bool(np.isfinite(values).all())
    present = np.concatenate([member.presence(member.cutoff - before) for member in source.members])
    return not np.isinf(values).any() and np.array_equal(np.isnan(values), np.isnan(present))


def known_of(bundle: Bundle) -> NDArray[np.float64] | None:
    """The channels [T, D - 1] beside the values of `of` that were known in advance; None if D is 1.

    Raises:
        InputError, IntegrityError: as `parts`.
    """
    known = known_parts(bundle)
    return None if known is None else known[0]


def known_parts(bundle: Bundle) -> list[NDArray[np.float64]] | None:
    """For each series of the source, the channels [T, D - 1] beside the values of `parts`; None if D is 1.

    Raises:
        InputError, IntegrityError: as `parts`.
    """
    contract = bundle.manifest.contract
    if contract.channels == 1:
        return None
    lengths = [len(part) for part in parts(bundle)]
    shape = (sum(lengths), contract.channels - 1)
    try:
        known = load(bundle.read(HOLDOUT))["known"]
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise IntegrityError(f"{HOLDOUT} cannot be read: {error}.") from None
    if known.shape != shape or known.dtype != np.float64 or not np.isfinite(known).all():
        raise IntegrityError(
            f"{HOLDOUT} must hold known channels as finite float64 {list(shape)}, not {known.dtype} "
            f"{list(known.shape)}."
        )
    return np.split(np.asarray(known), np.cumsum(lengths)[:-1])


def cutoff_in(bundle: Bundle, values: NDArray[np.float64]) -> int | None:
    """The cutoff of a bundle's training as an index of a series [T], which may begin or end elsewhere than the series
    that the bundle was trained on; None if the held-out part does not occur in it. Of a set, any series may be given.

    Raises:
        InputError, IntegrityError: as `of`.
    """
    for held_out in parts(bundle):
        first = int(np.isnan(held_out).argmin())  # what was measured first: the window may begin in a gap
        end = first + max(0, len(values) - len(held_out) + 1)
        for place in np.flatnonzero(values[first:end] == held_out[first]):
            if np.array_equal(values[place : place + len(held_out)], held_out, equal_nan=True):
                return int(place) + bundle.manifest.contract.context_length
    return None


def encoded(
    held_out: Sequence[NDArray[np.float64]], known: Sequence[NDArray[np.float64]] | None = None
) -> bytes:
    """The bytes of the file that `parts` and `known_parts` read: the values of all series, one after the other."""
    values = np.concatenate(held_out)
    tensors = {"values": values} if known is None else {"values": values, "known": np.concatenate(known)}
    return serialise({name: np.ascontiguousarray(tensor, np.float64) for name, tensor in tensors.items()})
