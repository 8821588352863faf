"""The best linear forecaster of a whole set of series: one ridge regression on the windows of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ...evaluation.accuracy import absolute_scale
from ...forecasters.linear import CHOICES, Choice, fits

Array = NDArray[np.float64]

FOLLOWING = [choice for choice in CHOICES if choice.follows_last]  # series of a set have no level in common


def forecasts(training: Sequence[Array], horizon: int, season: int) -> Array:
    """Forecasts [N, H] of N series from their training parts.

    Values are counted from the last value of their window, in units of the series' mean seasonal difference. The
    context length and the penalty are those of least MASE on the last H values of the training parts, which the trial
    fits do not see. The weights are then fitted on all windows.

    Args:
        training: N arrays [T], each of at least H + 2 values.
    """
    units = [absolute_scale(values, season) or 1.0 for values in training]
    scaled = [values / unit for values, unit in zip(training, units, strict=True)]
    earlier = [values[:-horizon] for values in scaled]
    held_out = np.stack([values[-horizon:] for values in scaled])
    shortest = min(map(len, earlier))
    least: tuple[float, int, Choice] | None = None
    for length in _lengths(season, shortest):
        for choice, ahead in _trials(earlier, earlier, length, horizon, FOLLOWING):
            error = float(np.abs(ahead - held_out).mean())
            if least is None or error < least[0]:
                least = error, length, choice
    assert least is not None
    _, length, best = least
    ((_, ahead),) = _trials(scaled, scaled, length, horizon, [best])
    return np.asarray(ahead * np.array(units)[:, None])


def _lengths(season: int, shortest: int) -> list[int]:
    """Context lengths to try, at most that of the shortest series."""
    wanted = {2, 4, 6, 8, *(count * season + more for count in (1, 2, 3) for more in (0, 1))}
    return sorted(length for length in wanted if length <= shortest) or [1]


def _trials(
    fitted: Sequence[Array], read: Sequence[Array], length: int, horizon: int, choices: list[Choice]
) -> Iterator[tuple[Choice, Array]]:
    """Forecasts [N, H] after each of `read`, by weights fitted on all windows of `fitted`; none of too few."""
    width = length + horizon
    windows = [np.lib.stride_tricks.sliding_window_view(values, width) for values in fitted if len(values) >= width]
    if sum(map(len, windows)) < 2:
        return
    every = np.concatenate(windows)
    recent = np.stack([values[-length:] for values in read])
    for choice, weights, bias in fits(every[:, :length], every[:, length:], choices):
        yield choice, recent @ weights.T + bias
