"""The view *Card*: the model card, rendered."""

from __future__ import annotations

from anyio import to_thread
from nicegui import ui

from ...bundles import describe
from ...forecasters.protocol import has_bundle
from ..ui import markup, theme
from .visit import Visit


async def build(visit: Visit) -> None:
    """Fill the view. Raises IntegrityError: the card is not what its manifest states, or not text."""
    assert has_bundle(visit.known)
    found = visit.known.bundle
    text = await to_thread.run_sync(describe.text_of, found)
    made = await to_thread.run_sync(markup.rendered, text)
    theme.lead("Notice that every number stands beside what it is compared with, and what the model is not for.")
    with ui.element("div").classes("panel"):
        ui.html(made, sanitize=True).classes("prose")  # what it holds may be another's
