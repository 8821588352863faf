"""The view *Card*: the model card, rendered."""

from __future__ import annotations

from anyio import to_thread
from nicegui import ui

from ...forecasters.protocol import has_bundle
from ...pages import card
from ..ui import theme
from .visit import Visit


async def build(visit: Visit) -> None:
    """Fill the view.

    Raises:
        IntegrityError: the card's hash is not the one in the manifest, or the card is not text.
    """
    assert has_bundle(visit.known)
    html = await to_thread.run_sync(card.html, visit.known.bundle)
    theme.lead(card.LEAD)
    with ui.element("div").classes("panel"):
        ui.html(html, sanitize=True).classes("prose")  # a bundle may come from anybody
