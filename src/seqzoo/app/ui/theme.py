"""The look of the pages of NiceGUI: the frame around every page, and elements with the markup of `pages.look`."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nicegui import ui

from ..._palette import light, variable
from ...pages import look
from ...pages.look import DESCRIPTION, FAVICON, LEVEL, LONGEST, best, sentence, term

RESPONSE_TIMEOUT = 30.0  # seconds: on a busy machine a page of a run may take a few

# Charts are SVG in the light colours; the style sheet replaces them in dark mode.
__all__ = ["FAVICON", "LEVEL", "LONGEST", "best", "light", "sentence", "term", "variable"]


def page(path: str) -> ui.page:
    """Registers the function that it decorates as the page of a path; by default NiceGUI gives up after 3 seconds."""
    return ui.page(path, response_timeout=RESPONSE_TIMEOUT)


def html(markup: str, classes: str = "", tag: str = "div") -> ui.html:
    """An element with trusted markup: the caller must escape every text that is not of this package."""
    return ui.html(markup, sanitize=False, tag=tag).classes(classes)


def show(element: ui.element, shown: bool) -> None:
    """Show or hide an element."""
    element.classes(remove="gone" if shown else "", add="" if shown else "gone")


def lead(markup: str) -> None:
    """Show the sentence that says what to notice in a view."""
    html(markup, "lead", "p")


def problem(message: str) -> None:
    """Show an error in the current slot."""
    html(look.problem(message), "problem").props('role="alert"')


@contextmanager
def frame(title: str, description: str = DESCRIPTION) -> Iterator[None]:
    """A page: its head, and its body within the context. `title` names the page within the site."""
    ui.page_title(f"{title} · seqzoo")
    ui.add_head_html(look.described(description))
    client = ui.context.client
    # Quasar makes the page container the main landmark; the header goes before it.
    (content,) = client.page_container.default_slot.children
    content.props('id="content" tabindex="-1"')
    with client.layout:
        html("Skip to content", "skip", "a").props('href="#content"').move(target_index=0)
        html(look.top(title), "top", "header").move(target_index=1)
    with ui.element("div").classes("page"):
        yield
    html(look.FOOT, "foot", "footer")


def document(title: str, body: str, description: str = DESCRIPTION, head: str = "") -> str:
    """A whole page of the app as HTML that needs no NiceGUI. `head` and `body` must be trusted markup."""
    return look.document(title, body, description, head + _look())


def read(*files: str) -> str:
    """The text of files of this folder, joined."""
    return "".join(Path(__file__).parent.joinpath(file).read_text("utf-8") for file in files)


@functools.cache
def _look() -> str:
    """The style sheets and the scripts of the theme and of definitions: the head of every page."""
    css = look.style() + read("series.css")
    return f"<script>{look.script('look')}</script><style>{css}</style><script>{look.script('terms')}</script>"


def enter() -> None:
    """Give every page its look."""
    ui.add_head_html(f"{_look()}<script>{_LOST}</script>", shared=True)


_LOST = """addEventListener("DOMContentLoaded", () => {
  const popup = document.getElementById("popup");
  if (!popup) return;
  popup.setAttribute("role", "status");
  popup.lastElementChild.textContent = "Trying to reconnect. The address holds your settings and restores them.";
});"""
