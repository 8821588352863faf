"""Numbers formatted for people, and how many there are of something."""

from __future__ import annotations

import math


def counted(count: int, one: str, many: str = "") -> str:
    """How many of something, as "1 gap" or "1,200 gaps".

    Args:
        one: the words for one of them.
        many: for none or several, by default `one` and an s.
    """
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def percent(value: float) -> str:
    """A share in per cent with three significant digits, for example "12.6%" or "0.0312%"."""
    if not math.isfinite(value):
        return "∞"
    share = 100 * value
    digits = 2 if share == 0 else min(6, max(0, 2 - math.floor(math.log10(abs(share)))))
    return f"{share:,.{digits}f}%"
