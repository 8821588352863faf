"""Guided tours: short texts above the pages of models; each step is a link to the state that it explains."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from html import escape
from pathlib import Path
from urllib.parse import urlencode

import msgspec
from nicegui import ui

from .. import _palette
from .ui import theme


class TourStep(msgspec.Struct, frozen=True):
    """The text of a step, as HTML, and the address of the page that it explains."""

    page: str
    says: str


class Tour(msgspec.Struct, frozen=True):
    """A tour: its steps in order, and in `about` one sentence on what they show."""

    title: str
    about: str
    steps: tuple[TourStep, ...]


def _tours() -> dict[str, Tour]:
    """The tours of tours.toml, in which "{bayes}" stands for the name of the colour of that role."""
    text = Path(__file__).with_suffix(".toml").read_text("utf-8").format_map(_palette.ROLES)
    return msgspec.convert(tomllib.loads(text), dict[str, Tour])


TOURS = _tours()


def address(key: str, step: int) -> str:
    """The address of a step. Steps count from 1; a number outside the tour gives the nearest step."""
    steps = TOURS[key].steps
    at = min(max(step, 1), len(steps))
    page = steps[at - 1].page
    return f"{page}{'&' if '?' in page else '?'}{urlencode({'tour': key, 'stop': at})}"


def number(given: str) -> int:
    """The number of a step in an address; 1 if the text is not a number."""
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 4 else 1


def links() -> None:
    """Show a link to every tour."""
    cards = "".join(
        f'<li><a href="{escape(address(key, 1))}"><strong>{escape(tour.title)}</strong>'
        f"<span>{escape(tour.about)}</span></a></li>"
        for key, tour in TOURS.items()
    )
    theme.html(f'<h2 id="tours">Guided tours</h2><ul aria-labelledby="tours">{cards}</ul>', "tours", "section")


def panel(query: Mapping[str, str]) -> None:
    """Show the step that the address names; nothing if it names no tour."""
    key = query.get("tour", "")
    tour = TOURS.get(key)
    if tour is None:
        return
    last = len(tour.steps)
    at = min(max(number(query.get("stop", "1")), 1), last)
    back = f'<a class="button" href="{escape(address(key, at - 1))}">Back</a>' if at > 1 else ""
    onward = (
        f'<a class="button primary" href="{escape(address(key, at + 1))}">Next</a>'
        if at < last
        else '<a class="button primary" href="/#tours">Finish</a>'
    )
    with ui.element("aside").classes("tour").props('aria-label="Guided tour"'):
        theme.html(
            f'<div class="tour-head"><h2>{escape(tour.title)}</h2><span class="hint">step {at} of {last}</span></div>'
            f'<p>{tour.steps[at - 1].says}</p><div class="buttons">{back}{onward}'
            '<a class="hint" href="/">Leave the tour</a></div>'
        )
