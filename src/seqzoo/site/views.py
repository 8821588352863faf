"""The views of a model's page in the site, and their facts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

from ..bundles.store import Bundle
from ..microscope.facts import Subject
from ..pages.inside import OWN
from ..runtime.engines.numpy import CELLS


class View(NamedTuple):
    """A tab: the module with the function `run(element, host)` that fills it, and the facts that the host gives it.

    `keys` are the keys of the address that are of this view only, `styles` its style sheets, and `marks` what the CSS
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
    is_microscope: bool = False


def _inside(bundle: Bundle) -> dict[str, Any]:
    return Subject(bundle).fixed


VIEWS = [
    View(
        "inside", "Look inside", "microscope/js/pair.js", "pair", _inside,
        lambda bundle: bundle.manifest.architecture in CELLS, OWN, ("microscope/js/microscope.css",), (".mz-",), True,
    ),
]  # fmt: skip


def of(bundle: Bundle) -> list[View]:
    """The views that a model has."""
    return [view for view in VIEWS if view.is_for(bundle)]


def facts(bundle: Bundle) -> dict[str, Any]:
    """What the page of a model reads from a file: what its window is drawn from, and the facts of each view."""
    contract, process = bundle.manifest.contract, bundle.manifest.source.process
    assert process is not None
    knobs = [knob._asdict() for knob in process.scene(contract.context_length).knobs]
    signal = {"family": bundle.manifest.source.key, **dataclasses.asdict(process)}
    window = {"length": contract.context_length, "horizon": contract.horizon, "signal": signal, "knobs": knobs}
    return {"window": window, "views": {view.key: view.facts(bundle) for view in of(bundle)}}
