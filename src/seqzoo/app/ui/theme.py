"""How the pages look: colours, the frame around every page, words with a definition."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path

from nicegui import ui

from ...evaluation.plots import BLUE, GREEN, GREY, INK, ORANGE, VERMILION

__all__ = ["BLUE", "GREEN", "GREY", "INK", "ORANGE", "VERMILION"]

# Drawn charts are SVG: theme.css gives these colours their counterparts in the dark.
MUTED, GRID = "#5f6771", "#e3e6ea"

LONGEST = 600  # characters of what went wrong

FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0072b2"/>'
    '<path d="M4 16c4-12 8-12 12 0s8 12 12 0" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/>'
    "</svg>"
)

LEVEL = 0.9  # of every interval and band; a definition below has it in words
TERMS = {
    "excess": "How far the squared error lies above that of the Bayes forecaster, in per cent of it. 0% is optimal.",
    "Bayes": "The forecaster that knows the signal's distribution and uses it perfectly: on that signal none can "
    "have a lower expected squared error.",
    "best linear": "The weighted sum of the window with the least expected squared error; its weights are exact.",
    "last value": "The forecast that repeats the last value seen.",
    "floor": "The expected error of a reference forecaster that is known exactly or by quadrature.",
    "90% interval": "Split conformal prediction: the radius that covered 90% of fresh windows of the signal that the "
    "model was trained on. It promises nothing elsewhere.",
    "recursive": "The model's own forecasts join the window that it reads next.",
    "direct": "Every step has weights of its own, so that no forecast is fed back.",
    "coverage": "The share of fresh windows whose true value fell inside the band.",
    "derivative": "How far the forecast moves for a small change of one value, per unit of it; the rest of the "
    "window stays as it is.",
    "cosine": "Of the angle between two lists of weights: 1 where they weigh the window alike up to a factor, 0 "
    "where they have nothing in common.",
    "switched off": "It says zero, whatever it reads. The number is the root mean square change of the forecast over "
    "fresh windows of the signal that the model was trained on.",
    "Gramian angular field": "Each value x becomes the angle arccos(x / 1.5); a pixel for each pair of steps holds "
    "the cosine of the sum of their angles, or the sine of their difference.",
    "truth": "The signal without its noise.",
    "noise": "The variance of the noise: the error that would be left if the signal itself were known.",
    "bundle": "The folder a model ships in: weights, two deployable files, golden tensors, card, and a manifest with "
    "the SHA-256 of each.",
}


def term(word: str, shown: str | None = None) -> str:
    """A word as HTML, with its definition at hover, focus and touch."""
    return (
        f'<button type="button" class="term" aria-label="{escape(shown or word)}: {escape(TERMS[word])}">'
        f'{escape(shown or word)}<span class="definition" aria-hidden="true">{escape(TERMS[word])}</span></button>'
    )


def html(markup: str, classes: str = "", tag: str = "div") -> ui.html:
    """Markup of this package, in which all text of others has been escaped."""
    return ui.html(markup, sanitize=False, tag=tag).classes(classes)


def show(element: ui.element, shown: bool) -> None:
    """Show or hide an element."""
    element.classes(remove="gone" if shown else "", add="" if shown else "gone")


def lead(markup: str) -> None:
    """The sentence that says what to notice in a view."""
    html(markup, "lead", "p")


def sentence(problem: Exception | str) -> str:
    """What went wrong, as HTML: with a capital, and no longer than can be read."""
    said = str(problem)
    return escape(f"{said[:1].upper()}{said[1:LONGEST]}{'…' if len(said) > LONGEST else ''}")


def problem(message: str) -> None:
    """An error, where it happened."""
    html(f"<strong>This did not work.</strong> {sentence(message)}", "problem").props('role="alert"')


DESCRIPTION = "Small sequence models, each beside the best forecaster that can exist: play, look inside, compare."


@contextmanager
def frame(title: str, description: str = DESCRIPTION) -> Iterator[None]:
    """A page: its head, and its body within the context. `title` names the page within the site."""
    ui.page_title(f"{title} · seqzoo")
    ui.add_head_html(f'<meta name="description" content="{escape(description)}">')
    client = ui.context.client
    # Quasar makes the page the main landmark; what is not its content stands before it.
    (content,) = client.page_container.default_slot.children
    content.props('id="content" tabindex="-1"')
    with client.layout:
        html("Skip to content", "skip", "a").props('href="#content"').move(target_index=0)
        with ui.element("header").classes("top") as header:
            html(
                f'<a class="brand" href="/">{FAVICON}<span>seqzoo</span></a>'
                '<nav aria-label="Site"><a href="/">Gallery</a><a href="/arena">Arena</a>'
                '<a href="/docs">API</a></nav>',
                "top-row",
            )
        header.move(target_index=1)
    with ui.element("div").classes("page"):
        yield


_STYLES = ("theme.css", "inside.css", "arena.css", "tours.css")


def enter() -> None:
    """Give every page the style sheets, and the scripts of definitions and of what charts download."""
    here = Path(__file__).parent
    css = "".join(here.joinpath(file).read_text("utf-8") for file in _STYLES)
    scripts = "".join(here.joinpath(file).read_text("utf-8") for file in ("terms.js", "saves.js"))
    ui.add_head_html(f"<style>{css}</style><script>{scripts}{_LOST}</script>", shared=True)


_LOST = """addEventListener("DOMContentLoaded", () => {
  const popup = document.getElementById("popup");
  if (!popup) return;
  popup.setAttribute("role", "status");
  popup.lastElementChild.textContent = "Trying to reconnect. What you have set is in the address and comes back.";
});"""
