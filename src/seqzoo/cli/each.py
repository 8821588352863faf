"""The forecast of each series of a file, by a model of a set of series."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import typer

from .._formats import counted
from ..data.windows import unbroken
from ..errors import InputError
from ..forecasters.known import channels_at, check_steps
from ..forecasters.protocol import Forecaster, has_bundle
from ..forecasters.rollout import Interval
from ..runtime import intervals as of_bundle
from ..signals import ObservedSet
from .app import FileOptions, emit
from .intervals import check_method, missed, why_none
from .measured import MeasuredSet, measured_set
from .reading import check_clock
from .sources import STANDARD_INPUT

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


def forecast_each(
    model: Forecaster,
    read: MeasuredSet,
    horizon: int,
    levels: list[float],
    method: str | None,
    out: Path | None,
    json: bool,
) -> None:
    """Print or write the forecast of each series that is long enough, with intervals; name the others.

    Args:
        levels: of intervals; by default that of `runtime.intervals`, where the model has one.
        method: adaptive, split or none.

    Raises:
        InputError: no series is long enough, one has another frequency than the model's series, or a level cannot be.
    """
    from .tables import show_columns

    check_method(method, levels)
    histories: dict[str, Any] = {}
    left_out: dict[str, str] = {}
    check_clock(model, next(iter(read.series.values())).times)
    for label, series in read.series.items():
        check_steps(model, series.times)
        history = unbroken(series.values)
        if len(history) < model.context_length:
            left = counted(len(history), "value follows", "values follow")
            left_out[label] = f"{left} its last missing one, {model.context_length} needed"
        else:
            histories[label] = history
    if not histories:
        first, reason = next(iter(left_out.items()))
        raise InputError(f"no series of the file is long enough: {first!r} ({reason}).")
    facts, note = of_bundle.facts_of(model), ""
    if facts is None and (levels or method not in (None, "none")):
        raise InputError(f"{model.name} holds no intervals: train it again with this version of seqzoo.")
    if facts is not None and method != "none" and not levels:
        note = why_none(model, facts, horizon)
        levels = [] if note else [of_bundle.DEFAULT]
    rows = [
        _row(model, label, history, read.series[label], horizon, levels, method)
        for label, history in histories.items()
    ]
    if facts is not None and levels:
        kind = "split conformal" if method == "split" else "adaptive"
        how = "" if method == "split" else ", moved by what each series shows since its hold-out began"
        note = f"Intervals are {kind}, from {facts.windows:,} calibration errors a step of all series{how}."
        note += missed(facts, levels, kind)
    if out is not None:
        from ..data.reading import writing

        writing.write(_columns(rows, horizon), out)
    if json:
        emit({"model": model.name, "series": [_facts(row) for row in rows], "left_out": left_out})
        return
    typer.echo(read.told, err=True, nl=bool(read.told))
    show_columns(_columns(rows, horizon))
    if left_out:
        named = ", ".join(f"{label!r} ({reason})" for label, reason in list(left_out.items())[:MOST_NAMED])
        more = "" if len(left_out) <= MOST_NAMED else f" and {len(left_out) - MOST_NAMED:,} more"
        typer.echo(f"Left out: {named}{more}.")
    if note:
        typer.echo(note)
    if out is not None:
        typer.echo(f"Forecast: {out}")


class _Row(NamedTuple):
    """The forecast [H] of one series, with its intervals, and its times in ISO 8601 and as the file writes them."""

    label: str
    stamps: list[str] | None
    times: list[str] | None
    forecast: list[float]
    intervals: tuple[Interval, ...] = ()
    method: str | None = None


def _row(
    model: Forecaster,
    label: str,
    history: Any,
    series: Series,
    horizon: int,
    levels: list[float],
    method: str | None,
) -> _Row:
    times, count = series.times, len(series)
    known = channels_at(model, times, count - len(history), len(history))
    window = history if known is None else np.column_stack([history, known])
    forecast = model.forecast(window, horizon, channels_at(model, times, count, horizon))[0]
    stamps, written = (None, None) if times is None else (times.stamps(horizon, count), times.written(horizon, count))
    row = _Row(label, stamps, written, forecast.tolist())
    if not levels or not has_bundle(model):
        return row
    begin = None if method == "split" else of_bundle.after_calibration(model, history, None, label)
    bands = of_bundle.around(model, forecast, levels, history=history, begin=begin, known=known)
    return row._replace(intervals=bands.levels, method=bands.method)


def _facts(row: _Row) -> dict[str, Any]:
    """A row as JSON."""
    facts: dict[str, Any] = {
        "unique_id": row.label, "stamps": row.stamps, "times": row.times, "forecast": row.forecast,
    }  # fmt: skip
    if row.intervals:
        facts["intervals"] = [
            {"level": one.level, "lower": one.lower.tolist(), "upper": one.upper.tolist()} for one in row.intervals
        ]
        facts["interval_method"] = row.method
    return facts


def _columns(rows: list[_Row], horizon: int) -> dict[str, list[Any]]:
    """The forecasts as columns: a row for each series and step, with the ends of its intervals."""
    from .tables import ends_of

    columns: dict[str, list[Any]] = {"unique_id": [row.label for row in rows for _ in range(horizon)]}
    if all(row.times for row in rows):
        columns["time"] = [time for row in rows for time in row.times or []]
    else:
        columns["step"] = [step for _ in rows for step in range(1, horizon + 1)]
    columns["forecast"] = [value for row in rows for value in row.forecast]
    for row in rows:
        for name, values in ends_of(row.intervals).items():
            columns.setdefault(name, []).extend(values.tolist())
    return columns

