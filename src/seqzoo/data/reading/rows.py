"""A folder of rows by key, in Parquet: a part for each key while rows arrive, one table ordered by key at the end.

A part is written atomically, so that a run which is killed at any moment keeps each finished key and can go on. The
table depends on the rows only, not on the order in which they arrived.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from ..._storage import LOCK, read_file, write_file
from ...errors import InputError, IntegrityError

TABLE = "rows.parquet"
LIMIT = 1 << 31  # bytes of a file
KEY = "key"

Row = Mapping[str, Any]


class RowFolder:
    """Rows by key in a folder. Two processes must not write at the same time: hold `_storage.only_writer`.

    Raises:
        InputError: the folder holds other files, or a table that cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        others = [path.name for path in self._files() if path.name != TABLE and not path.name.startswith("part-")]
        if others:
            raise InputError(f"{folder} holds {sorted(others)[0]!r}, which is no row of results. Give another --out.")
        self._table = self._read(folder / TABLE)
        parts = (path for path in self._files() if path.name != TABLE)
        self._parts = {path: frame for path in parts if (frame := self._part(path)) is not None}

    def add(self, key: str, rows: Sequence[Row]) -> None:
        """Write the rows of a key, atomically.

        Raises:
            OSError: the folder cannot be written to.
        """
        path = self._folder / f"part-{key}.parquet"
        frame = pl.from_dicts([{KEY: key, **row} for row in rows], infer_schema_length=None)
        _write(frame, path)
        self._parts[path] = frame

    def finish(self) -> None:
        """Join the parts into the table: rows in the order of their keys, columns in the order of their names.

        Raises:
            OSError: the folder cannot be written to.
        """
        if not self._parts:
            return
        self._table = self._joined()
        _write(self._table, self._folder / TABLE)
        for path in self._parts:
            path.unlink(missing_ok=True)
        self._parts = {}

    def rows(self) -> list[dict[str, Any]]:
        """All rows, in the order of their keys."""
        return self._joined().to_dicts()

    def _joined(self) -> pl.DataFrame:
        frames = list(self._parts.values())
        if self._table is not None:  # a part replaces the rows of its key
            again = [key for frame in frames for key in frame[KEY].unique()]
            frames.insert(0, self._table.filter(~pl.col(KEY).is_in(again)))
        if not frames:
            return pl.DataFrame({KEY: []}, schema={KEY: pl.String})
        whole = pl.concat(frames, how="diagonal_relaxed").sort(KEY, maintain_order=True)
        return whole.select(KEY, *sorted(name for name in whole.columns if name != KEY))

    def _files(self) -> Iterator[Path]:
        if self._folder.is_dir():
            yield from (path for path in sorted(self._folder.iterdir()) if path.name != LOCK)

    def _read(self, path: Path) -> pl.DataFrame | None:
        if not path.exists():
            return None
        try:
            frame = pl.read_parquet(io.BytesIO(read_file(path, LIMIT)))
        except (IntegrityError, pl.exceptions.PolarsError) as error:
            raise InputError(f"{path} cannot be read: {str(error)[:200]}. Remove it to begin again.") from None
        if KEY not in frame.columns:
            raise InputError(f"{path} is no table of this kind: it has no column {KEY!r}. Give another --out.")
        return frame

    def _part(self, path: Path) -> pl.DataFrame | None:
        """The rows of a part; None for one that is damaged, whose key is then computed again."""
        try:
            return self._read(path)
        except InputError:
            return None


def _write(frame: pl.DataFrame, path: Path) -> None:
    raw = io.BytesIO()
    frame.write_parquet(raw)
    write_file(path, raw.getvalue())
