"""The noisy sine x_t = A sin(w t + phi) + sigma e_t: generator, moments, posterior."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from .._arrays import FloatArray
from ..errors import InputError
from . import scene
from .phase import PhasePosterior
from .scene import Scene, Values
from .signal import Realisation, Signal, Stationary, check_frequency, check_not_negative


@dataclass(frozen=True, kw_only=True)
class Sine(Stationary):
    """The signal family `sine`.

    Args:
        angular_frequency: w, radians per step, in (0, pi].
        amplitude: A, at least 0.
        sigma: standard deviation of the Gaussian noise, at least 0.
    """

    angular_frequency: float = 0.02
    amplitude: float = 1.0

    title: ClassVar[str] = "sine wave"
    noun: ClassVar[str] = "sine"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_frequency("angular_frequency", self.angular_frequency)
        check_not_negative(amplitude=self.amplitude)

    @property
    def formula(self) -> str:
        """The clean signal as a formula, for example "sin(0.02 x)"."""
        return f"{'' if self.amplitude == 1 else f'{self.amplitude:g} '}sin({self.angular_frequency:g} x)"

    def series(self, length: int, *, seed: int, phase: float = 0.0) -> Realisation:
        """One series for x = 0, 1, ..., length - 1; equal seeds give equal series.

        Raises:
            InputError: the length is below 1, or the phase is not finite.
        """
        if length < 1 or not math.isfinite(phase):
            raise InputError(f"a series needs length >= 1 and a finite phase, got {length} and {phase}.")
        clean = self.amplitude * np.sin(self.angular_frequency * np.arange(length) + phase)
        return Realisation(clean + self.sigma * np.random.default_rng(seed).standard_normal(length), clean)

    def clean(self, count: int, context_length: int, horizon: int, rng: np.random.Generator) -> FloatArray:
        """[count, L + H]: each row has its phase drawn from the uniform prior."""
        phase = 2 * np.pi * rng.random((count, 1))
        clean: FloatArray = self.amplitude * np.sin(
            self.angular_frequency * np.arange(context_length + horizon) + phase
        )
        return clean

    def smooth_autocovariance(self, lag: FloatArray) -> FloatArray:
        """A^2/2 cos(w lag)."""
        return np.asarray(0.5 * self.amplitude**2 * np.cos(self.angular_frequency * lag))

    def posterior(self, context: FloatArray, horizon: int) -> tuple[FloatArray, FloatArray]:
        """Mean and variance of the clean signal 1..horizon steps after each window.

        Quadrature over the phase with the exact likelihood (see `phase.py`).

        Args:
            context: [B, L]
            horizon: H >= 1

        Returns:
            mean [B, H], variance [B, H]
        """
        length = context.shape[1]
        steps = self.angular_frequency * np.arange(length)
        ahead = self.angular_frequency * np.arange(length, length + horizon)
        # Noise below 1e-6 of the amplitude counts as 1e-6 of it: the forecast is then exact to 12 digits.
        sigma = max(self.sigma, 1e-6 * self.amplitude, np.finfo(np.float64).tiny)
        posterior = PhasePosterior(steps, gain=self.amplitude / sigma)
        mean, variance = posterior.sine(np.asarray(context, np.float64) / sigma, ahead)
        return self.amplitude * mean, self.amplitude**2 * variance

    def scene(self, context_length: int) -> Scene:
        """The signal with sliders for frequency, phase, amplitude and noise."""

        def curve(values: Values, steps: NDArray[np.int_], length: int) -> FloatArray:
            return np.asarray(values["amplitude"] * np.sin(values["frequency"] * (steps - length) + values["phase"]))

        def known(values: Values) -> Signal:
            return Sine(angular_frequency=values["frequency"], amplitude=values["amplitude"], sigma=values["noise"])

        return Scene(scene.wave(self, self.angular_frequency, self.amplitude), curve, known)
