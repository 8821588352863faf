"""Forecasts of many steps from a model that gives H at a time; what a linear recursion does to them, exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data.windows import single
from ..errors import InputError
from ..signals import Signal
from .exact import Affine, linear_mse
from .simple import MAX_HORIZON

FloatArray = NDArray[np.floating]


class Case(NamedTuple):
    """A forecast and what it stands beside, each [T]; Bayes and the truth are None where nobody knows them, ends of
    an interval where none was asked for."""

    history: FloatArray
    forecast: FloatArray
    bayes: FloatArray | None
    observed: FloatArray | None
    clean: FloatArray | None
    lower: FloatArray | None = None
    upper: FloatArray | None = None


def finite(forecast: FloatArray) -> FloatArray:
    """A forecast [B, H], once every value of it is known to be finite as float32: every forecast passes here.

    Finite values may still lead beyond float32: 3e38 times a weight of 2 is infinite, and a network makes NaN of it.

    Raises:
        InputError: a value that is not.
    """
    if not (held := np.isfinite(single(forecast))).all():
        row, step = np.argwhere(~held)[0]
        raise InputError(
            f"the forecast for window {row} is not finite in float32 ({forecast[row, step]}): the values given lead "
            "the model beyond 3.4e38. Give smaller ones."
        )
    return forecast


def recursive(
    predict: Callable[[FloatArray], FloatArray], context: FloatArray, horizon: int
) -> FloatArray:
    """Roll a model out: its forecasts join, in float64, the window that it reads next.

    The roll-out of the best linear forecaster fades, see `linear_recursion`. A network rolls out in its own
    way: see the limitations in its card.

    Args:
        predict: maps [B, L, 1] to [B, H].
        context: [B, L, 1]
        horizon: steps to forecast, 1 to 10,000.

    Returns:
        [B, horizon] in the type that `predict` returns.

    Raises:
        InputError: a horizon outside its range.
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
        context = np.concatenate([context, ahead[:, :, None]], axis=1)[:, -length:]
    return np.concatenate(parts, axis=1)


def forecast_of(
    forecaster: Callable[[NDArray[np.float64]], FloatArray], context: FloatArray, horizon: int
) -> NDArray[np.float64]:
    """[B, horizon]: what a forecaster, a map from [B, L, 1] to at least [B, horizon], says of contexts [B, L].

    It is given a copy in float64, so that it sees nothing around the windows and changes none of them.

    Raises:
        InputError: it returns another shape, fewer steps, or a value that is not finite in float32.
    """
    said = forecaster(np.array(context, dtype=np.float64)[:, :, None])
    try:
        ahead = np.asarray(said, dtype=np.float64)
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

    Its first forecast joins the window, on which the h-step map then acts: with weights w and bias b,

        W_1 = w,  W_(h+1) = (0, W_h without its last weight) + (last weight of W_h) w,
        b_1 = b,  b_(h+1) = b_h + (last weight of W_h) b,

    which are the last rows of the powers of the companion matrix (Lütkepohl, New Introduction to Multiple Time
    Series Analysis, 2005, section 2.2).

    Noise in the window adds sigma^2 to the diagonal of the normal equations, which biases the weights of the best
    linear forecaster towards zero as a ridge penalty would. As the window slides, forecasts take the place of values
    that were seen and are shrunk again: for the zoo's sine 0.996 of the amplitude is kept in one step, the largest
    root of the recursion is 0.990, and the roll-out fades, on a context without noise too. (That the weights sum to
    0.984 is no sign of it: without noise they sum to 0.985.) With a window that grew instead, it would be the direct
    forecast.

    Args:
        one_step: weights [1, L], bias [1].
        horizon: 1 to 10,000.

    Returns:
        weights [H, L], bias [H]

    Raises:
        InputError: a horizon outside its range, or weights of more than one step.
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
    """The largest modulus of the roots of z^L - w_L z^(L-1) - ... - w_1: below 1, the roll-out fades, in
    the long run by this factor per step.

    Raises:
        InputError: weights of more than one step.
    """
    return float(np.abs(np.roots(np.concatenate([[1.0], -_one_step(one_step)[::-1]]))).max())


def recursion_gain(weights: FloatArray, angular_frequency: float) -> NDArray[np.complex128]:
    """[H]: what the forecast makes of a sine without noise, h steps ahead, of linear weights [H, L].

    For a context exp(i w t) the forecast is gain * exp(i w t): modulus 1 and angle 0 are exact, a modulus below
    1 fades, an angle below 0 lags.
    """
    horizon, length = weights.shape
    ago = np.arange(length) - (length - 1)
    ahead = np.arange(1, horizon + 1)
    gain: NDArray[np.complex128] = (
        (weights * np.exp(1j * angular_frequency * (ago - ahead[:, None]))).sum(axis=1)
    )
    return gain


class LinearError(NamedTuple):
    """Three parts of the MSE of a linear forecaster, [H] each, in the signal's units squared; they sum to it.

    The noise of the target; the noise of the window that the weights pass on, sigma^2 |w|^2; and the error left
    where the window has no noise.
    """

    target_noise: FloatArray
    carried_noise: FloatArray
    without_noise: FloatArray


def linear_error(signal: Signal, made: Affine) -> LinearError:
    """Where the exact error of a linear forecaster of a signal comes from."""
    noise = np.full(len(made.weights), signal.sigma**2)
    carried = signal.sigma**2 * (made.weights**2).sum(axis=1)
    return LinearError(noise, carried, linear_mse(signal, *made) - noise - carried)


def check_horizon(horizon: int) -> None:
    """Raises InputError unless horizon is a whole number from 1 to 10,000."""
    if not isinstance(horizon, int | np.integer) or not 1 <= horizon <= MAX_HORIZON:
        raise InputError(f"horizon must be from 1 to {MAX_HORIZON:,}, got {horizon!r}.")


def _one_step(made: Affine) -> FloatArray:
    if made.weights.ndim != 2 or len(made.weights) != 1:
        raise InputError(f"a recursion needs weights of one step, [1, L], got {list(made.weights.shape)}.")
    return np.asarray(made.weights[0])
