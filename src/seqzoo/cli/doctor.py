"""The command that diagnoses series: what each holds, which forecaster to use, what would change the answer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .._extras import single_threaded
from .app import FileOptions, Json, app, emit, reads_a_file
from .many import are_many

if TYPE_CHECKING:
    from ..diagnosis.description import Given
    from ..diagnosis.report import Report

Html = Annotated[Path | None, typer.Option("--html", help="Write the report with its figures to this file.")]
On = Annotated[
    str,
    typer.Option("--on", help="Where to compute: local, local:N (processes); many series also on ray, ray:ADDRESS."),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", help="Of many series: folder of a row for each; the same command goes on after a stop."),
]


@app.command()
@reads_a_file
def doctor(
    files: Annotated[
        list[str],
        typer.Argument(help="A file of numbers, series:NAME of the collection, or `-`; of many series, a folder, "
                            "a pattern such as 'data/*.parquet', or several files."),
    ],
    season: Annotated[
        int | None, typer.Option("--season", min=1, help="Steps of the season, 1 for none; looked for if not given.")
    ] = None,
    horizon: Annotated[
        int | None, typer.Option("--horizon", min=1, help="Steps ahead; a season, at most 24, if not given.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="One small network, no statistical models.")] = False,
    deep: Annotated[bool, typer.Option("--deep", help="99 surrogates and five seeds.")] = False,
    html: Html = None,
    on: On = "local",
    out: Out = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin the rows anew, in place of going on.")] = False,
    json: Json = False,
    *,
    how: FileOptions,
) -> None:
    """Say whether a network should forecast a series: describe it, compare forecasters on it, give a verdict.

    Of many series, each becomes a row of a folder. The report counts which kinds of forecasters serve them best, and
    names the series on which a network helps most and those that cannot be used.

    Examples: `seqzoo doctor series:nile` · `seqzoo doctor load.csv --season 24 --html report.html` ·
    `seqzoo doctor load.csv --quick --json` · `seqzoo doctor 'data/*.parquet' --quick --on ray:FIRST:6379`
    """
    os.environ.update(single_threaded())  # before NumPy is imported; trainings run side by side, in processes

    from .. import _storage
    from ..data.measured import SeveralError
    from ..diagnosis.stages import stages
    from ..errors import InputError
    from ..execution.tasks import processes
    from .progress import StageBar, interrupts

    if quick and deep:
        raise InputError("--quick and --deep exclude each other: give one of them.")
    depth = "quick" if quick else "deep" if deep else "default"
    try:
        given = None if are_many(files) else _given(files[0], how)
    except SeveralError:
        given = None
    if given is None:
        from ..diagnosis.each import DoctorOfEach
        from .doctor_of_many import on_many

        if html is not None:
            raise InputError("--html belongs to one series. Choose one with --only.")
        on_many(DoctorOfEach(season, horizon, depth), files, how, on, out, fresh=fresh, json=json)
        return
    if out is not None or fresh:
        raise InputError(f"--{'fresh' if fresh else 'out'} belongs to many series, and {files[0]} holds one.")
    workers = processes(on)
    if html is not None:
        from ..evaluation.plots import check_kind

        check_kind(html.with_suffix(".svg"))  # its figures
        _storage.check_file(html)
    report = None
    with interrupts() as stopped, StageBar(quiet=json) as bar:
        for step in stages(
            given, season=season, horizon=horizon, depth=depth, workers=workers, should_stop=stopped
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
