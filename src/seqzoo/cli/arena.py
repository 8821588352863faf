"""Commands that compare architectures on the same data: arena, sample-efficiency."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .app import Json, Workers, app, emit

if TYPE_CHECKING:
    from ..arena.experiments.one_step import Contest
    from ..arena.report.tables import Board
    from ..arena.results import Results

SignalOption = Annotated[str, typer.Option("--signal", help="A signal family, as sine.")]
Models = Annotated[str | None, typer.Option("--models", help="As lstm,gru,mlp; every architecture if not given.")]
Windows = Annotated[int, typer.Option("--windows", help="Windows that every model sees in training.")]
Seeds = Annotated[int, typer.Option("--seeds", help="How many: seeds 0, 1, ..., the same for every model.")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder of the results; what is there is not run again.")]
Render = Annotated[
    Path | None, typer.Option("--render", help="Train nothing: write the report of this folder's results again.")
]


@app.command()
def arena(
    signal: SignalOption = "sine",
    models: Models = None,
    budget: Annotated[
        list[str] | None,
        typer.Option("--budget", help="Points of the one observed series, or endless; repeatable. By default 20000."),
    ] = None,
    seeds: Seeds = 5,
    windows: Windows = 256_000,
    out: Out = None,
    workers: Workers = None,
    render: Render = None,
    json: Json = False,
) -> None:
    """Compare models: same data, same number of windows, several seeds, intervals, verdicts.

    Ctrl-C stops and reports what is there; the same command continues. Examples:
    `seqzoo arena --signal sine --budget 20000 --seeds 5` ·
    `seqzoo arena --models lstm,mlp --budget 1000 --budget endless` · `seqzoo arena --render FOLDER`
    """
    _check_extras(training=render is None)
    from .. import _storage
    from ..arena import results
    from ..arena.report import page

    if render is not None:
        folder, found, finished = render, results.load(render), True
    else:
        from ..arena.experiments.one_step import Contest

        contest = Contest(signal, _names(models), _budgets(budget or ["20000"]), seeds, windows)
        folder = out or _storage.home() / "arena" / signal
        found, finished = _hold(contest, folder, workers, quiet=json)
        if finished:
            _measure(found, contest, folder, quiet=json)
    boards = page.write(found, folder)
    if json:
        emit({"folder": str(folder), "finished": finished, "boards": boards})
    else:
        for board in boards:
            _show(board)
        typer.echo(f"Report: {folder / page.HTML}, {folder / page.MARKDOWN}")
    if not finished:
        raise typer.Exit(130)


@app.command("sample-efficiency")
def sample_efficiency(
    signal: SignalOption = "sine",
    models: Models = None,
    points: Annotated[
        str, typer.Option("--points", help="Lengths of the one series to learn from, with commas between.")
    ] = "200,500,1000,2000,5000,10000,20000,50000",
    seeds: Seeds = 2,
    windows: Windows = 64_000,
    out: Out = None,
    workers: Workers = None,
    render: Render = None,
    json: Json = False,
) -> None:
    """How many points a model needs: excess against the length of the series it learns from.

    Ctrl-C stops and reports what is there; the same command continues. Examples:
    `seqzoo sample-efficiency --signal sine` · `seqzoo sample-efficiency --models linear,mlp --points 200,1000,5000` ·
    `seqzoo sample-efficiency --render FOLDER`
    """
    _check_extras(training=render is None)
    from .. import _storage
    from ..arena import results
    from ..arena.experiments import sample_efficiency
    from ..errors import InputError

    if render is not None:
        folder, found, finished = render, results.load(render), True
    else:
        budgets = _budgets(points.split(","))
        if None in budgets:
            raise InputError("sample efficiency is of a number of points; endless has none.")
        from ..arena.experiments.one_step import Contest

        contest = Contest(signal, _names(models), budgets, seeds, windows)
        folder = out or _storage.home() / "sample-efficiency" / signal
        found, finished = _hold(contest, folder, workers, quiet=json)
    tables = sample_efficiency.write(found, folder)
    if json:
        emit({"folder": str(folder), "finished": finished, "references": found.references, "tables": tables})
    else:
        for table in tables:
            _print(table.title, table.headings, table.rows)
        typer.echo(f"Report: {folder / sample_efficiency.MARKDOWN}, {folder / sample_efficiency.FIGURE}")
    if not finished:
        raise typer.Exit(130)


def _check_extras(*, training: bool) -> None:
    """Raises MissingExtraError before any work."""
    import importlib.util

    from .. import _extras
    from ..errors import MissingExtraError

    needed = ["scipy", "matplotlib", *(["onnx", "onnxscript"] if training else [])]
    if not all(importlib.util.find_spec(name) for name in needed) or (training and not _extras.has_torch()):
        raise MissingExtraError("the arena", "arena")


def _hold(contest: Contest, folder: Path, workers: int | None, *, quiet: bool) -> tuple[Results, bool]:
    """The results, and whether all cells were run."""
    from .. import _storage
    from ..arena.experiments.one_step import hold
    from ..runtime.engines._parallel import cores
    from .progress import Trainings, interrupts

    _storage.check_writable(folder)
    with interrupts() as stopped, Trainings(quiet=quiet) as bar:
        found = hold(
            contest, folder, workers=workers or cores(), on_start=bar.start, on_result=bar, should_stop=stopped
        )
        finished = not stopped()
    if not finished and not quiet:
        typer.echo("\nStopped. The same command continues.", err=True)
    return found, finished


def _measure(found: Results, contest: Contest, folder: Path, *, quiet: bool) -> None:
    """Latency and size, of all models together if one of them lacks them."""
    from ..arena import results
    from ..arena.experiments.one_step import measure

    done = {cell.model for cell in found.cells if cell.outcome is not None}
    if not set(contest.models) & done <= found.footprints.keys():
        if not quiet:
            typer.echo("Measuring latency and size.")
        measure(found, sorted(set(contest.models) & done | found.footprints.keys()))
        results.save(found, folder)


def _names(models: str | None) -> tuple[str, ...]:
    from ..zoo import _registry

    if models is None:
        return tuple(_registry.architectures())
    return tuple(dict.fromkeys(name.strip() for name in models.split(",") if name.strip()))


def _budgets(given: list[str]) -> tuple[int | None, ...]:
    """Raises InputError for a word that is no budget."""
    from ..errors import InputError

    found: list[int | None] = []
    for word in given:
        plain = word.strip()
        if plain != "endless" and not (plain.isascii() and plain.isdigit() and len(plain) < 12):
            raise InputError(f"a budget is a number of points or the word endless, got {word[:40]!r}.")
        found.append(None if plain == "endless" else int(plain))
    return tuple(dict.fromkeys(found))


def _show(board: Board) -> None:
    from rich.markup import escape

    from ..arena.report.tables import HEADINGS, summary
    from .tables import console

    rows = [row.cells() for row in board.rows if not row.error]
    _print(f"{board.title}. {board.training}", HEADINGS, rows)
    for row in board.rows:
        if row.error:
            console.print(f"[red]{escape(row.name)} failed:[/] {escape(row.error)}", highlight=False, soft_wrap=True)
    console.print("\n".join(["", *(escape(line) for line in summary(board)), ""]), highlight=False, soft_wrap=True)


def _print(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from .tables import console, print_table

    table = Table(title=escape(title), title_justify="left", box=None)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place == 0 else "right", no_wrap=place == 0)
    for row in rows:
        table.add_row(*(escape(text) for text in row))
    is_bound = console.is_terminal or "COLUMNS" in os.environ
    print_table(table, console if is_bound else Console(width=120))  # a pipe has no width of its own
