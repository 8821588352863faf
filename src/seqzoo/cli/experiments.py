"""Commands that compare models on the same ground: off-distribution, time-against-picture."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from .app import Json, app, emit

Out = Annotated[Path, typer.Option("--out", help="Folder for the results, the figure and the text.")]


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
    from .. import files, plots
    from ..arena import shift

    picture = out / "off-distribution.svg"
    plots.check_kind(picture)
    chosen = shift.predictors(models or [], signal)
    _check_writable(out)
    results = shift.sweep({name: model.predict for name, model in chosen.items()}, signal, windows=windows)
    shift.save(results, out)
    plots.save(shift.figure(results), picture)
    text = shift.markdown(results)
    files.write_file(picture.with_suffix(".md"), text.encode())
    if json:
        emit(results)
    else:
        typer.echo(f"{text}\nPicture: {picture}")


def _check_writable(folder: Path) -> None:
    """Make the folder, before anything is computed for it.

    Raises:
        InputError: it cannot be made or written into.
    """
    from ..errors import InputError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot write into {folder}: {error.strerror}. Choose another folder with --out.") from None
    if not os.access(folder, os.W_OK):
        raise InputError(f"cannot write into {folder}: permission denied. Choose another folder with --out.")
