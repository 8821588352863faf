"""Where the app serves the modules of JavaScript."""

from __future__ import annotations

from ...microscope import modules

MODULES = "/modules"
"""The address under which build.py serves the files of `microscope.modules`."""


def address(path: str = "") -> str:
    """The address of one of these files, or of their folder."""
    return f"{MODULES}/{modules.version()}/{path}"
