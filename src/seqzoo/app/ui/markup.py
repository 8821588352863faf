"""Markdown as HTML. The card of another may be made to keep the parser busy for hours: then a process has it, for a
while. A thread would not do, for a regular expression lets nobody else run."""

from __future__ import annotations

import re
import subprocess
import sys
from html import escape

import markdown2

PATIENCE = 5.0  # seconds for one card
MOST = 200_000  # characters of one


def rendered(text: str) -> str:
    """Markdown as HTML, without its front matter; HTML in it is shown, not obeyed, and pictures are their words."""
    body = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    # Its headings come below those of the page.
    extras = {"tables": None, "fenced-code-blocks": None, "code-friendly": None, "demote-headers": 1}
    made = str(markdown2.markdown(body, safe_mode="escape", extras=extras))
    made = re.sub(r"<img\b[^<>]*>", _words, made)  # a page shows nothing of other sites
    return made.replace("<pre>", '<pre tabindex="0">')  # a keyboard can scroll it


def rendered_apart(text: str) -> str:
    """The same of text that nobody vouches for; as it stands where it is too long, or takes too long."""
    try:
        if len(text) > MOST:
            raise ValueError
        ran = subprocess.run(
            [sys.executable, "-m", __name__], input=text.encode("utf-8", "replace"), capture_output=True,
            timeout=PATIENCE, check=True, start_new_session=True,
        )  # fmt: skip
        return ran.stdout.decode()
    except (ValueError, OSError, subprocess.SubprocessError):
        return (
            "<p>This card is too long or too intricate to be laid out; its text follows.</p>"
            f'<pre tabindex="0">{escape(text[:MOST])}</pre>'
        )


def _words(image: re.Match[str]) -> str:
    found = re.search(r'alt="([^"<>]*)"', image[0])
    return found[1] if found else ""


if __name__ == "__main__":
    sys.stdout.buffer.write(rendered(sys.stdin.buffer.read().decode("utf-8", "replace")).encode())
