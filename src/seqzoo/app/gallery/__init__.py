"""The page /: a card for every model and every reference."""

from __future__ import annotations

from functools import partial
from html import escape
from urllib.parse import quote, urlencode

from anyio import to_thread
from nicegui import ui

from ... import signals
from ...pages import cards, hero
from ...pages.cards import FIRST, Row, Section, architecture
from ...pages.tours import TOURS
from ...runtime import catalogue
from ...runtime.repository import ModelState, Repository
from .. import tours
from ..model.inside import weights
from ..ui import controls, modules, theme

__all__ = ["FIRST"]
States = dict[str, ModelState]


def enter(repository: Repository) -> None:
    """Register the page."""

    @theme.page("/")
    async def index(architecture: str = "", signal: str = "") -> None:
        rows = await to_thread.run_sync(catalogue.rows)
        states = await to_thread.run_sync(_states, repository)
        with theme.frame("Gallery"):
            _hero()
            _Gallery(repository, rows, states, {"architecture": architecture, "signal": signal})
            save = '<a href="/models.csv" download="seqzoo-models.csv">Download all scores as CSV</a>'
            theme.html(save, "saves", "p")
            tours.links()


def _hero() -> None:
    """Show the window and the doors.

    They are in the page before NiceGUI has started, which takes most of the time of loading; the script then moves
    them to the place that this leaves for them.
    """
    ui.element("div").classes("hero-place")
    page = hero.html(weights.of_bundle(hero.MODEL, hero.bundle()), hero.learn(len(TOURS)) + _OWN)
    ui.add_body_html(f'{page}<script type="module" src="{modules.address("pages/js/hero.js")}"></script>')


_OWN = (
    '<a class="door" href="/series"><strong>Use it on my series</strong>'
    "<span>Drop a file of values. See whether a network pays off, and train one.</span></a>"
)


class _Section:
    """The elements of a section."""

    def __init__(self, section: Section) -> None:
        folded = section.is_folded
        self.title, self.names = section.title, [row["name"] for row in section.rows]
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
            self._filter("architecture", sorted({architecture(row) for row in rows} - {""}))
            self._filter("signal", [family for family in signals.FAMILIES])
        for section in cards.sections(rows):
            self._section(section)
        self.nothing = theme.html(cards.NOTHING, "nothing gone")
        theme.html(f"<summary>How to read a card</summary><p>{cards.KEY}</p>", "hint key", "details")
        self._apply()
        ui.timer(1.0, self._refresh)

    def _filter(self, kind: str, values: list[str]) -> None:
        self.chips[kind] = controls.Chips(kind.capitalize())
        self.chips[kind].offer({"": "all", **{value: value for value in values}}, partial(self._choose, kind))

    def _section(self, section: Section) -> None:
        elements = _Section(section)
        with elements.cards:
            for row in section.rows:
                self._card(row)
        self.sections.append(elements)

    def _card(self, row: Row) -> None:
        link = theme.html(self._inside(row), "model-card", "a")  # one element: each costs the server time
        link.props["href"] = f"/models/{quote(row['name'])}"
        link.props["data-model"] = row["name"]
        self.cards[row["name"]] = link

    def _inside(self, row: Row) -> str:
        return f"<div>{cards.card(row)}</div><div>{_badge_of(row, self.states)}</div>"

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
            facts = {"architecture": architecture(row), "signal": row.get("family", "")}
            fits = all(value in ("", facts[kind]) for kind, value in self.chosen.items())
            theme.show(self.cards[row["name"]], fits)
            if fits:
                visible.add(row["name"])
        for section in self.sections:
            section.tell(len(visible & set(section.names)), is_open=any(self.chosen.values()))
        theme.show(self.nothing, not visible)


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
