"""The head of a model's page: its name, what it is, and its facts."""

from __future__ import annotations

from html import escape

from .._formats import short
from ..bundles.describe import describe_signal
from ..bundles.manifest import ScoreFacts
from ..forecasters.protocol import Forecaster, has_bundle
from ..forecasters.table import label
from . import look

CRUMB = '<a class="crumb" href="/">← Gallery</a>'


def described(name: str, views: list[str]) -> str:
    """The description of a page with these views."""
    return f"{name[:100]} compared with the best possible forecaster: {', '.join(views).lower()}."


def about(known: Forecaster) -> str:
    """What the model is, as HTML.

    Raises:
        SeqzooError: the manifest cannot be used.
    """
    title = known.manifest.title if has_bundle(known) else "Reference forecaster"
    return f"<strong>{escape(title)}.</strong> {escape(known.summary)}"


def facts(known: Forecaster) -> str:
    """Its size, its distance from Bayes and what it reads, as HTML.

    Raises:
        SeqzooError: the manifest cannot be used.
    """
    if has_bundle(known):
        stated = known.manifest
        signal = describe_signal(stated)
        items = [
            f"<b>{stated.parameters:,}</b> parameters",
            f"<b>{stated.size / 1024:,.0f} KB</b> {look.term('bundle')}",
            _distance(stated.score),
        ]
    else:
        signal = known.signal.description
        items = ["computed from the signal, not trained"]
    reads = f"reads <b>{known.context_length}</b> values of <b>{escape(signal)}</b>{_beside(known)}"
    return "".join(f"<span>{item}</span>" for item in [*items, reads])


def _distance(score: ScoreFacts) -> str:
    if score.skill is None:
        best = sorted(score.rivals.items(), key=lambda row: row[1])[:3]  # the card has all
        beside = ", ".join(f"{label(name)} {short(mse)}" for name, mse in best)
        unit = " (squared deviations of each series)" if score.series else ""
        return f"MSE <b>{short(score.mse[0])}</b>{unit} on the hold-out; best rivals: {escape(beside)}"
    if score.excess is None:
        return f"{look.term('excess')} undefined: the {look.term('floor')} is zero"
    value, error = score.excess
    digits = 2 if error == 0 or error >= 1e-4 else 3
    return f"<b>{value:.{digits}%}</b> ± {error:.{digits}%} {look.term('excess')} over the {look.best()}"


def _beside(known: Forecaster) -> str:
    """What the model reads beside the values, as HTML that follows "reads 144 values of ..."."""
    if len(known.channels) < 2:
        return ""
    calendar = known.manifest.contract.calendar if has_bundle(known) else None
    named = ", ".join(known.channels[1:]) if calendar is None else f"the {' and the '.join(calendar.parts)}"
    return f", with {escape(named)}"
