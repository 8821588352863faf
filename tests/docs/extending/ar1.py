"""A noisy autoregression of order 1: s_t = phi s_(t-1) + e_t, of variance spread^2, seen as x_t = s_t + sigma e_t."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from .._arrays import FloatArray
from . import scene
from .scene import Knob, Scene, Values
from .signal import Signal, Stationary, check_not_negative


@dataclass(frozen=True, kw_only=True)
class AR1(Stationary):
    """The signal family `ar1`. All of it is Gaussian, so that the best forecaster is linear.

    Args:
        phi: from -0.99 to 0.99.
        spread: standard deviation of the signal, at least 0.
        sigma: standard deviation of the Gaussian noise, at least 0.
    """

    phi: float = 0.9
    spread: float = 1.0

    title: ClassVar[str] = "autoregression"
    noun: ClassVar[str] = "autoregression"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_not_negative(spread=self.spread, room=0.99 - abs(self.phi))

    def smooth_autocovariance(self, lag: FloatArray) -> FloatArray:
        covariance: FloatArray = self.spread**2 * self.phi ** np.abs(lag)
        return covariance

    def clean(self, count: int, context_length: int, horizon: int, rng: np.random.Generator) -> FloatArray:
        values = self.spread * rng.standard_normal((count, context_length + horizon))
        for step in range(1, values.shape[1]):
            values[:, step] = self.phi * values[:, step - 1] + np.sqrt(1 - self.phi**2) * values[:, step]
        return values

    def posterior(self, context: FloatArray, horizon: int) -> tuple[FloatArray, FloatArray]:
        known = self.moments(context.shape[1], horizon)
        weights = np.linalg.solve(known.within, known.cross.T)
        variance = self.spread**2 - (known.cross * weights.T).sum(axis=1)
        return context @ weights, np.broadcast_to(variance, (len(context), horizon))

    @property
    def formula(self) -> str:
        return f"AR(1), phi {self.phi:g}"

    def scene(self, context_length: int) -> Scene:
        start = Knob("start", "First value", -2.0, 2.0, 0.05, 1.0)

        def curve(values: Values, steps: NDArray[np.int_], length: int) -> FloatArray:
            return np.asarray(values["start"] * self.phi ** steps.astype(float))

        def known(values: Values) -> Signal:
            return AR1(phi=self.phi, spread=self.spread, sigma=values["noise"])

        return Scene((start, scene.noise(self)), curve, known)
