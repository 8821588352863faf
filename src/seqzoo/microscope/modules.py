"""The files that a browser needs for the microscope and for views of pages, under an address of their content."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from pathlib import Path

PACKAGE = Path(__file__).parent.parent
HERE = Path(__file__).parent
KINDS = {".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".wasm": "application/wasm"}
BUNDLE = HERE / "hosts" / "anywidget.bundle.js"
"""One module with hosts/anywidget.js and all its imports; tools/bundle.py writes it."""


@functools.cache
def files() -> Mapping[str, bytes]:
    """The content of every file by its path within the package, so that relative imports between modules work."""
    pages = (path for path in PACKAGE.glob("pages/js/**/*") if path.is_file())
    paths = [*HERE.glob("js/*"), *HERE.glob("hosts/*.js"), *pages, *PACKAGE.glob("_*.json")]
    return {path.relative_to(PACKAGE).as_posix(): path.read_bytes() for path in sorted(paths) if path != BUNDLE}


@functools.cache
def version() -> str:
    """The digest of all files."""
    return digest(files())


def digest(files: Mapping[str, bytes]) -> str:
    """The first 16 hex digits of the SHA-256 of the names and contents of files."""
    whole = hashlib.sha256()
    for path, data in sorted(files.items()):
        whole.update(f"{path} {len(data)}\n".encode() + data)
    return whole.hexdigest()[:16]
