"""The command that diagnoses one series: what it holds, which forecaster to use, what would change the answer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .._extras import single_threaded
from .app import FileOptions, Json, app, emit, reads_a_file

if TYPE_CHECKING:
    from ..diagnosis.description import Given
    from ..diagnosis.report import Report

Html = Annotated[Path | None, typer.Option("--html", help="Write the report with its figures to this file.")]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="Processes; one for each core if not given.")]


@app.command()
@reads_a_file
def doctor(
    file: Annotated[str, typer.Argument(help="A file of numbers, series:NAME of the collection, or `-`.")],
    season: Annotated[
        int | None, typer.Option("--season", min=1, help="Steps of the season, 1 for none; looked for if not given.")
    ] = None,
    horizon: Annotated[
        int | None, typer.Option("--horizon", min=1, help="Steps ahead; a season, at most 24, if not given.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="One small network, no statistical models.")] = False,
    deep: Annotated[bool, typer.Option("--deep", help="99 surrogates and five seeds.")] = False,
    html: Html = None,
    workers: Workers = None,
    json: Json = False,
    *,
    how: FileOptions,
) -> None:
    """Say whether a network should forecast a series: describe it, compare forecasters on it, give a verdict.

    Examples: `seqzoo doctor series:nile` · `seqzoo doctor load.csv --season 24 --html report.html` ·
    `seqzoo doctor load.csv --quick --json`
    """
    os.environ.update(single_threaded())  # before NumPy is imported; trainings run side by side, in processes

    from .. import _storage
    from ..diagnosis.stages import stages
    from ..errors import InputError
    from ..runtime.engines._parallel import cores
    from .progress import StageBar, interrupts

    if quick and deep:
        raise InputError("--quick and --deep exclude each other: give one of them.")
    given = _given(file, how)
    if html is not None:
        from ..evaluation.plots import check_kind

        check_kind(html.with_suffix(".svg"))  # its figures
        _storage.check_file(html)
    depth = "quick" if quick else "deep" if deep else "default"
    report = None
    with interrupts() as stopped, StageBar(quiet=json) as bar:
        for step in stages(
            given, season=season, horizon=horizon, depth=depth, workers=workers or cores(), should_stop=stopped
        ):
            bar(step)
            report = step.report
    if report is None or report.verdict is None:
        typer.echo("Stopped before the verdict.", err=True)
        raise typer.Exit(130)
    if html is not None:
        from ..diagnosis.html import page

        _storage.write_file(html, page(report).encode())
    if json:
        emit(report.facts())
    else:
        _show(report)
        if html is not None:
            typer.echo(f"\nReport with figures: {html}")


def _given(file: str, how: FileOptions) -> Given:
    """The series of a file or of the collection."""
    from ..data import collection
    from ..diagnosis.description import Given
    from ..errors import InputError
    from .reading import given_series
    from .sources import STANDARD_INPUT

    if file.startswith(collection.PREFIX):
        if how.stated or how.gaps is not None:
            raise InputError(f"options of how a file is read do not fit {file}: the collection states all of it.")
        return Given.of(collection.load(file))
    path = Path(file)
    series = given_series([], path, how)
    assert series is not None
    if series.reading is not None:
        return Given.of(series.reading)
    return Given.of(series.values, "standard input" if path == STANDARD_INPUT else path.stem)


def _show(report: Report) -> None:
    from rich.markup import escape
    from rich.table import Table

    from ..diagnosis import words
    from .tables import console, print_table

    def say(lines: list[str], style: str = "") -> None:
        for line in lines:
            console.print(escape(line), style=style, highlight=False)

    assert report.verdict is not None and report.surrogates is not None and report.twin is not None
    say([*words.series_lines(report.series), "", words.protocol_line(report.protocol)])
    table = Table("forecaster", "kind", box=None)
    for heading in ("MASE", "95% interval", "seeds"):
        table.add_column(heading, justify="right")
    for row in report.contest:
        table.add_row(
            escape(row.label), row.kind, f"{row.mase:.3f}", words.interval(*row.interval), words.seeds(row),
            style="bold" if row.name == report.verdict.use else "",
        )  # fmt: skip
    print_table(table)
    say([words.against_line(row, report) for row in report.contest if row.verdict])
    say([f"Left out: {one.name}: {one.reason}" for one in report.left_out], "dim")
    lines = [words.surrogates_line(report.surrogates), words.twin_line(report.twin)]
    say(["", *filter(None, lines), *map(words.learning_line, report.learning), ""])
    console.print(f"[bold]{escape(report.verdict.text)}[/]", highlight=False)
