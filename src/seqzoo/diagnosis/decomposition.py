"""Trend, season and remainder of a series, their strengths, its autocorrelation and its spectral entropy. NumPy only.

Shapes: T series, m steps of a season.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .._arrays import FloatArray

LONGEST_SEASON, USUAL_SEASON = 1_000, 24  # steps; a longer one is not looked for, or only in a long series
SMALLEST = 0.3  # of the autocorrelation at a season's lag, and of the strength of a season
_OUTLIER = 3.0  # interquartile ranges beyond the quartiles: 2 in a million values of the normal distribution


class Parts(NamedTuple):
    """A series [T] as the sum of three: trend, season and remainder, [T] each."""

    trend: FloatArray
    season: FloatArray
    remainder: FloatArray


def decompose(values: FloatArray, season: int = 1) -> Parts:
    """The classical additive decomposition: a moving average, then the means of each phase of the season.

    The window of the moving average is one season, with half weights at both ends where m is even; without a season
    it is a tenth of the series. At the ends the trend continues along the line through its nearest values, as many as
    the window has.

    Args:
        values: [T], finite, T >= 2 m.
    """
    trend = _moving_average(values, season if season > 1 else max(5, len(values) // 10))
    phase = np.arange(len(values)) % season
    means = np.bincount(phase, values - trend) / np.bincount(phase)
    seasonal = (means - means.mean())[phase] if season > 1 else np.zeros(len(values))
    return Parts(trend, seasonal, values - trend - seasonal)


def trend_strength(parts: Parts) -> float:
    """max(0, 1 - Var(R) / Var(T + R)), from 0 to 1: Wang, Smith and Hyndman, Characteristic-based clustering for
    time series data (Data Mining and Knowledge Discovery 13, 2006).
    """
    return _strength(parts.remainder, parts.trend)


def season_strength(parts: Parts) -> float:
    """max(0, 1 - Var(R) / Var(S + R)), from 0 to 1, as `trend_strength`."""
    return _strength(parts.remainder, parts.season)


def autocorrelation(values: FloatArray, most: int) -> FloatArray:
    """[most + 1]: the autocorrelation at lags 0 to `most`, with divisor T; by the fast Fourier transform."""
    deviations = values - values.mean()
    transform = np.fft.rfft(deviations, 2 * len(values))
    covariance = np.fft.irfft(np.abs(transform) ** 2)[: most + 1]
    return np.asarray(covariance / covariance[0] if covariance[0] > 0 else np.eye(1, most + 1)[0])


def seasons(values: FloatArray) -> list[int]:
    """Lengths of seasons that the series shows, at most two, the shorter first.

    A season is at most a tenth of the series, or a fifth up to 24 steps: without its trend, a moving average of a
    tenth, a random walk shows longer cycles. It is a peak of the autocorrelation of the series without its trend, or
    of its differences, which must be nearly as high at twice the lag: a cycle without a fixed length fades.
    """
    most = min(max(len(values) // 10, min(len(values) // 5, USUAL_SEASON)), LONGEST_SEASON)
    if most < 3:
        return []
    of_level = autocorrelation(values - _moving_average(values, max(5, len(values) // 10)), 2 * most)
    of_change = autocorrelation(np.diff(values), 2 * most)
    candidates = {lag: max(of_level[lag], of_change[lag]) for lag in range(2, most + 1)
                  if _is_season(of_level, lag, len(values)) or _is_season(of_change, lag, len(values))}  # fmt: skip
    if not candidates:
        return []
    highest = max(candidates.values())
    first = min(lag for lag, height in candidates.items() if height >= 0.75 * highest)
    longer = [lag for lag, height in candidates.items() if lag > first and lag % first == 0 and height == highest]
    longer = longer if highest > candidates[first] + 0.05 else []
    return [first, *longer[:1]]


def spectral_entropy(values: FloatArray) -> float:
    """Shannon entropy of the spectral density relative to its greatest value: 1 for white noise, near 0 for a sine.

    Goerg, Forecastable component analysis (ICML 2013). The periodogram is smoothed over about the square root of its
    ordinates, as a raw periodogram of white noise is far from flat.
    """
    power = np.abs(np.fft.rfft(values - values.mean()))[1:] ** 2
    width = 2 * int(math.sqrt(len(power)) / 2) + 1
    smooth = np.convolve(np.pad(power, width // 2, mode="reflect"), np.ones(width) / width, mode="valid")
    share = smooth / smooth.sum() if smooth.sum() > 0 else np.ones(len(smooth)) / len(smooth)
    share = share[share > 0]
    return float(-(share * np.log(share)).sum() / math.log(len(power))) if len(power) > 1 else 0.0


def outliers(remainder: FloatArray) -> list[int]:
    """Positions of remainders [T] more than three interquartile ranges outside the quartiles.

    The rule of `tsoutliers`, Hyndman and Athanasopoulos, Forecasting: Principles and Practice (2021), section 13.9.
    """
    low, high = np.quantile(remainder, [0.25, 0.75])
    reach = _OUTLIER * (high - low)
    if reach <= 0:  # more than half of the remainders are equal
        return []
    positions: list[int] = np.flatnonzero((remainder < low - reach) | (remainder > high + reach)).tolist()
    return positions


def profile(values: FloatArray, season: int) -> FloatArray:
    """[m]: the mean of each phase without the trend; phase 0 is that of the first value."""
    return decompose(values, season).season[:season]


def _is_season(correlation: FloatArray, lag: int, count: int) -> bool:
    height = correlation[lag]
    noise = 2 / math.sqrt(count)
    unbiased, later = height * count / (count - lag), correlation[2 * lag] * count / (count - 2 * lag)
    is_peak = height >= correlation[lag - 1] and height >= correlation[lag + 1]
    trough = correlation[1 : lag + 1].min()
    return bool(
        is_peak and unbiased > max(SMALLEST, noise) and later > 0.7 * unbiased and unbiased - trough > max(0.1, noise)
    )


def _strength(remainder: FloatArray, part: FloatArray) -> float:
    whole = float((part + remainder).var())
    return max(0.0, 1 - float(remainder.var()) / whole) if whole > 0 else 0.0


def _moving_average(values: FloatArray, width: int) -> FloatArray:
    half = width // 2
    weights = np.ones(2 * half + 1)
    if width % 2 == 0:
        weights[[0, -1]] = 0.5
    inner = np.convolve(values, weights / weights.sum(), mode="valid")
    near = min(len(inner), max(2, width))
    ends = []
    for some, beyond in ((inner[:near], np.arange(-half, 0)), (inner[-near:], near + np.arange(half))):
        slope, level = np.polyfit(np.arange(near), some, 1) if near > 1 else (0.0, some[0])
        ends.append(level + slope * beyond)
    return np.concatenate([ends[0], inner, ends[1]])
