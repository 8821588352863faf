"""Files that visitors gave, in SEQZOO_HOME/uploads by their SHA-256, so that an address can name one."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import threading
from pathlib import Path
from typing import NamedTuple

import msgspec

from ... import _storage
from ...errors import InputError, IntegrityError, SeqzooError

MOST_BYTES = 16 << 20  # of a file; the server reads no larger body
MOST_FILES = 30  # beyond these two, the files that were used the longest ago are deleted
MOST_IN_ALL = 128 << 20
LONGEST_NAME = 100
SHA256 = re.compile(r"[0-9a-f]{64}")
_lock = threading.Lock()


class Upload(NamedTuple):
    """A file: its SHA-256, the name that its visitor's machine gives it, its size in bytes, when it was last used."""

    sha256: str
    name: str
    size: int
    used: float

    @property
    def path(self) -> Path:
        """Where it is."""
        return _folder() / self.sha256


class _Facts(msgspec.Struct, frozen=True):
    name: str


def keep(raw: bytes, name: str) -> str:
    """The SHA-256 of a file, which is kept from now on.

    Raises:
        InputError: it is empty or too large.
        SeqzooError: the disk cannot hold it.
    """
    if not raw:
        raise InputError(f"the file {plain(name)} is empty. Choose one with a column of numbers.")
    if len(raw) > MOST_BYTES:
        raise InputError(f"the file {plain(name)} is too large: at most {MOST_BYTES:,} bytes are read.")
    sha256 = hashlib.sha256(raw).hexdigest()
    facts = msgspec.json.encode(_Facts(plain(name)))
    with _lock:
        try:
            _storage.write_file(_folder() / f"{sha256}.json", facts)  # before the file, by which it is known
            _storage.write_file(_folder() / sha256, raw)
        except OSError as error:
            raise SeqzooError(f"the file cannot be kept: {error.strerror or error}.") from None
        _prune(sha256)
    return sha256


def find(sha256: str) -> Upload:
    """The file of that SHA-256.

    Raises:
        InputError: it is not here, or no longer.
    """
    upload = _upload(sha256) if SHA256.fullmatch(sha256) else None
    if upload is None:
        raise InputError(
            "this file is not kept here, or no longer: drop it again. Its corrections are still in the address."
        )
    return upload


def touch(sha256: str) -> None:
    """Note that a file is in use, so that it is not among the first to be deleted."""
    with contextlib.suppress(OSError):
        os.utime(_folder() / sha256)


def read(upload: Upload) -> bytes:
    """The bytes of a file.

    Raises:
        InputError: it was deleted meanwhile, or its bytes have changed.
    """
    try:
        raw = _storage.read_file(upload.path, MOST_BYTES)
    except IntegrityError as error:
        find(upload.sha256)
        raise InputError(str(error)) from None
    if hashlib.sha256(raw).hexdigest() != upload.sha256:
        raise InputError(f"{upload.name} has changed on the disk of the server: drop it again.")
    return raw


def listed() -> list[Upload]:
    """Every file, the latest used first."""
    with contextlib.suppress(OSError):
        uploads = [_upload(path.name) for path in _folder().iterdir() if SHA256.fullmatch(path.name)]
        return sorted((one for one in uploads if one is not None), key=lambda one: one.used, reverse=True)
    return []


def delete(sha256: str) -> None:
    """Delete a file, if it is there."""
    if SHA256.fullmatch(sha256):
        with contextlib.suppress(OSError):
            (_folder() / sha256).unlink(missing_ok=True)
            (_folder() / f"{sha256}.json").unlink(missing_ok=True)


def plain(name: str) -> str:
    """The name of a file without folders and without what cannot be shown, at most LONGEST_NAME characters."""
    base = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(character for character in base if character.isprintable()).strip()
    return shown[-LONGEST_NAME:] or "file"


def _folder() -> Path:
    return _storage.home() / "uploads"


def _upload(sha256: str) -> Upload | None:
    try:
        stat = (_folder() / sha256).stat()
    except OSError:
        return None
    name = "file"
    with contextlib.suppress(IntegrityError, msgspec.MsgspecError):
        name = msgspec.json.decode(_storage.read_file(_folder() / f"{sha256}.json", 1_000), type=_Facts).name
    return Upload(sha256, plain(name), stat.st_size, stat.st_mtime)


def _prune(latest: str) -> None:
    total = 0
    for count, upload in enumerate(listed()):
        total += upload.size
        if upload.sha256 != latest and (count >= MOST_FILES or total > MOST_IN_ALL):
            delete(upload.sha256)
