"""The page /: a card for every model and every reference."""

from __future__ import annotations

import functools
import math
from html import escape
from typing import NamedTuple
from urllib.parse import quote, urlencode

from anyio import to_thread
from nicegui import ui

from .. import shelf, signals
from ..bundle import open_bundle
from ..errors import SeqzooError
from ..floors import floors
from ..runtime import closed_form
from ..runtime.repository import Repository
from . import theme, tours

REFERENCE = "reference"
BEST_SHOWN = 1e-3  # an excess at which the bar is full


class Row(NamedTuple):
    """What a card says of a model. `problem` is why its bundle cannot be used; `excess` is None where unknown."""

    name: str
    summary: str
    architecture: str
    family: str
    parameters: int | None = None
    size: int | None = None
    excess: float | None = None
    marks: tuple[float, float] | None = None
    problem: str = ""


def rows() -> list[Row]:
    """Every model of the shelf, then every reference. Reads manifests alone."""
    found = []
    for name, path in shelf.available().items():
        try:
            facts = open_bundle(path).manifest
        except SeqzooError as problem:
            found.append(Row(name, "This bundle cannot be used.", "", "", problem=str(problem)))
            continue
        marks = _marks(facts.score.floors)
        score = facts.score.excess[0]
        what = name, facts.summary, facts.architecture, facts.signal.family
        found.append(Row(*what, facts.parameters, facts.size, score, marks))
    order = list(signals.FAMILIES)
    found.sort(key=lambda row: (order.index(row.family) if row.family in order else 99, row.excess or 0))
    for name in closed_form.names():
        reference, _, family = name.partition(".")
        known = _reference_floors(family)
        excess = known[reference] / known["bayes"] - 1
        found.append(
            Row(name, closed_form.SUMMARIES[reference], REFERENCE, family, excess=excess, marks=_marks(known))
        )
    return found


@functools.cache
def _reference_floors(family: str) -> dict[str, float]:
    """Floors of a signal for one step: from a shipped score, else computed with few samples."""
    signal = signals.make(family)
    for path in shelf.available().values():
        try:
            facts = open_bundle(path).manifest
        except SeqzooError:
            continue
        same = facts.signal.family == family and signals.make(family, facts.signal.parameters) == signal
        if same and facts.contract.horizon == 1 and facts.contract.context_length == closed_form.CONTEXT_LENGTH:
            return facts.score.floors
    return dict(floors(signal, closed_form.CONTEXT_LENGTH, samples=2_000)[0].items())


def _marks(known: dict[str, float]) -> tuple[float, float]:
    """Excess of the last value and of the best linear forecaster."""
    return known["last_value"] / known["bayes"] - 1, known["best_linear"] / known["bayes"] - 1


def enter(repository: Repository) -> None:
    """Register the page."""

    @ui.page("/")
    async def index(architecture: str = "", signal: str = "") -> None:
        found = await to_thread.run_sync(rows)
        with theme.frame("seqzoo: gallery"):
            theme.html(
                "<h1>A zoo of small sequence models</h1>"
                '<p class="intro">Each was trained in seconds and stands beside the best forecaster that can exist. '
                f"The bar shows how much of the way from {theme.term('last value', 'the last value')} to "
                f"{theme.term('Bayes')} it has come, on a logarithmic scale; the tick is the "
                f"{theme.term('best linear')} forecaster.</p>"
            )
            tours.links()
            _Gallery(repository, found, architecture, signal)


class _Gallery:
    """The filters and the cards of one visitor."""

    def __init__(self, repository: Repository, found: list[Row], architecture: str, signal: str) -> None:
        self.repository, self.found = repository, found
        self.chosen = {"architecture": architecture, "signal": signal}
        self.chips: list[tuple[str, str, ui.element]] = []
        self.cards: dict[str, ui.element] = {}
        self.badges: dict[str, tuple[ui.html, str]] = {}
        with ui.element("div").classes("filters"):
            self._filter("architecture", sorted({row.architecture for row in found if row.architecture}))
            self._filter("signal", [family for family in signals.FAMILIES])
        self.heads = [
            self._section("Trained models", [row for row in found if row.architecture != REFERENCE]),
            self._section("References, computed from the signal", [r for r in found if r.architecture == REFERENCE]),
        ]
        self.nothing = theme.html("No model of that architecture on that signal yet. Choose another.", "nothing gone")
        self._apply()
        ui.timer(1.0, self._refresh)

    def _filter(self, kind: str, values: list[str]) -> None:
        with ui.element("div").classes("filter").props(f'role="group" aria-label="Filter by {kind}"'):
            theme.html(kind.capitalize(), "label", "span")
            for value in ["", *values]:
                with ui.element("button").classes("chip").props('type="button"') as chip:
                    theme.html(escape(value) or "all", tag="span")
                chip.on("click", lambda kind=kind, value=value: self._choose(kind, value))
                self.chips.append((kind, value, chip))

    def _section(self, title: str, members: list[Row]) -> tuple[ui.html, list[str]]:
        head = theme.html(f"<h2>{title}</h2>", "section")
        with ui.element("div").classes("cards"):
            for row in members:
                self._card(row)
        return head, [row.name for row in members]

    def _card(self, row: Row) -> None:
        link = ui.element("a").classes("model-card").props(f'href="/models/{quote(row.name)}"')
        link.props["data-model"] = row.name
        with link:
            theme.html(_body(row))
            mark = self._badge(row)
            self.badges[row.name] = (theme.html(mark), mark)
        self.cards[row.name] = link

    def _badge(self, row: Row) -> str:
        if row.problem:
            return badge("failed", row.problem)
        if row.architecture == REFERENCE:
            return badge("computed")
        try:
            return state_badge(self.repository, row.name)
        except SeqzooError as gone:
            return badge("failed", str(gone))

    def _refresh(self) -> None:
        for row in self.found:
            element, shown = self.badges[row.name]
            now = self._badge(row)
            if now != shown:
                element.set_content(now)
                self.badges[row.name] = (element, now)

    def _choose(self, kind: str, value: str) -> None:
        self.chosen[kind] = value
        self._apply()
        query = urlencode({key: value for key, value in self.chosen.items() if value})
        ui.navigate.history.replace(f"/?{query}" if query else "/")

    def _apply(self) -> None:
        for kind, value, chip in self.chips:
            chip.props(f'aria-pressed="{str(self.chosen[kind] == value).lower()}"')
        shown = set()
        for row in self.found:
            fits = self.chosen["architecture"] in ("", row.architecture) and self.chosen["signal"] in ("", row.family)
            show(self.cards[row.name], fits)
            if fits:
                shown.add(row.name)
        for head, names in self.heads:
            show(head, bool(shown & set(names)))
        show(self.nothing, not shown)


def show(element: ui.element, shown: bool) -> None:
    """Show or hide an element."""
    element.classes(remove="gone" if shown else "", add="" if shown else "gone")


def badge(state: str, reason: str = "") -> str:
    """A state as HTML, with its reason."""
    said = f"{state}: {reason}" if reason else state
    short = said if len(said) <= 90 else said[:88] + "…"
    return f'<span class="badge {state.replace(" ", "-")}" title="{escape(said)}">{escape(short)}</span>'


def state_badge(repository: Repository, name: str) -> str:
    """Where a model stands in the repository, as HTML. Raises UnknownNameError."""
    state = repository.state(name)
    if state.state != "UNAVAILABLE":
        return badge({"READY": "loaded", "LOADING": "loading"}[state.state])
    untouched = state.reason == "" or state.reason.startswith(("not loaded", "unloaded"))
    return badge("on disk") if untouched else badge("failed", state.reason)


def _body(row: Row) -> str:
    picture = "" if row.problem else (
        f'<img src="/sketches/{quote(row.name)}.svg" alt="Forecasts of {escape(row.name)} against the truth" '
        'loading="lazy" width="330" height="132">'
    )
    facts = [f"<span>{escape(row.architecture)}</span>", f"<span>{escape(row.family)}</span>"]
    if row.parameters is not None and row.size is not None:
        facts += [f"<span><b>{row.parameters:,}</b> parameters</span>", f"<span>{row.size / 1024:,.0f} KB</span>"]
    return (
        f'{picture}<div class="card-text"><h3 class="card-name">{escape(row.name)}</h3>'
        f'<p class="card-summary">{escape(row.summary)}</p>'
        f'<div class="facts">{"" if row.problem else "".join(facts)}</div>{_scale(row)}</div>'
    )


def _percent(excess: float) -> str:
    return f"{100 * excess:,.0f}%" if excess >= 1 else f"{100 * excess:.3g}%"


def _scale(row: Row) -> str:
    if row.excess is None or row.marks is None:
        return ""
    last, linear = row.marks

    def place(excess: float) -> float:
        """0 at the last value, 100 at Bayes."""
        span = math.log(max(last, 2 * BEST_SHOWN) / BEST_SHOWN)
        return 100 * min(max(math.log(max(last, BEST_SHOWN) / max(excess, BEST_SHOWN)) / span, 0.0), 1.0)

    above = "optimal" if row.excess <= 0 else _percent(row.excess) + " above Bayes"
    at = place(row.excess)
    return (
        f'<div class="scale" role="img" aria-label="{above}"><div class="scale-line">'
        f'<span class="scale-fill" style="width:{at:.1f}%"></span>'
        f'<span class="scale-tick" style="left:{place(linear):.1f}%"></span>'
        f'<span class="scale-dot" style="left:{at:.1f}%"></span></div>'
        f'<div class="scale-words"><span>last value</span><b class="num">{above}</b><span>Bayes</span></div></div>'
    )
