"""Guided tours in the app: the list of them, and the text docked beside the page of a model."""

from __future__ import annotations

from collections.abc import Mapping

from nicegui import ui

from ..pages import look, phases, tours
from .ui import theme


def links() -> None:
    """Show a link to every tour, how far this browser has come in it, and a teacher's link to some of its stops."""
    theme.html(tours.links(), "tours", "section")
    _script()


def panel(query: Mapping[str, str]) -> None:
    """Show the step that the address names; nothing if it names no tour."""
    key = query.get("tour", "")
    if key not in tours.TOURS:
        return
    steps = tours.TOURS[key].steps
    stop = min(max(tours.number(query.get("stop", "1")), 1), len(steps) + 1)
    # On other pages its selectors would be tried at every change of a chart.
    ui.add_head_html(f"<style>{look.HERE.joinpath('js', 'staged.css').read_text('utf-8')}</style>")
    with ui.element("section").classes("tour").props('aria-label="Guided tour"'):
        theme.html(tours.dock(key, stop))
    if stop <= len(steps) and phases.PLACE in steps[stop - 1].shows:
        theme.html(phases.picture(), phases.PLACE.removeprefix("."))
    _script()


def _script() -> None:
    ui.add_body_html(f"<script>{look.script('tours')}</script>")
