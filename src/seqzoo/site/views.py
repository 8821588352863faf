"""The views of a model's page in the site, and their facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..bundles.store import WEIGHTS
from ..forecasters.protocol import Forecaster, has_bundle
from ..microscope.facts import Subject
from ..pages import card, influence, look, predict, roll_out, train
from ..pages.inside import BESIDE, OWN, can_stand_beside

Models = Mapping[str, Forecaster]
"""The models of the site by name."""


def _nothing(model: Forecaster, models: Models) -> Any:
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
    facts: Callable[[Forecaster, Models], dict[str, Any]] = _nothing
    lead: Callable[[Forecaster], str] = lambda model: ""
    keys: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    is_microscope: bool = False


def _inside(model: Forecaster, models: Models) -> dict[str, Any]:
    """The facts of the microscope, and where those of the models are that can stand beside it."""
    assert has_bundle(model)
    others = {
        name: {"facts": f"../{name}/facts.json", "weights": f"../{name}/{WEIGHTS}"}
        for name, other in models.items() if has_bundle(other) and can_stand_beside(model.manifest, other.manifest)
    }  # fmt: skip
    return {**Subject(model.bundle).fixed, "others": others}


def _roll_out(model: Forecaster, models: Models) -> dict[str, Any]:
    """The facts of the roll-out, and where the weights of the model are that is drawn beside it."""
    if not has_bundle(model):
        return roll_out.own(model)
    bundles = {name: other.bundle for name, other in models.items() if has_bundle(other)}
    partner = roll_out.partner_among(bundles, model)
    weights = {} if partner is None else {"partner_weights": f"../{partner.name}/{WEIGHTS}"}
    return {**roll_out.own(model, partner), **weights}


_STYLE = "pages/js/views.css"
VIEWS = [
    View(
        "predict", "Predict", "pages/js/predict.js", "predict",
        lead=lambda model: predict.lead(model, look.term), styles=(_STYLE,), marks=(".chart",),
    ),
    View(
        "inside", "Look inside", "pages/js/beside.js", "beside", lambda model: model.is_recurrent, _inside,
        keys=(BESIDE, *OWN), styles=("microscope/js/microscope.css",), marks=(".mz-", "canvas"), is_microscope=True,
    ),
    View(
        "inside", "Look inside", "pages/js/inside.js", "inside", lambda model: not model.is_recurrent,
        facts=lambda model, _: influence.facts(model), lead=lambda model: influence.lead(model, look.term),
        keys=influence.KEYS, styles=(_STYLE,), marks=(".chart",),
    ),
    View(
        "rollout", "Roll out", "pages/js/rollout.js", "rollout",
        facts=_roll_out, lead=lambda model: roll_out.lead(model, look.term),
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


def facts(model: Forecaster, models: Models) -> dict[str, Any]:
    """What the page of a model reads from a file: the facts that all views share, and those of each view."""
    return {"shared": predict.facts(model), "views": {view.key: view.facts(model, models) for view in of(model)}}


TRAINING_MARKS = (".buttons", ".chart")
"""As `View.marks`, of the page Train."""


def trainings(models: Models) -> dict[str, dict[str, str]]:
    """The models whose training the page Train can repeat, and the keys of its address for that."""
    page = train.facts()
    recipe, settings = page["recipe"], {}
    for architecture, known in page["architectures"].items():
        model = models.get(f"{architecture}.{train.SIGNAL}")
        if model is None or not has_bundle(model) or model.manifest.training.recipe != recipe:
            continue
        usual = {**page["defaults"], **known["usual"]}  # the page's, of which an address holds what differs
        own = {"size": model.manifest.config["hidden_size"], "steps": recipe["steps"]}
        asked = {key: value for key, value in own.items() if value != usual[key]}
        if architecture != usual["architecture"]:
            asked = {"architecture": architecture, **asked}
        if recipe["learning_rate"] != usual["learning_rate"]:
            asked["rate"] = recipe["learning_rate"]
        settings[model.name] = {key: str(value) for key, value in asked.items()}
    return settings
