"""The views of a model's page in the site, and their facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..bundles.store import Bundle
from ..forecasters import familiarity
from ..microscope.facts import Subject
from ..pages.inside import KEYS
from ..runtime.engines.numpy import CELLS

DRAWS = 32  # windows of the signal that a page has; "New window" goes through them


class View(NamedTuple):
    """A tab: the module with the function `run(element, host)` that fills it, and the facts that the host gives it.

    `keys` are the keys of the address that are of this view, `styles` its style sheets, and `marks` what the CSS
    selectors of stops of a tour begin with that it has.
    """

    key: str
    label: str
    module: str
    run: str
    facts: Callable[[Bundle], dict[str, Any]]
    is_for: Callable[[Bundle], bool] = lambda bundle: True
    keys: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()


def _inside(bundle: Bundle) -> dict[str, Any]:
    return {**Subject(bundle).fixed, "standings": []}


VIEWS = [
    View(
        "inside", "Look inside", "microscope/js/pair.js", "pair", _inside,
        lambda bundle: bundle.manifest.architecture in CELLS, KEYS, ("microscope/js/microscope.css",), (".mz-",),
    ),
]  # fmt: skip


def of(bundle: Bundle) -> list[View]:
    """The views that a model has."""
    return [view for view in VIEWS if view.is_for(bundle)]


def facts(bundle: Bundle) -> dict[str, Any]:
    """What the page of a model reads from a file: windows to choose from, their range, and the facts of each view."""
    process = bundle.manifest.source.process
    assert process is not None
    length = bundle.manifest.contract.context_length
    draws = [process.draw(1, length, 1, np.random.default_rng(n)).context[0] for n in range(DRAWS)]
    known = familiarity.of(process, length)
    return {
        "draws": np.round(draws, 6).tolist(),
        "range": {"mean": known.mean, "sd": known.sd, "reach": known.value_reach},
        "views": {view.key: view.facts(bundle) for view in of(bundle)},
    }
