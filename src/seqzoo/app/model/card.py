"""The view *Card*: the model card, rendered."""

from __future__ import annotations

from anyio import to_thread
from nicegui import ui

from ...bundles import describe
from ...forecasters.protocol import has_bundle
from ..ui import markup, theme
from .visit import Visit


async def build(visit: Visit) -> None:
    """Fill the view.

    Raises:
        IntegrityError: the card's hash is not the one in the manifest, or the card is not text.
    """
    assert has_bundle(visit.known)
    bundle = visit.known.bundle
    text = await to_thread.run_sync(describe.text_of, bundle)
    html = await to_thread.run_sync(markup.rendered, text)
    theme.lead("Notice that every number stands beside its references, and what the model must not be used for.")
    with ui.element("div").classes("panel"):
        ui.html(html, sanitize=True).classes("prose")  # a bundle may come from anybody
