"""What a bundle says of itself: its signal in words, its card's text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..errors import IntegrityError, SeqzooError
from ..signals import Observed
from .manifest import Manifest
from .store import CARD, Bundle

if TYPE_CHECKING:
    pass


def text_of(found: Bundle) -> str:
    """The card of a bundle, as Markdown.

    Raises:
        IntegrityError: it is not what the manifest states, or not UTF-8.
    """
    try:
        return found.read(CARD).decode()
    except UnicodeDecodeError as error:
        where = f"{error.reason} at byte {error.start:,}"
        raise IntegrityError(f"{found.path / CARD} is not UTF-8 text: {where}.") from None


def describe_signal(manifest: Manifest) -> str:
    """As "sin(0.02 x) + noise, sigma 0.1", or "the series load, 8,760 values"."""
    source = manifest.source
    if isinstance(source, Observed):
        return f"the series {source.name}, {source.length:,} values"
    try:
        return source.process.description
    except SeqzooError:  # of a version that has other signals
        return f"{source.family} ({_pairs(source.parameters)})"


def _pairs(facts: dict[str, object] | dict[str, float]) -> str:
    return ", ".join(f"{key} {json.dumps(value)}" for key, value in facts.items())
