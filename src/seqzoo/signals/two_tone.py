"""Two noisy sines at once: x_t = A sin(v t + phi) + B sin(w t + psi) + sigma e_t."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from .._arrays import FloatArray
from . import quadrature, scene
from .scene import Knob, Scene, Values
from .signal import Signal, Stationary, check_frequency, check_not_negative


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
        """The clean signal as a formula, for example "0.7 sin(0.1 x + phi) + 0.4 sin(0.27 x + psi)"."""
        return (
            f"{self.slow_amplitude:g} sin({self.slow:g} x + phi) + "
            f"{self.fast_amplitude:g} sin({self.fast:g} x + psi)"
        )

    def clean(self, count: int, context_length: int, horizon: int, rng: np.random.Generator) -> FloatArray:
        """[count, L + H]: each row has its two phases drawn from the uniform prior."""
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

        Quadrature over both phases. The posterior of a phase is no narrower than 1 / (g sqrt(L)), where g is the
        amplitude of its tone over sigma.

        Raises:
            InputError: the noise is so small that the grid would be too large.
        """
        if self.slow_amplitude == self.fast_amplitude == 0:
            return np.zeros((len(context), horizon)), np.zeros((len(context), horizon))
        return quadrature.posterior(context, horizon, *self._nodes(context.shape[1]), self.sigma)

    def slope(self, window: FloatArray, step: int) -> tuple[float, FloatArray] | None:
        """The mean `step` values after a window [L], and its derivative [L], by the same quadrature."""
        if self.slow_amplitude == self.fast_amplitude == 0:
            return 0.0, np.zeros(len(window))
        return quadrature.slope(window, step, *self._nodes(len(window)), self.sigma)

    def _nodes(self, length: int) -> tuple[quadrature.Curve, FloatArray]:
        """The curves of the quadrature for windows of a length, and their prior weights."""
        root = math.sqrt(length)
        sigma = self.sigma or 1e-300
        counts = [
            1 if amplitude == 0 else quadrature.nodes_for(2 * np.pi, sigma / (amplitude * root), 48)
            for amplitude in (self.slow_amplitude, self.fast_amplitude)
        ]
        quadrature.check_size(math.prod(counts), self.sigma)
        phases = [2 * np.pi * np.arange(count) / count for count in counts]

        def curve(steps: FloatArray) -> FloatArray:
            slow = self.slow_amplitude * np.sin(self.slow * steps + phases[0][:, None])
            fast = self.fast_amplitude * np.sin(self.fast * steps + phases[1][:, None])
            return np.asarray((slow[:, None, :] + fast[None, :, :]).reshape(-1, len(steps)))

        return curve, np.ones(math.prod(counts))

    def scene(self, context_length: int) -> Scene:
        """The signal with sliders for phase and amplitude of each tone, and for the noise."""

        def curve(values: Values, steps: NDArray[np.int_], length: int) -> FloatArray:
            at = steps - length
            slow = values["slow_amplitude"] * np.sin(self.slow * at + values["slow_phase"])
            return np.asarray(slow + values["fast_amplitude"] * np.sin(self.fast * at + values["fast_phase"]))

        def known(values: Values) -> Signal:
            return TwoTone(
                slow=self.slow, fast=self.fast, slow_amplitude=values["slow_amplitude"],
                fast_amplitude=values["fast_amplitude"], sigma=values["noise"],
            )  # fmt: skip

        def amplitude(tone: str, start: float) -> Knob:
            knob = scene.amplitude(start, f"{tone}_amplitude", f"Amplitude of the {tone} tone")
            return knob._replace(high=scene.LARGEST_AMPLITUDE)

        return Scene(
            (
                scene.phase("slow_phase", "Phase of the slow tone", 0.6),
                amplitude("slow", self.slow_amplitude),
                scene.phase("fast_phase", "Phase of the fast tone", 2.0),
                amplitude("fast", self.fast_amplitude),
                scene.noise(self, scene.LEAST_NOISE),
            ),
            curve,
            known,
        )
