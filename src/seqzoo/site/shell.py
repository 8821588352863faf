"""The frame of every page of the site: its policy, its style sheet, and the modules that it loads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from ..pages import look
from . import modules

# No script or style within a page, and nothing from another host. WebAssembly needs a word of its own.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
SCRIPTS = "These pages compute in your browser, which needs JavaScript. The cards and tables can be read without it."


def document(
    title: str,
    body: str,
    description: str,
    pages: Mapping[str, str],
    *,
    scripts: Iterable[str] = (),
    soon: Iterable[str] = (),
    styles: Iterable[str] = (),
) -> str:
    """A page as HTML with the addresses of the app, which `links.relative` then replaces.

    Args:
        pages: those of its head, as {address: name}.
        scripts: the modules that it runs.
        soon: modules that it imports soon, which the browser fetches meanwhile with all that they import.
        styles: style sheets beside that of all pages.
    """
    run = ["pages/js/site.js", *scripts]
    fetched = [path for path in modules.closure([*run, *soon]) if path.endswith(".js")]
    # A page is painted from its HTML and style sheets: modules would take the line from them.
    kind = 'rel="modulepreload" fetchpriority="low"'
    preload = "".join(f'<link {kind} href="{modules.address(path)}">' for path in fetched)
    head = (
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">'
        f'<script src="{modules.address("pages/js/look.js")}"></script>'
        + "".join(f'<link rel="stylesheet" href="{modules.address(path)}">' for path in [modules.STYLE, *styles])
        + f'<noscript><link rel="stylesheet" href="{modules.address(modules.NOSCRIPT)}"></noscript>{preload}'
        + "".join(f'<script type="module" src="{modules.address(path)}"></script>' for path in run)
        + f'<script defer src="{modules.address("pages/js/terms.js")}"></script>'
    )
    without = f'<noscript><p class="notice">{SCRIPTS}</p></noscript>'
    return look.document(title, without + body, description, head, pages)
