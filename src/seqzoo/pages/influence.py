"""What Python states for the view *Look inside* of a model without gates; `js/inside.js` computes the rest."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

from .._arrays import FloatArray, with_channel
from ..errors import SeqzooError
from ..evaluation import sensitivity
from ..evaluation.sensitivity import Slope, cosine
from ..forecasters.exact import best_linear, references_of
from ..forecasters.protocol import Forecaster, has_bundle
from ..microscope.feedforward import ARCHITECTURES, FeedForward
from .predict import Term, rounded

KEYS = ("order", "poke_at", "poke_by", "step", "off")
"""The keys of the address that are of this view only."""
FIRST = 24  # units that are drawn at first, before a button asks for the rest; of a large model, no others
INFLUENCE = "influence of each input"
TYPICAL = 8  # windows behind the sentence at the top
AVERAGED = 12  # windows over which the effect of a unit is averaged
_AFFORDABLE = 20_000_000  # units times parameters that are measured in about a second


def facts(model: Forecaster) -> dict[str, Any]:
    """What the view needs beside the facts of `predict.facts`, as JSON can hold it.

    `problem` says why the network cannot be drawn; its derivative is then of the forecasts that the server computes.
    `units` are those of `units_of`, over fresh windows of a known signal.
    """
    inside, problem = opened(model)
    if inside is None:
        return unopened(problem)
    windows = model.signal.draw(AVERAGED, model.context_length, 1, np.random.default_rng(1)).context
    return {"units": units_of(inside, with_channel(windows))}


def unopened(problem: str) -> dict[str, Any]:
    """The facts of a network that cannot be drawn; none where there is no problem."""
    return {"problem": problem, "architecture": ""} if problem else {}


def opened(model: Forecaster) -> tuple[FeedForward | None, str]:
    """The network of a model, read from its weights; without one, a sentence on why, empty for a reference."""
    if not has_bundle(model):
        return None, ""
    architecture = model.manifest.architecture
    if architecture not in ARCHITECTURES:
        return None, f"Layers of the architecture {architecture!r} cannot be drawn."
    try:
        return FeedForward(model.bundle), ""
    except SeqzooError as error:
        text = str(error)
        return None, f"{text[:1].upper()}{text[1:]}"


def units_of(inside: FeedForward, windows: FloatArray) -> dict[str, Any]:
    """The units of a network, as JSON can hold it: `effects` of all, and how many are drawn at `first`."""
    return {"first": FIRST, "effects": _effects(inside, windows)}


def _effects(inside: FeedForward, windows: FloatArray) -> list[tuple[int, float]]:
    """Each unit with its effect on the forecast of windows [B, L, D]: the largest first, but heads in their order.

    Of a large model, those with the largest weights only.
    """
    units = list(range(inside.units))
    if inside.filters is not None and inside.units * inside.parameters > _AFFORDABLE:
        sizes = np.square(inside.filters.reshape(len(inside.filters), -1)).sum(axis=1)
        units = [int(unit) for unit in np.argsort(-sizes, kind="stable")[:FIRST]]
    worth = dict(zip(units, rounded(inside.worth(windows, units)), strict=True)) if units else {}
    return sorted(worth.items(), key=lambda item: -item[1]) if inside.filters is not None else list(worth.items())


def lead(model: Forecaster, term: Term) -> str:
    """What to notice, as HTML: measured on fresh windows of the model's signal."""
    name, signal, length = escape(model.name), model.signal, model.context_length
    drawn = signal.draw(TYPICAL, length, 1, np.random.default_rng(0)).context
    moved = [(window, sensitivity.of_bayes(signal, window).derivative) for window in drawn]
    moved = [(window, bayes) for window, bayes in moved if not sensitivity.is_flat(bayes)]
    if not moved:
        return (
            f"Notice that no value moves the forecast of {term('Bayes')}: after each of {TYPICAL} fresh "
            "windows of the signal, the next value is almost certain."
        )
    own = [slope(model, window).derivative for window, _ in moved]
    weights = best_linear(signal, length).weights[0]
    to_bayes = float(np.mean([cosine(mine, bayes) for mine, (_, bayes) in zip(own, moved, strict=True)]))
    to_linear = float(np.mean([cosine(mine, weights) for mine in own]))
    typical = f"Over {len(moved)} fresh windows of its signal"
    like_bayes, like_linear = f"{term('cosine')} {to_bayes:.3f}", f"cosine {to_linear:.3f}"
    if model.reference == "bayes":
        return (
            f"Notice that in the best forecaster the {term(INFLUENCE)} depends on the window. {typical}, its mean "
            f"{term('cosine')} to the weights of the {term('best linear')} forecaster is {to_linear:.3f}."
        )
    if np.ptp(own, axis=0).max() < 1e-3:
        return (
            f"Notice that the weights of {name} are the same for every window, while those of {term('Bayes')} "
            f"depend on the window. {typical}, the two have a mean {like_bayes}."
        )
    near = f"that of {term('Bayes')} ({like_bayes})"
    far = f"the weights of the {term('best linear')} forecaster ({like_linear})"
    if max(to_bayes, to_linear) < 0.5:
        return (
            f"Notice that {name} depends on the wrong values. {typical}, the {term(INFLUENCE)} is near neither "
            f"{near} nor {far}."
        )
    if to_linear > to_bayes:
        near, far = far, near
    return (
        f"Notice which values move the forecast of {name}. {typical}, the {term(INFLUENCE)} is nearer to {near} "
        f"than to {far}."
    )


def slope(model: Forecaster, window: FloatArray, step: int = 1) -> Slope:
    """The derivative of a model of a known signal at a window [L]: that of the engine that serves it."""
    if not has_bundle(model):
        forecast = references_of(model.signal, model.context_length, step)[model.reference]
        return sensitivity.exact(lambda windows: forecast(windows)[:, step - 1], window)
    return sensitivity.served(lambda windows: model.predict(with_channel(windows))[:, step - 1], window)
