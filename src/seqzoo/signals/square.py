"""A noisy square wave: x_t = A sign(sin(w t + phi)) + sigma e_t."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from .._arrays import FloatArray
from . import quadrature, scene
from .scene import Scene, Values
from .signal import Signal, Stationary, check_frequency, check_not_negative


@dataclass(frozen=True, kw_only=True)
class Square(Stationary):
    """The signal family `square`: phi uniform on [0, 2 pi).

    Args:
        angular_frequency: w, radians per step, in (0, pi].
        amplitude: A, at least 0.
        sigma: standard deviation of the Gaussian noise, at least 0.
    """

    angular_frequency: float = 0.2
    amplitude: float = 1.0

    title: ClassVar[str] = "square wave"
    noun: ClassVar[str] = "square wave"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_frequency("angular_frequency", self.angular_frequency)
        check_not_negative(amplitude=self.amplitude)

    @property
    def formula(self) -> str:
        """The clean signal as a formula, for example "square(0.2 x)"."""
        return f"{'' if self.amplitude == 1 else f'{self.amplitude:g} '}square({self.angular_frequency:g} x)"

    def clean(self, count: int, context_length: int, horizon: int, rng: np.random.Generator) -> FloatArray:
        """[count, L + H]: each row has its phase drawn from the uniform prior."""
        phase = 2 * np.pi * rng.random((count, 1))
        return self._wave(self.angular_frequency * np.arange(context_length + horizon) + phase)

    def smooth_autocovariance(self, lag: FloatArray) -> FloatArray:
        """A^2 times a triangle wave: 1 at lag 0, -1 half a period later."""
        turn = np.abs((self.angular_frequency * lag + np.pi) % (2 * np.pi) - np.pi)
        return np.asarray(self.amplitude**2 * (1 - 2 * turn / np.pi))

    def posterior(self, context: FloatArray, horizon: int) -> tuple[FloatArray, FloatArray]:
        """Mean and variance of the clean signal 1..horizon steps after each window, [B, H] each.

        Both are exact: the curve changes at finitely many phases, so the integral over the phase is a sum over the
        intervals between them.
        """
        steps = self.angular_frequency * np.arange(context.shape[1] + horizon)
        edges = np.unique(np.concatenate([(-steps) % (2 * np.pi), (np.pi - steps) % (2 * np.pi), [0, 2 * np.pi]]))
        middle, width = (edges[1:] + edges[:-1]) / 2, np.diff(edges)

        def curve(at: FloatArray) -> FloatArray:
            return self._wave(self.angular_frequency * at + middle[:, None])

        # Noise of 1e-3 of the amplitude already tells the phases apart with certainty; less noise changes nothing.
        sigma = max(self.sigma, 1e-3 * self.amplitude, 1e-150)
        return quadrature.posterior(context, horizon, curve, width, sigma)

    def _wave(self, angle: FloatArray) -> FloatArray:
        return np.asarray(np.where(angle % (2 * np.pi) < np.pi, self.amplitude, -self.amplitude))

    def scene(self, context_length: int) -> Scene:
        """The signal with sliders for frequency, phase, amplitude and noise."""

        def curve(values: Values, steps: NDArray[np.int_], length: int) -> FloatArray:
            angle = values["frequency"] * (steps - length) + values["phase"]
            return np.asarray(values["amplitude"] * np.where(angle % (2 * np.pi) < np.pi, 1.0, -1.0))

        def known(values: Values) -> Signal:
            return Square(angular_frequency=values["frequency"], amplitude=values["amplitude"], sigma=values["noise"])

        return Scene(scene.wave(self, self.angular_frequency, self.amplitude), curve, known)
