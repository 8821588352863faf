"""A series drawn: few points of a long one, a chart over time, a small sketch."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from ..._arrays import FloatArray
from ...data.collection import load
from ...data.series import Series
from ..ui import charts, theme

MOST_POINTS = 1_500
WIDTH, HEIGHT, EDGE = 330, 84, 10


def thinned(values: NDArray[np.float64], most: int) -> tuple[NDArray[np.intp], FloatArray]:
    """Positions and values of at most `most` points that have the range of every stretch; NaN where one is missing.

    A longer series is cut into blocks, and of each the lowest and the highest value are drawn, in order of time.
    """
    if len(values) <= most:
        return np.arange(len(values)), values
    block = -(-2 * len(values) // most)
    padded = np.concatenate([values, np.full(-len(values) % block, np.nan)]).reshape(-1, block)
    low, high = (extreme(np.where(np.isnan(padded), fill, padded), axis=1)
                 for extreme, fill in ((np.argmin, np.inf), (np.argmax, -np.inf)))  # fmt: skip
    inside = np.sort(np.stack([low, high], axis=1), axis=1)
    places = (np.arange(len(padded))[:, None] * block + inside).ravel()
    places = places[places < len(values)]
    return places, values[places]


def options(series: Series, name: str) -> charts.Options:
    """The options of the chart of a series, over time where its times are known."""
    places, values = thinned(series.values, MOST_POINTS)
    x = places if series.times is None else charts.clock(series.times, len(series))[places]
    line = charts.line(name, x, values, theme.light("seen"), width=1.3)
    if len(places) < 60:
        line |= {"symbol": "circle", "symbolSize": 5, "showSymbol": True}
    chart = charts.axes("step", "value", [line])
    chart["legend"]["show"], chart["grid"]["top"] = False, 34
    if series.times is None:
        return chart
    return charts.over_time(chart, f"time, {series.times.zone}" if series.times.zone else "time")


def described(series: Series, name: str) -> str:
    """The text alternative of the chart."""
    told = series.values[~np.isnan(series.values)]
    span = f"{len(series):,} values"
    if series.times is not None:
        first, last = series.times.stamp(0), series.times.stamp(len(series) - 1)
        span += f" from {first} to {last}"
    if not len(told):
        return f"{name}: {span}, all missing."
    return f"{name}: {span}, between {told.min():.6g} and {told.max():.6g}, {series.missing:,} missing."


@functools.lru_cache(maxsize=64)
def sketch_of(name: str) -> str:
    """The sketch of a series of the collection.

    Raises:
        SeqzooError: the series cannot be read here.
    """
    return sketch(load(name).values)


def sketch(values: NDArray[np.float64]) -> str:
    """A small drawing of a series as SVG."""
    places, drawn = thinned(values, 2 * (WIDTH - 2 * EDGE))
    told = drawn[~np.isnan(drawn)]
    low, high = (float(told.min()), float(told.max())) if len(told) else (0.0, 1.0)
    x = EDGE + places / max(1, len(values) - 1) * (WIDTH - 2 * EDGE)
    y = HEIGHT - EDGE - (drawn - low) / ((high - low) or 1.0) * (HEIGHT - 2 * EDGE)
    path, is_down = [], False
    for at, height in zip(x.tolist(), y.tolist(), strict=True):
        if height != height:
            is_down = False
            continue
        path.append(f"{'L' if is_down else 'M'}{at:.1f} {height:.1f}")
        is_down = True
    return (
        f'<svg class="sketch" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true">'
        f'<path d="{"".join(path)}"/></svg>'
    )
