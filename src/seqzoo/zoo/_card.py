"""The hand-written part of a model card."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """The hand-written part of a model card.

    Args:
        title: the architecture as a title begins, as in "GRU".
        summary: one sentence; shown by `seqzoo list` and in the gallery.
        architecture: prose on what the layers do.
        purpose: what to learn from the model.
        limitations: what it is not for.
        summary_on_a_series: in place of the summary, where that tells of the shipped size.
    """

    title: str
    summary: str
    architecture: str
    purpose: str
    limitations: str
    summary_on_a_series: str = ""
