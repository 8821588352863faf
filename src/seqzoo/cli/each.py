"""The forecast of each series of a file, by a model of a set of series."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ..data.windows import unbroken
from ..errors import InputError
from ..forecasters.protocol import Forecaster, has_bundle
from ..signals import ObservedSet
from .app import FileOptions, emit
from .reading import STANDARD_INPUT, MeasuredSet, check_steps, measured_set

if TYPE_CHECKING:
    from ..data.series import Series

MOST_NAMED = 5


def series_of(model: Forecaster, file: Path | None, how: FileOptions) -> MeasuredSet | None:
    """The series of a file that holds several, for a model of a set; None for other models and files.

    Raises:
        InputError: the file cannot be read.
    """
    if file is None or file == STANDARD_INPUT or not has_bundle(model):
        return None
    if not isinstance(model.manifest.source, ObservedSet):
        return None
    return measured_set(str(file), how)


def forecast_each(model: Forecaster, read: MeasuredSet, horizon: int, out: Path | None, json: bool) -> None:
    """Print or write the forecast of each series that is long enough; name the others.

    Raises:
        InputError: no series is long enough, or one has another frequency than the model's series.
    """
    histories: dict[str, Any] = {}
    left_out: dict[str, str] = {}
    for label, series in read.series.items():
        check_steps(model, series.times)
        history = unbroken(series.values)
        if len(history) < model.context_length:
            left_out[label] = f"{len(history):,} values follow its last missing one, {model.context_length} needed"
        else:
            histories[label] = history
    if not histories:
        first, reason = next(iter(left_out.items()))
        raise InputError(f"no series of the file is long enough: {first!r} ({reason}).")
    ahead = {label: model.forecast(history, horizon)[0].tolist() for label, history in histories.items()}
    stamps = {label: _stamps(read.series[label], horizon) for label in ahead}
    if out is not None:
        from ..data.reading import writing

        writing.write(_columns(ahead, stamps, horizon), out)
    if json:
        rows = [{"unique_id": label, "stamps": stamps[label], "forecast": ahead[label]} for label in ahead]
        emit({"model": model.name, "series": rows, "left_out": left_out})
        return
    from .tables import show_columns

    typer.echo(read.told, err=True, nl=bool(read.told))
    show_columns(_columns(ahead, stamps, horizon))
    if left_out:
        named = ", ".join(f"{label!r} ({reason})" for label, reason in list(left_out.items())[:MOST_NAMED])
        more = "" if len(left_out) <= MOST_NAMED else f" and {len(left_out) - MOST_NAMED:,} more"
        typer.echo(f"Left out: {named}{more}.")
    if out is not None:
        typer.echo(f"Forecast: {out}")


def _columns(
    ahead: dict[str, list[float]], stamps: dict[str, list[str] | None], horizon: int
) -> dict[str, list[Any]]:
    """The forecasts as columns: a row for each series and step."""
    columns: dict[str, list[Any]] = {"unique_id": [label for label in ahead for _ in range(horizon)]}
    if all(stamps.values()):
        columns["time"] = [stamp for label in ahead for stamp in stamps[label] or []]
    else:
        columns["step"] = [step for _ in ahead for step in range(1, horizon + 1)]
    return {**columns, "forecast": [value for values in ahead.values() for value in values]}


def _stamps(series: Series, horizon: int) -> list[str] | None:
    return None if series.times is None else series.times.stamps(horizon, len(series))
