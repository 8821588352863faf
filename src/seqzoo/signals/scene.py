"""A signal with knobs: what the sliders of a page set, and the window that they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._arrays import FloatArray

if TYPE_CHECKING:
    from .signal import Signal


Values = Mapping[str, float]


class Knob(NamedTuple):
    """A slider: its place in the address, its label, its range, and where the model was trained."""

    key: str
    label: str
    low: float
    high: float
    step: float
    start: float


# Of signals with two unknowns: a sharper posterior would need too large a grid.
LEAST_NOISE, LARGEST_AMPLITUDE = 0.1, 1.0


@dataclass(frozen=True)
class Scene:
    """A signal family that can be turned by hand.

    Args:
        knobs: the sliders.
        curve: clean values at steps [T], given the knobs and the context length.
        signal: the distribution that the knobs stand for; the reference forecasters know it, and the phase alone is
            hidden from them.
    """

    knobs: tuple[Knob, ...]
    curve: Callable[[Values, NDArray[np.int_], int], FloatArray]
    signal: Callable[[Values], Signal]

    def window(self, values: Values, context_length: int, horizon: int, seed: int) -> tuple[FloatArray, FloatArray]:
        """Observed context [L] and the clean values of context and horizon [L + H]."""
        clean = self.curve(values, np.arange(context_length + horizon), context_length)
        noise = np.random.default_rng(seed).standard_normal(context_length)
        return clean[:context_length] + values["noise"] * noise, clean


def noise(signal: Signal, low: float = 0.0) -> Knob:
    """The standard deviation of the noise."""
    return Knob("noise", "Noise, sigma", low, 0.5, 0.01, signal.sigma)


def phase(key: str = "phase", label: str = "Phase, radians", start: float = 0.6) -> Knob:
    """Where the window begins on a wave."""
    return Knob(key, label, 0.0, 6.28, 0.02, start)


def frequency(start: float) -> Knob:
    """Of a wave."""
    return Knob("frequency", "Frequency, radians per step", 0.005, 0.5, 0.005, start)


def amplitude(start: float, key: str = "amplitude", label: str = "Amplitude") -> Knob:
    """Of a wave."""
    return Knob(key, label, 0.0, 2.0, 0.05, start)


def wave(signal: Signal, angular_frequency: float, height: float) -> tuple[Knob, ...]:
    """The knobs of a wave whose phase is its only unknown."""
    return frequency(angular_frequency), phase(), amplitude(height), noise(signal)
