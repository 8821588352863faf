"""The first thing on the gallery: a window to drag, and a forecast that follows, computed in the browser."""

from __future__ import annotations

import dataclasses
import json
from html import escape
from urllib.parse import quote

from .._palette import word
from ..bundles.store import SHIPPED, Bundle, open_bundle
from ..signals.sine import Sine

MODEL = "lstm.sine-k4"  # 117 parameters: a file of 900 bytes
AHEAD = 30  # values forecast, each from the forecasts before it
TOP = 1.25  # the value at the upper edge
_PHASE, _SEED = -0.15, 4  # of the window: it rises through zero, and one value changes where to


def bundle() -> Bundle:
    """The bundle of the network whose forecast follows."""
    return open_bundle(SHIPPED / MODEL)


def html(weights: str, doors: str) -> str:
    """The window and the doors as HTML, which js/hero.js draws.

    Args:
        weights: the address of the network's weights.
        doors: the links beneath, as HTML.
    """
    facts = bundle().manifest
    process = facts.source.process
    assert isinstance(process, Sine)  # whose Bayes forecast the script computes
    length = facts.contract.context_length
    window = [round(float(value), 2) for value in process.series(length, seed=_SEED, phase=_PHASE).observed]
    asked = {
        "weights": weights,
        "window": window,
        "ahead": AHEAD,
        "top": TOP,
        "signal": dataclasses.asdict(process),
    }
    words = (
        f"<b>Drag a dot.</b> The {_line('model')} line is the forecast of an LSTM with {facts.parameters} "
        f"parameters. The {_line('bayes')} line is the best for the sine it assumes. Can you pull them apart?"
    )
    return (
        f'<section id="hero" class="hero" aria-labelledby="hero-title" data-facts="{escape(json.dumps(asked))}">'
        f'<div class="hero-text"><h1 id="hero-title">A zoo of small sequence models</h1><p class="intro">{words}</p>'
        '<p class="hero-answer">Next value: LSTM <b data-of="model">…</b> '
        'the sine’s best <b data-of="bayes">…</b></p>'
        f'<div class="buttons"><a class="button primary" href="/models/{quote(MODEL)}?view=inside">Look inside</a>'
        '<button type="button" class="button" disabled>Start again</button></div></div>'
        f'{_chart(window)}<div class="doors">{doors}</div></section>'
    )


def _line(role: str) -> str:
    return f'<span class="hero-line {role}">{word(role)}</span>'


def _chart(window: list[float]) -> str:
    """The values of a window [L] as handles, and the lines, which the script draws. A step is one unit wide."""
    length, wide = len(window), len(window) + AHEAD
    points = "".join(
        f'<div class="point" role="slider" tabindex="{-1 if n + 1 < length else 0}" aria-orientation="vertical" '
        f'aria-label="value {n + 1} of {length}" aria-valuenow="{value:g}" '
        f'aria-valuemin="{-TOP:g}" aria-valuemax="{TOP:g}"></div>'
        for n, value in enumerate(window)
    )
    return (
        f'<div class="hero-chart"><svg viewBox="0 0 {wide} {2 * TOP:g}" preserveAspectRatio="none" role="img" '
        f'aria-label="{length} values, and two forecasts of the next {AHEAD}">'
        f'<path class="zero" d="M0 {TOP:g}h{wide}"/>'
        f'<path class="zero" d="M{length} 0v{2 * TOP:g}"/><path class="bayes"/><path class="model"/></svg>'
        '<span class="hint">forecasts</span>'
        f'<div class="points" role="group" aria-label="{length} values, each can be moved">{points}</div></div>'
    )


_NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight")


def learn(tours: int) -> str:
    """The door to some tours, as HTML."""
    words = f"{_NUMBERS[tours]} short tour{'' if tours == 1 else 's'}. Guess first, then see what a network does."
    return f'<a class="door" href="#tours"><strong>Learn: take the tours</strong><span>{words}</span></a>'
