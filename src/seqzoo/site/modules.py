"""The modules of the site: all files that they import, and what a page loads at once."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from posixpath import dirname, join, normpath

from ..microscope import modules
from ..pages import look

_IMPORT = re.compile(r"""(?:^|[\s;}])(?:import|export)\s*(?:[\w*{][^"'();]*?from\s*)?["'](\.[^"']+)["']""")
_HOSTS = ("microscope/hosts/nicegui.js", "microscope/hosts/anywidget.js")  # of the app and of Jupyter
STYLE, NOSCRIPT = "style.css", "noscript.css"


@functools.cache
def files() -> dict[str, bytes]:
    """Every file that pages share, by its path within `folder()`."""
    shared = {path: data for path, data in modules.files().items() if path not in _HOSTS}
    own = {name: look.HERE.joinpath("css", name).read_bytes() for name in ("glossary.css", NOSCRIPT)}
    return {**shared, STYLE: look.style().encode() + own["glossary.css"], NOSCRIPT: own[NOSCRIPT]}


@functools.cache
def folder() -> str:
    """The folder of these files in the site, which changes with their content."""
    return f"files/{modules.digest(files())}"


def address(path: str) -> str:
    """The address of one of these files from the root of the site, as the app would write it.

    Raises:
        KeyError: there is no such file.
    """
    files()[path]
    return f"/{folder()}/{path}"


def closure(paths: Iterable[str]) -> list[str]:
    """These modules and all that they import before they run, in the order of a walk."""
    order: dict[str, None] = {}
    waiting = list(paths)
    while waiting:
        path = waiting.pop(0)
        if path not in order:
            order[path] = None
            if path.endswith(".js"):
                text = files()[path].decode()
                waiting += [normpath(join(dirname(path), name)) for name in _IMPORT.findall(text)]
    return list(order)
