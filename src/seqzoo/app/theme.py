"""How the pages look: colours, the frame around every page, words with a definition."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path

from nicegui import ui

from ..plots import BLUE, GREEN, GREY, INK, ORANGE, VERMILION

__all__ = ["BLUE", "GREEN", "GREY", "INK", "ORANGE", "VERMILION"]

# Drawn charts are SVG: theme.css gives these colours their counterparts in the dark.
MUTED, GRID = "#5f6771", "#e3e6ea"

FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0072b2"/>'
    '<path d="M4 16c4-12 8-12 12 0s8 12 12 0" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/>'
    "</svg>"
)

TERMS = {
    "excess": "How far the squared error lies above that of the Bayes forecaster, in per cent of it. 0% is optimal.",
    "Bayes": "The forecaster that knows the signal's distribution and uses it perfectly: none can have a lower "
    "expected squared error.",
    "best linear": "The weighted sum of the window with the least expected squared error; its weights are exact.",
    "last value": "The forecast that repeats the last value seen.",
    "floor": "The expected error of a reference forecaster that is known exactly or by quadrature.",
    "90% interval": "Split conformal prediction: the radius that covered 90% of fresh windows of the signal that the "
    "model was trained on. It promises nothing elsewhere.",
    "recursive": "The model's own forecasts join the window that it reads next.",
    "direct": "Every step has weights of its own, so that no forecast is fed back.",
    "coverage": "The share of fresh windows whose true value fell inside the band.",
    "truth": "The signal without its noise.",
    "bundle": "The folder a model ships in: weights, two deployable files, golden tensors, card, and a manifest with "
    "the SHA-256 of each.",
}


def term(word: str, shown: str | None = None) -> str:
    """A word as HTML, with its definition at hover and focus."""
    return (
        f'<span class="term" tabindex="0" role="note" aria-label="{escape(shown or word)}: {escape(TERMS[word])}">'
        f'{escape(shown or word)}<span class="definition" aria-hidden="true">{escape(TERMS[word])}</span></span>'
    )


def html(markup: str, classes: str = "", tag: str = "div") -> ui.html:
    """Markup of this package, in which all text of others has been escaped."""
    return ui.html(markup, sanitize=False, tag=tag).classes(classes)


def lead(markup: str) -> None:
    """The sentence that says what to notice in a view."""
    html(markup, "lead", "p")


def problem(message: str) -> None:
    """An error, where it happened."""
    html(f"<strong>This did not work.</strong> {escape(message)}", "problem").props('role="alert"')


@contextmanager
def frame(title: str) -> Iterator[None]:
    """A page: its head, and its body within the context."""
    ui.page_title(title)
    with ui.element("header").classes("top"):
        html(
            f'<a class="brand" href="/">{FAVICON}<span>seqzoo</span></a>'
            '<nav aria-label="Site"><a href="/">Gallery</a><a href="/docs">API</a></nav>',
            "top-row",
        )
    with ui.element("main").classes("page"):
        yield


def enter() -> None:
    """Give every page the style sheet."""
    css = Path(__file__).with_name("theme.css").read_text("utf-8")
    ui.add_head_html(f"<style>{css}</style><script>{_LOST}</script>", shared=True)


_LOST = """addEventListener("DOMContentLoaded", () => {
  const popup = document.getElementById("popup");
  if (!popup) return;
  popup.setAttribute("role", "status");
  popup.lastElementChild.textContent = "Trying to reconnect. What you have set is in the address and comes back.";
});"""
