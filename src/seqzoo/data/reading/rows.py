"""A folder of rows by key, in Parquet: parts while rows arrive, one table ordered by key at the end.

A part is written atomically, so that a run which is killed at any moment keeps the rows that are written and can go
on. Parts of similar size are joined as they arrive: a million rows are in dozens of files, not in a million. The
table depends on the rows only, not on the order in which they arrived.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple, Self

import polars as pl

from ..._storage import LOCK, read_file, write_file
from ...errors import InputError, IntegrityError

TABLE = "rows.parquet"
LIMIT = 1 << 31  # bytes of a file
KEY = "key"
_PART = re.compile(r"part-\d{9}\.parquet$")
JOINED = 16  # parts of similar size that become one

Row = Mapping[str, Any]


class RowFolder:
    """Rows by key in a folder. Two processes must not write at the same time: hold `_storage.only_writer`.

    Args:
        folder: may not exist yet.
        gather: seconds for which rows may be kept in memory, to be written together. Then use the object in a `with`,
            which writes at its end, and call what `polled` returns.

    Raises:
        InputError: the folder holds other files, or a table that cannot be read.
    """

    def __init__(self, folder: Path, gather: float = 0.0) -> None:
        self._folder, self._gather = folder, gather
        paths = [path for path in self._files() if path.name != TABLE]
        for path in paths:
            if not _PART.match(path.name):
                raise InputError(f"{folder} holds {path.name!r}, which is no row of results. Give another --out.")
        self._table = self._read(folder / TABLE)
        self._parts = [_Part(path, frame.height) for path in paths if (frame := self._part(path)) is not None]
        self._damaged = sorted(set(paths) - {part.path for part in self._parts})
        self._number = int(paths[-1].stem.removeprefix("part-")) if paths else 0
        self._waiting: dict[str, Sequence[Row]] = {}
        self._written = -gather

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.write()

    def add(self, key: str, rows: Sequence[Row]) -> None:
        """Take the rows of a key, in place of any that it has, and write them, unless they may wait.

        Raises:
            OSError: the folder cannot be written to.
        """
        self._waiting[key] = rows
        self._write_if_due()

    def polled(self, should_stop: Callable[[], bool]) -> Callable[[], bool]:
        """A function to poll in place of another: it also writes the rows that have waited long enough."""

        def poll() -> bool:
            self._write_if_due()
            return should_stop()

        return poll

    def write(self) -> None:
        """Write the rows that wait, as one part.

        Raises:
            OSError: the folder cannot be written to.
        """
        if not self._waiting:
            return
        frame = _frame(self._waiting)
        self._number += 1
        path = self._folder / f"part-{self._number:09}.parquet"
        _write(frame, path)
        self._waiting = {}
        self._written = time.monotonic()
        self._parts.append(_Part(path, frame.height))
        while len(last := self._last_of_similar_size()) >= JOINED:
            frame = _joined(self._read_parts(last))
            _write(frame, path)  # if the process dies now, the others are there too; these rows replace theirs
            for part in last[:-1]:
                part.path.unlink(missing_ok=True)
            self._parts[-len(last) :] = [_Part(path, frame.height)]

    def finish(self, only: Collection[str] | None = None) -> None:
        """Join the parts into the table: rows in the order of their keys, columns in the order of their names.

        Args:
            only: keys of the rows that stay; by default all do.

        Raises:
            OSError: the folder cannot be written to.
        """
        self.write()
        whole = self._table
        if self._parts:
            whole = self._whole()
        if whole is not None and only is not None:
            whole = whole.filter(pl.col(KEY).is_in(list(only)))
            whole = whole[[KEY, *(each.name for each in whole if each.name != KEY and each.null_count() < len(each))]]
        if whole is not None and (self._table is None or not whole.equals(self._table)):
            self._table = whole
            _write(whole, self._folder / TABLE)
        for path in [part.path for part in self._parts] + self._damaged:
            path.unlink(missing_ok=True)
        self._parts, self._damaged = [], []

    def clear(self) -> None:
        """Remove all rows.

        Raises:
            OSError: the folder cannot be written to.
        """
        for path in [self._folder / TABLE, *(part.path for part in self._parts), *self._damaged]:
            path.unlink(missing_ok=True)
        self._table, self._parts, self._damaged = None, [], []

    def rows(self) -> list[dict[str, Any]]:
        """All rows, in the order of their keys."""
        return self._whole().to_dicts()

    def _whole(self) -> pl.DataFrame:
        frames = [] if self._table is None else [self._table]
        frames += self._read_parts(self._parts)
        if self._waiting:
            frames.append(_frame(self._waiting))
        return _joined(frames) if frames else pl.DataFrame({KEY: []}, schema={KEY: pl.String})

    def _write_if_due(self) -> None:
        if time.monotonic() >= self._written + self._gather:
            self.write()

    def _last_of_similar_size(self) -> list[_Part]:
        """The last parts that have fewer rows than the power of JOINED that the last one does not reach."""
        bound = JOINED
        while self._parts[-1].rows >= bound:
            bound *= JOINED
        return list(takewhile(lambda part: part.rows < bound, reversed(self._parts)))[::-1]

    def _files(self) -> Iterator[Path]:
        if self._folder.is_dir():
            # what begins with a point is a file that a process was writing when it died, or of the system
            yield from (path for path in sorted(self._folder.iterdir()) if not path.name.startswith((LOCK, ".")))

    def _read(self, path: Path) -> pl.DataFrame | None:
        if not path.exists():
            return None
        try:
            frame = pl.read_parquet(io.BytesIO(read_file(path, LIMIT)))
        except (IntegrityError, pl.exceptions.PolarsError) as error:
            raise _DamagedError(f"{path} cannot be read: {str(error)[:200]}. Remove it to begin again.") from None
        if KEY not in frame.columns:
            raise InputError(f"{path} is no table of this kind: it has no column {KEY!r}. Give another --out.")
        return frame

    def _read_parts(self, parts: Sequence[_Part]) -> list[pl.DataFrame]:
        """Raises InputError for a part that was read before and cannot be any more, so that it is never removed."""
        return [frame for part in parts if (frame := self._read(part.path)) is not None]

    def _part(self, path: Path) -> pl.DataFrame | None:
        """The rows of a part; None for one that is damaged, whose keys are then computed again."""
        try:
            return self._read(path)
        except _DamagedError:
            return None


class _DamagedError(InputError):
    """A file is no table that can be read."""


class _Part(NamedTuple):
    path: Path
    rows: int


def _frame(by_key: Mapping[str, Sequence[Row]]) -> pl.DataFrame:
    every = [{KEY: key, **row} for key, rows in by_key.items() for row in rows]
    return pl.from_dicts(every, infer_schema_length=None)


def _joined(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The rows of all frames by key; of a key that several hold, those of the last."""
    order = "\0order"  # no name of a column
    numbered = [frame.with_columns(pl.lit(number).alias(order)) for number, frame in enumerate(frames)]
    whole = pl.concat(numbered, how="diagonal_relaxed")
    last = whole.filter(pl.col(order) == pl.col(order).max().over(KEY)).sort(KEY, maintain_order=True)
    return last.select(KEY, *sorted(name for name in last.columns if name not in (KEY, order))).rechunk()


def _write(frame: pl.DataFrame, path: Path) -> None:
    raw = io.BytesIO()
    frame.write_parquet(raw)
    write_file(path, raw.getvalue())
