"""The doctor over many series: a row for each, which kinds of forecasters serve them, and where a network helps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer
from rich.markup import escape
from rich.table import Table

from ..diagnosis import each
from ..execution.series import refused_of
from ..forecasters.table import label
from .app import FileOptions, emit
from .many import default_folder, end, rows_of, say_refused
from .tables import print_table


def on_many(
    question: each.DoctorOfEach, given: Sequence[str], how: FileOptions, on: str | None, out: Path | None, *,
    fresh: bool, json: bool,
) -> None:  # fmt: skip
    """Diagnose every series of files, and print which forecasters serve them."""
    folder = out or default_folder(question, given)
    rows, is_complete = rows_of(question, "series", given, how, on, out, folder, fresh=fresh, quiet=json)
    refused = refused_of(rows)
    whole = [row for row in rows if row.get("use")]
    kinds, helped = each.kinds_of(whole), each.helped(whole)
    if json:
        emit({"files": list(given), "folder": str(folder), "finished": is_complete, "series": len(rows),
              "kinds": [one._asdict() for one in kinds], "helped": [one._asdict() for one in helped],
              "refused": [one._asdict() for one in refused]})  # fmt: skip
    else:
        if whole:
            _show(kinds, helped, len(whole))
        say_refused(refused, len(rows))
        typer.echo(f"Rows: {folder}")
    end(folder, refused, len(rows), is_complete=is_complete)


def _show(kinds: Sequence[each.Kind], helped: Sequence[each.Helped], count: int) -> None:
    table = Table("best served by", title=f"{count:,} series", title_justify="left", box=None)
    table.add_column("series", justify="right")
    table.add_column("share", justify="right")
    table.add_column("forecasters")
    for kind in kinds:
        names = ", ".join(f"{label(name)} {used:,}" for name, used in kind.forecasters.items())
        table.add_row(kind.kind, f"{kind.series:,}", f"{kind.series / count:.0%}", escape(names))
    print_table(table)
    if not helped:
        typer.echo("On no series has a network the lowest error.")
        return
    table = Table("a network helps most on", box=None)
    table.add_column("network")
    table.add_column("error removed", justify="right")
    table.add_column("detected")
    for one in helped:
        name = f"{one.file}: {one.series}" if one.series else one.file
        table.add_row(escape(name), escape(one.network), f"{one.gain:.1%}", "yes" if one.is_used else "no")
    print_table(table)
