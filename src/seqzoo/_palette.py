"""The colours of pages, saved figures, reports and the microscope, from `_palette.json`.

A colour is a pair of values, for light and for dark ground. A role, for example that of a reference, has the same
colour everywhere. Colours have a contrast of at least 3:1 on `card` and on `ground`.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class Pair(NamedTuple):
    """The values of a colour on light and on dark ground, in the form "#rrggbb"."""

    light: str
    dark: str


_FILE = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
COLOURS = {name: Pair(*pair) for name, pair in _FILE["colours"].items()}
"""Colours of lines, points and words. Their values on light ground all differ, so that `follow` can replace them."""
SURFACES = {name: Pair(*pair) for name, pair in _FILE["surfaces"].items()}
"""Colours of grounds, and of the rules of a grid."""
ROLES: dict[str, str] = _FILE["roles"]
"""The name of the colour of each role: a model, a reference of `forecasters.table`, a condition of an experiment."""
MODELS: tuple[str, ...] = tuple(_FILE["models"].values())
"""Names of colours for several models in one figure, indexed by `places`. Further models differ by shape."""


def pair(name: str) -> Pair:
    """The values of a colour, a surface or a role; grey for an unknown role."""
    return COLOURS.get(name) or SURFACES.get(name) or COLOURS[ROLES.get(name, "grey")]


def word(role: str) -> str:
    """The name of the colour of a role, for sentences about a drawing, for example "amber" for "bayes"."""
    return ROLES[role]


def light(name: str) -> str:
    """The value of a colour or role on light ground, as in saved figures."""
    return pair(name).light


def variable(name: str) -> str:
    """A colour or role as a CSS variable, which follows the page from light to dark."""
    return f"var(--{name.replace('_', '-')})"


def places(models: Iterable[str]) -> dict[str, int]:
    """A different index into `MODELS`, or beyond it, for each of several models, named "lstm" or "lstm.sine".

    An architecture keeps its index in every figure. A model without an index, or whose index is taken, gets the next
    free one.
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
    """A style sheet that defines colours, surfaces and roles as CSS variables, for light and dark pages."""
    lights, darks = ("".join(f"--{name.replace('_', '-')}:{pair(name)[side]};" for name in names) for side in (0, 1))
    return f":root{{color-scheme:light dark;{lights}}}\n@media (prefers-color-scheme: dark){{:root{{{darks}}}}}\n"


def css_of_scheme(names: Iterable[str] = (*COLOURS, *SURFACES, *ROLES)) -> str:
    """As `css`, for a page with a switch: `data-theme` of the root, "light" or "dark", overrules the system."""
    values = "".join(f"{variable(name)[4:-1]}:{_either(pair(name))};" for name in names)
    chosen = "".join(f":root[data-theme={side}]{{color-scheme:{side}}}" for side in Pair._fields)
    return f":root{{color-scheme:light dark;{values}}}\n{chosen}\n"


def _either(colour: Pair) -> str:
    return colour.light if colour.light == colour.dark else f"light-dark({colour.light},{colour.dark})"


def follow(drawing: str) -> str:
    """A drawing whose colours follow the page, from a drawing with the values for light ground."""
    for name in (*COLOURS, "rule"):
        drawing = drawing.replace(light(name), variable(name))
    return drawing


def follow_within(selector: str) -> str:
    """A style sheet by which the SVG within a selector follows the colours of the page."""
    rules = []
    for name in (*COLOURS, "rule"):
        for kind in ("fill", "stroke"):
            rules.append(f'{selector} [{kind}="{light(name)}"]{{{kind}:{variable(name)}}}\n')
    return "".join(rules)
