"""A signal with sliders: what the sliders of a page set, and the window that results."""

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
    """A slider: its key in the address, its label, its range and step, and its start, the value of training."""

    key: str
    label: str
    low: float
    high: float
    step: float
    start: float


# Limits for signals with two unknowns, whose posterior would otherwise need too large a grid.
LEAST_NOISE, LARGEST_AMPLITUDE = 0.1, 1.0


@dataclass(frozen=True)
class Scene:
    """A signal family whose parameters are set by sliders.

    Args:
        knobs: the sliders.
        curve: maps values of the sliders, steps [T] and the context length to clean values [T].
        signal: maps values of the sliders to the distribution that the reference forecasters assume. It fixes all
            parameters but the phase.
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
    """The slider of the noise's standard deviation."""
    return Knob("noise", "Noise, sigma", low, 0.5, 0.01, signal.sigma)


def phase(key: str = "phase", label: str = "Phase, radians", start: float = 0.6) -> Knob:
    """The slider of a wave's phase."""
    return Knob(key, label, 0.0, 6.28, 0.02, start)


def frequency(start: float) -> Knob:
    """The slider of a wave's frequency."""
    return Knob("frequency", "Frequency, radians per step", 0.005, 0.5, 0.005, start)


def amplitude(start: float, key: str = "amplitude", label: str = "Amplitude") -> Knob:
    """The slider of a wave's amplitude."""
    return Knob(key, label, 0.0, 2.0, 0.05, start)


def wave(signal: Signal, angular_frequency: float, height: float) -> tuple[Knob, ...]:
    """The sliders of a wave whose only unknown is its phase."""
    return frequency(angular_frequency), phase(), amplitude(height), noise(signal)
