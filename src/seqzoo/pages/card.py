"""The view *Card* of a model: its card, rendered."""

from __future__ import annotations

from ..bundles import describe
from ..bundles.store import Bundle
from . import markup

LEAD = "Notice that every number stands beside its references, and what the model must not be used for."


def html(bundle: Bundle) -> str:
    """The card as safe HTML. The work takes up to a second: call it in a thread.

    Raises:
        IntegrityError: the card's hash is not the one in the manifest, or the card is not text.
    """
    return markup.rendered(describe.text_of(bundle))
