"""The look of every page: its frame, its style sheet, and words with a definition. All of it is HTML."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from urllib.parse import quote

from .. import _palette
from .._glossary import TERMS
from .._palette import light

HERE = Path(__file__).parent
LONGEST = 600  # characters of an error message
DESCRIPTION = "Small sequence models and the best possible forecaster of each signal: try, look inside, compare."

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


def sentence(problem: Exception | str) -> str:
    """An error message as HTML: capitalised, escaped and cut at LONGEST characters."""
    text = str(problem)
    return escape(f"{text[:1].upper()}{text[1:LONGEST]}{'…' if len(text) > LONGEST else ''}")


def problem(message: str) -> str:
    """An error as HTML."""
    return f"<strong>This did not work.</strong> {sentence(message)}"


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

SITE = {"/": "Gallery", "/series": "Your series", "/arena": "Arena", "/docs": "API"}
"""The pages of the app that stand in its head, by their addresses."""
_HERE = ' aria-current="page"'
FOOT = '<a href="/glossary">Every term in one sentence</a>'


def top(title: str, pages: Mapping[str, str] = SITE) -> str:
    """The head of the page of a title as HTML, with links to some pages {address: name}."""
    links = "".join(
        f'<a href="{escape(address)}"{_HERE if name == title else ""}>{escape(name)}</a>'
        for address, name in pages.items()
    )
    return (
        f'<div class="top-row"><a class="brand" href="/">{FAVICON}<span>seqzoo</span></a><div class="top-end">'
        f'<nav aria-label="Site">{links}</nav>'
        '<button type="button" class="look" title="Theme: system, light or dark">'
        f'<span class="unseen">Theme:</span>{_SWITCH}</button></div></div>'
    )


def described(description: str) -> str:
    """The description of a page, for its head."""
    return f'<meta name="description" content="{escape(description)}">'


def document(
    title: str,
    body: str,
    description: str = DESCRIPTION,
    head: str = "",
    pages: Mapping[str, str] = SITE,
    foot: str = FOOT,
) -> str:
    """A whole page as HTML. `head`, `body` and `foot` must be trusted markup; `pages` are those of `top`."""
    icon = f'<link rel="icon" href="data:image/svg+xml,{quote(FAVICON)}">'
    return (
        '<!doctype html><html lang="en-US"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)} · seqzoo</title>'
        f"{icon}{described(description)}{head}</head>"
        f'<body><a class="skip" href="#content">Skip to content</a><header class="top">{top(title, pages)}</header>'
        f'<main id="content" tabindex="-1"><div class="page">{body}</div><footer class="foot">{foot}</footer></main>'
        "</body></html>"
    )


_STYLES = ("theme.css", "inside.css", "arena.css", "tours.css")


def style() -> str:
    """The style sheet of every page."""
    css = "".join(HERE.joinpath("css", name).read_text("utf-8") for name in _STYLES)
    return _palette.css_of_scheme() + css + _palette.follow_within(":is(.chart, .chart-key)")


def script(name: str) -> str:
    """The text of a script that pages need before any module, by its name."""
    return HERE.joinpath("js", f"{name}.js").read_text("utf-8")
