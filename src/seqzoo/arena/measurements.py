"""Results that store measurements by the key of their case, with the settings of the experiment."""

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
    """A case with a key."""

    @property
    def key(self) -> str:
        """The unique name of the case."""


class Measurements(msgspec.Struct, Generic[SettingsT, MeasurementT], forbid_unknown_fields=True):
    """Measurements by `case.key`. Only measurements with equal `settings` can be compared."""

    settings: SettingsT
    runs: dict[str, MeasurementT] = {}

    @property
    def measured(self) -> int:
        """The number of measurements."""
        return len(self.runs)

    def holds(self, case: Keyed) -> bool:
        """Whether the case has been measured."""
        return case.key in self.runs

    def enter(self, case: Keyed, measurement: MeasurementT) -> None:
        """Add a measurement."""
        self.runs[case.key] = measurement

    def fail(self, case: Keyed, reason: str) -> None:
        """Raises SeqzooError: the experiment ends with the first case that fails."""
        raise SeqzooError(
            f"{case.key} failed: {reason.rstrip('.')}. "
            "Finished measurements are kept; the same command continues."
        )


def begin(path: Path, fresh: MeasurementsT, kind: type[MeasurementsT]) -> MeasurementsT:
    """The measurements in a file, or `fresh` if there is no file.

    Raises:
        InputError: the file has other settings, or cannot be read.
    """
    if not path.exists():
        return fresh
    stored = result_files.read(path, kind)
    if stored.settings != fresh.settings:
        raise InputError(
            f"{path} holds measurements with other settings, which cannot be compared with these. Choose another "
            "folder with --out, or move the file away."
        )
    return stored
