"""Markdown as safe HTML. A card may come from anybody: HTML in it is escaped, pictures and unsafe links dropped."""

from __future__ import annotations

import re
from collections.abc import MutableMapping, Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

MOST = 32_000  # characters of a card; no known text of this length takes the parser more than a second
MOST_HTML = 1_000_000  # characters of HTML; repeated references to one long address multiply it
NESTING = 20

# Relative addresses and those of the web; any other scheme may run a script.
_ADDRESS = re.compile(r"https?:|[^:/?#]*(?:[/?#]|\Z)", re.IGNORECASE)


def rendered(text: str) -> str:
    """The HTML of Markdown without its front matter. HTML in it is escaped, and a picture becomes its description.

    A text that is too long is returned as plain text. The work takes up to a second: call it in a thread.
    """
    body = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    # A new parser each time takes under a millisecond; one parser is not safe to share between threads.
    html: str | None = _Parser().render(body) if len(text) <= MOST else None
    if html is None or len(html) > MOST_HTML:
        return (
            "<p>This card is too long to be formatted; its plain text follows.</p>"
            f'<pre tabindex="0">{escape(text[:MOST])}</pre>'
        )
    return html.replace("<pre>", '<pre tabindex="0">')  # so that the keyboard can scroll it


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
