"""Surrogates of a series: the same values in another order, with nearly the same spectrum.

A surrogate keeps what a linear model can see, the autocovariance and the distribution of values, and is random
otherwise. It is a draw from the null hypothesis that the series is a stationary linear Gaussian process, observed
through a monotone function that does not change.

Iterated amplitude-adjusted Fourier transform (IAAFT): Schreiber and Schmitz, Improved surrogate data for
nonlinearity tests (Physical Review Letters 77, 1996). Choice of the segment: Schreiber and Schmitz, Surrogate time
series (Physica D 142, 2000), section 4.6. Shapes: T series, S surrogates.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..data.windows import finite_series
from ..errors import InputError

MOST_ROUNDS = 100  # rounds of IAAFT; later ones hardly change the spectrum
TRIMMED = 0.1  # the share of a series that matching its ends may cost


def iaaft(series: ArrayLike, count: int, *, seed: int) -> NDArray[np.float64]:
    """[S, T]: `count` surrogates. Each is a permutation of the series; equal seeds give equal surrogates.

    Each round imposes the series' Fourier amplitudes, then its values by rank, until no order changes. Values are
    exact; amplitudes are approximate. The Fourier transform takes the series for periodic: ends that do not match
    appear in the surrogates as noise, see `matched_ends`.

    Args:
        series: [T], at least 4 finite values.
        count: S, at least 1.

    Raises:
        InputError: the series is too short or not finite, or the count is below 1.
    """
    values = finite_series(series)
    if len(values) < 4 or count < 1:
        raise InputError(f"surrogates need at least 4 values and a count of at least 1, got {len(values)}, {count}.")
    ordered = np.broadcast_to(np.sort(values), (count, len(values)))
    amplitude = np.abs(np.fft.rfft(values))
    surrogates = np.random.default_rng(seed).permuted(ordered, axis=1)
    for _ in range(MOST_ROUNDS):
        transform = np.fft.rfft(surrogates, axis=1)
        size = np.abs(transform)
        transform *= amplitude / np.where(size == 0, 1.0, size)
        order = np.argsort(np.fft.irfft(transform, len(values), axis=1), axis=1)  # a stable sort takes twice as long
        ranked = np.empty_like(surrogates)
        np.put_along_axis(ranked, order, ordered, axis=1)
        if np.array_equal(ranked, surrogates):
            break
        surrogates = ranked
    return surrogates


def matched_ends(series: ArrayLike) -> slice:
    """The segment, of at least nine tenths of the series, whose ends match best in value and in slope.

    For a segment x_1..x_n it minimises (x_1 - x_n)^2 + ((x_2 - x_1) - (x_n - x_(n-1)))^2, which is gamma_jump plus
    gamma_slip of Schreiber and Schmitz without their denominators. Of equal segments, the longest.

    Args:
        series: [T], at least 20 finite values.

    Raises:
        InputError: the series is too short or not finite.
    """
    values = finite_series(series)
    if len(values) < 20:
        raise InputError(f"a segment with matching ends needs a series of at least 20 values, got {len(values)}.")
    most = int(TRIMMED * len(values))
    slope = np.diff(values)
    jump = values[: most + 1, None] - values[len(values) - 1 - most :][::-1]
    slip = slope[: most + 1, None] - slope[len(slope) - 1 - most :][::-1]
    lost = np.add.outer(np.arange(most + 1), np.arange(most + 1))
    mismatch = np.where(lost > most, np.inf, jump**2 + slip**2)
    best = np.flatnonzero(mismatch.ravel() == mismatch.min())
    start, end = np.unravel_index(best[np.argmin(lost.ravel()[best])], mismatch.shape)
    return slice(int(start), len(values) - int(end))
