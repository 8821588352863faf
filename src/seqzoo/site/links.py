"""Addresses of the app in HTML, made relative to a page of the site."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape, unescape
from urllib.parse import parse_qsl, urlsplit

_LINK = re.compile(r'(?<=\s)(href|src)="(/[^"]*)"')
INSTALL = "install/"
"""The page on what needs an installation: where links lead whose page the site does not have."""


def relative(html: str, root: str, known: Mapping[str, set[str]], tours: Mapping[str, str]) -> str:
    """The same HTML, in which every link to a page of the app leads to the page of the site, or to `INSTALL`.

    Args:
        root: what leads from the page to the root of the site, "" or "../" repeated.
        known: the views of each model that has a page.
        tours: the address of the first stop of each tour, as in the app.
    """

    def place(link: re.Match[str]) -> str:
        address = _place(unescape(link[2]), known, tours)
        return f'{link[1]}="{escape(root + address or "./")}"'

    return _LINK.sub(place, html)


def _place(address: str, known: Mapping[str, set[str]], tours: Mapping[str, str]) -> str:
    """The address of a page of the app, from the root of the site."""
    path, query, fragment = urlsplit(address)[2:]
    first, _, rest = path.strip("/").partition("/")
    place: str | None = None
    match first, rest:
        case "sketches" | "files", _:
            return f"{first}/{rest}"
        case "", _:
            place = ""
        case "arena", _:
            question = rest or dict(parse_qsl(query)).get("question", "")
            return f"arena/{question}/" if question else "arena/"
        case "glossary" | "train" | "install", "":
            place = f"{first}/"
        case "tours", key if key in tours:
            return _place(tours[key], known, {})
        case "models", name if name in known:
            asked = dict(parse_qsl(query)).get("view")
            place = f"models/{name}/" if asked is None or asked in known[name] else None
    if place is None:
        return INSTALL
    return place + (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")
