"""A training with several seeds: their scores, mean and standard error, and which of the bundles is kept."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import typer
from rich.table import Table

from .. import _storage
from .._extras import check_polars
from ..execution import seeds, tasks
from .app import emit
from .keeping import Destination, write
from .progress import SeedBar, interrupts
from .tables import mse_of, print_table

if TYPE_CHECKING:
    from .._estimates import Estimate
    from ..execution.keyed import Row
    from ..training.spec import TrainingSpec
    from ..zoo._card import Card


def on_seeds(
    spec: TrainingSpec, card: Card, destination: Destination, count: int, on: str, models: list[Path], *,
    keep_worse: bool, json: bool,
) -> None:  # fmt: skip
    """Train with `count` seeds from that of the spec on, print their scores, and keep one bundle."""
    check_polars("the rows of several seeds")
    name = destination.saved_as if destination.is_shelved else None
    files = tuple(str(file.resolve()) for file in models)
    wanted = [
        seeds.Seeded(msgspec.structs.replace(spec, seed=spec.seed + number), card, name, keep_worse, files)
        for number in range(count)
    ]
    folder = _storage.home() / "seeds" / destination.saved_as
    with tasks.place(on) as at, interrupts() as stopped, SeedBar(destination.name, at, quiet=json) as bar:
        rows, is_complete = seeds.run(
            wanted, folder, at, on_start=bar.start, on_end=bar, on_retry=bar.again, should_stop=stopped
        )
    if not is_complete:
        typer.echo("Stopped; finished trainings are kept. The same command continues.", err=True)
        raise typer.Exit(130)
    best = seeds.best_of(rows)
    written = write(folder / best["key"], destination, f"The bundle of this one is "
                    f"{folder / best['key']}. The same command saves it over that model, and trains nothing twice.")
    measures = {name: seeds.estimate(rows, name) for name in ("mse", "excess", "skill") if seeds.is_known(rows, name)}
    if json:
        facts: list[dict[str, Any]] = [{**row, "bundle": str(folder / row["key"])} for row in rows]
        emit({"path": str(written.path), "kept": best["seed"], "seeds": facts, "folder": str(folder),
              "mean": {name: {"value": each.value, "se": each.se} for name, each in measures.items()}})  # fmt: skip
        return
    show_seeds(rows, best, measures)
    trained = sum(not row["error"] for row in rows)
    expected = "The mean, ± its standard error, is what to expect of another seed."
    if trained == 1:
        expected = "One seed does not show how much another one may differ."
    typer.echo(
        f"Kept: seed {best['seed']}, whose error is the lowest on the validation windows (chosen by); scores choose "
        f"nothing. {expected}"
    )
    typer.echo(f"Saved: {written.path}\nThe bundle of each seed: {folder}")


def show_seeds(rows: Sequence[Row], best: Row, measures: Mapping[str, Estimate]) -> None:
    """Print the scores of the seeds and their mean; a measured series has no excess."""
    table = Table("seed", box=None)
    has_excess = "excess" in measures
    for heading in ("chosen by", "MSE", "excess" if has_excess else ""):
        table.add_column(heading, justify="right")
    for row in rows:
        cells = [row["error"]]
        if not row["error"]:
            chosen = f"{row['validation']:.2%}" if has_excess else mse_of(row["validation"])
            cells = [chosen, mse_of(row["mse"]), f"{row['excess']:.2%}" if has_excess else ""]
        table.add_row(str(row["seed"]), *cells, style="bold" if row["seed"] == best["seed"] else "")
    mse = measures["mse"]
    ends = [f"{mse_of(mse.value)} ± {float(f'{mse.se:.1g}'):g}"]
    if has_excess:
        ends.append(f"{measures['excess'].value:.2%} ± {measures['excess'].se:.2%}")
    if math.isnan(mse.se):  # of one seed
        ends = [end.partition(" ± ")[0] for end in ends]
    table.add_row("mean", "", *ends)
    print_table(table)
