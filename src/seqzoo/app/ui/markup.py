"""Markdown as HTML. Nobody vouches for the card of another: it has no HTML of its own, no pictures, and few links."""

from __future__ import annotations

import re
from collections.abc import MutableMapping, Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

MOST = 32_000  # characters of one card; no text of this length found keeps the parser busy for longer than a second
MOST_HTML = 1_000_000  # characters laid out: a long address that is named often grows to a thousand times its text
NESTING = 20

# Relative, or of the web; any other scheme may be a script.
_ADDRESS = re.compile(r"https?:|[^:/?#]*(?:[/?#]|\Z)", re.IGNORECASE)


def rendered(text: str) -> str:
    """Markdown as HTML, without its front matter; HTML in it is shown, not obeyed, and pictures are their words.

    What is too long to be laid out is shown as it stands. Up to a second of work: call it in a thread.
    """
    body = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    # A new parser each time: it takes under a millisecond, and its first use is not safe from two threads.
    html: str | None = _Parser().render(body) if len(text) <= MOST else None
    if html is None or len(html) > MOST_HTML:
        return (
            "<p>This card is too long or too intricate to be laid out; its text follows.</p>"
            f'<pre tabindex="0">{escape(text[:MOST])}</pre>'
        )
    return html.replace("<pre>", '<pre tabindex="0">')  # a keyboard can scroll it


class _Parser(MarkdownIt):
    def __init__(self) -> None:
        super().__init__("commonmark", {"html": False, "maxNesting": NESTING})
        self.enable("table")
        self.add_render_rule("image", _words)
        self.core.ruler.push("demote", _demote)

    def validateLink(self, url: str) -> bool:
        return _ADDRESS.match(url) is not None


def _words(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]
) -> str:
    """The words of a picture in its place: a page shows nothing of other sites."""
    return escape(self.renderInlineAsText(tokens[index].children or [], options, env))


def _demote(state: Any) -> None:
    """Headings of a card come below those of the page."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
