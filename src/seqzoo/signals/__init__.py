"""Processes of known law: each file holds a generator and what is known of its distribution. NumPy only."""

from __future__ import annotations

from .families import FAMILIES, make
from .recall import Recall
from .signal import Draw, Moments, Series, Signal
from .sine import Sine
from .sine_any import SineAny
from .source import Simulated
from .square import Square
from .two_tone import TwoTone

__all__ = [
    "FAMILIES",
    "Draw",
    "Moments",
    "Recall",
    "Series",
    "Signal",
    "Simulated",
    "Sine",
    "SineAny",
    "Square",
    "TwoTone",
    "make",
]
