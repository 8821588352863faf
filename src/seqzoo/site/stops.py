"""The tours of the site: those stops whose page and view it has."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from ..pages import phases, tours


def offered(has: Callable[[tours.TourStep], bool]) -> dict[str, list[int]]:
    """The tours, and the numbers of those of their steps that the site has."""
    every = {
        key: [at for at, step in enumerate(tour.steps, start=1) if has(step)] for key, tour in tours.TOURS.items()
    }
    return {key: stops for key, stops in every.items() if stops}


def texts(key: str, stops: list[int]) -> dict[str, Any]:
    """The texts of the stops of a tour and of its check, as a page docks them."""
    steps = tours.TOURS[key].steps
    pictured = {at for at in stops if phases.PLACE in steps[at - 1].shows}
    return {
        "stops": {
            str(at): {"html": tours.dock(key, at, stops), "phases": at in pictured} for at in tours.way(key, stops)
        },
        "phases": phases.picture() if pictured else "",
    }


def listed(key: str, stops: list[int]) -> str:
    """The page of a tour as HTML: what its stops ask. The script opens the first stop, or the one in the address."""
    tour = tours.TOURS[key]
    asks = "".join(
        f'<li><a data-stop="{at}" href="{escape(tours.address(key, at))}">{escape(tour.steps[at - 1].asks)}</a></li>'
        for at in stops
    )
    return f'<h1>{escape(tour.title)}</h1><p class="intro">{escape(tour.about)}</p><ol class="tour-list">{asks}</ol>'
