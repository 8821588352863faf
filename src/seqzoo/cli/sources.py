"""The numbers of arguments, a file or standard input, as plain numbers or as the bytes of a table."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._extras import check_polars, has_polars
from .._storage import open_given
from ..data.numerals import number, shown
from ..data.series import GAPS
from ..data.typed import Lines, may_be_table, rows_of
from ..errors import InputError, MissingExtraError
from .app import FileOptions, is_model

if TYPE_CHECKING:
    from ..data.measured import Reading

LIMIT = 16 << 20  # bytes; as Python numbers they take about thirty times the memory
TABLE_LIMIT = 64 << 20  # bytes of a table, before it is unpacked; `data.reading` has the same limit after it
PLAIN_LIMIT = 1 << 20  # bytes; a larger file is read by polars, although it may hold only numbers
STANDARD_INPUT = Path("-")


@dataclass(frozen=True)
class Source:
    """Numbers as `rows_of` reads them, or the bytes of a file that it does not read and why.

    Args:
        named: what the source is, for messages.
        is_typed: whether the numbers are arguments, or brackets, which no table is.
    """

    named: str
    lines: Lines | None = None
    raw: bytes = b""
    refused: InputError | None = None
    is_typed: bool = False

    def reading(
        self, how: FileOptions, context_length: int | None = None, *, is_one: bool = False
    ) -> Reading:
        """What the file holds, read as a table, with gaps filled where a rule is given.

        Args:
            context_length: as for `measured.longest_filled`.
            is_one: whether several series are refused.
        """
        if not has_polars():
            refused = self.refused
            try:
                if self.lines is not None:
                    self.lines.series()
            except InputError as error:
                refused = error
            raise _without_extra(refused)
        check_polars("reading tables")
        from ..data.measured import Choices, longest_filled
        from ..data.reading import read

        stated: dict[str, Any] = how.stated
        try:
            reading = read(self.raw, Choices(**stated), named=self.named)
            if is_one:
                reading.one()
        except InputError:
            if self.lines is None:
                raise
            try:
                self.lines.series()
            except InputError as plain:  # which says more of lines of plain numbers
                raise InputError(f"{plain} To read one column of a table, add --value and its number.") from None
            raise
        return reading if how.gaps is None else reading.filled(how.gaps, longest_filled(context_length))


def source_of(numbers: list[str], file: Path | None, how: FileOptions) -> Source | None:
    """The source that the user gave; None if neither arguments nor a file were given.

    Raises:
        InputError: both are given, an argument or an option is wrong, or the file cannot be read.
    """
    for word in numbers:  # first, because a misspelt option looks like a number argument
        if word.startswith("--"):
            raise InputError(f"{shown(word)} is neither a number nor an option. To read a file, use --file.")
    if numbers and file is not None:
        raise InputError("give the numbers either as arguments or with --file, not both.")
    if how.gaps is not None and how.gaps not in GAPS:
        raise InputError(f"--gaps must be {', '.join(GAPS)}, and is {how.gaps!r}.")
    is_stream = numbers == ["-"] or file == STANDARD_INPUT
    if file is None and not is_stream:
        if how.stated or how.gaps is not None:
            option = next(iter(how.stated), "gaps")
            raise InputError(f"--{option} tells how a file is read: give the file with --file.")
        if not numbers:
            return None
        _check_arguments(numbers)
        return Source("the arguments", rows_of(" ".join(numbers), "the arguments", LIMIT), is_typed=True)
    limit = TABLE_LIMIT if has_polars() else LIMIT
    named = "standard input" if is_stream else str(file)
    if not is_stream:
        check_series(named)
    raw = _standard_input(limit) if is_stream else _bytes(file, limit)  # type: ignore[arg-type]
    if how.stated:
        check_polars("reading tables")
        return Source(named, raw=raw)
    if has_polars() and len(raw) > PLAIN_LIMIT:
        return Source(named, raw=raw)
    try:
        lines = rows_of(raw.decode("utf-8", "replace"), named, LIMIT)
        if how.gaps is None or is_column(lines):
            return Source(named, lines, raw, is_typed=not may_be_table(raw))
        return Source(named, raw=raw)
    except InputError as error:
        if not may_be_table(raw):
            raise
        return Source(named, raw=raw, refused=error)


def check_series(given: str) -> None:
    """Raises InputError for a model in place of a series: the folder of a bundle, or a name that no file has."""
    from ..bundles.store import MANIFEST

    path = Path(given)
    if (path / MANIFEST).is_file() or (not path.exists() and is_model(given)):
        raise InputError(
            f"{given} is a model, not a series: give a file of numbers, or series:NAME of `seqzoo list --series`. "
            f"`seqzoo show {shlex.quote(given)}` shows the model."
        )


def is_column(lines: Lines) -> bool:
    """Whether each line holds one number."""
    return all(len(row.values) == 1 for row in lines.rows)


def _without_extra(error: InputError | None) -> InputError:
    """The refusal of what only the extra reads, with the line that installs it."""
    extra = str(MissingExtraError("Reading it as a table", "series"))
    return InputError(extra if error is None else f"{error} {extra}.")


def _check_arguments(given: list[str]) -> None:
    """Check the arguments before they are read as numbers.

    Raises:
        InputError: one is empty, a file, or a `-` among numbers.
    """
    for position, word in enumerate(given, start=1):
        if not word.strip():
            raise InputError(f"argument {position} of the numbers is empty: a value may be missing.")
        if word == "-":
            raise InputError("`-` reads standard input only if no numbers are given with it.")
        if number(word) is None and _is_file(word):
            raise InputError(f"{shown(word)} is not a number but a file. Read it with --file.")


def _is_file(word: str) -> bool:
    try:
        return len(word) < 1000 and Path(word).is_file()
    except (OSError, ValueError):
        return False


def _bytes(file: Path, limit: int) -> bytes:
    try:
        with open_given(file) as handle:
            return _bounded(handle.read(limit + 1), str(file), limit)
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}.") from None


def _standard_input(limit: int) -> bytes:
    if sys.stdin is None:
        raise InputError("standard input is closed: give the numbers as arguments or with --file.")
    return _bounded(sys.stdin.buffer.read(limit + 1), "standard input", limit)


def _bounded(raw: bytes, source: str, limit: int) -> bytes:
    if len(raw) > limit:
        raise InputError(f"{source} is too large: at most {limit:,} bytes are read.")
    return raw
