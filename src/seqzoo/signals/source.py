"""Where the windows of a training come from: a signal of known law, or a measured series."""

from __future__ import annotations

import dataclasses
import re

import msgspec

from ..data.scaling import Kind, Scaling
from ..data.series import NAME, Series, stored
from ..data.windows import HELD_OUT
from ..errors import InputError
from .families import FAMILIES, make
from .signal import Signal


class Simulated(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="simulated"):
    """Windows drawn from a process of known law, whose best possible forecaster is therefore known.

    Args:
        family: a key of `signals.FAMILIES`.
        parameters: parameters of the family; those left out have the family's defaults.
    """

    family: str
    parameters: dict[str, float]

    @classmethod
    def of(cls, family: str, process: Signal) -> Simulated:
        """The source of a process, with every parameter stated."""
        return cls(family, dataclasses.asdict(process))

    @property
    def key(self) -> str:
        """What follows the dot in the name of a model."""
        return self.family

    @property
    def process(self) -> Signal:
        """The process.

        Raises:
            UnknownNameError: this installation does not have the family.
            InputError: a parameter does not exist, or its value lies outside its range.
        """
        return make(self.family, self.parameters)


class Observed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="observed"):
    """Windows cut from one measured series. Its law is unknown, so the best possible forecaster is unknown too.

    Args:
        name: the name of the series.
        sha256: the SHA-256 of its values, by which `data.series.stored` finds them.
        length: T, the number of its values.
        cutoff: index of the first value that no training sees; the values from there on score the model.
        season: steps of its season, for the rival that repeats the last one; 1 if it has none.

    Raises:
        InputError: the name, the digest, the cutoff or the season is not valid.
    """

    name: str
    sha256: str
    length: int
    cutoff: int
    season: int = 1

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise InputError(f"a series' name must match {NAME.pattern}, got {self.name[:80]!r}.")
        if self.name in FAMILIES:  # a model of the series would have the name of a model of the signal
            raise InputError(f"{self.name!r} is the name of a signal: give the series, or its file, another name.")
        if not re.fullmatch(r"[0-9a-f]{64}", self.sha256):
            raise InputError(f"the SHA-256 of a series has 64 hexadecimal digits, got {self.sha256[:80]!r}.")
        if not 0 < self.cutoff < self.length:
            raise InputError(f"the cutoff must lie inside the series of {self.length:,} values, got {self.cutoff:,}.")
        if not 1 <= self.season < self.length:
            raise InputError(f"a season must have 1 to {self.length - 1:,} steps here, got {self.season:,}.")

    @classmethod
    def of(cls, series: Series, cutoff: int | None = None, season: int = 1) -> Observed:
        """The source of a series; stores the series for later trainings.

        Args:
            cutoff: the index where the held-out part begins; by default the last fifth is held out.

        Raises:
            InputError: a value of the series is missing, or the series is too short to hold a fifth of it out.
        """
        if series.missing:
            raise InputError(
                f"the series {series.name!r} has {series.missing:,} missing values, and training needs every value. "
                "Fill them with --gaps interpolate or --gaps last."
            )
        if cutoff is None and len(series) < HELD_OUT:
            raise InputError(
                f"the series {series.name!r} has {len(series)} values, too few to hold a fifth of them out. "
                "Give a longer series."
            )
        series.store()
        at = len(series) - len(series) // HELD_OUT if cutoff is None else cutoff
        return cls(series.name, series.sha256, len(series), at, season)

    @property
    def key(self) -> str:
        """What follows the dot in the name of a model."""
        return self.name

    @property
    def process(self) -> None:
        """None: the law is unknown."""

    def series(self) -> Series:
        """The series.

        Raises:
            InputError: it is not on this machine.
        """
        return stored(self.name, self.sha256)

    def scaling(self, kind: Kind = "series") -> Scaling:
        """The scaling of a kind, fitted to the values before the cutoff.

        Raises:
            InputError: as `series`.
        """
        return Scaling.fit(self.series().values[: self.cutoff], kind, self.season if kind == "season" else 1)


Source = Simulated | Observed
