"""The views of a model's page in the site, and their facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..forecasters.protocol import Forecaster, has_bundle
from ..microscope.facts import Subject
from ..pages import card, influence, look, predict, roll_out
from ..pages.inside import OWN


def _nothing(_: Forecaster) -> Any:
    return {}


class View(NamedTuple):
    """A tab, which the function `run(element, host)` of a module fills.

    Args:
        facts: what the host gives it beside the facts of `predict.facts`, which all views share.
        lead: the sentence above it, as HTML.
        keys: the keys of the address that are of this view only.
        styles: its style sheets.
        marks: what the CSS selectors of stops of a tour begin with that it has.
    """

    key: str
    label: str
    module: str
    run: str
    is_for: Callable[[Forecaster], bool] = lambda model: True
    facts: Callable[[Forecaster], dict[str, Any]] = _nothing
    lead: Callable[[Forecaster], str] = lambda model: ""
    keys: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    is_microscope: bool = False


def _inside(model: Forecaster) -> dict[str, Any]:
    assert has_bundle(model)
    return Subject(model.bundle).fixed


_STYLE = "pages/js/views.css"
VIEWS = [
    View(
        "predict", "Predict", "pages/js/predict.js", "predict",
        lead=lambda model: predict.lead(model, look.term), styles=(_STYLE,), marks=(".chart",),
    ),
    View(
        "inside", "Look inside", "microscope/js/pair.js", "pair", lambda model: model.is_recurrent, _inside,
        keys=OWN, styles=("microscope/js/microscope.css",), marks=(".mz-",), is_microscope=True,
    ),
    View(
        "inside", "Look inside", "pages/js/inside.js", "inside", lambda model: not model.is_recurrent,
        facts=influence.facts, lead=lambda model: influence.lead(model, look.term), keys=influence.KEYS,
        styles=(_STYLE,), marks=(".chart",),
    ),
    View(
        "rollout", "Roll out", "pages/js/rollout.js", "rollout", has_bundle,  # errors of references are not stored
        facts=lambda model: {"errors": roll_out.stored(model)}, lead=lambda model: roll_out.lead(model, look.term),
        keys=("horizon",), styles=(_STYLE,), marks=(".chart",),
    ),
]  # fmt: skip


def of(model: Forecaster) -> list[View]:
    """The views that a model has, beside its card."""
    return [view for view in VIEWS if view.is_for(model)]


def labels(model: Forecaster) -> dict[str, str]:
    """The tabs of a model's page, {key: label}."""
    return {view.key: view.label for view in of(model)} | ({"card": "Card"} if has_bundle(model) else {})


def panel(model: Forecaster, key: str) -> str:
    """What a tab holds until its module fills it, as HTML."""
    if key == "card":
        assert has_bundle(model)
        prose = f'<div class="panel"><div class="prose">{card.html(model.bundle)}</div></div>'
        return f'<p class="lead">{card.LEAD}</p>{prose}'
    lead = next(view for view in of(model) if view.key == key).lead(model)
    return (f'<p class="lead">{lead}</p>' if lead else "") + '<div class="view skeleton"></div>'


def facts(model: Forecaster) -> dict[str, Any]:
    """What the page of a model reads from a file: the facts that all views share, and those of each view."""
    return {"shared": predict.facts(model), "views": {view.key: view.facts(model) for view in of(model)}}
