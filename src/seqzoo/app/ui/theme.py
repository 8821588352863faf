"""The look of the pages: colours, the frame around every page, words with a definition."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from urllib.parse import quote

from nicegui import ui

from ... import _palette
from ..._glossary import TERMS
from ..._palette import light, variable, word

# Charts are SVG in the light colours; the style sheet replaces them in dark mode.
__all__ = ["TERMS", "light", "variable", "word"]

LONGEST = 600  # characters of an error message

FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    f'<rect width="32" height="32" rx="8" fill="{light("blue")}"/><path d="M4 16c4-12 8-12 12 0s8 12 12 0" '
    f'fill="none" stroke="{light("on_blue")}" stroke-width="3" stroke-linecap="round"/>'
    "</svg>"
)

LEVEL = 0.9  # of every interval and band; the glossary names it too


def term(word: str, shown: str | None = None) -> str:
    """A word as HTML that shows its definition at hover, focus and touch. `shown` replaces the word in the text."""
    return (
        f'<button type="button" class="term" aria-label="{escape(shown or word)}: {escape(TERMS[word])}">'
        f'{escape(shown or word)}<span class="definition" aria-hidden="true">{escape(TERMS[word])}</span></button>'
    )


def best() -> str:
    """Bayes as HTML in a sentence on a signal that it knows, with its definition."""
    return term("Bayes", "best possible (Bayes)")


def html(markup: str, classes: str = "", tag: str = "div") -> ui.html:
    """An element with trusted markup: the caller must escape every text that is not of this package."""
    return ui.html(markup, sanitize=False, tag=tag).classes(classes)


def show(element: ui.element, shown: bool) -> None:
    """Show or hide an element."""
    element.classes(remove="gone" if shown else "", add="" if shown else "gone")


def lead(markup: str) -> None:
    """Show the sentence that says what to notice in a view."""
    html(markup, "lead", "p")


def sentence(problem: Exception | str) -> str:
    """An error message as HTML: capitalised, escaped and cut at LONGEST characters."""
    text = str(problem)
    return escape(f"{text[:1].upper()}{text[1:LONGEST]}{'…' if len(text) > LONGEST else ''}")


def problem(message: str) -> None:
    """Show an error in the current slot."""
    html(f"<strong>This did not work.</strong> {sentence(message)}", "problem").props('role="alert"')


DESCRIPTION = "Small sequence models and the best possible forecaster of each signal: try, look inside, compare."


@contextmanager
def frame(title: str, description: str = DESCRIPTION) -> Iterator[None]:
    """A page: its head, and its body within the context. `title` names the page within the site."""
    ui.page_title(f"{title} · seqzoo")
    ui.add_head_html(_described(description))
    client = ui.context.client
    # Quasar makes the page container the main landmark; the header goes before it.
    (content,) = client.page_container.default_slot.children
    content.props('id="content" tabindex="-1"')
    with client.layout:
        html("Skip to content", "skip", "a").props('href="#content"').move(target_index=0)
        html(_TOP, "top", "header").move(target_index=1)
    with ui.element("div").classes("page"):
        yield
    html(_FOOT, "foot", "footer")


def bayes(standing: str, *, is_best: bool) -> str:
    """What the Bayes forecast is called in a legend: how good it is stands beside it where it is not the best."""
    return "Bayes" if is_best else f"Bayes, {standing}"


def document(title: str, body: str, description: str = DESCRIPTION, head: str = "") -> str:
    """A whole page of the site as HTML that needs no NiceGUI. `head` and `body` must be trusted markup."""
    icon = f'<link rel="icon" href="data:image/svg+xml,{quote(FAVICON)}">'
    return (
        '<!doctype html><html lang="en-US"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)} · seqzoo</title>'
        f"{icon}{_described(description)}{head}{_look()}</head>"
        f'<body><a class="skip" href="#content">Skip to content</a><header class="top">{_TOP}</header>'
        f'<main id="content" tabindex="-1"><div class="page">{body}</div><footer class="foot">{_FOOT}</footer></main>'
        "</body></html>"
    )


def _described(description: str) -> str:
    return f'<meta name="description" content="{escape(description)}">'


def _drawn(inside: str) -> str:
    return (
        '<svg viewBox="0 0 20 20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.7" '
        f'stroke-linecap="round">{inside}</svg>'
    )


# The style sheet shows the picture and the word of the theme that is chosen.
_THEMES = {
    "system": _drawn('<rect x="2.5" y="3.5" width="15" height="10" rx="1.5"/><path d="M7 17h6M10 13.5V17"/>'),
    "light": _drawn('<circle cx="10" cy="10" r="3.6"/><path d="M10 1.5v2M10 16.5v2M1.5 10h2M16.5 10h2M4 4l1.4 1.4'
                    'M14.6 14.6L16 16M4 16l1.4-1.4M14.6 5.4L16 4"/>'),
    "dark": _drawn('<path d="M16.5 12A7 7 0 0 1 8 3.5a7 7 0 1 0 8.5 8.5z" stroke-linejoin="round"/>'),
}  # fmt: skip
_SWITCH = "".join(
    f'<span class="theme-{name}">{picture}<span class="unseen">{name}</span></span>'
    for name, picture in _THEMES.items()
)
_TOP = (
    f'<div class="top-row"><a class="brand" href="/">{FAVICON}<span>seqzoo</span></a><div class="top-end">'
    '<nav aria-label="Site"><a href="/">Gallery</a><a href="/series">Your series</a><a href="/arena">Arena</a>'
    '<a href="/docs">API</a></nav><button type="button" class="look" title="Theme: system, light or dark">'
    f'<span class="unseen">Theme:</span>{_SWITCH}</button></div></div>'
)
_FOOT = '<a href="/glossary">Every term in one sentence</a>'
_STYLES = ("theme.css", "inside.css", "arena.css", "tours.css", "series.css")


def read(*files: str) -> str:
    """The text of files of this folder, joined."""
    return "".join(Path(__file__).parent.joinpath(file).read_text("utf-8") for file in files)


@functools.cache
def _look() -> str:
    """The style sheets and the scripts of the theme and of definitions: the head of every page."""
    css = _palette.css_of_scheme() + read(*_STYLES) + _palette.follow_within(":is(.chart, .chart-key)")
    return f"<script>{read('look.js')}</script><style>{css}</style><script>{read('terms.js')}</script>"


def enter() -> None:
    """Give every page its look, and the scripts of chart downloads."""
    ui.add_head_html(f"{_look()}<script>{read('saves.js')}{_LOST}</script>", shared=True)


_LOST = """addEventListener("DOMContentLoaded", () => {
  const popup = document.getElementById("popup");
  if (!popup) return;
  popup.setAttribute("role", "status");
  popup.lastElementChild.textContent = "Trying to reconnect. The address holds your settings and restores them.";
});"""
