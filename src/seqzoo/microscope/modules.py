"""The files that a browser needs for the microscope, as they are, under one address that changes when they do."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from pathlib import Path

PACKAGE = Path(__file__).parent.parent
HERE = Path(__file__).parent
KINDS = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
BUNDLE = HERE / "hosts" / "anywidget.bundle.js"
"""hosts/anywidget.js and all that it imports as one module, made of them by tools/bundle.py."""


@functools.cache
def files() -> Mapping[str, bytes]:
    """Every file by its path within the package: what modules import from one another lies where they say."""
    paths = [*HERE.glob("js/*"), *HERE.glob("hosts/*.js"), *PACKAGE.glob("_*.json")]
    return {path.relative_to(PACKAGE).as_posix(): path.read_bytes() for path in sorted(paths) if path != BUNDLE}


@functools.cache
def version() -> str:
    """What the files are."""
    return digest(files())


def digest(files: Mapping[str, bytes]) -> str:
    """The beginning of the SHA-256 of files with their names."""
    whole = hashlib.sha256()
    for path, data in sorted(files.items()):
        whole.update(f"{path} {len(data)}\n".encode() + data)
    return whole.hexdigest()[:16]
