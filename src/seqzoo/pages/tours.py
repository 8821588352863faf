"""Guided tours: a text docked beside the page of a model. A stop asks for a guess, then reveals what it points at."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from urllib.parse import urlencode

import msgspec

from .. import _palette


class Guess(msgspec.Struct, frozen=True):
    """A question with its choices, the number of the right one from 1, and the answer as HTML.

    Raises:
        ValueError: no choice has the number `right`.
    """

    asks: str
    choices: tuple[str, ...]
    right: int
    says: str

    def __post_init__(self) -> None:
        if not 1 <= self.right <= len(self.choices):
            raise ValueError(f"right is {self.right}; expected 1 to {len(self.choices)}: {self.asks}")


class TourStep(Guess, frozen=True):
    """A stop: the address of its page, and in `shows` CSS selectors of what it mentions there.

    The last of these would answer the question, and is hidden until the guess; with `hides` false none is.
    """

    page: str
    shows: tuple[str, ...]
    hides: bool = True


class Tour(msgspec.Struct, frozen=True):
    """A tour: its steps in order, the questions of its check, and in `next` what to do afterwards, as HTML.

    `about` is one sentence on what the steps show.
    """

    title: str
    about: str
    next: str
    steps: tuple[TourStep, ...]
    check: tuple[Guess, ...]


def _tours() -> dict[str, Tour]:
    """The tours of tours.toml, in which "{bayes}" stands for the name of the colour of that role."""
    text = Path(__file__).with_suffix(".toml").read_text("utf-8").format_map(_palette.ROLES)
    return msgspec.convert(tomllib.loads(text), dict[str, Tour])


TOURS = _tours()


def chosen(key: str, stops: str) -> list[int]:
    """The steps of a tour that a teacher's link names, for example "1,3,4"; all of them if it names none.

    Steps count from 1. The check follows every choice of steps.
    """
    every = range(1, len(TOURS[key].steps) + 1)
    named = {number(text) for text in stops.split(",") if text.strip().isdecimal()}
    return [step for step in every if step in named] or list(every)


def address(key: str, step: int, stops: str = "") -> str:
    """The address of a step; that of the check is one after the last step.

    Steps count from 1; a number outside the tour gives the nearest one. `stops` is a teacher's choice of steps.
    """
    steps = TOURS[key].steps
    at = min(max(step, 1), len(steps) + 1)
    page = steps[min(at, len(steps)) - 1].page
    query = {"tour": key, "stop": at} | ({"stops": ",".join(map(str, chosen(key, stops)))} if stops else {})
    return f"{page}{'&' if '?' in page else '?'}{urlencode(query, safe=',')}"


def begin(key: str, step: str, stops: str) -> str:
    """Where /tours/KEY leads: to a step, by default the first of those chosen; to the list without such a tour."""
    if key not in TOURS:
        return "/#tours"
    return address(key, number(step) if step else chosen(key, stops)[0], stops)


def number(given: str) -> int:
    """The number of a step in an address; 1 if the text is not a number."""
    given = given.strip()
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 4 else 1


Stops = Mapping[str, Sequence[int]]
"""Tours, and the numbers of those of their steps that a host has."""
ALL: Stops = {key: range(1, len(tour.steps) + 1) for key, tour in TOURS.items()}


def links(tours: Stops = ALL) -> str:
    """A link to each tour, how far this browser has come in it, and a teacher's link to some stops, as HTML."""
    cards = "".join(
        f'<li data-tour="{key}" data-stops="{",".join(map(str, stops))}" data-check="{len(TOURS[key].steps) + 1}">'
        f'<a href="{escape(address(key, stops[0]))}"><strong>{escape(TOURS[key].title)}</strong>'
        f'<span>{escape(TOURS[key].about)}</span><span class="tour-progress"></span></a>'
        f"{_for_a_class(key, stops)}</li>"
        for key, stops in tours.items()
    )
    return f'<h2 id="tours">Guided tours</h2><ul aria-labelledby="tours">{cards}</ul>'


def _for_a_class(key: str, stops: Sequence[int]) -> str:
    """The boxes that choose stops, and the link to them, which the script writes, as HTML."""
    title = escape(TOURS[key].title)
    boxes = "".join(f'<label><input type="checkbox" value="{at}" checked>{at}</label>' for at in stops)
    return (
        f'<details class="tour-link"><summary>Link for a class<span class="unseen">: {title}</span></summary>'
        f'<fieldset><legend>Stops</legend>{boxes}</fieldset><input type="text" readonly data-href="/tours/{key}" '
        f'aria-label="Link to the chosen stops: {title}"></details>'
    )


def _question(guess: Guess, kind: str) -> str:
    """A question as HTML. The script reveals the answer after a choice."""
    choices = "".join(
        f'<button type="button" class="choice" data-right="{int(at == guess.right)}">{escape(choice)}</button>'
        for at, choice in enumerate(guess.choices, start=1)
    )
    return (
        f'<div class="tour-guess" data-kind="{kind}"><p class="tour-asks">{escape(guess.asks)}</p>'
        f'<div class="tour-choices" role="group" aria-label="Your guess">{choices}</div>'
        f'<div role="status"><p class="tour-verdict" data-right="{escape(guess.choices[guess.right - 1])}"></p></div>'
        f'<p class="tour-says" tabindex="-1" hidden>{guess.says}</p></div>'
    )


def way(key: str, stops: Sequence[int]) -> dict[int, str]:
    """The addresses of the stops of a tour by their numbers, and that of the check at the end."""
    return {at: address(key, at) for at in (*stops, len(TOURS[key].steps) + 1)}


def dock(key: str, stop: int, stops: Sequence[int] = ()) -> str:
    """The text of a stop, or of the check after the last one, as HTML. The script says where it leads.

    Args:
        stops: those that the host has; by default all.
    """
    tour = TOURS[key]
    shows: tuple[str, ...] = ()
    hides = False
    if stop > len(tour.steps):
        says = "".join(_question(guess, "check") for guess in tour.check)
        says += f'<p class="tour-next" hidden><strong>What next?</strong> {tour.next}</p>'
    else:
        step = tour.steps[stop - 1]
        shows, hides = step.shows, step.hides
        says = _question(step, "stop")
    links = "".join(
        f'<a data-stop="{at}" href="{escape(href)}">{at}</a>' for at, href in way(key, stops or ALL[key]).items()
    )
    return (
        f'<div class="tour-text" data-tour="{key}" data-stop="{stop}" data-hides="{int(hides)}" '
        f'data-shows="{escape(msgspec.json.encode(shows).decode())}">'
        f'<div class="tour-head"><h2>{escape(tour.title)}</h2><span class="hint"></span></div>{says}'
        f'<nav class="tour-way" hidden>{links}</nav>'
        '<div class="buttons"><a class="button primary" href="/#tours">Finish</a>'
        '<button type="button" class="button tour-whole" aria-pressed="false">Whole page</button>'
        '<a class="hint" href="/">Leave the tour</a></div></div>'
    )
