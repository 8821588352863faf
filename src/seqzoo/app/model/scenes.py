"""Signals with knobs: what the sliders of a page set, and the window that they make."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ... import signals
from ...signals import Recall, Signal, Sine, SineAny, Square, TwoTone

FloatArray = NDArray[np.floating]
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


def of(signal: Signal, context_length: int) -> Scene:
    """The scene of a model's signal."""
    makers: dict[type[Signal], Callable[..., Scene]] = {
        Sine: _wave, Square: _wave, SineAny: _any, TwoTone: _two, Recall: _recall,
    }  # fmt: skip
    return makers[type(signal)](signal, context_length)


def _noise(signal: Signal, low: float = 0.0) -> Knob:
    return Knob("noise", "Noise, sigma", low, 0.5, 0.01, signal.sigma)


def _phase(key: str = "phase", label: str = "Phase, radians", start: float = 0.6) -> Knob:
    return Knob(key, label, 0.0, 6.28, 0.02, start)


def _frequency(start: float) -> Knob:
    return Knob("frequency", "Frequency, radians per step", 0.005, 0.5, 0.005, start)


def _amplitude(start: float, key: str = "amplitude", label: str = "Amplitude") -> Knob:
    return Knob(key, label, 0.0, 2.0, 0.05, start)


def _wave(signal: Sine | Square, context_length: int) -> Scene:
    def curve(values: Values, steps: NDArray[np.int_], length: int) -> FloatArray:
        angle = values["frequency"] * (steps - length) + values["phase"]
        shape = np.sin(angle) if isinstance(signal, Sine) else np.where(angle % (2 * math.pi) < math.pi, 1.0, -1.0)
        return np.asarray(values["amplitude"] * shape)

    def known(values: Values) -> Signal:
        return type(signal)(
            angular_frequency=values["frequency"], amplitude=values["amplitude"], sigma=values["noise"]
        )

    knobs = _frequency(signal.angular_frequency), _phase(), _amplitude(signal.amplitude), _noise(signal)
    return Scene(knobs, curve, known)


def _any(signal: SineAny, context_length: int) -> Scene:
    def curve(values: Values, steps: NDArray[np.int_], length: int) -> FloatArray:
        return np.asarray(values["amplitude"] * np.sin(values["frequency"] * (steps - length) + values["phase"]))

    def known(values: Values) -> Signal:
        return signals.SineAny(
            lowest=signal.lowest, highest=signal.highest, amplitude=values["amplitude"],
            sigma=values["noise"],
        )  # fmt: skip

    middle = round((signal.lowest + signal.highest) / 2, 2)
    # Beyond its range the reference forecasters, which know it, would no longer be the best.
    frequency = _frequency(middle)._replace(low=signal.lowest, high=signal.highest)
    amplitude = _amplitude(signal.amplitude)._replace(high=LARGEST_AMPLITUDE)
    return Scene((frequency, _phase(), amplitude, _noise(signal, LEAST_NOISE)), curve, known)


def _two(signal: TwoTone, context_length: int) -> Scene:
    def curve(values: Values, steps: NDArray[np.int_], length: int) -> FloatArray:
        at = steps - length
        slow = values["slow_amplitude"] * np.sin(signal.slow * at + values["slow_phase"])
        return np.asarray(slow + values["fast_amplitude"] * np.sin(signal.fast * at + values["fast_phase"]))

    def known(values: Values) -> Signal:
        return signals.TwoTone(
            slow=signal.slow, fast=signal.fast, slow_amplitude=values["slow_amplitude"],
            fast_amplitude=values["fast_amplitude"], sigma=values["noise"],
        )  # fmt: skip

    def amplitude(tone: str, start: float) -> Knob:
        made = _amplitude(start, f"{tone}_amplitude", f"Amplitude of the {tone} tone")
        return made._replace(high=LARGEST_AMPLITUDE)

    return Scene(
        (
            _phase("slow_phase", "Phase of the slow tone", 0.6),
            amplitude("slow", signal.slow_amplitude),
            _phase("fast_phase", "Phase of the fast tone", 2.0),
            amplitude("fast", signal.fast_amplitude),
            _noise(signal, LEAST_NOISE),
        ),
        curve,
        known,
    )


def _recall(signal: Recall, context_length: int) -> Scene:
    def curve(values: Values, steps: NDArray[np.int_], length: int) -> FloatArray:
        place = round(values["place"])
        clean = signal.spread * np.random.default_rng(11).standard_normal(len(steps))
        clean[place], clean[place + 1] = signal.cue, values["payload"]
        clean[length:] = values["payload"]
        return clean

    def known(values: Values) -> Signal:
        return signals.Recall(cue=signal.cue, spread=signal.spread, sigma=values["noise"])

    return Scene(
        (
            Knob("place", "Place of the cue in the window", 0, context_length - 2, 1, min(6, context_length - 2)),
            Knob("payload", "Value to be recalled", -1.5, 1.5, 0.05, 0.6),
            _noise(signal),
        ),
        curve,
        known,
    )
