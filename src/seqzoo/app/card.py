"""The view *Card*: the model card, rendered."""

from __future__ import annotations

import re

import markdown2
from anyio import to_thread
from nicegui import ui

from ..bundle import CARD
from ..runtime import ClosedForm
from . import theme
from .visit import Visit


async def build(visit: Visit) -> None:
    """Fill the view. Raises IntegrityError: the card is not what its manifest states."""
    assert not isinstance(visit.known, ClosedForm)
    text = (await to_thread.run_sync(visit.known.bundle.read, CARD)).decode("utf-8", "replace")
    theme.lead("Notice that every number stands beside what it is compared with, and what the model is not for.")
    with ui.element("div").classes("panel"):
        ui.html(rendered(text), sanitize=True).classes("prose")  # what it holds may be another's


def rendered(text: str) -> str:
    """Markdown as HTML, without its front matter; HTML in it is shown, not obeyed."""
    body = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    # Its headings come below those of the page.
    extras = {"tables": None, "fenced-code-blocks": None, "code-friendly": None, "demote-headers": 1}
    made = str(markdown2.markdown(body, safe_mode="escape", extras=extras))
    return made.replace("<pre>", '<pre tabindex="0">')  # a keyboard can scroll it
