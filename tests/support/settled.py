"""Import this last: what was imported before is no garbage, and no process forked looks through it again."""

from __future__ import annotations

import gc


def settle() -> None:
    """Look for garbage among later objects only, once in 50,000: by default it takes a twentieth of all time."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


settle()
