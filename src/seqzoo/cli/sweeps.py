"""The command that trains one model with many settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .app import Json, ModelFiles, app, check_models, emit, load_models, settings
from .experiments import On

if TYPE_CHECKING:
    from ..arena.sweep import Setting, Standing
    from ..training.spec import TrainingSpec


@app.command()
def sweep(
    name: Annotated[str, typer.Argument(help="An entry of the zoo, for example lstm.sine.", callback=check_models)],
    axes: Annotated[
        str, typer.Option("--grid", help="Axes, as 'recipe.learning_rate=1e-3,3e-3 config.hidden_size=16,64'.")
    ],
    draws: Annotated[
        int | None,
        typer.Option("--random", min=1, help="Draw so many settings; axes may then be LOW..HIGH or log:LOW..HIGH."),
    ] = None,
    halving: Annotated[
        bool, typer.Option("--halving", help="Train all settings briefly, the best third longer, and so on.")
    ] = False,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Trainings of each setting.")] = 3,
    change: Annotated[
        list[str] | None, typer.Option("--set", help="A value for every training: recipe.steps=800. Repeatable.")
    ] = None,
    on: On = "local",
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the rows; a training that has a row is not repeated.")
    ] = None,
    models: ModelFiles = None,
    json: Json = False,
) -> None:
    """Train a model with many settings and seeds, and rank the settings by their excess over Bayes.

    Each training is a row of a folder, so that a stopped sweep goes on. The rows depend on the settings only, not on
    where they were computed.

    Examples: `seqzoo sweep lstm.sine --grid 'recipe.learning_rate=1e-2,3e-2 config.hidden_size=16,64' --seeds 5` ·
    `seqzoo sweep gru.sine --grid 'recipe.learning_rate=log:1e-3..1e-1' --random 20 --halving --on ray`
    """
    from .. import _storage
    from .._extras import check_polars, check_torch
    from ..arena import sweep as of
    from ..errors import InputError
    from ..training.spec import TrainingSpec
    from ..zoo import _registry

    check_torch("training")
    check_polars("the rows of a sweep")
    load_models(models)
    entry, fixed = _registry.entry(name), settings(change or [])
    chosen = of.grid(axes) if draws is None else of.drawn(axes, draws)

    def spec_of(setting: Setting, seed: int) -> TrainingSpec:
        return TrainingSpec.of(entry, seed=seed, changes={**fixed, **setting})

    of.trials(spec_of, chosen, seeds)  # refuses a value that cannot be before anything is trained
    if halving and "recipe.steps" in chosen[0]:
        raise InputError("--halving sets recipe.steps itself. Leave the axis out, or give --set recipe.steps=800.")
    if out is not None:
        _storage.check_place(out)
    folder = out or _storage.home() / "sweeps" / name
    standings, is_complete = _trained(name, chosen, spec_of, seeds, folder, on, halving=halving, quiet=json)
    if json:
        emit({"model": name, "folder": str(folder), "finished": is_complete,
              "settings": [_facts(each) for each in standings]})  # fmt: skip
    else:
        _show(name, standings)
        typer.echo(f"Rows: {folder}")
    if not is_complete:
        typer.echo("Stopped; finished trainings are kept. The same command continues.", err=True)
        raise typer.Exit(130)


def _trained(
    name: str,
    chosen: list[Setting],
    spec_of: Callable[[Setting, int], TrainingSpec],
    seeds: int,
    folder: Path,
    on: str,
    *,
    halving: bool,
    quiet: bool,
) -> tuple[list[Standing], bool]:
    """The settings of the last rung by their excess, and whether every rung was trained."""
    from ..arena import sweep as of
    from ..execution.tasks import place
    from .progress import TrialBar, interrupts

    steps = spec_of(chosen[0], 0).recipe.steps
    rungs = of.halved(chosen, steps) if halving else [(len(chosen), None)]
    standings: list[Standing] = []
    with place(on) as at, interrupts() as stopped, TrialBar(name, at, quiet=quiet) as bar:
        for count, updates in rungs:
            if standings:
                chosen = [each.setting for each in standings[:count] if each.seeds]
            if not chosen:  # every training has failed
                break

            def of_rung(setting: Setting, seed: int, updates: int | None = updates) -> TrainingSpec:
                return spec_of(setting if updates is None else {**setting, "recipe.steps": updates}, seed)

            wanted = of.trials(of_rung, chosen, seeds)
            rows, is_complete = of.run(
                wanted, folder, at, on_start=bar.start, on_end=bar, on_retry=bar.again, should_stop=stopped
            )
            standings = of.standings(chosen, wanted, rows)
            if not is_complete:
                return standings, False
    return standings, True


def _facts(standing: Standing) -> dict[str, Any]:
    return {"setting": standing.setting, "excess": standing.excess.value, "excess_se": standing.excess.se,
            "seeds": standing.seeds, "error": standing.reason}  # fmt: skip


def _show(name: str, standings: list[Standing]) -> None:
    import math

    from rich.markup import escape
    from rich.table import Table

    from .tables import print_table

    table = Table(title=escape(name), title_justify="left", box=None)
    fields = list(standings[0].setting)
    for heading in (*fields, "excess, mean of seeds"):
        table.add_column(escape(heading), justify="right", no_wrap=True)
    for each in standings:
        half = "" if math.isnan(each.interval) else f" ± {each.interval:.2%}"
        excess = f"{each.excess.value:.2%}{half}" if each.seeds else f"failed: {each.reason}"
        table.add_row(*(escape(str(each.setting[field])) for field in fields), escape(excess))
    print_table(table)
