"""The noisy sine x_t = A sin(w t + phi) + sigma e_t: generator, moments, posterior."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .phase import PhasePosterior

FloatArray = NDArray[np.floating]

LARGEST = 1e9


class Series(NamedTuple):
    """A series as it is seen and as it is without its noise, both [T]."""

    observed: FloatArray
    clean: FloatArray


class Draw(NamedTuple):
    """Independent windows of fresh phase and noise: context [B, L]; target and clean target [B, H]."""

    context: FloatArray
    target: FloatArray
    clean: FloatArray


@dataclass(frozen=True)
class Sine:
    """The signal family `sine`.

    Args:
        angular_frequency: w, radians per step, in (0, pi].
        amplitude: A, at least 0.
        sigma: standard deviation of the Gaussian noise, at least 0.
    """

    angular_frequency: float = 0.02
    amplitude: float = 1.0
    sigma: float = 0.1

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            # Larger ones would overflow when squared.
            if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
                raise InputError(f"{field.name} must be a number of at most {LARGEST:g}, got {str(value)[:40]!r}.")
        if not 0 < self.angular_frequency <= math.pi:
            raise InputError(
                f"angular_frequency must be in (0, pi] radians per step, got {self.angular_frequency}."
            )
        if self.amplitude < 0 or self.sigma < 0:
            raise InputError(f"amplitude and sigma must be >= 0, got {self.amplitude} and {self.sigma}.")

    def series(self, length: int, *, seed: int, phase: float = 0.0) -> Series:
        """One series for x = 0, 1, ..., length - 1, the same for the same seed.

        Raises:
            InputError: length below 1 or a phase that is not finite.
        """
        if length < 1 or not math.isfinite(phase):
            raise InputError(f"a series needs length >= 1 and a finite phase, got {length} and {phase}.")
        clean = self.amplitude * np.sin(self.angular_frequency * np.arange(length) + phase)
        return Series(clean + self.sigma * np.random.default_rng(seed).standard_normal(length), clean)

    def draw(self, count: int, context_length: int, horizon: int, rng: np.random.Generator) -> Draw:
        """Independent windows, each of a phase of its own drawn from the uniform prior."""
        if min(count, context_length, horizon) < 1:
            raise InputError(
                "count, context_length and horizon must be >= 1, "
                f"got {count}, {context_length} and {horizon}."
            )
        phase = 2 * np.pi * rng.random((count, 1))
        steps = np.arange(context_length + horizon)
        clean = self.amplitude * np.sin(self.angular_frequency * steps + phase)
        observed = clean + self.sigma * rng.standard_normal(clean.shape)
        return Draw(
            observed[:, :context_length], observed[:, context_length:], clean[:, context_length:]
        )

    def endless(
        self, batch: int, context_length: int, horizon: int, *, seed: int, start: int = 0
    ) -> Iterator[Draw]:
        """Fresh draws without end. Draw number k depends on (seed, k) only, so that a stream can be
        taken up again at any k through `start`."""
        step = start
        while True:
            yield self.draw(batch, context_length, horizon, np.random.default_rng([seed, step]))
            step += 1

    def autocovariance(self, lag: FloatArray) -> FloatArray:
        """E[x_t x_(t + lag)] over phase and noise: A^2/2 cos(w lag), plus sigma^2 at lag 0."""
        smooth = 0.5 * self.amplitude**2 * np.cos(self.angular_frequency * lag)
        covariance: FloatArray = smooth + self.sigma**2 * (lag == 0)
        return covariance

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
        # Noise below 1e-6 of the amplitude counts as 1e-6 of it: the forecast is exact to 12 digits then.
        sigma = max(self.sigma, 1e-6 * self.amplitude, np.finfo(np.float64).tiny)
        posterior = PhasePosterior(steps, gain=self.amplitude / sigma)
        mean, variance = posterior.sine(np.asarray(context, np.float64) / sigma, ahead)
        return self.amplitude * mean, self.amplitude**2 * variance
