"""A picture of what a window tells about the phase of the sine: phases drop out as values arrive."""

from __future__ import annotations

import numpy as np

from .._arrays import FloatArray
from ..signals import Sine

PLACE = ".tour-phases"
"""The CSS selector of the picture."""

BALLS = 72  # phases drawn, five degrees apart
LEVEL = 0.9
COUNTS = (0, 1, 5, 20)  # values read
SEED, PHASE = 3, 0.8  # of the series in the picture


def weights(signal: Sine, values: FloatArray, phases: FloatArray) -> FloatArray:
    """The posterior probability of each of some phases, equally probable before, after noisy values.

    Args:
        signal: its noise is above zero.
        values: [L], the first at x = 0
        phases: [N], radians

    Returns:
        [N], of sum 1
    """
    angles = signal.angular_frequency * np.arange(len(values))
    clean = signal.amplitude * np.sin(angles + phases[:, None])
    log_weight = -np.square(values - clean).sum(axis=1) / (2 * signal.sigma**2)
    weight = np.exp(log_weight - log_weight.max())
    return np.asarray(weight / weight.sum())


def consistent(weight: FloatArray, level: float = LEVEL) -> list[int]:
    """The smallest set of phases that holds this probability, in increasing order. weight: [N]"""
    order = np.argsort(-weight, kind="stable")
    count = int(np.searchsorted(np.cumsum(weight[order]), level - 1e-12)) + 1
    return sorted(order[:count].tolist())


def picture() -> str:
    """One ring of phases for each number of values read, as HTML with SVG."""
    signal = Sine()
    values = signal.series(max(COUNTS), seed=SEED, phase=PHASE).observed
    phases = np.arange(BALLS) * (2 * np.pi / BALLS)
    return "".join(_ring(count, consistent(weights(signal, values[:count], phases)), phases) for count in COUNTS)


def _ring(count: int, kept: list[int], phases: FloatArray) -> str:
    words = f"{count} value{'' if count == 1 else 's'} read: {len(kept)} of {BALLS} phases"
    places = zip(50 + 42 * np.cos(phases), 50 - 42 * np.sin(phases), strict=True)
    balls = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" ' + ('r="2.2" class="kept"/>' if at in kept else 'r="0.9"/>')
        for at, (x, y) in enumerate(places)
    )
    drawing = f'<svg viewBox="0 0 100 100" aria-hidden="true">{balls}</svg>'
    return f"<figure>{drawing}<figcaption>{words}</figcaption></figure>"
