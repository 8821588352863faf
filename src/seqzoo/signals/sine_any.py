"""A noisy sine of unknown frequency: x_t = A sin(w t + phi) + sigma e_t, with w drawn for each series."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from .._arrays import FloatArray
from ..errors import InputError
from . import quadrature, scene
from .scene import Scene, Values
from .signal import Signal, Stationary, check_frequency, check_not_negative


@dataclass(frozen=True, kw_only=True)
class SineAny(Stationary):
    """The signal family `sine_any`: w uniform on [lowest, highest], phi uniform on [0, 2 pi).

    A fixed linear filter is tuned to one frequency, or to a compromise. The best forecaster must first estimate the
    frequency of the window.

    Args:
        lowest, highest: bounds of the angular frequency, radians per step, in (0, pi].
        amplitude: A, at least 0.
        sigma: standard deviation of the Gaussian noise, at least 0.
    """

    lowest: float = 0.02
    highest: float = 0.2
    amplitude: float = 1.0

    title: ClassVar[str] = "any-frequency sine wave"
    noun: ClassVar[str] = "sine of any frequency"
    realisation: ClassVar[int | None] = 200
    windows_to_score: ClassVar[int] = 20_000

    def __post_init__(self) -> None:
        super().__post_init__()
        check_frequency("lowest", self.lowest)
        check_frequency("highest", self.highest)
        check_not_negative(amplitude=self.amplitude)
        if self.lowest >= self.highest:
            raise InputError(f"lowest must be below highest, got {self.lowest} and {self.highest}.")

    @property
    def formula(self) -> str:
        """The clean signal as a formula, for example "sin(w x), w from 0.02 to 0.2,"."""
        amplitude = "" if self.amplitude == 1 else f"{self.amplitude:g} "
        return f"{amplitude}sin(w x), w from {self.lowest:g} to {self.highest:g},"

    def clean(self, count: int, context_length: int, horizon: int, rng: np.random.Generator) -> FloatArray:
        """[count, L + H]: each row has its frequency and phase drawn from the prior."""
        frequency = rng.uniform(self.lowest, self.highest, (count, 1))
        phase = 2 * np.pi * rng.random((count, 1))
        clean: FloatArray = self.amplitude * np.sin(frequency * np.arange(context_length + horizon) + phase)
        return clean

    def smooth_autocovariance(self, lag: FloatArray) -> FloatArray:
        """A^2/2 cos(w lag) averaged over w: A^2/2 cos(m lag) sin(d lag) / (d lag), m the middle, d half the range."""
        middle, half = (self.highest + self.lowest) / 2, (self.highest - self.lowest) / 2
        return np.asarray(0.5 * self.amplitude**2 * np.cos(middle * lag) * np.sinc(half * lag / np.pi))

    def posterior(self, context: FloatArray, horizon: int) -> tuple[FloatArray, FloatArray]:
        """Mean and variance of the clean signal 1..horizon steps after each window, [B, H] each.

        Quadrature over frequency and phase; over the frequency by Fejér's rule, since its posterior may end abruptly
        at the bounds. With g = A / sigma, the posterior of the phase is no narrower than 1 / (g sqrt(L)). That of the
        frequency is no narrower than 1 / (g sqrt(sum (t - t_mean)^2)). The phase is taken at the middle of the
        window, where it correlates least with the frequency.

        Raises:
            InputError: the noise is so small that the grid would be too large.
        """
        if self.amplitude == 0:
            return np.zeros((len(context), horizon)), np.zeros((len(context), horizon))
        length = context.shape[1]
        w, weights, phi = self._nodes(length)
        frequency, phase = np.repeat(w, len(phi)), np.tile(phi, len(w))

        def curve(steps: FloatArray) -> FloatArray:
            angle = frequency[:, None] * (steps - (length - 1) / 2) + phase[:, None]
            return np.asarray(self.amplitude * np.sin(angle))

        return quadrature.posterior(context, horizon, curve, np.repeat(weights, len(phi)), self.sigma)

    def slope(self, window: FloatArray, step: int) -> tuple[float, FloatArray] | None:
        """The mean `step` values after a window [L], and its derivative [L], by the same quadrature; see its `slope`.

        A curve A sin(w t + phi) is a sum A (sin(w t) cos(phi) + cos(w t) sin(phi)): its products with the window are
        those of every frequency, put together for every phase.
        """
        if self.amplitude == 0:
            return 0.0, np.zeros(len(window))
        length, size = len(window), self.amplitude
        w, weights, phi = self._nodes(length)
        angle = w[:, None] * (np.append(np.arange(length), length + step - 1) - (length - 1) / 2)
        sines, cosines = np.sin(angle), np.cos(angle)  # [F, L + 1]
        sine, cosine = sines[:, :-1], cosines[:, :-1]
        of_phase = np.stack([np.cos(phi), np.sin(phi)])  # [2, P]
        products = np.stack([sine @ window, cosine @ window], axis=1) @ of_phase  # [F, P]
        squares = np.stack([(sine**2).sum(axis=1), (cosine**2).sum(axis=1), 2 * (sine * cosine).sum(axis=1)], axis=1)
        norms = squares @ np.stack([*of_phase**2, of_phase[0] * of_phase[1]])
        log_weight = (size * products - size**2 * norms / 2) / self.sigma**2 + np.log(weights)[:, None]
        weight = np.exp(log_weight - log_weight.max())
        weight /= weight.sum()
        ahead = size * np.stack([sines[:, -1], cosines[:, -1]], axis=1) @ of_phase
        mean = float((weight * ahead).sum())
        moved = (weight * (ahead - mean)) @ of_phase.T  # [F, 2]
        return mean, np.asarray(size * (moved[:, 0] @ sine + moved[:, 1] @ cosine) / self.sigma**2)

    def _nodes(self, length: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The frequencies [F] of the quadrature for windows of a length, their weights [F], and the phases [P]."""
        gain = self.amplitude / self.sigma if self.sigma else math.inf
        phases = quadrature.nodes_for(2 * np.pi, 1 / (gain * math.sqrt(length)), 64)
        spread = gain * math.sqrt(max(length * (length**2 - 1) / 12, 1.0))
        # In the middle of the range, Fejér's nodes are pi/2 times as far apart as on average.
        frequencies = quadrature.nodes_for(np.pi / 2 * (self.highest - self.lowest), 1 / spread, 64)
        quadrature.check_size(phases * frequencies, self.sigma)
        place, weights = quadrature.fejer(frequencies)
        w = (self.highest + self.lowest + (self.highest - self.lowest) * place) / 2
        return w, weights, 2 * np.pi * np.arange(phases) / phases

    def scene(self, context_length: int) -> Scene:
        """The signal with sliders for frequency, phase, amplitude and noise."""

        def curve(values: Values, steps: NDArray[np.int_], length: int) -> FloatArray:
            return np.asarray(values["amplitude"] * np.sin(values["frequency"] * (steps - length) + values["phase"]))

        def known(values: Values) -> Signal:
            return SineAny(
                lowest=self.lowest, highest=self.highest, amplitude=values["amplitude"],
                sigma=values["noise"],
            )  # fmt: skip

        middle = round((self.lowest + self.highest) / 2, 2)
        # Beyond this range of frequencies, which the references assume, they would no longer be the best.
        frequency = scene.frequency(middle)._replace(low=self.lowest, high=self.highest)
        amplitude = scene.amplitude(self.amplitude)._replace(high=scene.LARGEST_AMPLITUDE)
        return Scene((frequency, scene.phase(), amplitude, scene.noise(self, scene.LEAST_NOISE)), curve, known)
