"""Commands that read models: list, show, predict, floors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .app import (
    NEGATIVE_NUMBERS,
    EngineOption,
    File,
    FileOptions,
    Json,
    Model,
    Numbers,
    app,
    emit,
    reads_a_file,
    say_outside,
    settings,
)

if TYPE_CHECKING:
    from ..forecasters.protocol import Forecaster


@app.command("list")
def list_models(
    json: Json = False,
    series: Annotated[bool, typer.Option("--series", help="List the collection of measured series instead.")] = False,
) -> None:
    """List the models on this machine, each with its excess over the best possible forecaster.

    Examples: `seqzoo list` · `seqzoo list --json` · `seqzoo list --series`
    """
    if series:
        _list_series(json)
        return
    from ..runtime import catalogue

    rows = catalogue.rows()
    if json:
        emit(rows)
        return
    from .listing import show_models

    show_models(rows)


def _list_series(json: bool) -> None:
    from ..data.collection import COLLECTION, PREFIX, names

    if json:
        facts = "title contrast length missing start frequency season origin licence sha256".split()
        rows = [{fact: getattr(COLLECTION[name], fact) for fact in facts} for name in names()]
        emit([{"name": PREFIX + name, **row} for name, row in zip(names(), rows, strict=True)])
        return
    from .listing import show_series

    show_series([COLLECTION[name] for name in names()])


@app.command()
def show(name: Model, json: Json = False) -> None:
    """Show a model's contract, its score and every floor, its training and its files.

    Examples: `seqzoo show lstm.sine` · `seqzoo show lstm.sine --json`
    """
    import msgspec

    from ..bundles import shelf, store
    from ..forecasters import references

    if (reference := references.find(name)) is not None:
        _show_reference(reference, json)
        return
    bundle = store.open_bundle(shelf.find(name))
    if json:
        emit({"path": str(bundle.path), **msgspec.to_builtins(bundle.manifest)})
        return
    from .tables import show_manifest

    show_manifest(bundle)


@app.command(context_settings=NEGATIVE_NUMBERS)
@reads_a_file
def predict(
    name: Model,
    numbers: Numbers = None,
    file: File = None,
    engine: EngineOption = "light",
    json: Json = False,
    *,
    how: FileOptions,
) -> None:
    """Forecast the values after a window; each line of a file is a window.

    Of a file that holds a series, the window is its last values. It is read as docs/reading.md says; what was
    understood goes to standard error.

    Examples: `seqzoo predict lstm.sine 0.0 0.02 0.04 ...` (20 numbers) ·
    `seqzoo predict lstm.sine --file windows.csv` · `... | seqzoo predict lstm.sine -`
    """
    from ..errors import InputError
    from ..runtime.predictor import find_model
    from .reading import check_frequency, given_windows, say_read, windows_for

    predictor = find_model(name, engine)
    length = predictor.context_length
    given = given_windows(numbers or [], file, how, length)
    check_frequency(predictor, given)
    if given is None:
        raise InputError(
            f"no numbers were given: write {length} numbers after the model's name, or use --file, or `-` for "
            "standard input."
        )
    windows = windows_for(predictor, given)
    forecast, outside = predictor.predict(windows), predictor.outside(windows)
    say_read(given)
    if json:
        read = {} if given.reading is None else {"reading": given.reading.facts()}
        emit({"model": name, "engine": predictor.engine, "outside_training": outside and outside.facts(),
              "forecast": forecast.tolist(), **read})
    else:
        from ..data.numerals import value_of

        say_outside(outside)
        for row in forecast:
            typer.echo(" ".join(map(value_of, row)))


@app.command()
def floors(
    signal: Annotated[str, typer.Option(help="Signal family.")] = "sine",
    change: Annotated[
        list[str] | None, typer.Option("--set", help="A parameter of the signal, for example sigma=0.2. Repeatable.")
    ] = None,
    context_length: Annotated[int, typer.Option(help="Number of values that a forecaster reads.")] = 20,
    horizon: Annotated[int, typer.Option(help="Steps ahead.")] = 1,
    samples: Annotated[int | None, typer.Option(help="Number of windows to average the Bayes floor over.")] = None,
    json: Json = False,
) -> None:
    """Print the least possible forecast error on a signal, and the errors of simple forecasters.

    Examples: `seqzoo floors` · `seqzoo floors --set sigma=0.2 --horizon 50`
    """
    from .. import signals
    from ..forecasters.floors import floors as compute

    process = signals.make(signal, settings(change or []))
    table = compute(process, context_length, horizon, samples=samples)
    if json:
        emit([{"step": step, **dict(row.items())} for step, row in enumerate(table, start=1)])
        return
    from .tables import show_floors

    show_floors(table, process.sigma**2)


def _show_reference(reference: Forecaster, json: bool) -> None:
    from ..forecasters.floors import floors as compute
    from .tables import show_floors

    table = compute(reference.signal, reference.context_length)
    if json:
        emit({"name": reference.name, "summary": reference.summary, "signal": reference.signal.description,
              "floors": dict(table[0].items())})
        return
    typer.echo(f"{reference.name}: {reference.summary}")
    typer.echo(f"signal: {reference.signal.description}; nothing is trained.\n")
    show_floors(table, reference.signal.sigma**2)
