"""A small drawing of a model for its card: its forecasts and the truth, and its distance from Bayes."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from .. import _palette
from .._arrays import with_channel, with_known
from ..bundles import holdout
from ..data.gaps import parts_of
from ..data.windows import sliding
from ..forecasters.protocol import Forecaster, has_bundle
from ..signals import Recall, Signal

WIDTH, HEIGHT, EDGE = 330, 132, 12
FOOT, ENLARGED = 40, 20  # height of the strip beneath, and how many times it enlarges (forecast - Bayes)
POINTS = 130  # forecasts along a drawing
SEED = 7

_COLOURS = _palette.css(("seen", "truth", "model", "bayes", "grey", "muted"))
_STYLE = f"<style>{_COLOURS}" + """
.n{fill:var(--seen);opacity:.75}.t{fill:none;stroke:var(--truth);stroke-width:1.3}
.f{fill:none;stroke:var(--model);stroke-width:2.2;stroke-linejoin:round}.d{fill:var(--model);opacity:.7}
.g{stroke:var(--grey);stroke-dasharray:3 3}.a{fill:var(--model)}.b{stroke:var(--bayes);stroke-width:1.6}
text{font:10px system-ui,sans-serif;fill:var(--muted)}</style>"""

def unfit() -> str:
    """The drawing of a model that cannot be run: a line that says so."""
    words = "no drawing: the model cannot be run"
    return _svg(f'<text x="{WIDTH / 2}" y="{HEIGHT / 2}" text-anchor="middle">{words}</text>')


def drawing(model: Forecaster) -> str:
    """The drawing of a model as SVG."""
    if model.process is None:
        return _measured(model)
    rng = np.random.default_rng(SEED)
    if model.signal.episodic or isinstance(model.signal, Recall):
        draw = model.signal.draw(POINTS, model.context_length, 1, rng)
        forecast = model.predict(with_channel(draw.context.astype(np.float32)))[:, 0]
        return _scatter(draw.clean[:, 0], forecast)
    length, ahead = model.context_length, model.horizon
    if ahead > 1:
        draw = model.signal.draw(1, 3 * length, ahead, rng)
        forecast = model.forecast(draw.context[0], ahead)[0]
        seen, truth = np.concatenate([draw.context[0], draw.target[0]]), draw.clean[0]
        best = model.signal.posterior(draw.context[:, -length:], ahead)[0][0]
        start = 3 * length
    else:
        windows, seen, truth, best = _windows(model.signal, length)
        forecast, start = model.predict(with_channel(windows))[:, 0], 0
    return _drawn_along(seen, start, truth, forecast, forecast - best)


def _measured(model: Forecaster) -> str:
    """The drawing of a measured series: held-out values and their one-step forecasts; beneath, the errors."""
    assert has_bundle(model)
    whole = holdout.of(model.bundle)
    begin, end = max(parts_of(whole), key=lambda part: part[1] - part[0])  # of the longest unbroken part
    values = whole[begin:end][: model.context_length + POINTS]
    windows = np.lib.stride_tricks.sliding_window_view(values[:-1], model.context_length)
    beside = holdout.known_of(model.bundle)
    known = None
    if beside is not None:
        known = sliding(values, model.context_length, known=beside[begin:][: len(values)]).context[:, :, 1:]
    observed, forecast = values[model.context_length :], model.predict(with_known(windows, known))[:, 0]
    return _drawn_along(observed, 0, observed, forecast, (forecast - observed) / ENLARGED)


def _drawn_along(
    seen: NDArray[np.floating],
    start: int,
    truth: NDArray[np.floating],
    forecast: NDArray[np.floating],
    away: NDArray[np.floating],
) -> str:
    """The drawing along time: the observed values [T], the truth and forecasts from `start` on, the strip `away`."""
    low, high = float(min(seen.min(), forecast.min())), float(max(seen.max(), forecast.max()))
    x = np.linspace(EDGE, WIDTH - EDGE, len(seen))

    scale = (HEIGHT - FOOT - 2 * EDGE) / ((high - low) or 1.0)

    def y(values: NDArray[np.floating]) -> NDArray[np.floating]:
        return np.asarray(HEIGHT - FOOT - EDGE - (values - low) * scale)

    dots = "".join(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="1.7"/>' for a, b in zip(x, y(seen), strict=True))
    return _svg(
        f'<g class="n">{dots}</g><path class="t" d="{_path(x[start:], y(truth))}"/>'
        f'<path class="f" d="{_path(x[start:], y(forecast))}"/>' + _strip(x[start:], ENLARGED * scale * away)
    )


def _strip(x: NDArray[np.floating], away: NDArray[np.floating]) -> str:
    """The area between a line [T], in pixels, and zero, which stands for Bayes; clipped to the strip."""
    half = FOOT / 2 - 2
    middle, left, right = HEIGHT - FOOT / 2, float(x[0]), float(x[-1])
    line = _path(x, middle - np.clip(away, -half, half))[1:]
    return (
        f'<path class="b" d="M{left:.1f} {middle}H{right:.1f}"/>'
        f'<path class="a" d="M{left:.1f} {middle}L{line}L{right:.1f} {middle}Z"/>'
    )


@functools.lru_cache(50)
def _windows(signal: Signal, length: int) -> tuple[NDArray[np.floating], ...]:
    """Windows [N, L] along one realisation; the next value, its truth and its Bayes forecast, [N] each.

    Cached, because all models of a signal share them and the Bayes forecasts take the longest.
    """
    rng = np.random.default_rng(SEED)
    clean = signal.clean(1, length + 2 * POINTS - 1, 1, rng)[0]
    seen = clean + signal.sigma * rng.standard_normal(len(clean))
    stride = np.arange(0, 2 * POINTS, 2)
    windows = np.lib.stride_tricks.sliding_window_view(seen, length)[stride].astype(np.float32)
    best = signal.posterior(windows.astype(np.float64), 1)[0][:, 0]
    return windows, seen[length:][stride], clean[length:][stride], best


def _scatter(truth: NDArray[np.floating], forecast: NDArray[np.floating]) -> str:
    reach = float(np.abs(truth).max()) or 1.0

    def place(values: NDArray[np.floating], size: int) -> NDArray[np.floating]:
        return np.asarray(size / 2 + np.clip(values / reach, -1.1, 1.1) * (HEIGHT / 2 - EDGE))

    dots = "".join(
        f'<circle cx="{a:.1f}" cy="{HEIGHT - b:.1f}" r="2.2"/>'
        for a, b in zip(place(truth, WIDTH), place(forecast, HEIGHT), strict=True)
    )
    half, middle = HEIGHT / 2 - EDGE, WIDTH / 2
    line = f'<path class="g" d="M{middle - half} {HEIGHT - EDGE}L{middle + half} {EDGE}"/>'
    return _svg(f'{line}<g class="d">{dots}</g>')


def _path(x: NDArray[np.floating], y: NDArray[np.floating]) -> str:
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True))


def _svg(inside: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="xMidYMid meet">'
        f"{_STYLE}{inside}</svg>"
    )
