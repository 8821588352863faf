"""The colours of everything that is drawn: pages, saved figures, reports and the microscope read `_palette.json`.

A colour is a pair of values: on light ground and on dark. A role, as that of a reference, names a colour, and every
place that draws it takes that one. Colours reach a contrast of 3:1 at least on `card` and on `ground`.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class Pair(NamedTuple):
    """A colour as it is on light ground and on dark, as "#rrggbb"."""

    light: str
    dark: str


_FILE = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
COLOURS = {name: Pair(*pair) for name, pair in _FILE["colours"].items()}
"""What lines, points and words are drawn in. No two are alike on light ground, where their value tells them apart."""
SURFACES = {name: Pair(*pair) for name, pair in _FILE["surfaces"].items()}
"""What is drawn on, and the rules of a grid."""
ROLES: dict[str, str] = _FILE["roles"]
"""The name of a colour by what is drawn: a model, a reference of `forecasters.table`, a condition of experiments."""
MODELS: tuple[str, ...] = tuple(_FILE["models"].values())
"""Names of colours for several models in one figure, by `places`. Beyond them, shapes tell models apart."""


def pair(name: str) -> Pair:
    """The values of a colour, a surface or a role; grey for a role that has no colour of its own."""
    return COLOURS.get(name) or SURFACES.get(name) or COLOURS[ROLES.get(name, "grey")]


def light(name: str) -> str:
    """The value of a colour or role on light ground, as figures have it that are saved."""
    return pair(name).light


def variable(name: str) -> str:
    """A colour or role as a style sheet takes it: that of light or dark, as the page is."""
    return f"var(--{name.replace('_', '-')})"


def places(models: Iterable[str]) -> dict[str, int]:
    """A place in `MODELS`, or beyond, for each of several models, as "lstm" or "lstm.sine"; no two have the same.

    It is that of the architecture, whatever is drawn beside it; who has none, or finds it taken, follows.
    """
    names, known = list(models), list(_FILE["models"])
    own: dict[str, int] = {}
    for name in names:
        architecture = name.partition(".")[0]
        if architecture in known and known.index(architecture) not in own.values():
            own[name] = known.index(architecture)
    others = (place for place in itertools.count() if place not in own.values())
    return {name: own[name] if name in own else next(others) for name in names}


def css(names: Iterable[str] = (*COLOURS, *SURFACES, *ROLES)) -> str:
    """Colours, surfaces and roles as custom properties, for light and dark pages."""
    lights, darks = ("".join(f"--{name.replace('_', '-')}:{pair(name)[side]};" for name in names) for side in (0, 1))
    return f":root{{color-scheme:light dark;{lights}}}\n@media (prefers-color-scheme: dark){{:root{{{darks}}}}}\n"


def follow(drawing: str) -> str:
    """A drawing in the values of light ground as one that takes those of the page it stands in."""
    for name in (*COLOURS, "rule"):
        drawing = drawing.replace(light(name), variable(name))
    return drawing


def follow_within(selector: str) -> str:
    """A style sheet that turns the values of light ground in the SVG within a selector into those of the page."""
    rules = []
    for name in (*COLOURS, "rule"):
        for kind in ("fill", "stroke"):
            rules.append(f'{selector} [{kind}="{light(name)}"]{{{kind}:{variable(name)}}}\n')
    return "".join(rules)
