"""Addresses of the app in HTML, made relative to a page of the site."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from html import escape, unescape
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

_LINK = re.compile(r'(?<=\s)(href|src|data-href)="(/[^"]*)"')
INSTALL = "install/"
"""The page on what needs an installation: where links lead whose page the site does not have."""


class Known(NamedTuple):
    """What the site has.

    Args:
        views: those of each model that has a page.
        trainings: for each model that the page Train can train, the keys of its address that differ from the app's.
        tours: those that have a page.
    """

    views: Mapping[str, set[str]]
    trainings: Mapping[str, dict[str, str]]
    tours: Container[str]


def relative(html: str, root: str, known: Known) -> str:
    """The same HTML, in which every link to a page of the app leads to the page of the site, or to `INSTALL`.

    Args:
        root: what leads from the page to the root of the site, "" or "../" repeated.
    """

    def place(link: re.Match[str]) -> str:
        address = _place(unescape(link[2]), known)
        return f'{link[1]}="{escape(root + address or "./")}"'

    return _LINK.sub(place, html)


def _place(address: str, known: Known) -> str:
    """The address of a page of the app, from the root of the site."""
    path, query, fragment = urlsplit(address)[2:]
    first, _, rest = path.strip("/").partition("/")
    asked = dict(parse_qsl(query))
    place: str | None = None
    match first, rest:
        case "sketches" | "files", _:
            return f"{first}/{rest}"
        case "", _:
            place = ""
        case "arena", _:
            question = rest or asked.get("question", "")
            return f"arena/{question}/" if question else "arena/"
        case "glossary" | "train" | "install", "":
            place = f"{first}/"
        case "tours", key if key in known.tours:
            place = f"tours/{key}/"
        case "models", name if asked.get("view") == "train" and name in known.trainings:
            del asked["view"]
            place, query = "train/", urlencode(known.trainings[name] | asked)
        case "models", name if name in known.views:
            place = f"models/{name}/" if asked.get("view") in (None, *known.views[name]) else None
    if place is None:
        return INSTALL
    return place + (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")
