"""The command that forecasts many steps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .app import (
    NEGATIVE_NUMBERS,
    EngineOption,
    File,
    FileOptions,
    Json,
    Model,
    Numbers,
    Plot,
    Seed,
    app,
    check_out,
    emit,
    reads_a_file,
    say_outside,
)

if TYPE_CHECKING:
    from ..forecasters.protocol import Forecaster
    from ..forecasters.rollout import Case
    from .reading import Given


@app.command(context_settings=NEGATIVE_NUMBERS)
@reads_a_file
def forecast(
    name: Model,
    numbers: Numbers = None,
    file: File = None,
    horizon: Annotated[
        int | None,
        typer.Option("--horizon", "-n", help="Steps ahead; else 50, or those of a model of a measured series."),
    ] = None,
    interval: Annotated[
        list[float] | None,
        typer.Option(
            "--interval", "--level",
            help="Prediction intervals of this level, as 0.9. Repeatable. A model of a series has 0.9 by default.",
        ),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option("--method", help="Intervals of a model of a series: adaptive (default), split or none."),
    ] = None,
    engine: EngineOption = "onnx",
    seed: Seed = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the forecast to a file: .csv or .parquet.")] = None,
    plot: Plot = None,
    json: Json = False,
    *,
    how: FileOptions,
) -> None:
    """Forecast many steps by feeding forecasts back, and compare with the Bayes forecast of the model's signal.

    Without numbers, the command draws a fresh series of that signal and shows its truth too. On it, the Bayes
    forecast is the best possible; on your own numbers it is the best only if they follow that signal. Intervals hold
    separately for each step. Those of a model of a series are in its bundle, and follow what the file shows after the
    values that calibrated them; others are split conformal, calibrated on fresh windows or on the given numbers.
    A file is read as docs/reading.md says; what was understood goes to standard error. Where the file has times, so
    has the forecast, in the file's zone; a file of another frequency than the model's is refused. A model of a set of
    series forecasts each series of a file that holds several.

    Examples: `seqzoo forecast gru.meter --file latest.csv --level 0.8 --level 0.95 --out ahead.csv` ·
    `seqzoo forecast lstm.sine --horizon 100 --plot forecast.svg` · `seqzoo forecast lstm.sine --interval 0.9` ·
    `seqzoo forecast lstm.sine --file series.csv`
    """
    from ..errors import InputError
    from ..forecasters.floors import standing
    from ..runtime.predictor import find_model
    from .each import forecast_each, series_of
    from .intervals import intervals_of
    from .reading import check_frequency, given_series, say_read

    if plot is not None:
        from ..evaluation import plots

        plots.check_kind(plot)
    check_out(out, file)
    predictor = find_model(name, engine)
    if horizon is None:
        horizon = 50 if predictor.process is not None else predictor.horizon
    if not numbers and (read := series_of(predictor, file, how)) is not None:
        if plot is not None:
            count = f"{file} holds {len(read.series):,}"
            raise InputError(f"--plot is of one series, and {count}: choose one with --only.")
        forecast_each(predictor, read, horizon, list(interval or []), method, out, json)
        return
    given = given_series(numbers or [], file, how, predictor.context_length)
    check_frequency(predictor, given)
    case = case_of(predictor, given, horizon, seed)
    is_own = case.observed is None
    best = "" if predictor.process is None else standing(predictor.process, own=is_own)
    outside = predictor.outside(_context(predictor, given, case.history)) if is_own else None
    label = str(how.stated.get("only", ""))
    known = intervals_of(predictor, given, case, list(interval or []), method, seed, label)
    case = case._replace(intervals=known.intervals)
    clock = None if given is None else given.clock(len(case.history), horizon)
    if plot is not None:
        reach = max(5 * horizon, 2 * predictor.context_length) if is_own else len(case.history)
        seen = case._replace(history=case.history[-reach:])
        when = None if clock is None else clock[-reach - horizon :]
        plots.save(plots.forecast_figure(name, seen, best, when), plot)
    times = None if given is None else given.written(horizon)
    if out is not None:
        from ..data.reading import writing
        from .tables import columns_of

        first = {"step": range(1, horizon + 1)} if times is None else {"time": times}
        writing.write({**first, **columns_of(case)}, out)
    if json:
        facts: dict[str, Any] = {"outside_training": outside and outside.facts()}
        for key in ("history", "forecast", "bayes", "observed", "clean"):
            values = getattr(case, key)
            facts[key] = None if values is None else values.tolist()
        facts |= known.facts(interval[0] if interval else None)
        say_read(given)
        if given is not None and given.reading is not None:
            facts |= {"stamps": given.stamps(horizon), "times": times, "reading": given.reading.facts()}
        emit({"model": name, "bayes_is": best or None, **facts})
        return
    from .tables import show_forecast

    say_read(given)
    show_forecast(case, times)
    say_outside(outside)
    if is_own and best:
        typer.echo(f"bayes: {best}; the law of these numbers is not known.")
    if known.note:
        typer.echo(known.note)
    if out is not None:
        typer.echo(f"Forecast: {out}")
    if plot is not None:
        typer.echo(f"Picture: {plot}")


def case_of(predictor: Forecaster, given: Given | None, horizon: int, seed: int | None) -> Case:
    """The history [T] after the last missing value, and by step ahead [H] the forecast, the Bayes forecast and the
    truth, where known."""
    import numpy as np

    from ..evaluation.scoring import fresh_seed
    from ..forecasters import rollout
    from .reading import beside

    rollout.check_horizon(horizon)
    length, process = predictor.context_length, predictor.process
    observed = clean = bayes = None
    if given is not None:
        history = given.history(length)
    else:
        signal = predictor.signal
        rng = np.random.default_rng(fresh_seed() if seed is None else seed)
        drawn = signal.draw(1, length if signal.episodic else 3 * length, horizon, rng)
        history, observed, clean = drawn.context[0], drawn.target[0], drawn.clean[0]
    following = None if given is None else beside(predictor, given, len(given.values), horizon)
    ahead = predictor.forecast(_context(predictor, given, history), horizon, following)[0]
    if process is not None:
        bayes = rollout.finite(process.posterior(history[None, -length:], horizon)[0])[0]
    return rollout.Case(history, ahead, bayes, observed, clean)


def _context(predictor: Forecaster, given: Given | None, history: Any) -> Any:
    """The last window of a history [T]: [L], or [L, D] with the channels that a model reads beside the values."""
    import numpy as np

    from .reading import beside

    window = history[-predictor.context_length :]
    known = None if given is None else beside(predictor, given, len(given.values) - len(window), len(window))
    return window if known is None else np.column_stack([window, known])
