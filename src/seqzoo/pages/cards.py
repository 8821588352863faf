"""The gallery: its sections of cards, and a card for a model or a reference, as HTML."""

from __future__ import annotations

import math
from html import escape
from typing import Any, NamedTuple
from urllib.parse import quote

from .._formats import percent, short
from .._palette import word
from . import glyphs, look, sketches

REFERENCE = "reference"  # shown where a model has its architecture
BEST_SHOWN = 1e-3  # the excess at which the bar is full
Row = dict[str, Any]  # of the catalogue
FIRST = tuple(f"{architecture}.sine" for architecture in glyphs.ARCHITECTURES)
"""The models in sight at first: one of each architecture, all of one signal, from the simplest on."""


class Section(NamedTuple):
    """A heading and its models; `is_folded` ones are in sight once the visitor opens them."""

    title: str
    rows: list[Row]
    is_folded: bool = False


def sections(rows: list[Row]) -> list[Section]:
    """The sections of the gallery in their order."""
    trained = [row for row in rows if not row.get("reference")]
    first = sorted((row for row in trained if row["name"] in FIRST), key=lambda row: FIRST.index(row["name"]))
    more = [row for row in trained if row["name"] not in FIRST]
    return [
        Section("Your models", [row for row in more if not row["shipped"]]),
        Section("Models", first),
        Section("more models: other signals, more steps ahead, fewer units", [r for r in more if r["shipped"]], True),
        Section("references, computed from the signal", [row for row in rows if row.get("reference")], True),
    ]


def architecture(row: Row) -> str:
    """The architecture by which the gallery filters."""
    return REFERENCE if row.get("reference") else str(row.get("architecture", ""))


NOTHING = "No model of that architecture on that signal yet. Choose another."
KEY = (
    f"<b>In each drawing</b> the dots are the observed values and the {word('model')} line is the forecast. "
    f"The strip beneath shows the forecast minus that of {look.term('Bayes')} ({word('bayes')}), "
    f"{sketches.ENLARGED} times enlarged. For models of recall, the drawing shows forecasts against true values. "
    f"<b>The bar</b> runs from the "
    f"{look.term('last value')} to Bayes on a logarithmic scale; its tick is the {look.term('best linear')} "
    "forecaster."
)
"""How to read a card, as HTML."""


def card(row: Row) -> str:
    """A card without its link."""
    name = f'<h3 class="card-name">{escape(row["name"])}</h3>'
    if "error" in row:
        return f'<div class="card-text">{name}<p class="card-summary">This bundle cannot be used.</p></div>'
    picture = (
        f'<img src="/sketches/{quote(row["name"])}.svg" alt="Forecasts of {escape(row["name"])} against the truth" '
        'loading="lazy" width="330" height="132">'
    )
    drawn = row.get("architecture", "")
    glyph = "" if row["reference"] else glyphs.of(drawn)
    summary = (row["shipped"] and glyphs.words(drawn)) or row["summary"]
    facts = [escape(row["family"])] + ([] if row["reference"] else [f"<b>{row['parameters']:,}</b> parameters"])
    items = "".join(f"<span>{fact}</span>" for fact in facts)
    return (
        f'<div class="card-head">{glyph}<div>{name}<p class="card-summary">{escape(summary)}</p></div></div>{picture}'
        f'<div class="card-text"><div class="facts">{items}</div>{_scale(row)}</div>'
    )


def _scale(row: Row) -> str:
    own, linear, last = row["excess"], row["excess_best_linear"], row["excess_last_value"]
    if own is None:
        words = "excess undefined: the floor is zero"
        if row["skill"] is None:
            words = f"MSE {short(row['mse'])} on the hold-out; the best possible forecast is unknown"
        return f'<div class="scale"><div class="scale-words"><span>{words}</span></div></div>'

    def place(excess: float) -> float:
        """The position in per cent: 0 at the last value, 100 at Bayes."""
        span = math.log(max(last, 2 * BEST_SHOWN) / BEST_SHOWN)
        return 100 * min(max(math.log(max(last, BEST_SHOWN) / max(excess, BEST_SHOWN)) / span, 0.0), 1.0)

    above = "optimal" if own <= 0 else percent(own) + " above Bayes"
    at = place(own)
    return (
        f'<div class="scale" role="img" aria-label="{above}"><svg class="scale-line">'
        f'<rect y="4" width="100%" height="6" rx="3"/>'
        f'<rect y="4" width="{at:.1f}%" height="6" rx="3" class="scale-fill"/>'
        f'<rect x="{place(linear):.1f}%" y="1" width="2" height="12" class="scale-tick"/>'
        f'<circle cx="{at:.1f}%" cy="7" r="7" class="scale-dot"/></svg>'
        f'<div class="scale-words"><span>last value</span><b class="num">{above}</b><span>Bayes</span></div></div>'
    )
