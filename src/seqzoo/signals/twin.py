"""The twin of a measured series: a stationary linear Gaussian process with nearly the same autocovariance.

x_t = mean + level + season + autoregression + sigma e_t, where

- the level is an AR(1) of slow decay, in place of a random walk;
- the season is three harmonics of one period; harmonic j turns by 2 pi j / period a step, and decays slowly or never;
- the autoregression is of order 2.

All parts are Gaussian, so that the conditional mean is linear in the window: the Bayes forecaster is that of the
Kalman filter with the window as its only information, and no network can be better. What a twin of a series measures
is the price of little data: the excess, on the twin, of a network trained on as many values as the series has.

A random walk or a local trend has no distribution of windows: its Kalman filter starts diffuse, and the start of a
window would have no variance to draw it from. A stationary part has both, in one window and in a long series alike.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._arrays import FloatArray
from .._extras import one_thread_of_algebra, require
from ..data.windows import finite_series
from ..errors import InputError
from . import scene
from .scene import Knob, Scene, Values
from .signal import Moments, Signal, Stationary, check_not_negative

HARMONICS = 3
LEAST_POINTS = 50
MOST_POINTS = 2_000  # the latest so many are fitted; a fit then takes seconds


@dataclass(frozen=True, kw_only=True)
class Twin(Stationary):
    """A signal that no command names; `fit` finds its parameters for a series.

    Args:
        mean: of the process.
        level: standard deviation of the level, at least 0.
        level_memory: its autocorrelation at lag 1, in [0, 1).
        period: of the season, in steps, at least 2.
        season_1, season_2, season_3: standard deviations of the harmonics of the period, at least 0.
        season_memory: what a harmonic keeps in a step, in [0, 1]; at 1 a season repeats for ever.
        ar_1, ar_2: coefficients of the autoregression, which must be stationary.
        shock: standard deviation of its shocks, at least 0.
        sigma: standard deviation of the noise, at least 0.
    """

    mean: float = 0.0
    level: float = 0.0
    level_memory: float = 0.99
    period: float = 24.0
    season_1: float = 1.0
    season_2: float = 0.3
    season_3: float = 0.0
    season_memory: float = 1.0
    ar_1: float = 0.6
    ar_2: float = 0.0
    shock: float = 0.5

    title: ClassVar[str] = "twin"
    noun: ClassVar[str] = "twin"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_not_negative(level=self.level, shock=self.shock, **self._seasons)
        for name, memory in (("level_memory", self.level_memory), ("season_memory", self.season_memory)):
            if not 0 <= memory <= 1 or (memory == 1 and name == "level_memory"):
                raise InputError(f"{name} must be from 0 to 1, and below 1 for the level, got {memory}.")
        if self.period < 2:
            raise InputError(f"period must be at least 2 steps, got {self.period}.")
        if not (abs(self.ar_2) < 1 and abs(self.ar_1) < 1 - self.ar_2):
            raise InputError(
                "ar_1 and ar_2 must be those of a stationary process, |ar_2| < 1 and |ar_1| < 1 - ar_2, got "
                f"{self.ar_1} and {self.ar_2}."
            )

    @property
    def formula(self) -> str:
        """The clean signal in words: its parts."""
        parts = {
            f"level of spread {self.level:g}": self.level,
            f"season of {self.period:g} steps": max(self._seasons.values()),
            f"AR({self.ar_1:g}, {self.ar_2:g})": self.shock,
        }
        return " + ".join(name for name, size in parts.items() if size > 0) or f"{self.mean:g}"

    def smooth_autocovariance(self, lag: FloatArray) -> FloatArray:
        """The sum of those of level, season and autoregression."""
        steps = np.abs(np.asarray(lag, np.float64))
        covariance = self.level**2 * self.level_memory**steps
        for harmonic, spread in enumerate(self._seasons.values(), 1):
            turn = 2 * math.pi * harmonic / self.period
            covariance = covariance + spread**2 * self.season_memory**steps * np.cos(turn * steps)
        recursion = self._recursion(int(steps.max(initial=0)) + 1)
        autoregressive: FloatArray = recursion[steps.astype(np.intp)]
        return np.asarray(covariance + autoregressive)

    def moments(self, context_length: int, horizon: int) -> Moments:
        """The exact first and second moments of an observed window."""
        known = super().moments(context_length, horizon)
        return known._replace(
            context_mean=known.context_mean + self.mean, target_mean=known.target_mean + self.mean
        )

    def clean(self, count: int, context_length: int, horizon: int, rng: np.random.Generator) -> FloatArray:
        """[count, L + H]: each row begins with a draw from the stationary distribution."""
        length = context_length + horizon
        total = np.full((count, length), float(self.mean))
        memory = self.level_memory
        shocks = self.level * math.sqrt(1 - memory**2) * rng.standard_normal((count, length))
        shocks[:, 0] /= math.sqrt(1 - memory**2)
        total += _filtered(shocks, memory, 0.0)
        for harmonic, spread in enumerate(self._seasons.values(), 1):
            # A turning pair is one complex AR(1); its real part is what is seen.
            turn = self.season_memory * np.exp(2j * math.pi * harmonic / self.period)
            pairs = rng.standard_normal((count, length)) + 1j * rng.standard_normal((count, length))
            pairs[:, 1:] *= math.sqrt(1 - self.season_memory**2)
            total += spread * _filtered(pairs, turn, 0.0).real
        start = self._recursion(2)
        shocks = rng.standard_normal((count, length))
        together = start[1] / math.sqrt(start[0]) if start[0] > 0 else 0.0
        second = together * shocks[:, 0] + math.sqrt(max(0.0, start[0] - together**2)) * shocks[:, 1 % length]
        shocks[:, 2:] *= self.shock
        first = math.sqrt(start[0]) * shocks[:, 0]
        shocks[:, 1:2] = (second - self.ar_1 * first)[:, None]
        shocks[:, 0] = first
        total += _filtered(shocks, self.ar_1, self.ar_2)
        return total

    def posterior(self, context: FloatArray, horizon: int) -> tuple[FloatArray, FloatArray]:
        """Mean and variance of the clean signal 1..horizon steps after each window, [B, H] each.

        With weights W = Cov(target, context) Cov(context)^-1 the mean is m + W (x - m). The variance, the same for
        every window, is that of the signal less the diagonal of W Cov(context, target).
        """
        known = self.moments(context.shape[1], horizon)
        # Without noise a season makes the matrix singular; its null space holds nothing of any window.
        inverse = np.linalg.pinv(known.within, rcond=1e-12, hermitian=True)
        weights = known.cross @ inverse
        variance = float(self.smooth_autocovariance(np.zeros(1))[0]) - (known.cross * weights).sum(axis=1)
        forecast = self.mean + (np.asarray(context, np.float64) - self.mean) @ weights.T
        return forecast, np.broadcast_to(np.maximum(variance, 0.0), forecast.shape)

    def scene(self, context_length: int) -> Scene:
        """What is expected of the signal after its first value, which a slider sets, and the noise."""
        spread = math.sqrt(float(self.smooth_autocovariance(np.zeros(1))[0]))
        start = Knob("start", "First value, in standard deviations", -3.0, 3.0, 0.05, 1.0)

        def curve(values: Values, steps: NDArray[np.int_], length: int) -> FloatArray:
            covariance = self.smooth_autocovariance(steps.astype(np.float64))
            return np.asarray(self.mean + values["start"] * covariance / (spread or 1.0))

        def known(values: Values) -> Signal:
            return Twin(**{**vars(self), "sigma": values["noise"]})

        return Scene((start, scene.noise(self)), curve, known)

    @property
    def _seasons(self) -> dict[str, float]:
        return {"season_1": self.season_1, "season_2": self.season_2, "season_3": self.season_3}

    def _recursion(self, count: int) -> FloatArray:
        """[count]: autocovariances of the autoregression at lags 0, 1, ..., by the equations of Yule and Walker."""
        first = self.ar_1 / (1 - self.ar_2)
        variance = self.shock**2 / (1 - self.ar_1 * first - self.ar_2 * (self.ar_1 * first + self.ar_2))
        covariance = np.empty(max(count, 2))
        covariance[:2] = variance, variance * first
        for lag in range(2, count):
            covariance[lag] = self.ar_1 * covariance[lag - 1] + self.ar_2 * covariance[lag - 2]
        return covariance


def fit(series: ArrayLike, period: int | None = None) -> Twin:
    """The twin of a series, in its units.

    A straight line is removed; the twin has none. Structural models (Harvey, Forecasting, structural time series
    models and the Kalman filter, 1989) of the latest `MOST_POINTS` values are fitted by maximum likelihood: a
    random-walk level, an autoregression of order 2, or both, each with noise, and with the season if its period is
    given. The one of least AIC becomes the twin; its random walks get the variance that they had over the series.

    Args:
        series: [T], at least `LEAST_POINTS` finite values that are not all equal; NaN where one is missing, which the
            Kalman filter passes over.
        period: of the season, 2 steps to half the series; None for no season.

    Raises:
        MissingExtraError: statsmodels is not installed.
        InputError: the series is too short, constant or not finite, or the period lies outside its range.
    """
    values = finite_series(series, missing=True)
    if (count := int((~np.isnan(values)).sum())) < LEAST_POINTS:
        raise InputError(f"a twin needs a series of at least {LEAST_POINTS} values, got {count}.")
    latest = values[-MOST_POINTS:]
    known = ~np.isnan(latest)
    if period is not None and not 2 <= period <= len(latest) // 2:
        raise InputError(f"the period must be from 2 to {len(latest) // 2} steps, half the values, got {period}.")
    mean = float(latest[known].mean())
    steps = np.linspace(-1, 1, len(latest))
    steps -= steps[known].mean()
    rest = latest - mean
    rest = rest - steps * float(steps[known] @ rest[known]) / float(steps[known] @ steps[known])
    scale = float(rest[known].std())
    if scale <= 1e-12 * float(np.nanmax(np.abs(values))):
        raise InputError("a twin needs a series that is more than a straight line: nothing varies about it.")
    with one_thread_of_algebra():  # a filter multiplies matrices of a few states
        best = min(_fitted(rest / scale, period), key=lambda result: float(result.aic))
    return _of(best, period, mean, scale)


def _fitted(values: FloatArray, period: int | None) -> list[Any]:
    """The fitted candidates, results of statsmodels."""
    require(["statsmodels"], "the twin of a series", "rivals")
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    season = {"freq_seasonal": [{"period": period, "harmonics": min(HARMONICS, period // 2)}]} if period else {}
    results = []
    for level, order in (("llevel", None), ("dconstant", 2), ("llevel", 2)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a candidate that does not converge has a poor AIC
            model = UnobservedComponents(values, level=level, autoregressive=order, **season)
            results.append(model.fit(disp=0, maxiter=200))
    return results


def _of(result: Any, period: int | None, mean: float, scale: float) -> Twin:
    """The twin of a fitted model of (series - mean) / scale."""
    fitted = dict(zip(result.model.param_names, np.asarray(result.params, float), strict=True))
    smoothed = np.asarray(result.smoothed_state)  # [states, T]
    step = max(fitted.get("sigma2.level", 0.0), 0.0)
    spread = float(smoothed[0].var()) + step if step > 0 else 0.0
    seasons: dict[str, float] = {}
    memory = 1.0
    if period:
        name = next(name for name in fitted if name.startswith("sigma2.freq_seasonal"))
        pairs = smoothed[1 : 1 + 2 * min(HARMONICS, period // 2)]
        power = [float((pairs[place] ** 2).mean()) for place in range(0, len(pairs), 2)]  # the half that is seen
        seasons = {f"season_{place}": scale * math.sqrt(value) for place, value in enumerate(power, 1)}
        memory = math.sqrt(max(0.0, 1 - max(fitted[name], 0.0) * len(power) / sum(power))) if sum(power) > 0 else 1.0
    return Twin(
        mean=mean,
        sigma=scale * math.sqrt(max(fitted.get("sigma2.irregular", 0.0), 0.0)),
        level=scale * math.sqrt(spread),
        level_memory=math.sqrt(1 - step / spread) if spread > 0 else 0.0,
        period=float(period or 24),
        **{**dict.fromkeys(("season_1", "season_2", "season_3"), 0.0), **seasons},
        season_memory=memory,
        ar_1=float(fitted.get("ar.L1", 0.0)),
        ar_2=float(fitted.get("ar.L2", 0.0)),
        shock=scale * math.sqrt(max(fitted.get("sigma2.ar", 0.0), 0.0)),
    )


def _filtered(shocks: NDArray[Any], first: complex, second: complex) -> NDArray[Any]:
    """[B, T]: y_t = shocks_t + first y_(t-1) + second y_(t-2), which begins with the shocks themselves."""
    values = shocks.copy()
    for step in range(1, values.shape[1]):
        values[:, step] += first * values[:, step - 1]
        if step > 1 and second:
            values[:, step] += second * values[:, step - 2]
    return values
