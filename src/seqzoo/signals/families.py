"""The families of signals by name. A new family is one file in this folder and one line in `FAMILIES`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from ..errors import InputError, UnknownNameError
from .recall import Recall
from .signal import Signal
from .sine import Sine
from .sine_any import SineAny
from .square import Square
from .two_tone import TwoTone

FAMILIES: dict[str, type[Signal]] = {
    "sine": Sine,
    "sine_any": SineAny,
    "two_tone": TwoTone,
    "recall": Recall,
    "square": Square,
}


def make(family: str, parameters: Mapping[str, float] | None = None) -> Signal:
    """The signal of a family with the given parameters, and the family's defaults for the others.

    Raises:
        UnknownNameError: the family does not exist.
        InputError: a parameter does not exist, or its value lies outside its range.
    """
    if family not in FAMILIES:
        raise UnknownNameError("signal", family, FAMILIES)
    known = [field.name for field in dataclasses.fields(FAMILIES[family])]
    for name in parameters or {}:
        if name not in known:
            raise InputError(f"signal {family!r} has no parameter {name!r}; it has {', '.join(known)}.")
    return FAMILIES[family](**dict(parameters or {}))
