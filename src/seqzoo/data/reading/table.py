"""From text to a table of columns: the separator, the header, lines that are no rows. polars parses."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice, pairwise

import numpy as np
import polars as pl

from ..._formats import counted
from ...errors import InputError
from ..numerals import shown
from . import cells as columns
from . import dates

MOST_CELLS = 50_000_000
MOST_COLUMNS = 10_000
_SAMPLE = 2_000  # lines that settle the separator
_PREAMBLE = 40  # lines above a table that are not of it
_COMMENT = re.compile(r"\s*(#(?!n/a)|//)", re.IGNORECASE)
_NAMES = {"\t": "tabs", ";": "';'", "|": "'|'", ",": "','", " ": "blanks", "": ""}


@dataclass(frozen=True)
class Table:
    """Columns as they stand in the source.

    Args:
        labels: a name for each column, empty where the source has none.
        columns: strings, or typed where the source is.
        where: the place of a row for messages.
        kind: the source for people, "CSV with ';'".
        separator: of the columns of a text, else empty.
        has_header: whether the source names its columns.
        notes: what was left out.
    """

    labels: list[str]
    columns: list[pl.Series]
    where: Callable[[int], str]
    kind: str
    separator: str = ""
    has_header: bool = True
    notes: list[str] = field(default_factory=list)


def from_frame(frame: pl.DataFrame, kind: str, where: Callable[[int], str]) -> Table:
    """The table of a typed frame.

    Raises:
        InputError: it has too many cells or columns, or a column of a type that no text of a cell has.
    """
    _check_size(len(frame), frame.width)
    for column in frame.get_columns():
        _check_type(column)
    return Table(list(frame.columns), list(frame.get_columns()), where, kind)


def from_parquet(raw: bytes, named: str) -> Table:
    """The table of a Parquet file. Its metadata tell its size before its values are unpacked.

    Raises:
        InputError: the file is damaged or too large.
    """
    try:
        lazy = pl.scan_parquet(io.BytesIO(raw))
        _check_size(int(lazy.select(pl.len()).collect().item()), len(lazy.collect_schema()))
        return from_frame(pl.read_parquet(io.BytesIO(raw)), "Parquet", lambda row: f"row {row + 1}")
    except (pl.exceptions.PolarsError, OSError, pl.exceptions.PanicException) as error:
        raise InputError(f"cannot read {named} as Parquet: {_line(error)}.") from None


def from_text(text: str, named: str, decimal: str | None = None) -> Table:
    """The table of a text: JSON lines, a JSON list of objects, or lines of cells.

    Args:
        decimal: the decimal mark, if the caller states it.

    Raises:
        InputError: the text has no table, or a line has another number of cells than the others.
    """
    start = text.lstrip()[:1_000]
    if start.startswith("{") or re.match(r"\[\s*([\[{\]\"0-9-]|null|NaN)", start):
        return _json(text, named, lines=start.startswith("{"))
    lines = text.split("\n")
    while lines and not lines[-1].strip("\x1a \t"):
        lines.pop()
    begin = 0
    notes = []
    stated = re.fullmatch(r"sep=(.)", lines[0].strip()) if lines else None
    if stated:
        begin = 1
    while begin < len(lines) and (not lines[begin].strip() or _is_comment(lines[begin])):
        begin += 1
    skipped = sum(_is_comment(line) for line in lines[:begin] if line)
    is_data = 2 * sum(map(_is_comment, lines[begin:])) > len(lines) - begin  # as the keys #1, #2 of rows
    while len(lines) > begin and (not lines[-1].strip() or (_is_comment(lines[-1]) and not is_data)):
        skipped += _is_comment(lines.pop())
    if skipped:
        notes.append(f"{counted(skipped, 'comment line')} skipped")
    body = lines[begin:]
    if not body:
        raise InputError(f"{named} holds no rows.")
    separator = stated[1] if stated else _separator(body, decimal)
    if not separator:
        _check_size(len(body), 1)
        column = pl.Series([line.strip() for line in body], dtype=pl.String).str.strip_chars('"')
        return _headed([column], [*range(begin + 1, len(lines) + 1)], "one column", "", notes)
    if separator == " ":
        body = [re.sub(r"[ \t]+", "\t", line.strip()) for line in body]
    cut = "\t" if separator == " " else separator
    numbers, counts = _records(body, cut, named)
    width = _usual(counts)
    _check_size(len(counts), width)
    first = next(row for row, count in enumerate(counts) if count == width)
    short = first > 0 and counts[first - 1] == width - 1
    if first > _PREAMBLE:
        _refuse_ragged(named, body, numbers, counts, width, begin, 0)
    if first - short > 0:
        notes.append(f"{counted(first - short, 'line')} above the table skipped")
    ragged = next((row for row, count in enumerate(counts) if row > first and count not in (width, 0)), None)
    if ragged is not None:
        _refuse_ragged(named, body, numbers, counts, width, begin, ragged)
    frame = _parsed("\n".join(body[numbers[first] :]), cut, width, named)
    cells = list(frame.get_columns())
    places = [begin + 1 + number for number in numbers[first:]]
    kind = f"columns separated by {_NAMES.get(separator, shown(separator))}"
    if len(places) != len(frame):
        raise InputError(f"{named} has quotes that do not end; check its cells in quotes.")
    table = _headed(cells, places, kind, separator, notes)
    if short:  # R, and a separator at the end of every line, leave the header one cell short
        header = next(csv.reader([body[numbers[first - 1]]], delimiter=cut))
        last_is_blank = bool(cells[-1].fill_null("").str.strip_chars().eq("").all())
        labels = [*header, ""] if last_is_blank else ["", *header]
        if not last_is_blank:
            _check_commas(cells, places, cut, named)
        table = Table([label.strip() for label in labels], cells, _places(places), kind, separator, True, notes)
    return table


_PER_DAY = {"ms": 86_400_000, "us": 86_400_000_000}  # nanoseconds of 64 bits end in the year 2262
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896  # of the years 1 to 9999, since 1970


def _check_type(column: pl.Series) -> None:
    """Raises InputError for lists, durations and the like, and for times that no calendar of Python holds."""
    kind = column.dtype
    if kind.is_nested() or kind in (pl.Duration, pl.Object):
        what = "durations" if kind == pl.Duration else "lists or objects"
        raise InputError(f"the column {shown(column.name)} holds {what}. Write one number a cell.")
    if isinstance(kind, pl.Date | pl.Datetime):
        days = _PER_DAY.get(kind.time_unit, 0) if isinstance(kind, pl.Datetime) else 1
        whole = column.to_physical().cast(pl.Int64)
        odd = (whole < _FIRST_DAY * days) | (whole >= (_LAST_DAY + 1) * days)
        if days and odd.any():
            row = int(odd.arg_max() or 0)
            raise InputError(
                f"row {row + 1}: the time in {shown(column.name)} lies outside the years 1 to 9999. Write it within."
            )


def _json(text: str, named: str, *, lines: bool) -> Table:
    raw = io.BytesIO(text.encode())
    if not lines and (listed := re.fullmatch(r"\s*\[([^\[\]{}]*)\]\s*", text)):  # numbers, as one column
        text, lines = "".join(f'{{"value": {value.strip()}}}\n' for value in listed[1].split(",")), True
        raw = io.BytesIO(text.encode())
    try:
        frame = (
            pl.read_ndjson(raw, infer_schema_length=None) if lines else pl.read_json(raw, infer_schema_length=None)
        )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        if re.search(r"[:\[,]\s*-?(NaN|Infinity)\b", text):
            raise InputError(
                f"cannot read {named}: NaN and Infinity are not JSON. Write null, or delete the row."
            ) from None
        raise InputError(f"cannot read {named} as JSON{' lines' if lines else ''}: {_line(error)}. "
                         "Write one object a line, as {\"ds\": \"2024-01-01\", \"y\": 1.5}.") from None  # fmt: skip
    rows = text.split("\n")
    starts = [number for number, line in enumerate(rows, start=1) if line.strip()] if lines else []
    where = _places(starts) if len(starts) == len(frame) else (lambda row: f"record {row + 1}")
    _check_keys(text, [rows[start - 1] for start in starts], frame, where, named)
    return from_frame(frame, "JSON lines" if lines else "JSON", where)


def _check_keys(
    text: str, lines: list[str], frame: pl.DataFrame, where: Callable[[int], str], named: str
) -> None:
    """Raises InputError for an object with a key twice, of which polars silently takes one.

    Only objects are parsed again in which more colons follow a quote than they have values.

    Args:
        lines: of JSON lines, one for each row; else empty.
    """
    key = r'"\s*:'
    if len(lines) != len(frame) or not lines:
        if len(re.findall(key, text)) > frame.width * len(frame) - sum(frame.null_count().row(0)):
            _check_once(text, "in an object", named)
        return
    told = frame.width - frame.select(pl.sum_horizontal(pl.all().is_null())).to_series()
    for row in np.flatnonzero((pl.Series(lines).str.count_matches(key) > told).to_numpy()):
        _check_once(lines[row], where(int(row)), named)


def _check_once(text: str, where: str, named: str) -> None:
    """Raises InputError if an object has a key twice; what is no JSON for Python was read by polars."""
    twice: list[str] = []

    def seen(pairs: list[tuple[str, object]]) -> None:
        twice.extend(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)

    with contextlib.suppress(ValueError, RecursionError):
        json.JSONDecoder(object_pairs_hook=seen).decode(text)
    if twice:
        raise InputError(f"cannot read {named}: {where}, the key {shown(twice[0])} is given twice. Keep one.")


def _separator(body: list[str], decimal: str | None) -> str:
    """The separator of cells: empty for one column, a blank for any white space."""
    sample = [line for line in islice((line for line in body if line.strip()), _SAMPLE)]
    best = ""
    for separator in ("\t", ";", "|", ","):
        try:
            _, counts = _records(sample, separator, "")
        except InputError:
            continue
        width = _usual(counts)
        if width > 1 and counts.count(width) >= 0.9 * len(counts[_begin(counts, width) :]):
            best = separator
            break
    if best == "," and _is_one_column(body, decimal):
        return ""
    if best:
        return best
    tokens = Counter(len(line.split()) for line in sample[1:] or sample)
    width, count = tokens.most_common(1)[0]
    cells = columns.plain(pl.Series(sample[1:] or sample, dtype=pl.String))
    absent = columns.is_missing(cells, ())
    is_one = columns.is_number(cells) | absent
    if width > 1 and count == tokens.total() and int(is_one.sum()) * 2 < len(cells):
        return "" if dates.looks_like_times(cells, absent) else " "
    return ""


def _is_one_column(body: list[str], decimal: str | None) -> bool:
    """Whether lines with one comma each are one column of decimal commas or of thousands, not two columns.

    A header with one name tells, and so does a digit 0 that would lead the second number: no whole number of two
    digits begins so. A first column that counts the rows tells that there are two.

    Raises:
        InputError: both are possible.
    """
    few = columns.plain(pl.Series([line.strip().strip('"') for line in body[1:50]], dtype=pl.String))
    if not (columns.is_number(few) | columns.is_missing(few, ())).all():
        return False  # most tables, without reading all of their lines
    texts = [line.strip().strip('"') for line in body]
    cells = columns.plain(pl.Series(texts, dtype=pl.String))
    start = 0
    if not columns.is_number(cells.head(1))[0]:
        start = 1
        if "," in texts[0]:
            return False
    rest = cells.slice(start)
    rest = rest.filter(~columns.is_missing(rest, ()))
    if not len(rest) or not columns.is_number(rest).all():
        return False
    commas = rest.filter(rest.str.contains(",", literal=True))
    if not len(commas) or start or decimal == ",":
        return True
    if not bool(rest.str.contains(r"^[+-]?[0-9]+,[0-9]+$").all()):
        return True  # with a point too, or cells without a comma
    pairs = rest.str.split_exact(",", 1).struct.unnest()
    first, second = pairs.to_series(0).cast(pl.Float64).to_list(), pairs.to_series(1)
    if bool(second.str.contains("^0[0-9]").any()):
        return True
    if len(first) > 1 and all(later - earlier == 1 for earlier, later in pairwise(first)):
        return False
    raise InputError(
        f"line 1: {shown(texts[0])} can be read as one number or as the two of two columns, and no line settles it. "
        "For one number add --decimal ,; for two columns write a header line with two names."
    )


def _records(body: list[str], separator: str, named: str) -> tuple[list[int], list[int]]:
    """Of each row, the index of its first line and the number of its cells; 0 for a blank line."""
    if not any('"' in line for line in body):
        return [*range(len(body))], [line.count(separator) + 1 if line.strip() else 0 for line in body]
    starts, counts, begin = [], [], 0
    reader = csv.reader((f"{line}\n" for line in body), delimiter=separator)
    try:
        for row in reader:
            starts.append(begin)
            counts.append(len(row) if row and (len(row) > 1 or row[0].strip()) else 0)
            begin = reader.line_num
    except csv.Error as error:
        raise InputError(f"cannot read {named}: {error} at line {reader.line_num}.") from None
    return starts, counts


def _usual(counts: list[int]) -> int:
    usual = Counter(count for count in counts if count)
    return usual.most_common(1)[0][0] if usual else 0


def _begin(counts: list[int], width: int) -> int:
    first = counts.index(width)
    return first if first <= _PREAMBLE else 0


def _refuse_ragged(
    named: str, body: list[str], numbers: list[int], counts: list[int], width: int, begin: int, row: int
) -> None:
    raise InputError(
        f"line {begin + 1 + numbers[row]} of {named} has {counts[row]} cells and most lines have {width}: "
        f"{shown(body[numbers[row]])}. Correct the line; a cell that holds the separator needs quotes."
    )


def _parsed(text: str, separator: str, width: int, named: str) -> pl.DataFrame:
    try:
        return pl.read_csv(
            io.BytesIO(text.encode()), has_header=False, separator=separator, infer_schema=False, quote_char='"',
            new_columns=[f"column_{at + 1}" for at in range(width)],
        )  # fmt: skip
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise InputError(f"cannot read {named}: {_line(error)}. Check its quotes.") from None


def _headed(cells: list[pl.Series], places: list[int], kind: str, separator: str, notes: list[str]) -> Table:
    """The table, whose first row is a header if it is unlike the rows below it."""
    has_header = len(cells[0]) > 0 and _is_header(cells)
    if not has_header:
        _check_commas(cells, places, separator, "the file", led_by_0=True)
        labels = [""] * len(cells)
        return Table(labels, cells, _places(places), kind, separator, False, notes)
    labels = [str(column[0] or "").strip(' \u00a0"\ufeff') for column in cells]
    return Table(labels, [column.slice(1) for column in cells], _places(places[1:]), kind, separator, True, notes)


def _is_header(cells: list[pl.Series]) -> bool:
    texts = 0
    for column in cells:
        first = columns.plain(column.head(1))
        rest = columns.plain(column.slice(1, _SAMPLE))
        absent = columns.is_missing(rest, ())
        is_blank = columns.is_missing(first, ())[0]
        number = bool(columns.is_number(first)[0])
        time = dates.looks_like_times(first, pl.Series([False]))
        if not (number or time or is_blank):
            texts += 1
            told = rest.filter(~absent)
            are_numbers = int(columns.is_number(told).sum()) * 2 > len(told)
            if are_numbers or dates.looks_like_times(rest, absent):
                return True
        elif is_blank and column is cells[0] and len(cells) > 1 and len(rest) > 1 and not absent.any():
            return True  # pandas leaves the name of the index blank
        elif number and time is False and dates.looks_like_times(rest, absent):
            return True
    return texts == len(cells)


def _check_commas(
    cells: list[pl.Series], places: list[int], separator: str, named: str, *, led_by_0: bool = False
) -> None:
    """Refuse neighbouring columns of digits that may be the two sides of a decimal comma without quotes.

    Args:
        led_by_0: whether only what whole numbers never have tells, a 0 before another digit in the second column.

    Raises:
        InputError: there are such columns.
    """
    if separator != ",":
        return
    plain = [columns.plain(column) for column in cells]
    for first, second in pairwise(plain):
        if not led_by_0 and first.str.contains("^[+-]?[1-9][0-9]{0,2}$").all() and second.str.contains(
            r"^[0-9]{3}\.[0-9]+$"
        ).all():  # fmt: skip
            raise InputError(
                f"line {places[0]} of {named}: {shown(f'{first[0]},{second[0]}')} may be one number with a separator "
                "of thousands, and commas separate the columns. Put such numbers in quotes, or separate the columns "
                "with ';'."
            )
        if not (first.str.contains("^[+-]?[0-9]+$").all() and second.str.contains("^[0-9]+$").all()):
            continue
        if led_by_0 and not second.str.contains("^0[0-9]").any():
            continue
        raise InputError(
            f"line {places[0]} of {named}: {shown(f'{first[0]},{second[0]}')} may be one number with a decimal "
            "comma, and commas separate the columns. Put such numbers in quotes, or separate the columns with ';'."
        )


def _places(lines: list[int]) -> Callable[[int], str]:
    return lambda row: f"line {lines[row]}"


def _is_comment(line: str) -> bool:
    return bool(_COMMENT.match(line))


def _check_size(rows: int, width: int) -> None:
    if width > MOST_COLUMNS or rows * width > MOST_CELLS:
        raise InputError(
            f"the table has {rows:,} rows of {width:,} columns: at most {MOST_COLUMNS:,} columns and {MOST_CELLS:,} "
            "cells are read."
        )


def _line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200].rstrip(".")
