"""The commands of the arena: one for each experiment, with its settings as options."""

from __future__ import annotations

import dataclasses
import inspect
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from .. import _storage
from ..arena.competition import Competition
from ..arena.experiment import AnyExperiment, Argument, ReportTable, Setting, settings_of
from ..arena.experiments import EXPERIMENTS
from .app import Json, app, check_models, emit

Out = Annotated[Path | None, typer.Option("--out", help="Folder for the results, the figure and the text.")]
OutAtHome = Annotated[
    Path | None, typer.Option("--out", help="Folder of the results; results in it are not measured again.")
]
On = Annotated[
    str,
    typer.Option("--on", help="Where to measure: local, local:N (processes), ray or ray:ADDRESS; results are equal."),
]
Render = Annotated[
    Path | None, typer.Option("--render", help="Measure nothing; write the report of this folder's results again.")
]


def register(experiment: AnyExperiment) -> None:
    """Add the command of an experiment to the application."""

    def command(
        out: Path | None, on: str, render: Path | None, json: bool, **settings: Any
    ) -> None:
        _run(experiment, experiment.settings(**settings), out, on, render, json)

    parameters = {
        **{setting.name: (_annotation(setting), setting.default) for setting in settings_of(experiment)},
        "out": (Out if experiment.out else OutAtHome, experiment.out),
        "on": (On, "local"),
        "render": (Render, None),
        "json": (Json, False),
    }
    # Typer reads the parameters of a command from these two.
    command.__annotations__ = {name: kind for name, (kind, _) in parameters.items()}
    command.__signature__ = inspect.Signature([  # type: ignore[attr-defined]
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, annotation=kind,
            default=inspect.Parameter.empty if default is dataclasses.MISSING else default,
        )
        for name, (kind, default) in parameters.items()
    ])  # fmt: skip
    app.command(experiment.command, help=experiment.help)(command)


def _annotation(setting: Setting) -> Any:
    if isinstance(setting.mark, Argument):
        return Annotated[setting.kind, typer.Argument(help=setting.mark.help, callback=check_models)]
    return Annotated[setting.kind, typer.Option(f"--{setting.name.replace('_', '-')}", help=setting.mark.help)]


def _run(
    experiment: AnyExperiment, settings: Any, out: Path | None, on: str, render: Path | None, json: bool
) -> None:
    """Measure the missing results, write the report and print it."""
    experiment.check_installed(measuring=render is None)
    if render is not None:
        folder, results, is_complete = render, experiment.read(render), True
    else:
        if out is not None and out != experiment.out:
            _storage.check_place(out)
        folder = out or _folder_at_home(experiment, settings)
        results, is_complete = _measure(experiment, settings, folder, on, quiet=json)
    if is_complete or experiment.reports_unfinished:
        report = experiment.report(results, folder, finished=is_complete)
        if json:
            emit(report.facts)
        else:
            for table in report.tables:
                _show(table)
            typer.echo(f"{report.text}\n{report.files}" if report.text else report.files)
    if not is_complete:
        raise typer.Exit(130)


def _folder_at_home(experiment: AnyExperiment, settings: Any) -> Path:
    from .. import _storage

    return _storage.home() / experiment.command / getattr(settings, "signal", "")


def _measure(
    experiment: AnyExperiment, settings: Any, folder: Path, on: str, *, quiet: bool
) -> tuple[Any, bool]:
    """The results, and whether every case was measured."""
    from ..arena.running import run
    from ..execution.tasks import place
    from .progress import ExperimentBar, interrupts

    def say(line: str) -> None:
        if not quiet:
            typer.echo(line)

    with place(on) as at, interrupts() as stopped, ExperimentBar(experiment, at, quiet=quiet) as bar:
        results, is_complete = run(
            experiment, settings, folder,
            place=at, on_start=bar.start, on_end=bar, on_retry=bar.again, should_stop=stopped,
        )  # fmt: skip
    if not is_complete and not quiet:
        again = " The same command continues." if experiment.is_long else ""
        typer.echo(f"\nStopped; finished results are kept.{again}", err=True)
    if is_complete and experiment.finish(results, settings, say):
        experiment.save(results, folder)
    return results, is_complete


def _show(table: ReportTable) -> None:
    from rich.markup import escape

    from .tables import console

    _print(table.title, table.headings, table.rows)
    for name, reason in table.failures:
        console.print(f"[red]{escape(name)} failed:[/] {escape(reason)}", highlight=False, soft_wrap=True)
    if table.lines:
        console.print("\n".join(["", *map(escape, table.lines), ""]), highlight=False, soft_wrap=True)


def _print(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from .tables import console, is_live, print_table

    table = Table(title=escape(title), title_justify="left", box=None)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place == 0 else "right", no_wrap=place == 0)
    for row in rows:
        table.add_row(*(escape(text) for text in row))
    is_bound = is_live() or "COLUMNS" in os.environ
    print_table(table, console if is_bound else Console(width=120))  # a pipe has no width


for _experiment in (*EXPERIMENTS, Competition()):
    register(_experiment)
