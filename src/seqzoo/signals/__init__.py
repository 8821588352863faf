"""Signals of known law: each file holds a generator, its moments and its posterior. NumPy only."""

from __future__ import annotations

from .families import FAMILIES, make
from .recall import Recall
from .signal import Draw, Moments, Realisation, Signal
from .sine import Sine
from .sine_any import SineAny
from .source import Observed, ObservedSet, Simulated, Source
from .square import Square
from .two_tone import TwoTone

__all__ = [
    "FAMILIES",
    "Draw",
    "Moments",
    "Observed",
    "ObservedSet",
    "Realisation",
    "Recall",
    "Signal",
    "Simulated",
    "Sine",
    "SineAny",
    "Source",
    "Square",
    "TwoTone",
    "make",
]
