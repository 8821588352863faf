"""The first thing on the gallery: a window to drag, and a forecast that follows, computed in the browser."""

from __future__ import annotations

import functools
import json
from html import escape
from pathlib import Path
from urllib.parse import quote

from nicegui import ui

from ...bundles.store import SHIPPED, open_bundle
from ...microscope import modules
from ...signals.sine import Sine
from ..model.inside import microscope, weights
from ..ui import theme

MODEL = "lstm.sine-k4"  # 117 parameters: a file of 900 bytes
AHEAD = 30  # values forecast, each from the forecasts before it
TOP = 1.25  # the value at the upper edge
_SCRIPT = Path(__file__).with_name("hero.js").read_text("utf-8")
_PHASE, _SEED = -0.15, 4  # of the window: it rises through zero, and one value changes where to


def show() -> None:
    """Show the window and the doors.

    They are in the page before NiceGUI has started, which takes most of the time of loading; the script then moves
    them to the place that this leaves for them.
    """
    ui.element("div").classes("hero-place")
    ui.add_body_html(_page())


@functools.cache
def _page() -> str:
    bundle = open_bundle(SHIPPED / MODEL)
    facts = bundle.manifest
    process = facts.source.process
    assert isinstance(process, Sine)  # the script computes its Bayes forecast
    length = facts.contract.context_length
    window = [round(float(value), 2) for value in process.series(length, seed=_SEED, phase=_PHASE).observed]
    asked = {
        "cell": f"{microscope.MODULES}/{modules.version()}/microscope/js/cell.js",
        "weights": weights.of_bundle(MODEL, bundle),
        "inside": f"/models/{quote(MODEL)}?view=inside",
        "window": window,
        "ahead": AHEAD,
        "top": TOP,
        "frequency": process.angular_frequency,
        "amplitude": process.amplitude,
        "sigma": process.sigma,
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
        f'<div class="buttons"><a class="button primary" href="{asked["inside"]}">Look inside</a>'
        '<button type="button" class="button" disabled>Start again</button></div></div>'
        f"{_chart(window)}{_DOORS}</section><script>{_SCRIPT}</script>"
    )


def _line(role: str) -> str:
    return f'<span class="hero-line" style="--c:{theme.variable(role)}">{theme.word(role)}</span>'


def _chart(window: list[float]) -> str:
    """The values of a window [L] as handles, and the lines, which the script draws. A step is one unit wide."""
    length, wide = len(window), len(window) + AHEAD
    points = "".join(
        f'<div class="point" role="slider" tabindex="{-1 if n + 1 < length else 0}" aria-orientation="vertical" '
        f'aria-label="value {n + 1} of {length}" aria-valuenow="{value:g}" '
        f'aria-valuemin="{-TOP:g}" aria-valuemax="{TOP:g}" '
        f'style="left:{100 * (n + 0.5) / length:.1f}%;top:{100 * (TOP - value) / 2 / TOP:.1f}%"></div>'
        for n, value in enumerate(window)
    )
    return (
        f'<div class="hero-chart"><svg viewBox="0 0 {wide} {2 * TOP:g}" preserveAspectRatio="none" role="img" '
        f'aria-label="{length} values, and two forecasts of the next {AHEAD}">'
        f'<path class="zero" d="M0 {TOP:g}h{wide}"/>'
        f'<path class="zero" d="M{length} 0v{2 * TOP:g}"/><path class="bayes"/><path class="model"/></svg>'
        f'<span class="hint" style="left:{100 * length / wide:.0f}%">forecasts</span>'
        f'<div class="points" role="group" aria-label="{length} values, each can be moved" '
        f'style="width:{100 * length / wide:.0f}%">{points}</div></div>'
    )


_DOORS = (
    '<div class="doors"><a class="door" href="#tours"><strong>Learn: take the tours</strong>'
    "<span>Five short tours. Guess first, then see what a network does.</span></a>"
    '<a class="door" href="/series"><strong>Use it on my series</strong>'
    "<span>Drop a file of values. See whether a network pays off, and train one.</span></a></div>"
)
