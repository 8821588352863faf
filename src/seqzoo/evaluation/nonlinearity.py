"""Is there anything in a series that a linear forecaster cannot see? A rank test of a small network's gain.

A small network is trained on the residuals of a linear forecaster. Its gain is the share of the linear forecaster's
held-out squared error that it removes. The same gain is computed on S surrogates of the series (`surrogates.py`), in
exactly the same way: the same lags, folds, initial weights and order of batches. Under the null hypothesis the series
and its surrogates are exchangeable, so that the rank of its gain gives the p-value

    p = (1 + number of surrogates whose gain is at least that of the series) / (S + 1)

(Theiler et al., Testing for nonlinearity in time series: the method of surrogate data, Physica D 58, 1992; Phipson
and Smyth, Permutation p-values should never be zero, 2010). With 19 surrogates p = 0.05 is the smallest.

The null hypothesis: a stationary linear Gaussian process, observed through a monotone function that does not change.
The test sees what a network of 8 lags can forecast one step ahead and a linear forecaster of 8 lags cannot:
thresholds, chaos, dependence that differs between high and low values. It does not see what needs more than 8 lags,
or what the network does not learn from so few points: a large p is no proof that the series is linear.

A small p has other causes too. Nothing here tells nonlinearity from a law that changes with time, and a variance that
changes disturbs the ranks. A season that repeats unchanged is no Gaussian process, and is often rejected: give its
length, and its means are removed first. A slow sine with noise is rarely rejected, for a line spectrum is nearly its
own surrogate, whatever a network gains from it. `benchmarks/surrogates.py` measures all these rates.

Shapes: T series, S series at once, N rows, P lags, K hidden units.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Float32Array, FloatArray, channel, with_channel
from ..data.windows import finite_series
from ..errors import InputError
from .surrogates import iaaft, matched_ends

LEAST_POINTS = 100  # fewer leave a network nothing to learn from
MOST_POINTS = 3_000  # the latest so many are used: a test then takes about half a second at any length
LAGS = 8
FOLDS = 3
HIDDEN = 16
STEPS = 300
BATCH = 128
LEARNING_RATE = 2e-2
PRIOR = 5.0  # weight decay times rows: a Gaussian prior on weights, the weaker the more rows there are
RIDGE = 1e-9  # of the variance; it only keeps the normal equations solvable
UNIT_ROOT = -3.41  # 5% point of the Dickey-Fuller t statistic with constant and trend (Fuller, 1976)


@dataclass(frozen=True)
class LinearityTest:
    """The outcome of `linearity`.

    Args:
        p: probability of so high a rank if the null hypothesis holds.
        gain: share of the linear forecaster's held-out squared error that the network removes on the series, below 0
            where it adds to it.
        surrogate_gains: [S] the same on each surrogate, ascending.
        points: number of values that were tested: the latest, less what matching the ends cost.
        is_differenced: whether first differences were tested, as a unit root was not rejected; otherwise a straight
            line was removed.
        season: length of the season whose means were removed; None if none was given.
    """

    p: float
    gain: float
    surrogate_gains: tuple[float, ...]
    points: int
    is_differenced: bool
    season: int | None

    @property
    def is_rejected(self) -> bool:
        """Whether p is at most 0.05: a network sees something that a linear forecaster does not."""
        return self.p <= 0.05

    def __str__(self) -> str:
        best, count = self.surrogate_gains[-1], len(self.surrogate_gains)
        return (
            f"{'nonlinear' if self.is_rejected else 'no nonlinearity detected'}: a small network changes the linear "
            f"forecaster's squared error by {-self.gain:+.1%}, and by {-best:+.1%} on the best of {count} surrogates "
            f"(p = {self.p:.2g}, {self.points:,} points)"
        )


def linearity(
    series: ArrayLike, *, season: int | None = None, surrogates: int = 19, seed: int = 0
) -> LinearityTest:
    """Tests whether a small network gains more from a series than from its surrogates.

    The latest `MOST_POINTS` values are used. Means of the season, then a straight line are removed; where a unit root
    is not rejected, first differences are taken instead of the line. Then the ends are matched. All of this happens
    once, before the surrogates are drawn.

    Args:
        series: [T], at least `LEAST_POINTS` finite values.
        season: length of a known season, 2 to a third of the points.
        surrogates: S; with 19 the smallest p is 0.05, with 99 it is 0.01.
        seed: seed of surrogates, weights and batches; equal seeds give equal outcomes.

    Raises:
        InputError: the test is not made: the series is too short, not finite, constant, or forecast exactly by a
            linear forecaster; or an argument lies outside its range.
    """
    values = finite_series(series)
    if len(values) < LEAST_POINTS:
        raise InputError(
            f"the test of linearity needs at least {LEAST_POINTS} values, got {len(values)}: "
            "a network has too little to learn from."
        )
    if surrogates < 19:
        raise InputError(f"the test of linearity needs at least 19 surrogates for p = 0.05, got {surrogates}.")
    latest = values[-MOST_POINTS:]
    if season is not None and not 2 <= season <= len(latest) // 3:
        raise InputError(
            f"the season must be from 2 to {len(latest) // 3} steps, a third of the points, got {season}."
        )
    stationary, is_differenced = _stationary(latest, season)
    segment = stationary[matched_ends(stationary)]
    together = np.concatenate([segment[None], iaaft(segment, surrogates, seed=seed)])
    errors = _held_out_errors(together, np.random.default_rng([seed, 1]))
    if errors.linear[0] < 1e-10 * segment.var():
        raise InputError("a linear forecaster forecasts this series exactly: nothing is left for a network to learn.")
    gain = 1 - errors.network / errors.linear
    rank = 1 + int((gain[1:] >= gain[0]).sum())
    return LinearityTest(
        p=rank / (surrogates + 1),
        gain=float(gain[0]),
        surrogate_gains=tuple(np.sort(gain[1:]).tolist()),
        points=len(segment),
        is_differenced=is_differenced,
        season=season,
    )


def has_unit_root(series: FloatArray) -> bool:
    """Whether an augmented Dickey-Fuller test with constant, trend and 8 lags does not reject a unit root at 5%."""
    return dickey_fuller(series) > UNIT_ROOT


def dickey_fuller(series: FloatArray) -> float:
    """The t statistic of x_(t-1) in a regression of x_t - x_(t-1) on it, a constant, a trend and 8 differences.

    Said and Dickey, Testing for unit roots in autoregressive-moving average models (Biometrika 71, 1984).

    Args:
        series: [T], not constant.
    """
    change = np.diff(series)
    recent = np.lib.stride_tricks.sliding_window_view(change, LAGS + 1)
    rows = len(recent)
    level = series[LAGS:-1] - series.mean()
    regressors = np.column_stack([level, np.ones(rows), np.linspace(-1, 1, rows), recent[:, :LAGS]])
    coefficients, _, rank, _ = np.linalg.lstsq(regressors, recent[:, LAGS], rcond=None)
    residuals = recent[:, LAGS] - regressors @ coefficients
    if rank < regressors.shape[1]:  # an exact linear recursion: no unit root that noise could hide
        return -math.inf
    variance = float(residuals @ residuals) / (rows - regressors.shape[1])
    error = math.sqrt(variance * float(np.linalg.inv(regressors.T @ regressors)[0, 0]))
    return float(coefficients[0]) / error if error > 0 else -math.inf


def _stationary(values: FloatArray, season: int | None) -> tuple[FloatArray, bool]:
    """The values without season and trend, with standard deviation 1, and whether they are differences."""
    rest = values - values.mean()
    spread = float(rest.std())
    if spread <= 1e-14 * float(np.abs(values).max()):
        raise InputError("all values are equal: there is nothing to test.")
    rest = rest / spread
    if season is not None:
        phase = np.arange(len(rest)) % season
        rest = rest - (np.bincount(phase, rest) / np.bincount(phase))[phase]
    steps = np.linspace(-1, 1, len(rest))
    lineless = rest - rest.mean() - steps * float(steps @ rest) / float(steps @ steps)
    if lineless.std() < 1e-9:
        raise InputError("the series is a line or a repeated season without error: there is nothing to test.")
    is_differenced = has_unit_root(rest)
    kept = np.diff(rest) if is_differenced else lineless
    kept = kept - kept.mean()
    return kept / kept.std(), is_differenced


class _Errors(NamedTuple):
    """Mean squared held-out errors, [S] each, of the linear forecaster and of it with the network added."""

    linear: FloatArray
    network: FloatArray


def _held_out_errors(series: FloatArray, rng: np.random.Generator) -> _Errors:
    """Errors on each third of the rows of forecasters fitted to the other two thirds; series: [S, T].

    Cross-validation is valid for a forecaster of lags whose residuals are uncorrelated (Bergmeir, Hyndman and Koo, A
    note on the validity of cross-validation for evaluating autoregressive time series prediction, 2018).
    """
    windows = np.lib.stride_tricks.sliding_window_view(series, LAGS + 1, axis=1)
    lags, target = windows[..., :LAGS], windows[..., LAGS]
    rows = target.shape[1]
    squared = [np.zeros(len(series)), np.zeros(len(series))]
    for fold in range(FOLDS):
        first, last = rows * fold // FOLDS, rows * (fold + 1) // FOLDS
        fitted = np.r_[0 : max(0, first - LAGS), min(rows, last + LAGS) : rows]  # no row shares a value with the fold
        held_out = lags[:, first:last]
        coefficients = _linear(lags[:, fitted], target[:, fitted])
        left = target[:, fitted] - _forecast(lags[:, fitted], coefficients)
        residual = target[:, first:last] - _forecast(held_out, coefficients)
        correction = _trained(lags[:, fitted], left, held_out, rng)
        squared[0] += (residual**2).sum(axis=1)
        squared[1] += ((residual - correction) ** 2).sum(axis=1)
    return _Errors(squared[0] / rows, squared[1] / rows)


def _linear(lags: FloatArray, target: FloatArray) -> FloatArray:
    """[S, P + 1, 1]: least squares coefficients and the intercept; lags: [S, N, P], target: [S, N]."""
    design = np.concatenate([lags, np.ones_like(lags[..., :1])], axis=2)
    normal = design.swapaxes(1, 2) @ design
    normal[:, range(LAGS), range(LAGS)] += RIDGE * lags.shape[1]
    return np.linalg.solve(normal, design.swapaxes(1, 2) @ with_channel(target))


def _forecast(lags: FloatArray, coefficients: FloatArray) -> FloatArray:
    """[S, N]"""
    return channel(lags @ coefficients[:, :LAGS] + coefficients[:, LAGS:])


def _trained(lags: FloatArray, target: FloatArray, held_out: FloatArray, rng: np.random.Generator) -> FloatArray:
    """[S, M]: forecasts for `held_out` of one network a series, tanh with 16 units, trained at once by Adam.

    Adam: Kingma and Ba (ICLR 2015), with a cosine schedule. The networks differ in their data only: they share their
    initial weights and the order of batches. Their output begins at 0, where nothing is added to the linear forecast.

    Args:
        lags: [S, N, P]
        target: [S, N]
        held_out: [S, M, P]
    """
    count, rows, _ = lags.shape
    scale = target.std(axis=1, keepdims=True)
    scale[scale == 0] = 1.0
    inputs, wanted = _with_one(lags), with_channel(np.ascontiguousarray(target / scale, dtype=np.float32))
    # All parameters of a network are one row, so that each step updates them at once: [S, (P + 1) K + K + 1].
    spread = np.append(np.full(LAGS, 1 / math.sqrt(LAGS)), 0.5)
    first = rng.standard_normal((LAGS + 1, HIDDEN)) * spread[:, None]
    initial = np.append(first, np.zeros(HIDDEN + 1)).astype(np.float32)
    parameters = np.repeat(initial[None], count, axis=0)
    gradients, means, squares = (np.zeros_like(parameters) for _ in range(3))
    into, out, level = _layers(parameters)
    of_into, of_out, of_level = _layers(gradients)
    batch, decay = min(BATCH, rows), PRIOR / rows
    order, position = rng.permutation(rows), 0
    for step in range(1, STEPS + 1):
        if position + batch > rows:
            order, position = rng.permutation(rows), 0
        chosen = order[position : position + batch]
        position += batch
        read = inputs.take(chosen, axis=1)
        units = np.tanh(read @ into)  # [S, B, K]
        error = (units @ out + level - wanted.take(chosen, axis=1)) * np.float32(2 / batch)
        np.matmul(units.swapaxes(1, 2), error, out=of_out)
        error.sum(axis=1, keepdims=True, out=of_level)
        inner = np.multiply(units, units, out=units)
        np.subtract(1, inner, out=inner)
        inner *= error @ out.swapaxes(1, 2)
        np.matmul(read.swapaxes(1, 2), inner, out=of_into)
        gradients += decay * parameters
        means += 0.1 * (gradients - means)
        squares += 0.001 * (gradients * gradients - squares)
        rate = LEARNING_RATE * (1 + math.cos(math.pi * step / STEPS)) / 2 / (1 - 0.9**step)
        parameters -= rate * means / (np.sqrt(squares / (1 - 0.999**step)) + 1e-8)
    correction: FloatArray = channel(np.tanh(_with_one(held_out) @ into) @ out + level) * scale
    return correction


def _with_one(lags: FloatArray) -> Float32Array:
    """[S, N, P + 1]: the lags, and a 1 whose weights are the thresholds of the units."""
    rows = np.ones((len(lags), lags.shape[1], LAGS + 1), dtype=np.float32)  # contiguous, to take from at each step
    rows[..., :LAGS] = lags
    return rows


def _layers(rows: Float32Array) -> tuple[Float32Array, Float32Array, Float32Array]:
    """Views of rows of parameters: of the units [S, P + 1, K], of the output [S, K, 1], and its level [S, 1, 1]."""
    units = (LAGS + 1) * HIDDEN
    return rows[:, :units].reshape(-1, LAGS + 1, HIDDEN), with_channel(rows[:, units:-1]), with_channel(rows[:, -1:])
