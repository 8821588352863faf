"""Which bundles may run code: those whose manifest the package ships or this machine wrote, byte for byte.

A manifest states the SHA-256 of every other file. The SHA-256 of the manifest's bytes therefore identifies the whole
bundle, wherever it lies.
"""

from __future__ import annotations

import os
from pathlib import Path

from .. import _storage

SHIPPED_LIST = Path(__file__).with_name("shipped.txt")  # each line: SHA-256 of a manifest, name of the bundle
LEDGER = "built.txt"  # in the home folder: the SHA-256 of each manifest that this machine wrote


def vouches_for(digest: str) -> bool:
    """Whether the package ships the manifest of that SHA-256, or this machine wrote it."""
    if digest.encode() in SHIPPED_LIST.read_bytes().split():
        return True
    ledger = _storage.home() / LEDGER
    return ledger.is_file() and digest.encode() in ledger.read_bytes().split()


def record(digest: str) -> None:
    """Append a SHA-256 to the ledger, in one write, so that simultaneous builds lose no line."""
    ledger = _storage.home() / LEDGER
    ledger.parent.mkdir(parents=True, exist_ok=True)
    known = ledger.read_bytes() if ledger.is_file() else b""
    if digest.encode() in known.split():
        return
    torn = b"" if known.endswith(b"\n") or not known else b"\n"
    with ledger.open("ab", buffering=0) as file:
        file.write(torn + digest.encode() + b"\n")
        os.fsync(file.fileno())
