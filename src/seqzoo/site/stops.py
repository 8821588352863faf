"""The tours of the site: those stops whose page and view it has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..pages import phases, tours


def offered(has: Callable[[tours.TourStep], bool]) -> dict[str, str]:
    """The tours {key: choice of stops} with those steps that the site has; a choice is empty where it has all."""
    choices = {}
    for key, tour in tours.TOURS.items():
        stops = [at for at, step in enumerate(tour.steps, start=1) if has(step)]
        if stops:
            choices[key] = "" if len(stops) == len(tour.steps) else ",".join(map(str, stops))
    return choices


def texts(key: str, choice: str) -> dict[str, Any]:
    """The texts of the stops of a tour and of its check, as the page of a model docks them."""
    steps = tours.TOURS[key].steps
    check = len(steps) + 1
    shown = [*tours.chosen(key, choice), check]
    pictured = {at for at in shown if at < check and phases.PLACE in steps[at - 1].shows}
    return {
        "stops": {str(at): {"html": tours.dock(key, at, choice), "phases": at in pictured} for at in shown},
        "phases": phases.picture() if pictured else "",
    }
