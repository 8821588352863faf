"""The command that scores a model and its rivals at successive cutoffs of a series."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .app import (
    EngineOption,
    File,
    FileOptions,
    Json,
    Model,
    ModelFiles,
    Plot,
    Seed,
    app,
    check_out,
    load_models,
    reads_a_file,
)
from .many import OverSeries, are_many

HORIZON = 20  # of a model of a known signal
MEASURES = ("mae", "rmse", "mase", "rmsse", "smape")
_ROLLING = "Over the cutoffs of a series that is given"


@app.command()
@reads_a_file
def backtest(
    name: Model,
    file: File = None,
    horizon: Annotated[
        int | None,
        typer.Option("--horizon", "-n", help="Steps ahead; else 20, or those of a model of a measured series."),
    ] = None,
    stride: Annotated[int, typer.Option(min=1, help="Steps from one cutoff to the next.")] = 1,
    start: Annotated[
        str | None,
        typer.Option("--start", help="The first cutoff: its position or its time.", rich_help_panel=_ROLLING),
    ] = None,
    last: Annotated[
        int | None, typer.Option("--last", min=1, help="Only the last N cutoffs.", rich_help_panel=_ROLLING)
    ] = None,
    refit: Annotated[
        int | None,
        typer.Option("--refit", min=1, rich_help_panel=_ROLLING,
                     help="Fit the model and its rivals again at every N-th cutoff; else once."),
    ] = None,
    season: Annotated[
        int | None,
        typer.Option("--season", min=1, help="Steps of the season; 1 for none.", rich_help_panel=_ROLLING),
    ] = None,
    rivals: Annotated[
        bool,
        typer.Option("--rivals", help="Add AutoETS, AutoTheta and AutoARIMA.", rich_help_panel=_ROLLING),
    ] = False,
    interval: Annotated[
        list[float] | None,
        typer.Option("--interval", rich_help_panel=_ROLLING,
                     help="Add prediction intervals of this level, for example 0.9. Repeatable."),
    ] = None,
    measure: Annotated[
        str, typer.Option("--measure", help=f"Shown by step: {', '.join(MEASURES)}.", rich_help_panel=_ROLLING)
    ] = "mase",
    out: Annotated[
        Path | None,
        typer.Option("--out", rich_help_panel=_ROLLING,
                     help="Write every forecast to a .parquet or .csv file, or a row for each of many series to a "
                          "folder; the same command goes on after a stop."),
    ] = None,
    fresh: Annotated[
        bool,
        typer.Option("--fresh", help="Begin --out anew, in place of going on.", rich_help_panel=_ROLLING),
    ] = False,
    on: OverSeries = None,
    points: Annotated[int, typer.Option(help="Length of the fresh series, if no --file is given.")] = 2000,
    engine: EngineOption = "light",
    seed: Seed = None,
    models: ModelFiles = None,
    plot: Plot = None,
    json: Json = False,
    *,
    how: FileOptions,
) -> None:
    """Score a model by step ahead, at every cutoff of a series.

    Without a file, the command draws a fresh series of the model's signal and adds the expected errors of the best
    forecasters. With a file, rivals forecast from the same cutoffs. If the file holds the series that the model was
    trained on, the first cutoff is that of the training. The unit of MASE and RMSSE is the error of seasonal naive
    before the first cutoff. Windows that hold or aim at a missing value are left out and counted.

    With a folder, a pattern or a file of several series, each series becomes a row of a folder of results.

    Examples: `seqzoo backtest lstm.sine --horizon 50 --plot error.svg` ·
    `seqzoo backtest gru.load --series load.csv --stride 24 --out load.parquet` ·
    `seqzoo backtest gru.load --series load.csv --last 8 --stride 24 --refit 2 --rivals` ·
    `seqzoo backtest gru.shop --series 'data/*.parquet' --last 12 --on local:8 --out results`
    """
    from ..data.measured import SeveralError
    from ..errors import InputError
    from ..evaluation.intervals import least_windows
    from ..forecasters.rollout import check_horizon
    from ..runtime.predictor import find_model

    if plot is not None:
        from ..evaluation import plots

        plots.check_kind(plot)
    if horizon is not None:
        check_horizon(horizon)
    if measure not in MEASURES:
        raise InputError(f"--measure must be one of {', '.join(MEASURES)}, and is {measure[:40]!r}.")
    for level in interval or []:
        least_windows(level)
    if start is not None and last is not None:
        raise InputError("--start and --last exclude each other: give one of them.")
    if file is None and fresh:
        raise InputError("--fresh begins the results of --out anew: give --out with it.")
    load_models(models)
    predictor = find_model(name, engine)
    if file is None:
        stated = {"start": start, "last": last, "refit": refit, "season": season, "interval": interval, "out": out,
                  "on": on}  # fmt: skip
        wanted = [*(word for word, value in stated.items() if value not in (None, [])), *["rivals"] * rivals]
        if wanted:
            raise InputError(f"--{wanted[0]} belongs to a series that is given: give it with --series.")
        from .backtest_of_signal import on_signal

        on_signal(predictor, name, horizon or HORIZON, stride, points, seed, plot, json, how)
        return
    if horizon is None:
        horizon = HORIZON if predictor.process is not None else predictor.horizon
    if on is None and not are_many([str(file)]):
        if fresh and out is None:
            raise InputError("--fresh begins the results of --out anew: give --out with it.")
        from .backtest_of_series import OnSeries

        try:
            one = OnSeries(predictor, name, file, how, horizon, stride, season)
        except SeveralError:
            pass
        else:
            check_out(out, file)
            one.run(start, last, refit, rivals, interval or [], measure, out, fresh, plot, json)
            return
    if refit is not None or plot is not None:
        raise InputError(f"--{'refit' if plot is None else 'plot'} belongs to one series. Choose one with --only.")
    from ..evaluation.on_a_series import check_start
    from .backtest_of_many import on_many

    if start is not None:
        check_start(start)
    on_many(predictor, name, str(file), how, on, out, measure, fresh=fresh, json=json, horizon=horizon,
            stride=stride, start=start, last=last, season=season, statistical=rivals, levels=interval or [])
