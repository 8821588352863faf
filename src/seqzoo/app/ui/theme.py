"""The look of the pages: colours, the frame around every page, words with a definition."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path

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
    ui.add_head_html(f'<meta name="description" content="{escape(description)}">')
    client = ui.context.client
    # Quasar makes the page container the main landmark; the header goes before it.
    (content,) = client.page_container.default_slot.children
    content.props('id="content" tabindex="-1"')
    with client.layout:
        html("Skip to content", "skip", "a").props('href="#content"').move(target_index=0)
        with ui.element("header").classes("top") as header:
            html(
                f'<a class="brand" href="/">{FAVICON}<span>seqzoo</span></a>'
                '<nav aria-label="Site"><a href="/">Gallery</a><a href="/series">Your series</a>'
                '<a href="/arena">Arena</a>'
                '<a href="/docs">API</a></nav>',
                "top-row",
            )
        header.move(target_index=1)
    with ui.element("div").classes("page"):
        yield


_STYLES = ("theme.css", "inside.css", "arena.css", "tours.css", "series.css")


def enter() -> None:
    """Give every page the style sheets, and the scripts of definitions and of chart downloads."""
    here = Path(__file__).parent
    css = _palette.css() + "".join(here.joinpath(file).read_text("utf-8") for file in _STYLES)
    css += _palette.follow_within(":is(.chart, .chart-key)")
    scripts = "".join(here.joinpath(file).read_text("utf-8") for file in ("terms.js", "saves.js"))
    ui.add_head_html(f"<style>{css}</style><script>{scripts}{_LOST}</script>", shared=True)


_LOST = """addEventListener("DOMContentLoaded", () => {
  const popup = document.getElementById("popup");
  if (!popup) return;
  popup.setAttribute("role", "status");
  popup.lastElementChild.textContent = "Trying to reconnect. The address holds your settings and restores them.";
});"""
