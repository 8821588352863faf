"""Import this last: what was imported before is no garbage, and no process forked looks through it again."""

from __future__ import annotations

import gc


def settle() -> None:
    """Look for garbage among later objects only, once in 50,000: by default it takes a twentieth of all time.

    All of them at once, which takes a second in a process of many tests, hardly ever.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 1_000)
    gc.enable()


settle()
