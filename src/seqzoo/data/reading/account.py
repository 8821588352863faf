"""What was understood of a table and counted in it, in one line and for JSON."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..._formats import counted
from ..numerals import shown
from ..regular import Regular
from ..series import Series
from .columns import Column
from .stamps import Stamps
from .table import Table


def missing_words(values: list[Column], used: NDArray[np.bool_]) -> dict[str, int]:
    """How often each word stood for a missing value in the rows that are read."""
    words: dict[str, int] = {}
    for column in values:
        if column.plain is not None and not column.words and not np.isnan(column.plain.values).any():
            continue
        for word in column.raw.filter(column.absent & pl.Series(used)).cast(pl.String).fill_null("").to_list():
            key = word.strip() or "empty"
            words[key] = words.get(key, 0) + 1
    return words


def counts_of(
    results: list[Regular], series: tuple[Series, ...], words: dict[str, int], *, wide: bool
) -> dict[str, Any]:
    """What was counted. Columns side by side share their rows."""
    total: dict[str, Any] = {"missing": sum(each.missing for each in series), "missing_words": words}
    for key in ("rows", "out_of_order", "exact_duplicates", "gaps", "absent"):
        counts = [int(result.counts.get(key, 0)) for result in results]
        total[key] = max(counts) if wide else sum(counts)
    for key in ("clock_changes", "absent_working_days"):
        total[key] = sorted({item for result in results for item in result.counts.get(key, [])})
    total["longest_gap"] = max((int(result.counts.get("longest_gap", 0)) for result in results), default=0)
    return total


def understood_of(
    table: Table, named: str, stamps: Stamps | None, values: list[Column], by_id: Column | None,
    ignored: list[Column], mark: str, series: tuple[Series, ...], results: list[Regular], words: dict[str, int],
) -> str:  # fmt: skip
    """One line: the kind of the file, its columns, the format of times and numbers, and what was changed."""
    parts = [f"{named}: {table.kind}" + ("" if table.has_header else ", no header")]
    parts += table.notes
    if stamps is None:
        parts.append("no times, so values in the order of their rows")
    else:
        parts.append(f"times in {stamps.column.shown} ({stamps.form})")
    some = ", ".join(column.shown for column in values[:6]) + (", ..." if len(values) > 6 else "")
    parts.append(f"values in {some}" + (" with a decimal comma" if mark == "," else ""))
    if by_id is not None:
        parts.append(f"{len(series):,} series named in {by_id.shown}")
    first = series[0]
    if len(series) == 1:
        span = counted(len(first), "value")
        if first.times is not None:
            begin, end = first.times.stamp(0), first.times.stamp(len(first) - 1)
            zone = f", {first.times.zone}" if first.times.zone else ""
            span += f", frequency {first.times.frequency.alias}, {begin} to {end}{zone}"
        parts.append(span)
        told = first.values[~np.isnan(first.values)]
        if len(told) > 1 and (told == told[0]).all():
            parts.append(f"constant: every value is {told[0]:g}")
    elif len({(len(each), each.times and each.times.frequency.alias) for each in series}) == 1:
        step = f", frequency {first.times.frequency.alias}" if first.times is not None else ""
        parts.append(f"{counted(len(first), 'value')} each{step}")
    seen: list[str] = []
    for result in results[:20]:
        seen += [note for note in result.notes if note not in seen]
    parts += seen[:6]
    if words:
        parts.append(
            f"{counted(sum(words.values()), 'missing value')} ("
            + ", ".join(
                f"{word if word == 'empty' else shown(word)} {count:,}" for word, count in sorted(words.items())[:10]
            )
            + ")"
        )
    if ignored:
        parts.append("not read: " + ", ".join(column.shown for column in ignored[:6]))
    return "; ".join(parts) + "."
