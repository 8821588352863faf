"""The view *Look inside* of a recurrent model: the keys of its address, and what can stand beside a model."""

from __future__ import annotations

from ..bundles.manifest import Manifest
from ..data.calendar import Calendar
from ..runtime.engines.numpy import CELLS
from ..training.spec import TrainingSpec

BESIDE = "with"
"""The key of the address that names what stands beside the model."""
OF_THE_WINDOW = ("draw", "values")
"""The keys of the address that all views share."""
OF_THE_OTHER = ("with_unit", "with_freeze", "with_ablate")
"""What a second network has for itself where it has other units."""
OWN = ("t", "unit", "ahead", "scope", "sort", "units", "freeze", "ablate", "order", *OF_THE_OTHER)
"""The keys of this view only."""
KEYS = (*OWN, *OF_THE_WINDOW)
"""The keys that the microscope knows."""


def can_stand_beside(own: Manifest, other: Manifest) -> bool:
    """Whether another model has gates and states, and reads the windows of a model."""
    return other.architecture in CELLS and other.name != own.name and reads_alike(own, other)


def reads_alike(one: Manifest, other: Manifest | TrainingSpec) -> bool:
    """Whether both read the same windows: of the same process or series, as long, with the same channels."""
    if one.process is None and one.source != other.source:
        return False
    if isinstance(other, TrainingSpec):
        shape = other.context_length, ("value", *Calendar(other.calendar).names)
    else:
        shape = other.contract.context_length, other.contract.names
    return one.process == other.source.process and shape == (one.contract.context_length, one.contract.names)
