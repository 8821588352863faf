"""Signal families: each file holds a generator and what is known of its distribution.

A file `foo.py` defines the family `foo` as a frozen dataclass decorated with nothing: the
mapping below is the registry, and importing this package costs NumPy only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from ..errors import InputError, UnknownNameError
from .sine import Series, Sine

FAMILIES: dict[str, type[Sine]] = {"sine": Sine}


def make(family: str, parameters: Mapping[str, float] | None = None) -> Sine:
    """The signal of a family with the given parameters; the family's defaults for the rest.

    Raises:
        UnknownNameError: no such family.
        InputError: no such parameter, or a value outside its range.
    """
    if family not in FAMILIES:
        raise UnknownNameError("signal", family, FAMILIES)
    known = [field.name for field in dataclasses.fields(FAMILIES[family])]
    for name in parameters or {}:
        if name not in known:
            raise InputError(f"signal {family!r} has no parameter {name!r}; it has {', '.join(known)}.")
    return FAMILIES[family](**dict(parameters or {}))


__all__ = ["FAMILIES", "Series", "Sine", "make"]
