"""What a model is, drawn small: the way from a window to a forecast, and the same in a few words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product

from .._palette import MODELS, places, variable

_BOX = '<rect x="20" y="16" width="32" height="20" rx="5"/><path d="M4 26h16M52 26h16M64 22.5l4 3.5-4 3.5"/>'
_LOOP = f'{_BOX}<path d="M52 21c14 0 12-18-16-18S6 21 20 21M15.5 17.5L20 21l-4.5 3.5"/>'


Place = tuple[float, float]


def _dots(places: Sequence[Place], radius: float = 2.4) -> str:
    drawn = "".join(f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}"/>' for x, y in places)
    return f'<g fill="currentColor" stroke="none">{drawn}</g>'


def _lines(ends: Sequence[tuple[Place, Place]]) -> str:
    path = "".join(f"M{a:g} {b:g}L{c:g} {d:g}" for (a, b), (c, d) in ends)
    return f'<path stroke-width="1" d="{path}"/>'


def _sum() -> str:
    dots = [(8.0, 33.0), (20.0, 22.0), (32.0, 24.0), (44.0, 13.0), (56.0, 14.0)]
    return f'<path d="M4 35L68 6"/>{_dots(dots)}'


def _layers() -> str:
    sizes = ((8, 4), (36, 3), (64, 1))
    columns: list[list[Place]] = [[(x, 20 + 10 * (n - (count - 1) / 2)) for n in range(count)] for x, count in sizes]
    ends = [pair for before, after in pairwise(columns) for pair in product(before, after)]
    return _lines(ends) + _dots([dot for column in columns for dot in column], 3)


def _convolutions() -> str:
    rows = [[(67 - 8.8 * (n << layer), 35 - 10.0 * layer) for n in range(8 >> layer)] for layer in range(4)]
    ends = [(below[2 * n + side], above[n]) for below, above in pairwise(rows)
            for n in range(len(above)) for side in (0, 1)]  # fmt: skip
    return _lines(ends) + _dots([dot for row in rows for dot in row])


def _attention() -> str:
    dots = [(6 + 12 * n, 33.0) for n in range(6)]
    arcs = "".join(f"M66 33c{-2 * n} {-7 * n} {-10 * n} {-7 * n} {-12 * n} 0" for n in range(1, 6))
    return f'<path stroke-width="1.2" d="{arcs}"/>{_dots(dots, 3)}'


def _picture() -> str:
    cells = "".join(
        f'<rect x="{4 + 7 * column}" y="{3 + 7 * row}" width="6.4" height="6.4" '
        f'opacity="{1 - abs(row - column) / 5:.1f}"/>'
        for row, column in product(range(5), range(5))
    )
    return f'<g fill="currentColor" stroke="none">{cells}</g><path d="M44 20h18M62 20l-5-4M62 20l-5 4"/>'


_DRAWN = {
    "linear": (_sum(), "One weight for each value: a straight sum"),
    "mlp": (_layers(), "Layers that see all values at once"),
    "rnn": (_LOOP, "A loop: one state, updated by each value"),
    "gru": (_LOOP + _dots([(30, 26), (42, 26)], 3), "A loop with two gates"),
    "lstm": (_LOOP + '<path d="M24 21.5h24" stroke-dasharray="3 3"/>' + _dots([(27, 29), (36, 29), (45, 29)], 2.8),
             "A loop with a memory behind three gates"),
    "tcn": (_convolutions(), "Convolutions that look ever farther back"),
    "transformer": (_attention(), "Attention: each value looks at the earlier ones"),
    "gaf_cnn": (_picture(), "The window as a picture, read by a CNN"),
}  # fmt: skip
ARCHITECTURES = tuple(_DRAWN)
"""The architectures that have a drawing, from the simplest on."""
_OTHER = (_BOX, "")


def of(architecture: str) -> str:
    """The drawing of an architecture as SVG, in its colour of every figure; a box for any other."""
    place = places([architecture])[architecture]
    colour = variable(MODELS[place]) if architecture in _DRAWN else variable("muted")
    return (
        f'<svg class="glyph" viewBox="0 0 72 40" color="{colour}" aria-hidden="true" fill="none" '
        'stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">'
        f"{_DRAWN.get(architecture, _OTHER)[0]}</svg>"
    )


def words(architecture: str) -> str:
    """What an architecture is, in a few words; empty for one without a drawing."""
    return _DRAWN.get(architecture, _OTHER)[1]
