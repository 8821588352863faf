"""Reads a table of measurements from a file, a stream or a frame: to regular, named series. polars parses.

This is the only room that imports polars: ask `_extras.check_polars` before importing it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

from ...errors import InputError
from ..measured import Choices, Reading
from . import container
from .frames import frame_of
from .layout import read_table
from .table import Table, from_frame, from_parquet, from_text

__all__ = ["Choices", "Reading", "columns_of", "read", "read_frame", "table_of"]


def read(
    source: Path | str | bytes | BinaryIO, choices: Choices | None = None, *, named: str = "",
    limit: int = container.LIMIT,
) -> Reading:  # fmt: skip
    """The series of a file: CSV, TSV, Parquet or JSON lines, plain or compressed with gzip or zstd.

    Args:
        source: the path of a file, its bytes, or a stream of bytes.
        choices: what the caller states; the rest is inferred.
        named: what the source is, for messages; by default its path.
        limit: the most bytes read, and the most unpacked.

    Raises:
        InputError: the source cannot be read, or what it means is ambiguous; the message names the place, what stands
            there, and the option that settles it.
        UnknownNameError: a column that the caller named does not exist.
    """
    choices = choices or Choices()
    named = named or (str(source) if isinstance(source, Path | str) else "the file")
    return read_table(table_of(source, choices, named=named, limit=limit), named, choices)


def table_of(
    source: Path | str | bytes | BinaryIO, choices: Choices, *, named: str, limit: int = container.LIMIT
) -> Table:
    """The table of a file, from which `layout.read_table` takes the series. Arguments as for `read`.

    Raises:
        InputError: the source cannot be read as a table.
    """
    held = container.content(Path(source) if isinstance(source, str) else source, named, limit)
    if held.parquet:
        return from_parquet(held.parquet, named)
    table = from_text(held.text, named, choices.decimal)
    if held.kind != "UTF-8":
        table.notes.insert(0, held.kind)
    return table


def columns_of(table: Table) -> list[str]:
    """What `Choices` may call each column: its name, or its number where it has none or shares it."""
    return [label if label and table.labels.count(label) == 1 else str(at)
            for at, label in enumerate(table.labels, start=1)]  # fmt: skip


def read_frame(frame: Any, choices: Choices | None = None, *, named: str = "the table") -> Reading:
    """The series of a table that the caller has: a frame or a series of pandas, polars or pyarrow.

    Raises:
        InputError: as `read`, or it is no frame.
    """
    table = from_frame(frame_of(frame), "a frame", lambda row: f"row {row}")
    if not table.columns or not len(table.columns[0]):
        raise InputError(f"{named} holds no rows.")
    return read_table(table, named, choices or Choices())
