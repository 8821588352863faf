"""What every signal family is: realisations without noise, their moments, and the exact posterior.

A window is observed as clean + sigma e with Gaussian e. Shapes: B windows, L context, H horizon.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

FloatArray = NDArray[np.floating]

LARGEST = 1e9  # of a parameter: the square of a larger one could overflow
SMALLEST = 1e-100  # of one that is not 0: the square of a smaller one could vanish
MAX_OBSERVED = 10_000_000  # values of an observed series


class Realisation(NamedTuple):
    """One realisation of a signal as it is seen, and as it is without its noise, both [T]."""

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
    """As in "sine wave"; stands between an architecture's name and "predictor"."""
    noun: ClassVar[str]
    """As in "sine"; stands in "the best for the sine it assumes"."""
    realisation: ClassVar[int | None] = None
    """Values of one realisation in an observed series; None where one goes on for ever."""
    episodic: ClassVar[bool] = False
    """Whether a window is a whole of its own, that no longer series contains."""
    windows_to_score: ClassVar[int] = 200_000
    """Fresh windows that a bundle is scored on; fewer where the posterior is dear."""

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

    @property
    @abstractmethod
    def formula(self) -> str:
        """The clean signal as people write it, as "sin(0.02 x)"."""

    @property
    def description(self) -> str:
        """As "sin(0.02 x) + noise, sigma 0.1"."""
        return f"{self.formula} + noise, sigma {self.sigma:g}"

    def draw(self, count: int, context_length: int, horizon: int, rng: np.random.Generator) -> Draw:
        """Independent windows, each a realisation of its own."""
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
        """Fresh draws without end. Draw number k depends on (seed, k) only, so that a stream can be
        taken up again at any k through `start`."""
        step = start
        while True:
            yield self.draw(batch, context_length, horizon, np.random.default_rng([seed, step]))
            step += 1

    def observed_length(self, width: int) -> int | None:
        """Values of each realisation in an observed series that windows of `width` values are cut from.

        None where there is one realisation, as long as the budget.
        """
        if self.episodic:
            return width
        return None if self.realisation is None else max(self.realisation, width)

    def observed_series(self, points: int, context_length: int, horizon: int, *, seed: int) -> list[FloatArray]:
        """What somebody who may look at `points` values gets to see: one series, or several realisations.

        Returns:
            Arrays [T] of together at most `points` values, each long enough for a window.

        Raises:
            InputError: fewer points than one window has.
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
    """A signal of mean 0 whose covariance depends on the lag alone."""

    @abstractmethod
    def smooth_autocovariance(self, lag: FloatArray) -> FloatArray:
        """E[s_t s_(t + lag)] of the clean signal s."""

    def autocovariance(self, lag: FloatArray) -> FloatArray:
        """E[x_t x_(t + lag)] of the observed signal: the clean one's, plus sigma^2 at lag 0."""
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
    """Raises InputError unless an angular frequency is in (0, pi]."""
    if not 0 < value <= math.pi:
        raise InputError(f"{name} must be in (0, pi] radians per step, got {value}.")


def check_not_negative(**values: float) -> None:
    """Raises InputError if one of the named values is below 0."""
    for name, value in values.items():
        if value < 0:
            raise InputError(f"{name} must be >= 0, got {value}.")
