"""Writes columns to a file, CSV or Parquet by the end of its name."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ..._storage import check_file, write_file
from ...errors import InputError

KINDS = (".csv", ".parquet")


def check_kind(path: Path) -> None:
    """Raises InputError unless the file's name ends in one of KINDS."""
    if path.suffix.lower() not in KINDS:
        raise InputError(f"a table is written as {' or '.join(KINDS)}, got {str(path)[-80:]!r}.")


def write(columns: Mapping[str, Sequence[Any]], path: Path, *, utc: bool = False) -> None:
    """Write columns of one length, atomically.

    Args:
        utc: whether columns of instants are in UTC, which the file then states; otherwise they have no zone.

    Raises:
        InputError: as `check_kind`, or the file cannot be written.
    """
    check_kind(path)
    frame = pl.DataFrame({name: _column(values) for name, values in columns.items()})
    if utc:
        frame = frame.with_columns(pl.col(pl.Datetime).dt.replace_time_zone("UTC"))
    if path.suffix.lower() == ".csv":
        raw = frame.write_csv().encode()
    else:
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        raw = buffer.getvalue()
    try:
        check_file(path)
        write_file(path, raw)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}.") from None


def _column(values: Sequence[Any]) -> pl.Series:
    return pl.Series(values if isinstance(values, np.ndarray) else list(values))
