"""Student's t distribution without SciPy: its tail and its quantiles.

The tail is a regularised incomplete beta function, computed by its continued fraction (DLMF 8.17.22) to 9
digits or more, in the far tail too.
"""

from __future__ import annotations

import functools
import math

_SMALLEST = 1e-300  # stands for 0 in a denominator of the continued fraction (Lentz's method)


def tail(t: float, degrees: float) -> float:
    """P(T > t) for a T of Student's distribution with `degrees` > 0 degrees of freedom."""
    if math.isinf(t):
        return 0.0 if t > 0 else 1.0
    square = t * t
    if square <= 1:  # both beta functions are exact here; this one does not round a small t away
        upper = 0.5 - 0.5 * _beta(square / (degrees + square), 0.5, degrees / 2)
    else:
        upper = 0.5 * _beta(degrees / (degrees + square), degrees / 2, 0.5)
    return upper if t > 0 else 1 - upper


@functools.lru_cache(maxsize=1024)  # a table of verdicts asks for few different ones
def quantile(probability: float, degrees: float) -> float:
    """The t whose upper tail has the given probability, in (0, 1)."""
    if probability > 0.5:
        return -quantile(1 - probability, degrees)
    low, high = 0.0, 1.0
    while tail(high, degrees) > probability:
        low, high = high, 2 * high
    while (middle := (low + high) / 2) not in (low, high):  # bisection to the last bit
        low, high = (middle, high) if tail(middle, degrees) > probability else (low, middle)
    return high


def _beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), 0 <= x <= 1."""
    if x > (a + 1) / (a + b + 2):  # beyond it the fraction of the complement converges faster
        return 1 - _beta(1 - x, b, a)
    if x == 0:
        return 0.0
    logarithm = a * math.log(x) + b * math.log1p(-x) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    c, d = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    fraction, m = d, 0
    while True:
        m += 1
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _not_zero(1 + term * d)
            c = _not_zero(1 + term / c)
            fraction *= c * d
        if abs(c * d - 1) < 1e-15 or m > 10_000:
            return math.exp(logarithm) * fraction / a


def _not_zero(value: float) -> float:
    return value if abs(value) > _SMALLEST else _SMALLEST
