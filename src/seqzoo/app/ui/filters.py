"""Small drawings of weights and of maps as SVG, in the colours of the roles `above` and `below` (zero)."""

from __future__ import annotations

import numpy as np

from ..._arrays import FloatArray
from ..._palette import variable

ABOVE, BELOW = variable("above"), variable("below")
SHADES = 12  # of each colour; all cells of one shade share one SVG path


def bars(values: FloatArray, most: float) -> str:
    """The SVG of weights [L] as bars around zero; a weight of `most` reaches the edge."""
    length, up, down = len(values), "", ""
    for place, share in enumerate(np.clip(values / max(most, 1e-12), -1, 1)):
        drawn = f"M{place + 0.1:.1f} 0h.8v{-share:.3f}h-.8z"
        up, down = (up + drawn, down) if share > 0 else (up, down + drawn)
    return (
        f'<svg viewBox="0 -1 {length} 2" preserveAspectRatio="none" aria-hidden="true">'
        f'<path d="{up}" style="fill:{ABOVE}"/><path d="{down}" style="fill:{BELOW}"/>'
        f'<path d="M0 0h{length}" class="zero"/></svg>'
    )


def heat(values: FloatArray, most: float) -> str:
    """The SVG of a map [R, C], its first row at the top; an absolute value of `most` has the full colour."""
    rows, columns = values.shape
    levels = np.rint(SHADES * np.clip(values / max(most, 1e-12), -1, 1)).astype(int)
    paths: dict[int, str] = {}
    for row in range(rows):
        starts = np.flatnonzero(np.diff(levels[row], prepend=levels[row, 0] - 1))
        for start, end in zip(starts, [*starts[1:], columns], strict=True):
            if level := int(levels[row, start]):
                paths[level] = paths.get(level, "") + f"M{start} {row}h{end - start}v1h{start - end}z"
    drawn = "".join(f'<path d="{path}" style="fill:{_shade(level)}"/>' for level, path in paths.items())
    return f'<svg viewBox="0 0 {columns} {rows}" class="heat" aria-hidden="true">{drawn}</svg>'


def _shade(level: int) -> str:
    colour = ABOVE if level > 0 else BELOW
    return f"color-mix(in srgb,{colour} {100 * abs(level) / SHADES:.0f}%,var(--soft))"


def of(weights: FloatArray, most: float) -> str:
    """The SVG of a first filter: bars for weights [1, taps] or [L], a map for each channel of a kernel [D, 3, 3]."""
    if weights.ndim < 3:
        return bars(weights.ravel(), most)
    return "".join(heat(channel, most) for channel in weights)
