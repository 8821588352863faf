"""A backtest over many series: a row for each, and the forecasters over all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from rich.markup import escape
from rich.table import Table

from .._formats import counted
from ..evaluation.intervals import ascending
from ..execution import backtests
from ..execution.series import refused_of
from ..forecasters.protocol import Forecaster
from ..forecasters.table import label
from .app import FileOptions, emit
from .many import default_folder, end, rows_of, say_refused
from .tables import print_table


def on_many(
    predictor: Forecaster, name: str, given: str, how: FileOptions, on: str | None, out: Path | None, measure: str, *,
    fresh: bool, json: bool, levels: list[float], **options: Any,
) -> None:  # fmt: skip
    """Score a model on every series of files, and print how it stands beside its rivals."""
    question = backtests.BacktestOfEach(
        predictor, backtests.weights_of(predictor), levels=tuple(ascending(levels)), **options
    )
    folder = out or default_folder(question, [given])
    rows, is_complete = rows_of(question, name, [given], how, on, out, folder, fresh=fresh, quiet=json)
    refused = refused_of(rows)
    whole = [row for row in rows if row.get("best")]
    standings = backtests.standings(whole, measure)
    if json:
        emit({"model": name, "engine": predictor.engine, "file": given, "folder": str(folder),
              "finished": is_complete, "series": len(rows), "measure": measure,
              "forecasters": [each._asdict() for each in standings],
              "refused": [each._asdict() for each in refused]})  # fmt: skip
    else:
        if standings:
            title = f"{measure.upper()} over {counted(len(whole), 'series', 'series')}"
            table = Table("forecaster", title=title, title_justify="left", box=None)
            for heading in ("mean", "median", "series", "best on"):
                table.add_column(heading, justify="right")
            for each in standings:
                shown = name if each.name == backtests.MODEL else label(each.name)
                table.add_row(escape(shown), f"{each.mean:.4g}", f"{each.median:.4g}", f"{each.series:,}",
                              f"{each.best:,}", style="bold" if each.name == backtests.MODEL else "")  # fmt: skip
            print_table(table)
            seen = sum(row["seen_in_training"] > 0 for row in whole)
            if seen:
                typer.echo(f"On {seen:,} of the series, some cutoffs lie in the model's training part.", err=True)
        say_refused(refused, len(rows))
        typer.echo(f"Rows: {folder}")
    end(folder, refused, len(rows), is_complete=is_complete)
