"""Results of the arena as JSON files, written atomically."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from .. import _storage, _strict_json
from ..errors import InputError

LIMIT = 64 << 20

Stored = TypeVar("Stored", bound=msgspec.Struct)


class _Version(msgspec.Struct):
    """The version of the schema, read first, since a later schema may have other fields."""

    schema_version: int = 1


def read(path: Path, kind: type[Stored], schema: int = 1) -> Stored:
    """The results in a file.

    Args:
        path: the file.
        kind: the type of the results.
        schema: the version of `kind`; a file without a version counts as version 1.

    Raises:
        InputError: the file is missing, or does not hold results of this kind and version.
        IntegrityError: the file is a link, not a regular file, or too large.
    """
    if not path.exists():
        raise InputError(f"there are no results in {path.parent}: expected {path.name}. Run the experiment first.")
    raw = _storage.read_file(path, LIMIT)
    try:
        _strict_json.check(raw)
        version = msgspec.json.decode(raw, type=_Version).schema_version
        if version == schema:
            return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, InputError) as error:
        raise InputError(
            f"{path} cannot be read: {error}. Restore it from a copy, or move it away to start again."
        ) from None
    raise InputError(
        f"{path} is of schema {version}; this seqzoo reads {schema}. "
        "Use the version that wrote it, or move it away to start again."
    )


def write(path: Path, results: object) -> None:
    """Write results, a msgspec.Struct, to a file.

    Raises:
        OSError: the file cannot be written.
    """
    _storage.write_file(path, msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
