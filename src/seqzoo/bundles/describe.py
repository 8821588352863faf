"""Texts about a bundle: its signal in words, and its card."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..errors import IntegrityError, SeqzooError
from ..signals import Observed, ObservedSet
from .manifest import Manifest
from .store import CARD, Bundle

if TYPE_CHECKING:
    pass


def text_of(bundle: Bundle) -> str:
    """The card of a bundle, as Markdown.

    Raises:
        IntegrityError: the file differs from what the manifest states, or is not UTF-8.
    """
    try:
        return bundle.read(CARD).decode()
    except UnicodeDecodeError as error:
        where = f"{error.reason} at byte {error.start:,}"
        raise IntegrityError(f"{bundle.path / CARD} is not UTF-8 text: {where}.") from None


def describe_signal(manifest: Manifest) -> str:
    """A model's source in words, for example "sin(0.02 x) + noise, sigma 0.1" or "the series load, 8,760 values"."""
    source = manifest.source
    if isinstance(source, ObservedSet):
        return f"the set {source.name} of {len(source.members):,} series, {source.values:,} values"
    if isinstance(source, Observed):
        return f"the series {source.name}, {source.length - source.missing:,} values"
    try:
        return source.process.description
    except SeqzooError:  # this version does not have the signal
        return f"{source.family} ({pairs(source.parameters)})"


def pairs(facts: dict[str, object] | dict[str, float]) -> str:
    """Names and values in one line: "noise 0.1, period 20"."""
    return ", ".join(f"{key} {json.dumps(value)}" for key, value in facts.items())
