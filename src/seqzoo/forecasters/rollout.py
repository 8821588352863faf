"""Roll-outs: forecasts of many steps from a model of H steps, and the exact error of a linear roll-out."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._arrays import FloatArray, with_channel, with_known
from ..data.windows import single
from ..errors import InputError
from ..signals import Signal
from .exact import Affine, linear_mse
from .simple import MAX_HORIZON


class Interval(NamedTuple):
    """A prediction interval: its level, and its ends at each step ahead, [H] each."""

    level: float
    lower: FloatArray
    upper: FloatArray


class Case(NamedTuple):
    """A forecast with its history and comparisons, each [T]. `bayes`, `observed` and `clean` are None if unknown."""

    history: FloatArray
    forecast: FloatArray
    bayes: FloatArray | None
    observed: FloatArray | None
    clean: FloatArray | None
    intervals: tuple[Interval, ...] = ()


def finite(forecast: FloatArray) -> FloatArray:
    """The forecast [B, H], unchanged, if all its values are finite in float32. Every forecast passes this check.

    Finite inputs can still overflow float32: 3e38 times a weight of 2 is infinite, and a network turns it into NaN.

    Raises:
        InputError: a value is not finite in float32.
    """
    is_finite = np.isfinite(single(forecast))
    if np.count_nonzero(is_finite) != is_finite.size:
        row, step = np.argwhere(~is_finite)[0]
        raise InputError(
            f"the forecast for window {row + 1} is not finite in float32 ({forecast[row, step]}): the values given "
            "lead the model beyond 3.4e38. Give smaller ones."
        )
    return forecast


def recursive(
    predict: Callable[[FloatArray], FloatArray], context: FloatArray, horizon: int, known: FloatArray | None = None
) -> FloatArray:
    """The roll-out of a model: each forecast is appended, in float64, to the window that the model reads next.

    The roll-out of the best linear forecaster fades, see `linear_recursion`. The card of a network states how its
    roll-out behaves.

    Args:
        predict: maps [B, L, D] to [B, H].
        context: [B, L, D]
        horizon: steps to forecast, 1 to 10,000.
        known: [B, horizon, D - 1], the channels of the steps after the context that are known in advance; needed
            only beyond the model's own horizon, and None if D is 1.

    Returns:
        [B, horizon] in the type that `predict` returns.

    Raises:
        InputError: the horizon lies outside its range.
    """
    check_horizon(horizon)
    parts: list[FloatArray] = []
    done = 0
    length = context.shape[1]
    context = context.astype(np.float64)
    while done < horizon:
        ahead = predict(context)[:, : horizon - done]
        parts.append(ahead)
        done += ahead.shape[1]
        if done < horizon:
            following = None if known is None else known[:, done - ahead.shape[1] : done]
            context = np.concatenate([context, with_known(ahead, following)], axis=1)[:, -length:]
    return np.concatenate(parts, axis=1)


def forecast_of(
    forecaster: Callable[..., FloatArray], context: FloatArray, horizon: int, known: FloatArray | None = None
) -> NDArray[np.float64]:
    """The forecast [B, horizon] of a forecaster from contexts [B, L], or [B, L, D] with channels known in advance.

    The forecaster maps [B, L, 1], or contexts [B, L, D] as they are, to at least [B, horizon]. If given, it also gets
    `known` [B, horizon, D - 1], the channels of the steps after the context. It gets a copy in float64, so that it
    can neither see values around the windows nor change them.

    Raises:
        InputError: the forecaster returns another shape, fewer steps, or a value that is not finite in float32.
    """
    batch = np.array(context, dtype=np.float64)
    batch = batch if batch.ndim == 3 else with_channel(batch)
    forecast = forecaster(batch) if known is None else forecaster(batch, known)
    try:
        ahead = np.asarray(forecast, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"a forecaster must return an array of numbers: {error}.") from None
    if ahead.ndim != 2 or len(ahead) != len(context) or ahead.shape[1] < horizon:
        raise InputError(
            f"a forecaster of {horizon} steps must return [{len(context)}, {horizon}] or more steps for "
            f"{len(context)} windows, got {list(ahead.shape)}."
        )
    return np.asarray(finite(ahead[:, :horizon]))


def linear_recursion(one_step: Affine, horizon: int) -> Affine:
    """The roll-out of a linear one-step forecaster as one affine map per step ahead, for `floors.linear_mse`.

    The first forecast is appended to the window, and the map of h steps then acts on it. With weights w and bias b,

        W_1 = w,  W_(h+1) = (0, W_h without its last weight) + (last weight of W_h) w,
        b_1 = b,  b_(h+1) = b_h + (last weight of W_h) b.

    These are the last rows of the powers of the companion matrix (Lütkepohl, New Introduction to Multiple Time
    Series Analysis, 2005, section 2.2).

    Noise in the window adds sigma^2 to the diagonal of the normal equations. Like a ridge penalty, this shrinks the
    weights of the best linear forecaster towards zero. As the window slides, forecasts replace observed values and
    are shrunk again. For the zoo's sine, one step keeps 0.996 of the amplitude, the largest root of the recursion is
    0.990, and the roll-out fades, also from a context without noise. (The sum of the weights, 0.984, does not show
    this: without noise they sum to 0.985.) If the window grew instead, the recursion would equal the direct forecast.

    Args:
        one_step: weights [1, L], bias [1].
        horizon: 1 to 10,000.

    Returns:
        weights [H, L], bias [H]

    Raises:
        InputError: the horizon lies outside its range, or the weights are of more than one step.
    """
    check_horizon(horizon)
    step, shift = _one_step(one_step), float(one_step.bias[0])
    weights, bias = np.empty((horizon, len(step))), np.empty(horizon)
    weights[0], bias[0] = step, shift
    for ahead in range(1, horizon):
        before = weights[ahead - 1]
        weights[ahead] = before[-1] * step
        weights[ahead, 1:] += before[:-1]
        bias[ahead] = bias[ahead - 1] + before[-1] * shift
    return Affine(weights, bias)


def largest_root(one_step: Affine) -> float:
    """The largest modulus of the roots of z^L - w_L z^(L-1) - ... - w_1. Below 1 the roll-out fades, in the long run
    by this factor per step.

    Raises:
        InputError: the weights are of more than one step.
    """
    return float(np.abs(np.roots(np.concatenate([[1.0], -_one_step(one_step)[::-1]]))).max())


def recursion_gain(weights: FloatArray, angular_frequency: float) -> NDArray[np.complex128]:
    """[H]: the complex gain of linear weights [H, L] on a sine without noise, at each step ahead.

    For a context exp(i w t) the forecast is gain * exp(i w t). Modulus 1 and angle 0 mean an exact forecast; a
    modulus below 1 means that it fades, an angle below 0 that it lags.
    """
    horizon, length = weights.shape
    ago = np.arange(length) - (length - 1)
    ahead = np.arange(1, horizon + 1)
    gain: NDArray[np.complex128] = (
        (weights * np.exp(1j * angular_frequency * (ago - ahead[:, None]))).sum(axis=1)
    )
    return gain


class LinearError(NamedTuple):
    """The MSE of a linear forecaster as a sum of three parts, [H] each, in the signal's units squared.

    The parts are the noise of the target, the window's noise passed on by the weights, sigma^2 |w|^2, and the error
    on a window without noise.
    """

    target_noise: FloatArray
    carried_noise: FloatArray
    without_noise: FloatArray


def linear_error(signal: Signal, forecaster: Affine) -> LinearError:
    """The exact error of a linear forecaster on a signal, in its three parts."""
    noise = np.full(len(forecaster.weights), signal.sigma**2)
    carried = signal.sigma**2 * (forecaster.weights**2).sum(axis=1)
    return LinearError(noise, carried, linear_mse(signal, *forecaster) - noise - carried)


def check_horizon(horizon: int) -> None:
    """Raises InputError unless horizon is a whole number from 1 to 10,000."""
    if not isinstance(horizon, int | np.integer) or not 1 <= horizon <= MAX_HORIZON:
        raise InputError(f"horizon must be from 1 to {MAX_HORIZON:,}, got {horizon!r}.")


def _one_step(forecaster: Affine) -> FloatArray:
    if forecaster.weights.ndim != 2 or len(forecaster.weights) != 1:
        raise InputError(f"a recursion needs weights of one step, [1, L], got {list(forecaster.weights.shape)}.")
    return np.asarray(forecaster.weights[0])
