"""Where a model's measured series is found by its SHA-256: among the stored ones, or in the collection."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence

from ..errors import InputError, SeqzooError
from . import collection
from .measured import LONGEST_GAP, undivided
from .series import GAPS, Series, is_stored, stored


def find(name: str, sha256: str) -> Series | None:
    """The series that a model of this name was trained on, if this machine has it; None if not. Writes nothing.

    A series of the collection is also found in the forms that `forms` gives it.
    """
    if is_stored(sha256):
        try:
            return stored(name, sha256)
        except InputError:  # it was changed, or deleted meanwhile
            pass
    if name not in collection.COLLECTION:
        return None
    try:
        return among(_collected(name), sha256)
    except SeqzooError:  # its package is not installed, or holds other values
        return None


def among(candidates: Iterable[Series], sha256: str) -> Series | None:
    """The series of this SHA-256, as it is or in one of its forms; None if none has it."""
    return next((form for each in candidates for form in forms(each) if form.sha256 == sha256), None)


def forms(series: Series) -> Sequence[Series]:
    """The series as a training may have taken it: as it is, or filled; without what is missing at its ends; or, of
    earlier versions, only what follows the last gap."""
    whole = [series]
    if series.missing:
        whole += [series.filled(rule, LONGEST_GAP) for rule in GAPS if rule != "refuse"]
    parts = [part for each in whole for part in (each.trimmed(), undivided(each))]
    return whole + [part for part in parts if 0 < len(part) < len(series)]


@functools.cache  # the collection is small, and never changes
def _collected(name: str) -> tuple[Series, ...]:
    return tuple(forms(collection.load(name).series()))
