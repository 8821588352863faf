"""The view *Look inside* of a recurrent model: what of the address is of the microscope."""

from __future__ import annotations

OF_THE_WINDOW = ("draw", "values")
"""The keys of the address that all views share."""
OF_THE_OTHER = ("with_unit", "with_freeze", "with_ablate")
"""What a second network has for itself where it has other units."""
OWN = ("t", "unit", "ahead", "scope", "sort", "units", "freeze", "ablate", "order", *OF_THE_OTHER)
"""The keys of this view only."""
KEYS = (*OWN, *OF_THE_WINDOW)
"""The keys that the microscope knows."""
