"""Where the app serves the modules of JavaScript: those of `microscope.modules`, and one of its own."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from ...microscope import modules

MODULES = "/modules"
SAVES = "app/ui/saves.js"


@functools.cache
def files() -> Mapping[str, bytes]:
    """The content of every file by its path within the package."""
    return {**modules.files(), SAVES: modules.PACKAGE.joinpath(SAVES).read_bytes()}


@functools.cache
def version() -> str:
    """The digest of all files."""
    return modules.digest(files())


def address(path: str = "") -> str:
    """The address of a file, or of the folder of all of them."""
    return f"{MODULES}/{version()}/{path}"
