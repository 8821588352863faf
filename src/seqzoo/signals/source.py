"""Where the windows of a training come from: a process whose law is known."""

from __future__ import annotations

import dataclasses

import msgspec

from .families import make
from .signal import Signal


class Simulated(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="simulated"):
    """Windows drawn from a process of known law, so that the best possible forecaster is known too.

    Args:
        family: a key of `signals.FAMILIES`.
        parameters: of the family; its defaults for those left out.
    """

    family: str
    parameters: dict[str, float]

    @classmethod
    def of(cls, family: str, process: Signal) -> Simulated:
        """The source of a process, with every parameter stated."""
        return cls(family, dataclasses.asdict(process))

    @property
    def process(self) -> Signal:
        """The process.

        Raises:
            UnknownNameError: this installation has no such family.
            InputError: no such parameter, or a value outside its range.
        """
        return make(self.family, self.parameters)
