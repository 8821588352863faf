"""Writes columns to a file, CSV or Parquet by the end of its name."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from ..._storage import write_file
from ...errors import InputError

KINDS = (".csv", ".parquet")


def check_kind(path: Path) -> None:
    """Raises InputError unless the file's name ends in one of KINDS."""
    if path.suffix.lower() not in KINDS:
        raise InputError(f"a table is written as {' or '.join(KINDS)}, got {str(path)[-80:]!r}.")


def write(columns: Mapping[str, Sequence[Any]], path: Path) -> None:
    """Write columns of one length, atomically.

    Raises:
        InputError: as `check_kind`, or the file cannot be written.
    """
    check_kind(path)
    frame = pl.DataFrame({name: pl.Series(list(values)) for name, values in columns.items()})
    if path.suffix.lower() == ".csv":
        raw = frame.write_csv().encode()
    else:
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        raw = buffer.getvalue()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, raw)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}.") from None
