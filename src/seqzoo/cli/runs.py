"""The command that lists training runs of the command line and of the app."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import typer

from .app import Json, app, emit

if TYPE_CHECKING:
    from ..execution.runs.manager import Status


@app.command()
def runs(json: Json = False) -> None:
    """List training runs, the newest first: those of the command line and those of the view *Train* in the app.

    To continue an interrupted run, give `seqzoo train` the same options and --resume.
    """
    from ..execution import runs as training_runs

    known = training_runs.here()
    facts = [_facts(known.status(run)) for run, _ in known.all()]
    if json:
        emit(facts)
    elif not facts:
        typer.echo("No runs yet. Start one: seqzoo train lstm.sine")
    else:
        _show(facts)


def _facts(status: Status) -> dict[str, Any]:
    from ..execution.runs.plans import named

    last = status.evaluations[-1] if status.evaluations else None
    return {
        "id": status.id,
        "model": named(status.plan.spec),
        "state": status.state,
        "problem": status.problem,
        "step": last.step if last else 0,
        "excess": last.excess if last else math.nan,
        "created": status.plan.created,
        "saved": [model.name for model in status.saved],
        "spec": status.plan.spec,
    }


def _excess(value: float | None) -> str:
    """An excess as text: empty before the first evaluation, "unknown" where the best possible forecast is unknown."""
    from .._formats import percent

    return "unknown" if value is None else percent(value) if math.isfinite(value) else ""


def _show(facts: list[dict[str, Any]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from ..execution.runs.plans import described
    from .tables import print_table

    table = Table(box=None, pad_edge=False)
    for heading in ("run", "model", "state", "step", "saved as", "excess", "began", "settings"):
        table.add_column(heading, justify="right" if heading in ("step", "excess") else "left")
    for run in facts:
        table.add_row(
            run["id"],
            run["model"],
            run["state"],
            f"{run['step']:,} of {run['spec'].recipe.steps:,}",
            escape(", ".join(run["saved"])),
            _excess(run["excess"]),
            time.strftime("%Y-%m-%d %H:%M", time.localtime(run["created"])),
            escape(described(run["spec"])),
        )
    print_table(table)
    for run in facts:
        if run["state"] in ("failed", "died"):
            typer.echo(f"{run['id']}: {run['problem']}")
