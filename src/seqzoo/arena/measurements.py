"""Results of an experiment that keeps its measurements by the key of their case, beside its settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from ..errors import InputError, SeqzooError
from . import result_files
from .experiment import MeasurementT

SettingsT = TypeVar("SettingsT")
MeasurementsT = TypeVar("MeasurementsT", bound="Measurements[Any, Any]")


class Keyed(Protocol):
    """A case with a name."""

    @property
    def key(self) -> str:
        """Tells it from all others."""


class Measurements(msgspec.Struct, Generic[SettingsT, MeasurementT], forbid_unknown_fields=True):
    """Measurements by `case.key`. `settings` are those without which two measurements could not be compared."""

    settings: SettingsT
    runs: dict[str, MeasurementT] = {}

    @property
    def measured(self) -> int:
        """How many measurements there are."""
        return len(self.runs)

    def holds(self, case: Keyed) -> bool:
        """Whether a case is measured already."""
        return case.key in self.runs

    def enter(self, case: Keyed, measurement: MeasurementT) -> None:
        """Add a measurement."""
        self.runs[case.key] = measurement

    def fail(self, case: Keyed, reason: str) -> None:
        """Raises SeqzooError: the experiment ends with the first case that fails."""
        raise SeqzooError(
            f"{case.key} failed: {reason.rstrip('.')}. "
            "What was finished is kept: the same command goes on from there."
        )


def begin(path: Path, fresh: MeasurementsT, kind: type[MeasurementsT]) -> MeasurementsT:
    """The measurements of a file, or `fresh` where there are none.

    Raises:
        InputError: those of the file are of other settings, or it cannot be read.
    """
    if not path.exists():
        return fresh
    there = result_files.read(path, kind)
    if there.settings != fresh.settings:
        raise InputError(
            f"{path} holds measurements with other settings, which cannot be compared with these. Choose another "
            "folder with --out, or move the file away."
        )
    return there
