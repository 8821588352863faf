"""Commands that forecast many steps: forecast, backtest."""

from __future__ import annotations

import math
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
    emit,
    reads_a_file,
    say_outside,
)

if TYPE_CHECKING:
    from ..evaluation.intervals import SplitConformal
    from ..evaluation.scoring import Predict
    from ..forecasters.protocol import Forecaster
    from ..forecasters.rollout import Case
    from ..signals import Signal
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
        float | None, typer.Option("--interval", help="Add prediction intervals of this level, for example 0.9.")
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
    forecast is the best possible; on your own numbers it is the best only if they follow that signal. Intervals are
    split conformal, separately for each step: calibrated on fresh windows of the signal, or on the given numbers.
    A file is read as docs/reading.md says; what was understood goes to standard error. Where the file has times, so
    has the forecast, in the file's zone; a file of another frequency than the model's is refused. A model of a set of
    series forecasts each series of a file that holds several.

    Examples: `seqzoo forecast gru.meter --file latest.csv --out ahead.csv` ·
    `seqzoo forecast lstm.sine --horizon 100 --plot forecast.svg` · `seqzoo forecast lstm.sine --interval 0.9` ·
    `seqzoo forecast lstm.sine --file series.csv`
    """
    from ..errors import InputError
    from ..forecasters.floors import standing
    from ..runtime.predictor import find_model
    from .each import forecast_each, series_of
    from .reading import check_frequency, given_series, say_read

    if plot is not None:
        from ..evaluation import plots

        plots.check_kind(plot)
    if out is not None:
        from .._extras import check_polars

        check_polars("--out")
        from ..data.reading import writing

        writing.check_kind(out)
        if file is not None and out.exists() and file.exists() and out.samefile(file):
            raise InputError(f"--out {out} is the file that is read: give the forecast another name.")
    predictor = find_model(name, engine)
    if horizon is None:
        horizon = 50 if predictor.process is not None else predictor.horizon
    if not numbers and (read := series_of(predictor, file, how)) is not None:
        if interval is not None or plot is not None:
            option = "--plot" if interval is None else "--interval"
            count = f"{file} holds {len(read.series):,}"
            raise InputError(f"{option} is of one series, and {count}: choose one with --only.")
        forecast_each(predictor, read, horizon, out, json)
        return
    given = given_series(numbers or [], file, how, predictor.context_length)
    check_frequency(predictor, given)
    case = case_of(predictor, given, horizon, seed)
    is_own, note = case.observed is None, None
    best = "" if predictor.process is None else standing(predictor.process, own=is_own)
    outside = predictor.outside(case.history[-predictor.context_length :]) if is_own else None
    if interval is not None:
        from_signal = not is_own or (predictor.process is not None and predictor.process.episodic)
        calibrated = _intervals(predictor, None if from_signal else case.history, horizon, interval, seed)
        lower, upper = calibrated.around(case.forecast[None])
        case = case._replace(lower=lower[0], upper=upper[0])
        source = "fresh windows of its signal" if from_signal else "windows of these numbers, which is approximate"
        note = f"Intervals of level {interval:g}, separate for each step, from {calibrated.windows:,} {source}."
    if plot is not None:
        plots.save(plots.forecast_figure(name, case, best, f"interval of level {interval}"), plot)
    stamps = None if given is None else given.stamps(horizon)
    if out is not None:
        columns = {key: values for key, values in case._asdict().items() if key != "history" and values is not None}
        when = {"step": range(1, horizon + 1)} if stamps is None else {"time": stamps}
        writing.write({**when, **columns}, out)
    if json:
        facts = {key: None if values is None else values.tolist() for key, values in case._asdict().items()}
        facts = {"outside_training": outside and outside.facts(), **facts}
        say_read(given)
        if given is not None and given.reading is not None:
            facts |= {"stamps": stamps, "reading": given.reading.facts()}
        emit({"model": name, "level": interval, "bayes_is": best or None, **facts})
        return
    from .tables import show_forecast

    say_read(given)
    show_forecast(case, stamps)
    say_outside(outside)
    if is_own and best:
        typer.echo(f"bayes: {best}; the law of these numbers is not known.")
    if note is not None:
        typer.echo(note)
    if out is not None:
        typer.echo(f"Forecast: {out}")
    if plot is not None:
        typer.echo(f"Picture: {plot}")


@app.command()
@reads_a_file
def backtest(
    name: Model,
    file: File = None,
    horizon: Annotated[int, typer.Option("--horizon", "-n", help="Steps ahead.")] = 20,
    stride: Annotated[int, typer.Option(help="Steps from one cutoff to the next.")] = 1,
    points: Annotated[int, typer.Option(help="Length of the fresh series, if no --file is given.")] = 2000,
    engine: EngineOption = "onnx",
    seed: Seed = None,
    plot: Plot = None,
    json: Json = False,
    *,
    how: FileOptions,
) -> None:
    """Score a model by step ahead, at every cutoff of a series.

    Without a file, the command draws a fresh series of the model's signal and adds the expected errors of the best
    forecasters. With a file, it adds the error of the last value. Standard errors account for overlapping windows.
    Windows that hold or aim at a missing value are left out and counted.

    Examples: `seqzoo backtest lstm.sine --horizon 50 --plot error.svg` ·
    `seqzoo backtest lstm.sine --file series.csv --stride 5` · `seqzoo backtest best_linear.sine`
    """
    from .._arrays import channel, with_channel
    from ..data.windows import sliding, whole
    from ..evaluation.backtest import backtest as run
    from ..forecasters.rollout import check_horizon
    from ..runtime.predictor import find_model
    from .reading import check_frequency, given_series, say_read

    if plot is not None:
        from ..evaluation import plots

        plots.check_kind(plot)
    check_horizon(horizon)
    predictor = find_model(name, engine)
    length = predictor.context_length
    given, used = given_series([], file, how, length), None
    check_frequency(predictor, given)
    if given is None:
        series, used = _drawn(predictor, points, horizon, seed)
    else:
        series = given.values
    result = run(_steps(predictor, horizon), series, length, horizon, stride=stride, missing=True)
    outside, left_out = None, 0
    if given is not None:
        kept = whole(series, length, horizon, stride)
        left_out = len(kept) - int(kept.sum())
        outside = predictor.outside(with_channel(sliding(series, length, horizon, stride).context[kept]))
    if file is None:
        beside = _known(predictor.signal, length, horizon)
    else:
        def last_value(context: Any) -> Any:
            return channel(context[:, -1:]).repeat(horizon, axis=1)

        last = run(last_value, series, length, horizon, stride=stride, missing=True)
        beside = {"last_value": [step.value for step in last.steps]}
    if plot is not None:
        lines = {key.replace("_", " "): values for key, values in beside.items()}
        plots.save(plots.error_figure({name: result.steps}, lines), plot)
    if json:
        rows = [
            {"step": ahead + 1, "mse": mse, "se": se, **{key: values[ahead] for key, values in beside.items()}}
            for ahead, (mse, se) in enumerate(result.steps)
        ]
        facts = {"cutoffs": result.cutoffs, "stride": stride, "bandwidth": result.bandwidth,
                 "left_out": left_out, "outside_training": outside and outside.facts()}
        say_read(given)
        if given is not None and given.reading is not None:
            facts["reading"] = given.reading.facts()
        emit({"model": name, "engine": predictor.engine, "file": file and str(file), "seed": used, **facts,
              "steps": rows})
        return
    from .tables import show_backtest

    say_read(given)
    show_backtest(name, result.steps, beside)
    say_outside(outside)
    source = f"a fresh series (seed {used})" if file is None else "standard input" if str(file) == "-" else str(file)
    known = not math.isnan(result.steps[0].se)
    errors = f"standard errors over {result.bandwidth} lags" if known else "too few for standard errors"
    omitted = f" ({left_out:,} left out, for a missing value)" if left_out else ""
    typer.echo(f"{result.cutoffs:,} cutoffs of {source}{omitted}; {errors}.")
    if plot is not None:
        typer.echo(f"Picture: {plot}")


def case_of(predictor: Forecaster, given: Given | None, horizon: int, seed: int | None) -> Case:
    """The history [T] after the last missing value, and by step ahead [H] the forecast, the Bayes forecast and the
    truth, where known."""
    import numpy as np

    from ..evaluation.scoring import fresh_seed
    from ..forecasters import rollout

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
    ahead = predictor.forecast(history, horizon)[0]
    if process is not None:
        bayes = rollout.finite(process.posterior(history[None, -length:], horizon)[0])[0]
    return rollout.Case(history, ahead, bayes, observed, clean)


def _steps(predictor: Forecaster, horizon: int) -> Predict:
    return lambda context: predictor.forecast(context, horizon)


def _intervals(
    predictor: Forecaster, history: Any, horizon: int, level: float, seed: int | None
) -> SplitConformal:
    """Intervals calibrated on the history, or for None on fresh windows of the model's signal."""
    from ..evaluation import intervals
    from ..evaluation.scoring import HELD_OUT_SEEDS

    # 2,000 windows where that takes about a second; fewer for long horizons, which take longer
    windows = max(intervals.least_windows(level), min(2_000, max(200, 100_000 // horizon)))
    length, run = predictor.context_length, _steps(predictor, horizon)
    if history is not None:
        return intervals.calibrate_on_series(run, history, length, horizon, level, most=windows)
    own = None if seed is None else HELD_OUT_SEEDS + seed  # differs from the seed of the forecast window
    return intervals.calibrate_on_signal(
        run, predictor.signal, length, horizon, level, windows=windows, seed=own
    )


def _drawn(predictor: Forecaster, points: int, horizon: int, seed: int | None) -> tuple[Any, int]:
    """A fresh series of the model's signal, and its seed."""
    from ..errors import InputError
    from ..evaluation.scoring import HELD_OUT_SEEDS, fresh_seed

    signal = predictor.signal
    if signal.episodic:
        raise InputError(
            f"windows of {signal.title} are independent episodes, so a series of it has no cutoffs. "
            "Give a series with --file, or see the model's score with `seqzoo show`."
        )
    # A model with a finite budget was trained on the series of its seed, which is below the held-out seeds.
    used = fresh_seed() if seed is None else max(seed, HELD_OUT_SEEDS + seed % HELD_OUT_SEEDS)
    return signal.observed_series(points, predictor.context_length, horizon, seed=used), used


def _known(signal: Signal, context_length: int, horizon: int) -> dict[str, list[float]]:
    """Expected MSE by step ahead of the best forecasters of a signal."""
    from ..forecasters.exact import best_linear, linear_mse
    from ..forecasters.floors import MAX_SAMPLED, floors
    from ..forecasters.rollout import linear_recursion

    samples = min(signal.windows_to_score // 10, MAX_SAMPLED // max(context_length, horizon))  # at most 5 s
    table = floors(signal, context_length, horizon, samples=samples)
    recursion = linear_recursion(best_linear(signal, context_length), horizon)
    return {
        "bayes": [row.bayes.value for row in table],
        "best_linear": [row.best_linear for row in table],
        "best_linear_recursion": linear_mse(signal, *recursion).tolist(),
    }
