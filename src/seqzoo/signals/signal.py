"""The interface of every signal family: realisations without noise, their moments, and the exact posterior.

An observed window is clean + sigma e with Gaussian e. Shapes: B windows, L context, H horizon.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import ClassVar, NamedTuple

import numpy as np

from .._arrays import FloatArray
from ..errors import InputError
from .scene import Scene

LARGEST = 1e9  # size of a parameter: the square of a larger one could overflow
SMALLEST = 1e-100  # size of a parameter other than 0: the square of a smaller one could vanish
MAX_OBSERVED = 10_000_000  # values of an observed series


class Realisation(NamedTuple):
    """One realisation of a signal with and without its noise, both [T]."""

    observed: FloatArray
    clean: FloatArray


class Draw(NamedTuple):
    """Independent windows: context [B, L]; target and clean target [B, H]."""

    context: FloatArray
    target: FloatArray
    clean: FloatArray


class Moments(NamedTuple):
    """First and second moments of the observed values of a window.

    Means of context [L] and target [H]; covariances within the context [L, L] and of each target with
    it [H, L]; variance of each target [H].
    """

    context_mean: FloatArray
    target_mean: FloatArray
    within: FloatArray
    cross: FloatArray
    variance: FloatArray


@dataclass(frozen=True, kw_only=True)
class Signal(ABC):
    """A family of signals whose distribution is known.

    Args:
        sigma: standard deviation of the Gaussian noise, at least 0.
    """

    sigma: float = 0.1

    title: ClassVar[str]
    """The name in titles of models, for example "sine wave" in "LSTM sine wave predictor"."""
    noun: ClassVar[str]
    """The name in sentences, for example "sine" in "the best for the sine it assumes"."""
    realisation: ClassVar[int | None] = None
    """Length of one realisation in an observed series; None if one realisation has no end."""
    episodic: ClassVar[bool] = False
    """Whether each window is an episode that is not part of a longer series."""
    windows_to_score: ClassVar[int] = 200_000
    """Number of fresh windows that a bundle is scored on; smaller where the posterior is expensive."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
                raise InputError(f"{field.name} must be a number of at most {LARGEST:g}, got {str(value)[:40]!r}.")
            if 0 < abs(value) < SMALLEST:
                raise InputError(f"{field.name} must be 0 or at least {SMALLEST:g} in size, got {value}.")
        if self.sigma < 0:
            raise InputError(f"sigma must be >= 0, got {self.sigma}.")

    @abstractmethod
    def clean(self, count: int, context_length: int, horizon: int, rng: np.random.Generator) -> FloatArray:
        """[count, L + H]: independent realisations without noise."""

    @abstractmethod
    def moments(self, context_length: int, horizon: int) -> Moments:
        """The exact first and second moments of an observed window."""

    @abstractmethod
    def posterior(self, context: FloatArray, horizon: int) -> tuple[FloatArray, FloatArray]:
        """Mean and variance of the clean signal 1..horizon steps after each window, given the window.

        Args:
            context: [B, L]
            horizon: H >= 1

        Returns:
            mean [B, H], variance [B, H]
        """

    def slope(self, window: FloatArray, step: int) -> tuple[float, FloatArray] | None:
        """The posterior mean `step` values after a window [L], and its derivative [L] by each value of the window.

        None where only differences of `posterior` tell the derivative.
        """
        return None

    @abstractmethod
    def scene(self, context_length: int) -> Scene:
        """The signal with the sliders of its page."""

    @property
    @abstractmethod
    def formula(self) -> str:
        """The clean signal as a formula, for example "sin(0.02 x)"."""

    @property
    def description(self) -> str:
        """The observed signal as a formula, for example "sin(0.02 x) + noise, sigma 0.1"."""
        return f"{self.formula} + noise, sigma {self.sigma:g}"

    def draw(self, count: int, context_length: int, horizon: int, rng: np.random.Generator) -> Draw:
        """Independent windows, each from a separate realisation.

        Raises:
            InputError: count, context length or horizon is below 1, or the context length does not fit the family.
        """
        if min(count, context_length, horizon) < 1:
            raise InputError(
                f"count, context_length and horizon must be >= 1, got {count}, {context_length} and {horizon}."
            )
        clean = self.clean(count, context_length, horizon, rng)
        observed = clean + self.sigma * rng.standard_normal(clean.shape)
        return Draw(observed[:, :context_length], observed[:, context_length:], clean[:, context_length:])

    def endless(
        self, batch: int, context_length: int, horizon: int, *, seed: int, start: int = 0
    ) -> Iterator[Draw]:
        """Fresh draws without end. Draw number k depends only on (seed, k): `start` continues a stream at any k."""
        step = start
        while True:
            yield self.draw(batch, context_length, horizon, np.random.default_rng([seed, step]))
            step += 1

    def observed_length(self, width: int) -> int | None:
        """The length of each realisation in an observed series that is cut into windows of `width` values.

        None if the series is one realisation of any length.
        """
        if self.episodic:
            return width
        return None if self.realisation is None else max(self.realisation, width)

    def observed_series(self, points: int, context_length: int, horizon: int, *, seed: int) -> list[FloatArray]:
        """A finite observed data set of `points` values: one series, or several realisations.

        Returns:
            Arrays [T] with at most `points` values together, each long enough for a window.

        Raises:
            InputError: `points` is smaller than one window or too large.
        """
        width = context_length + horizon
        if not width <= points <= MAX_OBSERVED:
            raise InputError(
                f"a budget must be from one window, {context_length} + {horizon} values, to {MAX_OBSERVED:,} "
                f"points, got {points}."
            )
        rng = np.random.default_rng(seed)
        whole = self.observed_length(width)
        length = points if whole is None else min(points, whole)
        drawn = self.draw(points // length, length - horizon, horizon, rng)
        return list(np.concatenate([drawn.context, drawn.target], axis=1))


class Stationary(Signal):
    """A signal of mean 0 whose covariance depends only on the lag."""

    @abstractmethod
    def smooth_autocovariance(self, lag: FloatArray) -> FloatArray:
        """E[s_t s_(t + lag)] of the clean signal s."""

    def autocovariance(self, lag: FloatArray) -> FloatArray:
        """E[x_t x_(t + lag)] of the observed signal: that of the clean signal, plus sigma^2 at lag 0."""
        covariance: FloatArray = self.smooth_autocovariance(lag) + self.sigma**2 * (lag == 0)
        return covariance

    def moments(self, context_length: int, horizon: int) -> Moments:
        """The exact first and second moments of an observed window."""
        index = np.arange(context_length, dtype=np.float64)
        ahead = np.arange(context_length, context_length + horizon, dtype=np.float64)
        return Moments(
            context_mean=np.zeros(context_length),
            target_mean=np.zeros(horizon),
            within=self.autocovariance(np.abs(index[:, None] - index)),
            cross=self.autocovariance(ahead[:, None] - index),
            variance=self.autocovariance(np.zeros(horizon)),
        )


def check_frequency(name: str, value: float) -> None:
    """Raises InputError unless the angular frequency is in (0, pi]."""
    if not 0 < value <= math.pi:
        raise InputError(f"{name} must be in (0, pi] radians per step, got {value}.")


def check_not_negative(**values: float) -> None:
    """Raises InputError if one of the named values is below 0."""
    for name, value in values.items():
        if value < 0:
            raise InputError(f"{name} must be >= 0, got {value}.")
