"""Two noisy sines at once: x_t = A sin(v t + phi) + B sin(w t + psi) + sigma e_t."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from . import quadrature
from .signal import FloatArray, Stationary, check_frequency, check_not_negative


@dataclass(frozen=True, kw_only=True)
class TwoTone(Stationary):
    """The signal family `two_tone`: known frequencies, phases uniform and independent.

    Args:
        slow, fast: angular frequencies v and w, radians per step, in (0, pi].
        slow_amplitude, fast_amplitude: A and B, at least 0.
        sigma: standard deviation of the Gaussian noise, at least 0.
    """

    slow: float = 0.1
    fast: float = 0.27
    slow_amplitude: float = 0.7
    fast_amplitude: float = 0.4

    title: ClassVar[str] = "two-tone"
    noun: ClassVar[str] = "two tones"
    windows_to_score: ClassVar[int] = 20_000

    def __post_init__(self) -> None:
        super().__post_init__()
        check_frequency("slow", self.slow)
        check_frequency("fast", self.fast)
        check_not_negative(slow_amplitude=self.slow_amplitude, fast_amplitude=self.fast_amplitude)

    @property
    def formula(self) -> str:
        """As "0.7 sin(0.1 x) + 0.4 sin(0.27 x)"."""
        return (
            f"{self.slow_amplitude:g} sin({self.slow:g} x + phi) + "
            f"{self.fast_amplitude:g} sin({self.fast:g} x + psi)"
        )

    def clean(self, count: int, context_length: int, horizon: int, rng: np.random.Generator) -> FloatArray:
        """[count, L + H]: each of two phases of its own."""
        phase = 2 * np.pi * rng.random((2, count, 1))
        steps = np.arange(context_length + horizon)
        clean: FloatArray = self.slow_amplitude * np.sin(self.slow * steps + phase[0])
        clean += self.fast_amplitude * np.sin(self.fast * steps + phase[1])
        return clean

    def smooth_autocovariance(self, lag: FloatArray) -> FloatArray:
        """A^2/2 cos(v lag) + B^2/2 cos(w lag)."""
        slow = 0.5 * self.slow_amplitude**2 * np.cos(self.slow * lag)
        return np.asarray(slow + 0.5 * self.fast_amplitude**2 * np.cos(self.fast * lag))

    def posterior(self, context: FloatArray, horizon: int) -> tuple[FloatArray, FloatArray]:
        """Mean and variance of the clean signal 1..horizon steps after each window, [B, H] each.

        Quadrature over both phases; the posterior of one is no narrower than 1 / (g sqrt(L)), with g
        its amplitude over sigma.

        Raises:
            InputError: the noise is so small that the grid would be too large.
        """
        root = math.sqrt(context.shape[1])
        sigma = self.sigma or 1e-300
        counts = [
            1 if amplitude == 0 else quadrature.nodes_for(2 * np.pi, sigma / (amplitude * root), 48)
            for amplitude in (self.slow_amplitude, self.fast_amplitude)
        ]
        if self.slow_amplitude == self.fast_amplitude == 0:
            return np.zeros((len(context), horizon)), np.zeros((len(context), horizon))
        quadrature.check_size(math.prod(counts), self.sigma)
        phases = [2 * np.pi * np.arange(count) / count for count in counts]

        def curve(steps: FloatArray) -> FloatArray:
            slow = self.slow_amplitude * np.sin(self.slow * steps + phases[0][:, None])
            fast = self.fast_amplitude * np.sin(self.fast * steps + phases[1][:, None])
            return np.asarray((slow[:, None, :] + fast[None, :, :]).reshape(-1, len(steps)))

        return quadrature.posterior(context, horizon, curve, np.ones(math.prod(counts)), self.sigma)
