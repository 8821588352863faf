"""Results of the arena as JSON files, written whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from .. import files
from ..errors import InputError

LIMIT = 64 << 20

Stored = TypeVar("Stored", bound=msgspec.Struct)


def read(path: Path, kind: type[Stored]) -> Stored:
    """The results in a file.

    Raises:
        InputError: there is no file, or it does not hold results of that kind.
        IntegrityError: the file is a link, no regular file, or huge.
    """
    if not path.exists():
        raise InputError(f"there are no results in {path.parent}: expected a file {path.name}. Run it first.")
    raw = files.read_file(path, LIMIT)
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path} cannot be read: {error}. Remove it to start again.") from None


def write(path: Path, results: msgspec.Struct) -> None:
    """Write results to a file.

    Raises:
        OSError: the file cannot be written.
    """
    files.write_file(path, msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
