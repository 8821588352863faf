"""The tables of `seqzoo list`, made without rich, whose import takes half as long as that of NumPy."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len  # this module of rich is fast to import

from .._formats import printable
from ..data.collection import PREFIX, CollectedSeries
from ..forecasters.floors import NO_EXCESS

BOLD, DIM, RED = "1", "2", "31"
GAP = "  "
HEADINGS = ("model", "what it is", "parameters", "size", "excess")
DROPPED_FIRST = ("size", "parameters", "what it is")  # in a narrow terminal; the name and the excess always stay


def show_models(rows: Sequence[dict[str, Any]]) -> None:
    """Print the models. Names are never cut; in a narrow terminal other columns are left out."""
    if not rows:
        print("No models yet. Train one: seqzoo train lstm.sine")
        return
    is_terminal, width = sys.stdout.isatty(), _width()
    cells = [_cells(row) for row in rows if "error" not in row]
    columns = list(HEADINGS)
    widths = {
        column: max(cell_len(text) for text in [column, *(row[column] for row in cells)]) for column in columns
    }
    for column in DROPPED_FIRST:
        if column in columns and sum(widths[each] + len(GAP) for each in columns) - len(GAP) > width:
            columns.remove(column)
    _print([_padded(column, column, widths) for column in columns], "")
    for row in rows:
        if "error" in row:
            texts = [_plain(row["name"]).ljust(widths["model"]), f"cannot be used: {_plain(row['error'])}"]
            _print(texts, RED if is_terminal else "")
            continue
        cell = _cells(row)
        style = "" if not is_terminal else DIM if row["reference"] else BOLD
        name, *others = (_padded(cell[column], column, widths) for column in columns)
        _print([f"\x1b[{style}m{name}\x1b[0m" if style else name, *others], "")
    print("excess: distance from the best possible forecaster; 0% is optimal")
    if any(row.get("excess", 0) is None and row["skill"] is not None for row in rows):
        print(NO_EXCESS)
    if any(row.get("skill", 0) is None for row in rows):
        print("excess is unknown for a measured series, because its best possible forecaster is unknown")
    if left_out := [column for column in HEADINGS if column not in columns]:
        print(f"This line is too narrow for: {', '.join(left_out)}. --json has everything.")


def show_series(collection: Sequence[CollectedSeries]) -> None:
    """Print the collection of measured series, with a line on where each is from. No text is cut: in a narrow
    terminal, columns are left out."""
    headings = ["series", "what was measured", "contrast", "length", "missing", "step", "season"]
    rows = []
    for each in collection:
        season = f"{each.season if each.season > 1 else ''}"
        counts = f"{each.length:,}", f"{each.missing or ''}", each.frequency, season
        cells = (PREFIX + each.name, each.title, each.contrast, *counts)
        rows.append(dict(zip(headings, cells, strict=True)))
    widths = {heading: max(map(cell_len, [heading, *(row[heading] for row in rows)])) for heading in headings}
    left_out = []
    for heading in ("contrast", "missing", "season", "step", "length"):
        if sum(widths[each] + len(GAP) for each in headings) - len(GAP) > _width():
            headings.remove(heading)
            left_out.append(heading)
    for row in (dict(zip(headings, headings, strict=True)), *rows):
        texts = []
        for heading in headings:
            space = " " * (widths[heading] - cell_len(row[heading]))
            is_number = heading in ("length", "missing", "season")
            texts.append(space + row[heading] if is_number else row[heading] + space)
        _print(texts, "")
    print("step: an alias of pandas; season: steps, where it has a fixed length")
    if left_out:
        print(f"This line is too narrow for: {', '.join(left_out)}. --json has everything.")
    for each in collection:
        print(f"{PREFIX}{each.name}: {each.origin}; {each.licence}")


def _width() -> int:
    """The columns of the terminal; boundless where output is no terminal."""
    if sys.stdout.isatty() or "COLUMNS" in os.environ:
        return shutil.get_terminal_size().columns
    return sys.maxsize


def _cells(row: dict[str, Any]) -> dict[str, str]:
    own = "" if row["shipped"] else " (yours)"
    computed = row["reference"]
    return {
        "model": _plain(row["name"]),
        "what it is": _plain(row["title"]) + (", computed" if computed else own),
        "parameters": "" if computed else f"{row['parameters']:,}",
        "size": "" if computed else f"{row['bytes'] / 1024:,.0f} KB",
        "excess": _excess(row),
    }


def _excess(row: dict[str, Any]) -> str:
    if row["excess"] is not None:
        return f"{row['excess']:.2%}"
    return "undefined" if row["skill"] is not None else "unknown"


def _padded(text: str, column: str, widths: dict[str, int]) -> str:
    space = " " * (widths[column] - cell_len(text))
    return text + space if column in ("model", "what it is") else space + text


def _print(texts: Sequence[str], style: str) -> None:
    line = GAP.join(texts).rstrip()
    print(f"\x1b[{style}m{line}\x1b[0m" if style else line)


def _plain(text: str) -> str:
    """The text on one line, without control characters."""
    return printable(" ".join(text.split()))
