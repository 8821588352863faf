"""Signals that what holds of every signal is tested on, and the statistics of these tests."""

from __future__ import annotations

import math

import numpy as np

from seqzoo import signals
from seqzoo.signals import Recall, Signal, Sine, SineAny, Square, TwoTone

FAMILIES = sorted(signals.FAMILIES)
SIGNALS: list[Signal] = [
    *map(signals.make, FAMILIES),
    Sine(sigma=0.4, angular_frequency=0.7, amplitude=2.0),
    SineAny(sigma=0.5, lowest=0.3, highest=1.2, amplitude=1.5),
    TwoTone(sigma=0.3, slow=0.2, fast=1.1, slow_amplitude=0.5, fast_amplitude=0.9),
    TwoTone(slow_amplitude=0.0),
    Recall(sigma=0.6, cue=1.0, spread=0.8),
    Square(sigma=0.8, angular_frequency=0.5, amplitude=1.3),
]


def rows(made: Signal) -> int:
    """Fewer windows where the posterior is dear."""
    return 1200 if made.windows_to_score < 200_000 else 4000


def z(values: np.ndarray) -> np.ndarray:
    """Means over rows in their standard errors."""
    spread = values.std(axis=0, ddof=1) / math.sqrt(len(values))
    return values.mean(axis=0) / np.where(spread > 0, spread, 1.0)
