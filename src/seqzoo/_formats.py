"""Numbers formatted for people, and how many there are of something."""

from __future__ import annotations

import math
import re

MINUS = "\N{MINUS SIGN}"
_SIGN = re.compile(r"(?:(?<![\w.)-])|(?<=\d[eE]))-(?=\.?\d|inf\b|∞)")


def typeset(text: str) -> str:
    """A text for a page: with minus signs where a number has a hyphen, as "−0.5 to 3e−05".

    The command line, files and addresses keep the hyphen, which programs read. A date, a range or a name such as
    "lstm.sine-h50" has no sign.
    """
    return _SIGN.sub(MINUS, text)


def counted(count: int, one: str, many: str = "") -> str:
    """How many of something, as "1 gap" or "1,200 gaps".

    Args:
        one: the words for one of them.
        many: for none or several, by default `one` and an s.
    """
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def printable(text: str) -> str:
    """A text in which what cannot be printed, as the start of a terminal's command, stands as Python writes it."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def percent(value: float) -> str:
    """A share in per cent with three significant digits, for example "12.6%" or "0.0312%"."""
    if not math.isfinite(value):
        return "∞"
    share = 100 * value
    digits = 2 if share == 0 else min(6, max(0, 2 - math.floor(math.log10(abs(share)))))
    return f"{share:,.{digits}f}%"


def short(value: float, digits: int = 4) -> str:
    """A number with as many significant digits, and thousands apart: "0.5612", "653,512", "3.104e+12"."""
    size = abs(value)
    if not math.isfinite(value) or size >= 1e12 or 0 < size < 1e-4:
        return f"{value:.{digits}g}"
    decimals = digits - 1 if size == 0 else max(0, digits - 1 - math.floor(math.log10(size)))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def within(value: float, radius: float) -> str:
    """A value and the half width of its interval, to three digits of the latter: "445.9 ± 83.2"."""
    if not (math.isfinite(value) and 1e-9 < radius < 1e12):
        return f"{short(value, 6)} ± {short(radius, 3)}"
    decimals = max(0, 2 - math.floor(math.log10(radius)))
    return f"{value:,.{decimals}f} ± {radius:,.{decimals}f}"
