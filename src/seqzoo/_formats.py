"""Numbers formatted for people."""

from __future__ import annotations

import math


def percent(value: float) -> str:
    """A share in per cent with three significant digits, for example "12.6%" or "0.0312%"."""
    if not math.isfinite(value):
        return "∞"
    share = 100 * value
    digits = 2 if share == 0 else min(6, max(0, 2 - math.floor(math.log10(abs(share)))))
    return f"{share:,.{digits}f}%"
