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
from . import sketches

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
            theme.html(
                "<h1>A zoo of small sequence models</h1>"
                '<p class="intro">Each model forecasts a noisy signal, and is compared with the best possible '
                "forecaster. <b>Click a model</b> to change its input, look inside it, roll it out or train it "
                'again; or begin with a tour, or with <a href="/series">your own series</a>.</p>'
            )
            tours.links()
            _Gallery(repository, rows, states, {"architecture": architecture, "signal": signal})
            save = '<a href="/models.csv" download="seqzoo-models.csv">Download this table as CSV</a>'
            theme.html(save, "saves", "p")


class _Gallery:
    """The filters and the cards of one visitor."""

    def __init__(self, repository: Repository, rows: list[Row], states: States, chosen: dict[str, str]) -> None:
        self.repository, self.rows, self.states, self.chosen = repository, rows, states, chosen
        self.chips: dict[str, controls.Chips] = {}
        self.cards: dict[str, ui.element] = {}
        self.badges: dict[str, ui.html] = {}
        with ui.element("div").classes("filters"):
            self._filter("architecture", sorted({_architecture(row) for row in rows} - {""}))
            self._filter("signal", [family for family in signals.FAMILIES])
        theme.html(_KEY, "hint key", "p")
        self.heads = [
            self._section("Trained models", [row for row in rows if not row.get("reference")]),
            self._section("References, computed from the signal", [row for row in rows if row.get("reference")]),
        ]
        self.nothing = theme.html("No model of that architecture on that signal yet. Choose another.", "nothing gone")
        self._apply()
        ui.timer(1.0, self._refresh)

    def _filter(self, kind: str, values: list[str]) -> None:
        self.chips[kind] = controls.Chips(kind.capitalize())
        self.chips[kind].offer({"": "all", **{value: value for value in values}}, partial(self._choose, kind))

    def _section(self, title: str, members: list[Row]) -> tuple[ui.html, list[str]]:
        head = theme.html(f"<h2>{title}</h2>", "section")
        with ui.element("div").classes("cards"):
            for row in members:
                self._card(row)
        return head, [row["name"] for row in members]

    def _card(self, row: Row) -> None:
        link = ui.element("a").classes("model-card")
        link.props["href"] = f"/models/{quote(row['name'])}"
        link.props["data-model"] = row["name"]
        with link:
            theme.html(_body(row))
            self.badges[row["name"]] = theme.html(_badge_of(row, self.states))
        self.cards[row["name"]] = link

    async def _refresh(self) -> None:
        self.states = await to_thread.run_sync(_states, self.repository)
        for row in self.rows:
            element = self.badges[row["name"]]
            now = _badge_of(row, self.states)
            if now != element.content:
                element.set_content(now)

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
        for head, names in self.heads:
            theme.show(head, bool(visible & set(names)))
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
    name = f'<div class="card-text"><h3 class="card-name">{escape(row["name"])}</h3>'
    if "error" in row:
        return f'{name}<p class="card-summary">This bundle cannot be used.</p></div>'
    picture = (
        f'<img src="/sketches/{quote(row["name"])}.svg" alt="Forecasts of {escape(row["name"])} against the truth" '
        'loading="lazy" width="330" height="132">'
    )
    facts = [escape(_architecture(row)), escape(row["family"])]
    if not row["reference"]:
        facts += [f"<b>{row['parameters']:,}</b> parameters", f"{row['bytes'] / 1024:,.0f} KB"]
    items = "".join(f"<span>{fact}</span>" for fact in facts)
    return (
        f'{picture}{name}<p class="card-summary">{escape(row["summary"])}</p>'
        f'<div class="facts">{items}</div>{_scale(row)}</div>'
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
