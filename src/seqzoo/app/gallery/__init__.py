"""The page /: a card for every model and every reference."""

from __future__ import annotations

import math
from functools import partial
from html import escape
from typing import Any
from urllib.parse import quote, urlencode

from anyio import to_thread
from nicegui import ui

from ... import signals
from ..._formats import percent, short
from ...runtime import catalogue
from ...runtime.repository import ModelState, Repository
from .. import tours
from ..ui import controls, theme
from . import glyphs, hero, sketches

REFERENCE = "reference"  # shown where a model has its architecture
BEST_SHOWN = 1e-3  # the excess at which the bar is full
Row = dict[str, Any]  # of the catalogue
States = dict[str, ModelState]


def _architecture(row: Row) -> str:
    return REFERENCE if row.get("reference") else str(row.get("architecture", ""))


def enter(repository: Repository) -> None:
    """Register the page."""

    @ui.page("/")
    async def index(architecture: str = "", signal: str = "") -> None:
        rows = await to_thread.run_sync(catalogue.rows)
        states = await to_thread.run_sync(_states, repository)
        with theme.frame("Gallery"):
            hero.show()
            _Gallery(repository, rows, states, {"architecture": architecture, "signal": signal})
            tours.links()
            save = '<a href="/models.csv" download="seqzoo-models.csv">Download this table as CSV</a>'
            theme.html(save, "saves", "p")


FIRST = tuple(f"{architecture}.sine" for architecture in glyphs.ARCHITECTURES)
"""The models in sight at first: one of each architecture, all of one signal, from the simplest on."""


class _Section:
    """A heading and its cards; `folded` ones are in sight once the visitor opens them."""

    def __init__(self, title: str, members: list[Row], folded: bool) -> None:
        self.title, self.names = title, [row["name"] for row in members]
        self.box = ui.element("details" if folded else "section").classes("shelf")
        with self.box:
            self._head = theme.html("", tag="summary" if folded else "div")
            self.cards = ui.element("div").classes("cards")
        self._folded = folded

    def tell(self, visible: int, is_open: bool) -> None:
        """Show how many cards are left, and open them or fold them away; without any, the section is hidden."""
        theme.show(self.box, visible > 0)
        head = f"{visible} {self.title}" if self._folded else self.title
        self._head.set_content(f"<h2>{head}</h2>")
        if self._folded:
            self.box.props("open") if is_open else self.box.props(remove="open")
            # The visitor may have turned it, of which the properties do not know.
            ui.run_javascript(f"getHtmlElement({self.box.id})?.toggleAttribute('open', {str(is_open).lower()})")


class _Gallery:
    """The filters and the cards of one visitor."""

    def __init__(self, repository: Repository, rows: list[Row], states: States, chosen: dict[str, str]) -> None:
        self.repository, self.rows, self.states, self.chosen = repository, rows, states, chosen
        self.chips: dict[str, controls.Chips] = {}
        self.cards: dict[str, ui.html] = {}
        self.sections: list[_Section] = []
        with ui.element("div").classes("filters"):
            self._filter("architecture", sorted({_architecture(row) for row in rows} - {""}))
            self._filter("signal", [family for family in signals.FAMILIES])
        trained = [row for row in rows if not row.get("reference")]
        first = sorted((row for row in trained if row["name"] in FIRST), key=lambda row: FIRST.index(row["name"]))
        more = [row for row in trained if row["name"] not in FIRST]
        self._section("Your models", [row for row in more if not row["shipped"]])
        self._section("Models", first)
        others = "more models: other signals, more steps ahead, fewer units"
        self._section(others, [row for row in more if row["shipped"]], True)
        self._section("references, computed from the signal", [row for row in rows if row.get("reference")], True)
        self.nothing = theme.html("No model of that architecture on that signal yet. Choose another.", "nothing gone")
        theme.html(f"<summary>How to read a card</summary><p>{_KEY}</p>", "hint key", "details")
        self._apply()
        ui.timer(1.0, self._refresh)

    def _filter(self, kind: str, values: list[str]) -> None:
        self.chips[kind] = controls.Chips(kind.capitalize())
        self.chips[kind].offer({"": "all", **{value: value for value in values}}, partial(self._choose, kind))

    def _section(self, title: str, members: list[Row], folded: bool = False) -> None:
        section = _Section(title, members, folded)
        with section.cards:
            for row in members:
                self._card(row)
        self.sections.append(section)

    def _card(self, row: Row) -> None:
        link = theme.html(self._inside(row), "model-card", "a")  # one element: each costs the server time
        link.props["href"] = f"/models/{quote(row['name'])}"
        link.props["data-model"] = row["name"]
        self.cards[row["name"]] = link

    def _inside(self, row: Row) -> str:
        return f"<div>{_body(row)}</div><div>{_badge_of(row, self.states)}</div>"

    async def _refresh(self) -> None:
        self.states = await to_thread.run_sync(_states, self.repository)
        for row in self.rows:
            card, now = self.cards[row["name"]], self._inside(row)
            if now != card.content:
                card.set_content(now)

    def _choose(self, kind: str, value: str) -> None:
        self.chosen[kind] = value
        self._apply()
        query = urlencode({key: value for key, value in self.chosen.items() if value})
        ui.navigate.history.replace(f"/?{query}" if query else "/")

    def _apply(self) -> None:
        for kind, chips in self.chips.items():
            chips.mark({self.chosen[kind]})
        visible = set()
        for row in self.rows:
            facts = {"architecture": _architecture(row), "signal": row.get("family", "")}
            fits = all(value in ("", facts[kind]) for kind, value in self.chosen.items())
            theme.show(self.cards[row["name"]], fits)
            if fits:
                visible.add(row["name"])
        for section in self.sections:
            section.tell(len(visible & set(section.names)), is_open=any(self.chosen.values()))
        theme.show(self.nothing, not visible)


_KEY = (
    f"<b>In each drawing</b> the dots are the observed values and the {theme.word('model')} line is the forecast. "
    f"The strip beneath shows the forecast minus that of {theme.term('Bayes')} ({theme.word('bayes')}), "
    f"{sketches.ENLARGED} times enlarged. For models of recall, the drawing shows forecasts against true values. "
    f"<b>The bar</b> runs from the "
    f"{theme.term('last value')} to Bayes on a logarithmic scale; its tick is the {theme.term('best linear')} "
    "forecaster."
)


def badge(state: str, reason: str = "") -> str:
    """A badge as HTML: a state and its reason."""
    text = f"{state}: {reason}" if reason else state
    short = text if len(text) <= 90 else text[:88] + "…"
    return f'<span class="badge {state.replace(" ", "-")}" title="{escape(text)}">{escape(short)}</span>'


def _states(repository: Repository) -> States:
    return {state.name: state for state in repository.index()}


def _badge_of(row: Row, states: States) -> str:
    if "error" in row:
        return badge("failed", row["error"])
    if row["reference"]:
        return badge("computed")
    state = states.get(row["name"])
    return badge("failed", "the model was removed") if state is None else state_badge(state)


def state_badge(state: ModelState) -> str:
    """A badge as HTML: whether a model is loaded, on disk or failed."""
    if state.state != "UNAVAILABLE":
        return badge({"READY": "loaded", "LOADING": "loading"}[state.state])
    untouched = state.reason == "" or state.reason.startswith(("not loaded", "unloaded"))
    return badge("on disk") if untouched else badge("failed", state.reason)


def _body(row: Row) -> str:
    name = f'<h3 class="card-name">{escape(row["name"])}</h3>'
    if "error" in row:
        return f'<div class="card-text">{name}<p class="card-summary">This bundle cannot be used.</p></div>'
    picture = (
        f'<img src="/sketches/{quote(row["name"])}.svg" alt="Forecasts of {escape(row["name"])} against the truth" '
        'loading="lazy" width="330" height="132">'
    )
    architecture = row.get("architecture", "")
    glyph = "" if row["reference"] else glyphs.of(architecture)
    summary = (row["shipped"] and glyphs.words(architecture)) or row["summary"]
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
        f'<div class="scale" role="img" aria-label="{above}"><div class="scale-line">'
        f'<span class="scale-fill" style="width:{at:.1f}%"></span>'
        f'<span class="scale-tick" style="left:{place(linear):.1f}%"></span>'
        f'<span class="scale-dot" style="left:{at:.1f}%"></span></div>'
        f'<div class="scale-words"><span>last value</span><b class="num">{above}</b><span>Bayes</span></div></div>'
    )
