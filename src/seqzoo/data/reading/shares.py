"""Many series in many files: which there are, and the values of one at a time.

A Parquet file with a column of names is scanned: only the names are held, and then the rows of a block of
neighbouring series. Every other file is read whole, as `reading.read` does, and is at most that large. It is read to
list its series, unless it is small: then it is one share, whatever it holds.
"""

from __future__ import annotations

import functools
import glob
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import polars as pl

from ...errors import InputError, SeqzooError
from ..measured import Choices, Reading
from . import read
from .layout import read_table
from .table import from_frame

ROWS = 100_000  # of a block: what a worker holds of a long Parquet file
SMALL = 1 << 16  # bytes of a text, some 5,000 values, that is no work to divide
SUFFIXES = (".parquet", ".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson")
PACKED = (".gz", ".zst")
_OF_POLARS = (pl.exceptions.PolarsError, pl.exceptions.PanicException)  # the latter is no Exception


class Block(NamedTuple):
    """Neighbouring rows of a long Parquet file, and the series whose rows all lie among them."""

    column: str
    first: int
    rows: int
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Share:
    """One series of a file, or all series of a small one.

    Args:
        file: as it was given.
        digest: SHA-256 of its bytes; empty where it cannot be read.
        label: of the series in the column of names; empty for a whole file.
        block: where its rows lie in a long Parquet file.
        problem: why there is nothing to read.
    """

    file: str
    digest: str
    label: str = ""
    block: Block | None = None
    problem: str = ""

    @property
    def name(self) -> str:
        """The file, with the series where the file holds several."""
        return f"{self.file}: {self.label}" if self.label else self.file

    def reading(self, choices: Choices) -> Reading:
        """The series of this share.

        Raises:
            InputError: they cannot be read.
            OSError: the file is not there, as on another machine.
        """
        if self.problem:
            raise InputError(self.problem)
        if self.block is None:
            with Path(self.file).open("rb"):  # that it is missing here is no fault of the file
                pass
            return _whole(self.file, self.digest, choices, self.label)
        frame = _rows_of(self.file, self.digest, self.block)
        if not (own := frame.filter(_name(self.block.column) == self.label)).height:
            raise OSError(f"{self.file} has changed: it no longer holds {self.label!r} where it did.")
        table = from_frame(own, "Parquet", lambda row: f"row {row + 1} of the series")
        return read_table(table, self.name, choices)


def is_several(given: str) -> bool:
    """Whether a path is a folder, or a pattern such as data/*.parquet."""
    return Path(given).is_dir() or (glob.has_magic(given) and not Path(given).exists())


def files_of(given: Sequence[str]) -> list[str]:
    """The files that paths, folders and patterns name, each once; of a folder, those that may be tables.

    Raises:
        InputError: a folder or a pattern names no file, or one of several is no file of this machine.
    """
    every: dict[str, str] = {}
    for one in given:
        if not one or one == "-" or one.startswith("series:"):
            raise InputError(f"{one!r} is not one of several files. Give files, folders or patterns, or it alone.")
        files = [one]
        if Path(one).is_dir():
            files = [str(path) for path in sorted(Path(one).rglob("*")) if _may_be_table(path)]
        elif is_several(one):
            files = sorted(path for path in glob.glob(one, recursive=True) if Path(path).is_file())  # noqa: PTH207, a pattern may be absolute
        if not files:
            raise InputError(
                f"no files of tables in {one[:200]!r}. Give files, a folder of them, or a pattern such as "
                "'data/*.parquet'."
            )
        for file in files:
            every.setdefault(os.path.realpath(file), file)
    return list(every.values())


def shares_of(files: Sequence[str], choices: Choices) -> Iterator[Share]:
    """The shares of files, in order. A file that cannot be read is one share with the problem."""
    for file in files:
        digest = ""
        if not file.isprintable():
            readable = os.fsencode(file).decode("utf-8", "backslashreplace").encode("unicode_escape").decode()
            yield Share(readable, digest, problem="its name cannot be printed: rename it.")
            continue
        if Path(file).exists() and not Path(file).is_file():
            yield Share(file, digest, problem="it is no regular file: give a file, a folder or a pattern.")
            continue
        try:
            with Path(file).open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
                opened.seek(0)
                is_parquet = opened.read(4) == b"PAR1"
                size = opened.seek(0, os.SEEK_END)
            if is_parquet:
                yield from _of_parquet(file, digest, choices)
            elif size <= SMALL:
                yield Share(file, digest)
            else:
                yield from _of_text(file, digest, choices)
        except SeqzooError as error:
            yield Share(file, digest, problem=str(error))
        except OSError as error:
            yield Share(file, digest, problem=f"it cannot be read: {error.strerror or error}.")
        except _OF_POLARS as error:
            yield Share(file, digest, problem=_unreadable(error))


def _of_parquet(file: str, digest: str, choices: Choices) -> Iterator[Share]:
    scan = pl.scan_parquet(file, glob=False)
    schema = scan.collect_schema()
    column = _column_of_names(schema.names(), choices)
    if column is None:
        yield Share(file, digest)
        return
    if schema[column].is_nested() or schema[column] in (pl.Binary, pl.Object):
        kind = schema[column]
        raise InputError(f"the column {column!r} holds {kind}, no names of series. State another with --id.")
    at = pl.col("\0row")
    spans = (
        scan.select(_name(column).alias("\0name")).with_row_index("\0row").group_by("\0name")
        .agg(at.min().alias("first"), at.max().alias("last"), pl.len().alias("rows"))
        .sort("first").collect(engine="streaming")
    )  # fmt: skip
    waiting: list[tuple[str, int, int]] = []
    held = 0
    for name, first, last, rows in spans.iter_rows():
        if choices.only not in (None, name):
            continue
        if waiting and held + rows > ROWS:
            yield from _in_block(file, digest, column, waiting)
            waiting, held = [], 0
        waiting.append((name, first, last))
        held += rows
    if waiting:
        yield from _in_block(file, digest, column, waiting)


def _in_block(file: str, digest: str, column: str, spans: Sequence[tuple[str, int, int]]) -> Iterator[Share]:
    first, last = min(span[1] for span in spans), max(span[2] for span in spans)
    block = Block(column, first, last - first + 1, tuple(name for name, _, _ in spans))
    yield from (Share(file, digest, name, block) for name in block.labels)


def _of_text(file: str, digest: str, choices: Choices) -> Iterator[Share]:
    reading = _whole(file, digest, choices, "")
    if reading.is_set:
        yield from (Share(file, digest, label) for label in reading.labels)
    else:
        yield Share(file, digest)


def _whole(file: str, digest: str, choices: Choices, label: str) -> Reading:
    """A file that is read whole, or one series of it. A worker asks for its series one after another."""
    reading = _read(file, digest, choices)
    if not label:
        return reading
    at = reading.labels.index(label)
    return Reading((reading.series[at],), (label,), reading.understood, source=reading.source)


@functools.lru_cache(maxsize=8)
def _check_same(file: str, digest: str, changed: int) -> None:
    """Raises OSError unless a file, which was last changed then, is the one whose digest was taken."""
    with Path(file).open("rb") as opened:
        if hashlib.file_digest(opened, "sha256").hexdigest() != digest:
            raise OSError(f"{file} on this machine is another file, or has changed. Copy it here.")


@functools.lru_cache(maxsize=1)
def _read(file: str, digest: str, choices: Choices) -> Reading:
    _check_same(file, digest, Path(file).stat().st_mtime_ns)
    return read(Path(file), choices, named=file)


@functools.lru_cache(maxsize=1)
def _rows_of(file: str, digest: str, block: Block) -> pl.DataFrame:
    _check_same(file, digest, Path(file).stat().st_mtime_ns)
    rows = pl.scan_parquet(file, glob=False).slice(block.first, block.rows)
    try:
        return rows.filter(_name(block.column).is_in(list(block.labels))).collect(engine="streaming")
    except _OF_POLARS as error:
        raise InputError(_unreadable(error)) from None


def _unreadable(error: BaseException) -> str:
    line = (str(error).strip().splitlines() or [type(error).__name__])[0][:200].rstrip(".")
    return f"its bytes cannot be read as Parquet: {line}. Write the file again, or restore it."


def _column_of_names(names: Sequence[str], choices: Choices) -> str | None:
    """The column that names series: as stated, or unique_id in any case of letters."""
    wanted = choices.id or "unique_id"
    if wanted in names:
        return wanted
    alike = [name for name in names if name.lower() == wanted.lower()]
    if len(alike) == 1:
        return alike[0]
    if choices.id and choices.id.isascii() and choices.id.isdecimal() and 1 <= int(choices.id) <= len(names):
        return names[int(choices.id) - 1]
    return None


def _name(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).fill_null("")


def _may_be_table(path: Path) -> bool:
    bare = path.with_suffix("") if path.suffix in PACKED else path
    return bare.suffix.lower() in SUFFIXES and not path.name.startswith((".", "_")) and path.is_file()
