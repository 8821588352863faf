"""Commands that ask more than one step of a known signal: roll-out, off-distribution, time-against-picture."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .app import Json, Workers, app, emit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Out = Annotated[Path, typer.Option("--out", help="Folder for the results, the figure and the text.")]


@app.command("roll-out")
def roll_out(
    models: Annotated[
        list[str] | None, typer.Argument(help="Models of the signal; all of the shelf if none is named.")
    ] = None,
    signal: Annotated[str, typer.Option(help="Signal family.")] = "sine",
    windows: Annotated[int, typer.Option(help="Fresh windows, the same for every model.")] = 5000,
    out: Out = Path("out"),
    json: Json = False,
) -> None:
    """Roll every forecaster out 100 steps and measure its error by step beside the floor.

    Examples: `seqzoo roll-out` · `seqzoo roll-out lstm.sine lstm.sine-h50 --windows 20000 --out rolled`
    """
    from ..arena.experiments import entrants, roll_out
    from ..evaluation import plots

    picture = out / "roll-out.svg"
    plots.check_kind(picture)
    chosen = entrants.predictors(models or [], signal, most_at_once=max(roll_out.STEPS))
    results = roll_out.measure(chosen, signal, windows=windows, on_model=lambda found: roll_out.save(found, out))
    _publish(results, roll_out.figure(results), roll_out.markdown(results), picture, json)


@app.command("off-distribution")
def off_distribution(
    models: Annotated[
        list[str] | None, typer.Argument(help="Models of the signal; all of the shelf if none is named.")
    ] = None,
    signal: Annotated[str, typer.Option(help="Signal family.")] = "sine",
    windows: Annotated[int, typer.Option(help="Fresh windows at each point.")] = 5000,
    out: Out = Path("out"),
    json: Json = False,
) -> None:
    """Move frequency, noise and amplitude away from the training values and measure every forecaster.

    Examples: `seqzoo off-distribution` · `seqzoo off-distribution lstm.sine --windows 20000 --out shifted`
    """
    from ..arena.experiments import entrants, off_distribution
    from ..evaluation import plots

    picture = out / "off-distribution.svg"
    plots.check_kind(picture)
    chosen = entrants.predictors(models or [], signal)
    results = off_distribution.sweep({name: model.predict for name, model in chosen.items()}, signal, windows=windows)
    off_distribution.save(results, out)
    _publish(results, off_distribution.figure(results), off_distribution.markdown(results), picture, json)


@app.command("time-against-picture")
def time_against_picture(
    seeds: Annotated[int, typer.Option(help="Seeds of each run; the intervals are over them.")] = 3,
    workers: Workers = None,
    quick: Annotated[bool, typer.Option("--quick", help="Runs too short to conclude from: a minute in all.")] = False,
    out: Out = Path("out"),
    json: Json = False,
) -> None:
    """Train recurrent, feed-forward and convolutional families on windows and pictures in and out of order.

    The same command goes on where it was interrupted.

    Examples: `seqzoo time-against-picture` · `seqzoo time-against-picture --quick --out /tmp/order`
    """
    from .._extras import check_torch
    from ..arena.experiments import order
    from ..errors import MissingExtraError
    from ..evaluation import plots

    cases, settings = order.cases(seeds), order.QUICK if quick else order.FULL
    picture = out / "time-against-picture.svg"
    check_torch("training")
    if importlib.util.find_spec("sklearn") is None:
        raise MissingExtraError("the pictures of digits", "arena")
    plots.check_kind(picture)  # it makes the folder, so that it comes after what only asks
    from ..arena.experiments import order_runs
    from ..runtime.engines._parallel import cores
    from .progress import interrupts

    def report(case: order.Case, measured: order.Measured, left: int) -> None:
        if not json:
            typer.echo(f"{case.key}: {measured.error:.2%} in {measured.seconds:.0f} s, {left} runs left")

    with interrupts() as stopped:
        results = order_runs.run(
            cases, settings, out, workers=workers or cores(), on_done=report, should_stop=stopped
        )
        unfinished = any(case.key not in results.runs for case in cases)
    if unfinished:
        typer.echo("Stopped; what is finished is kept. The same command continues.", err=True)
        raise typer.Exit(130)
    if not json:
        typer.echo()
    _publish(results, order.figure(results), order.markdown(results), picture, json)


def _publish(results: Any, figure: Figure, text: str, picture: Path, json: bool) -> None:
    """Save the picture and the text beside it, and say what was found."""
    from .. import _storage
    from ..evaluation import plots

    plots.save(figure, picture)
    _storage.write_file(picture.with_suffix(".md"), text.encode())
    if json:
        emit(results)
    else:
        typer.echo(f"{text}\nPicture: {picture}")
