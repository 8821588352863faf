"""The command that scores a model and its rivals at successive cutoffs of a series."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    emit,
    load_models,
    reads_a_file,
    say_outside,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..evaluation.results import Parts, Results
    from ..evaluation.rolling import Block, Entrant
    from ..forecasters.protocol import Forecaster
    from ..signals import Signal
    from .progress import BacktestBar
    from .reading import Given

    Array = NDArray[np.float64]

HORIZON = 20  # of a model of a known signal
MOST_AT_ONCE = 2_000  # cutoffs of a block; fewer where each takes long
FEW_AT_ONCE = 20
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
    stride: Annotated[int, typer.Option(help="Steps from one cutoff to the next.")] = 1,
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
                     help="Write every forecast to a .parquet or .csv file; the same command goes on after a stop."),
    ] = None,
    fresh: Annotated[
        bool,
        typer.Option("--fresh", help="Begin --out anew, in place of going on.", rich_help_panel=_ROLLING),
    ] = False,
    points: Annotated[int, typer.Option(help="Length of the fresh series, if no --file is given.")] = 2000,
    engine: EngineOption = "onnx",
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

    Examples: `seqzoo backtest lstm.sine --horizon 50 --plot error.svg` ·
    `seqzoo backtest gru.load --series load.csv --stride 24 --out load.parquet` ·
    `seqzoo backtest gru.load --series load.csv --last 8 --stride 24 --refit 2 --rivals`
    """
    from ..errors import InputError
    from ..forecasters.rollout import check_horizon
    from ..runtime.predictor import find_model

    if plot is not None:
        from ..evaluation import plots

        plots.check_kind(plot)
    if horizon is not None:
        check_horizon(horizon)
    if measure not in MEASURES:
        raise InputError(f"--measure must be one of {', '.join(MEASURES)}, and is {measure[:40]!r}.")
    if fresh and out is None:
        raise InputError("--fresh begins the results of --out anew: give --out with it.")
    predictor = find_model(name, engine)
    if file is None:
        stated = {"start": start, "last": last, "refit": refit, "season": season, "interval": interval, "out": out}
        wanted = [*(word for word, value in stated.items() if value not in (None, [])), *["rivals"] * rivals]
        if wanted:
            raise InputError(f"--{wanted[0]} belongs to a series that is given: give it with --series.")
        _on_signal(predictor, name, horizon or HORIZON, stride, points, seed, plot, json, how)
        return
    check_out(out, file)
    load_models(models)
    _OnSeries(predictor, name, file, how, horizon, stride, season).run(
        start, last, refit, rivals, interval or [], measure, out, fresh, plot, json
    )


def _on_signal(
    predictor: Forecaster,
    name: str,
    horizon: int,
    stride: int,
    points: int,
    seed: int | None,
    plot: Path | None,
    json: bool,
    how: FileOptions,
) -> None:
    """On a fresh series of the model's signal, beside the expected errors of the best forecasters."""
    from ..evaluation.backtest import backtest as run
    from ..forecasters.protocol import steps_of
    from .reading import given_series
    from .tables import show_backtest

    given_series([], None, how, predictor.context_length)  # refuses options of a file
    series, used = _drawn(predictor, points, horizon, seed)
    result = run(steps_of(predictor, horizon), series, predictor.context_length, horizon, stride=stride)
    beside = _known(predictor.signal, predictor.context_length, horizon)
    _draw(plot, name, result.steps, beside)
    if json:
        emit({"model": name, "engine": predictor.engine, "file": None, "seed": used, "cutoffs": result.cutoffs,
              "stride": stride, "bandwidth": result.bandwidth, "left_out": 0, "outside_training": None,
              "steps": _rows(result.steps, beside)})  # fmt: skip
        return
    show_backtest(name, result.steps, beside)
    typer.echo(f"{result.cutoffs:,} cutoffs of a fresh series (seed {used}); {_errors(result)}.")
    if plot is not None:
        typer.echo(f"Picture: {plot}")


class _OnSeries:
    """A backtest on a series that the user gave."""

    def __init__(
        self, predictor: Forecaster, name: str, file: Path, how: FileOptions, horizon: int | None, stride: int,
        season: int | None,
    ) -> None:  # fmt: skip
        from .measured import season_of
        from .reading import beside, check_frequency, given_series

        self.predictor, self.name, self.file, self.stride = predictor, name, file, stride
        self.length = predictor.context_length
        if horizon is None:
            horizon = HORIZON if predictor.process is not None else predictor.horizon
        self.horizon = horizon
        given = given_series([], file, how, self.length)
        assert given is not None
        check_frequency(predictor, given)
        self.given: Given = given
        self.values = given.values
        self.known = beside(predictor, given, 0, len(given.values))
        self.season = season_of(file, given) if season is None else season
        self.stated_season = season is not None
        self.trained_until = _trained_until(predictor, self.values)
        self.notes: list[str] = []

    def run(
        self, start: str | None, last: int | None, refit: int | None, statistical: bool, levels: list[float],
        measure: str, out: Path | None, fresh: bool, plot: Path | None, json: bool,
    ) -> None:  # fmt: skip
        """Forecast from every cutoff, measure, and print."""
        from ..evaluation.intervals import ascending
        from ..evaluation.results import check_enough
        from ..evaluation.rolling import blocks
        from .progress import BacktestBar, interrupts
        from .reading import say_read

        first = self._first(start, last)
        cutoffs, left_out = self._cutoffs(first)
        scales = self._scales(first)
        for level in ascending(levels):
            check_enough(cutoffs, self.horizon, level)  # before anything is computed
        slow = statistical or refit is not None
        parts = blocks(cutoffs, refit, FEW_AT_ONCE if slow else MOST_AT_ONCE)
        with contextlib.ExitStack() as held:
            stopped = held.enter_context(interrupts())
            bar = held.enter_context(BacktestBar(self.name, len(cutoffs), quiet=json))
            entrants = self._entrants(first, refit, statistical, bar, stopped)
            store = None if out is None else self._store(out, cutoffs, refit, entrants)
            if store is not None:
                held.enter_context(store.held(anew=fresh))
            say_read(self.given)
            rolled = _rolled(entrants, self.values, self.horizon, parts, store, bar, stopped)
            if rolled is not None:
                results = self._results(cutoffs, rolled, levels, scales)
                if store is not None:
                    self._write(results, store)
        if rolled is None:
            kept = "the finished cutoffs are kept, and the same command goes on." if out else "nothing was written."
            typer.echo(f"Stopped: {kept}", err=True)
            raise typer.Exit(130)
        self._report(results, first, refit, measure, left_out, out, plot, json)

    def _first(self, start: str | None, last: int | None) -> int:
        """The first cutoff: as asked for, that of the model's training, or the first with a whole window."""
        from ..errors import InputError

        if start is not None and last is not None:
            raise InputError("--start and --last exclude each other: give one of them.")
        if last is not None:
            first = len(self.values) - self.horizon - (last - 1) * self.stride
            if first < self.length:
                raise InputError(
                    f"the series of {len(self.values):,} values has fewer than {last:,} cutoffs with a window of "
                    f"{self.length}, {self.horizon} ahead and a stride of {self.stride}: give a smaller --last."
                )
            return first
        if start is None:
            return self.trained_until or self.length
        if start.isascii() and start.isdecimal():
            return int(start[:12])
        times = self.given.times
        if times is None:
            raise InputError(f"--start is a position here, as the series has no times, and is {start[:40]!r}.")
        stamps = times.stamps(len(self.values))
        place = next((at for at, stamp in enumerate(stamps) if stamp >= start), None)
        if place is None or not start[:4].isdecimal():
            raise InputError(
                f"--start {start[:40]!r} is no time of the series, which lasts from {stamps[0]} to {stamps[-1]}. "
                "Give a time in ISO 8601, or a position."
            )
        return place

    def _cutoffs(self, first: int) -> tuple[NDArray[np.intp], int]:
        """The cutoffs whose windows and targets hold no missing value, and how many others were left out."""
        import numpy as np

        from ..data.windows import whole
        from ..errors import InputError
        from ..evaluation.backtest import check_memory, cutoffs_of

        count = cutoffs_of(len(self.values), self.length, self.horizon, self.stride, first)
        check_memory(count, self.length, self.horizon)
        kept = whole(self.values[first - self.length :], self.length, self.horizon, self.stride)
        cutoffs = (first + self.stride * np.arange(count))[kept[:count]]
        if not len(cutoffs):
            raise InputError(
                f"each of the {count:,} windows of {self.length + self.horizon} values holds a missing value. Fill "
                "them with --gaps interpolate or --gaps last."
            )
        return cutoffs, count - len(cutoffs)

    def _scales(self, first: int) -> tuple[float, float]:
        """The units of MASE and RMSSE; a season that was not stated and does not fit is taken as none."""
        from ..errors import InputError
        from ..evaluation import accuracy

        past = self.values[:first]
        try:
            return accuracy.absolute_scale(past, self.season), accuracy.squared_scale(past, self.season)
        except InputError:
            if self.stated_season:
                raise
        if self.season > 1:
            self.season = 1
            return self._scales(first)
        self.notes.append("MASE and RMSSE have no unit: too few values lie before the first cutoff.")
        return math.nan, math.nan

    def _entrants(
        self, first: int, refit: int | None, statistical: bool, bar: BacktestBar, stopped: Callable[[], bool]
    ) -> list[Entrant]:
        """The model, the rules that read its windows, and the rivals that can be fitted before the first cutoff."""
        import numpy as np

        from ..errors import InputError
        from ..evaluation.holdout import rules_of_windows
        from ..evaluation.rolling import Entrant, always, rivals_as_entrants, rules_as_entrants
        from ..forecasters.protocol import steps_of

        if refit is None:
            own = Entrant(self.name, always(steps_of(self.predictor, self.horizon)), self.length, known=self.known)
        else:
            own = Entrant(self.name, self._refitting(bar, stopped), self.length, needs_past=True, known=self.known)
        past = self.values[:first]
        is_whole = not np.isnan(self.values).any()
        if refit is not None and not is_whole:
            raise InputError(
                f"--refit needs every value, and {int(np.isnan(self.values).sum()):,} are missing. Fill them with "
                "--gaps interpolate or --gaps last."
            )
        entrants = [own, *rules_as_entrants(rules_of_windows(self.length, self.horizon, self.season), self.length)]
        for rival in rivals_as_entrants(self.length, self.horizon, self.season, statistical=statistical):
            reason = ""
            if rival.reads is not None and rival.reads > first:
                reason = "its window is longer than what lies before the first cutoff"
            elif rival.needs_past and not is_whole:
                reason = "it needs every value, and some are missing"
            elif rival.needs_past and rival.reads is not None:  # quick to try
                try:
                    rival.fit(past)
                except InputError as error:
                    reason = f"{str(error).rstrip('.')}; a later --start gives it more"
            if reason:
                self.notes.append(f"Left out: {rival.name}: {reason}.")
            else:
                entrants.append(rival)
        return entrants

    def _refitting(self, bar: BacktestBar, stopped: Callable[[], bool]) -> Callable[[Array], Any]:
        from .._extras import check_torch
        from ..errors import InputError
        from ..forecasters.protocol import has_bundle

        if not has_bundle(self.predictor):
            raise InputError(f"{self.name} is computed, not trained: it cannot be fitted again. Leave out --refit.")
        check_torch("fitting a model again")
        from ..training.refitting import check_refittable, refitted
        from ..training.spec import TrainingSpec
        from .reading import calendar_times

        spec = TrainingSpec.of_manifest(self.predictor.manifest)
        check_refittable(spec, self.name)
        times = calendar_times(self.predictor, self.given)
        return lambda past: refitted(
            spec, past, self.horizon, times=times, on_progress=bar.training, should_stop=stopped
        )

    def _store(self, out: Path, cutoffs: NDArray[np.intp], refit: int | None, entrants: list[Entrant]) -> Parts:
        import hashlib

        from .. import __version__
        from ..evaluation.results import Parts, Question
        from ..forecasters.protocol import has_bundle

        weights = self.predictor.bundle.manifest_sha256 if has_bundle(self.predictor) else ""
        return Parts(out, Question(
            series=hashlib.sha256(self.values.astype("<f8").tobytes()).hexdigest(),
            model=f"{self.name} {weights}".strip(), engine=self.predictor.engine, horizon=self.horizon,
            cutoffs=hashlib.sha256(cutoffs.astype("<i8").tobytes()).hexdigest(), refit=refit, season=self.season,
            forecasters=tuple(each.name for each in entrants), version=__version__,
        ))  # fmt: skip

    def _results(
        self, cutoffs: NDArray[np.intp], rolled: dict[str, Array], levels: list[float], scales: tuple[float, float]
    ) -> Results:
        import numpy as np

        from ..evaluation.results import Results, interval_of

        target = np.stack([self.values[at : at + self.horizon] for at in cutoffs])
        intervals = {
            name: {level: interval_of(forecast, target, cutoffs, level) for level in sorted(set(levels))}
            for name, forecast in rolled.items()
        }
        return Results(cutoffs, target, rolled, intervals if levels else {}, scales)

    def _write(self, results: Results, store: Parts) -> None:
        from ..data.reading import writing

        reading, times = self.given.reading, self.given.times
        series = str(self.file) if reading is None else reading.one().name
        zoned = times is not None and times.zone is not None
        writing.write(results.columns(series, times), store.file, utc=zoned)
        store.remove()

    def _report(
        self, results: Results, first: int, refit: int | None, measure: str, left_out: int, out: Path | None,
        plot: Path | None, json: bool,
    ) -> None:  # fmt: skip
        import numpy as np

        from ..evaluation.backtest import Backtest, bandwidth_of, contexts_at, mean_of
        from .tables import show_measures

        squares = {name: (values - results.target) ** 2 for name, values in results.forecasts.items()}
        bandwidth = bandwidth_of(self.length, self.horizon, self.stride)
        mse = Backtest(len(results.cutoffs), self.stride, bandwidth, mean_of(squares[self.name], bandwidth))
        beside = {name: each.mean(axis=0).tolist() for name, each in squares.items() if name != self.name}
        measures = {name: results.measures(name) for name in results.forecasts}
        windows = contexts_at(self.values, results.cutoffs, self.length, self.known)
        outside = self.predictor.outside(windows) if refit is None else None
        seen = 0
        if refit is None and self.trained_until is not None:
            seen = int((results.cutoffs < self.trained_until).sum())
        worst = self._worst(results, refit)
        _draw(plot, self.name, mse.steps, beside)
        if json:
            facts = {"season": self.season, "first": first, "refit": refit, "seen_in_training": seen,
                     "scales": {"mase": results.scales[0], "rmsse": results.scales[1]}, "notes": self.notes,
                     "measures": {name: {key: {"value": each.value, "steps": each.steps.tolist()}
                                         for key, each in of.items()} for name, of in measures.items()},
                     "worst": worst, "out": out and str(out)}  # fmt: skip
            if self.given.reading is not None:
                facts["reading"] = self.given.reading.facts()
            emit({"model": self.name, "engine": self.predictor.engine, "file": str(self.file), "seed": None,
                  "cutoffs": mse.cutoffs, "stride": self.stride, "bandwidth": bandwidth, "left_out": left_out,
                  "outside_training": outside and outside.facts(), **facts, "steps": _rows(mse.steps, beside)})
            return
        show_measures(self.name, measures, measure)
        say_outside(outside)
        source = "standard input" if str(self.file) == "-" else str(self.file)
        omitted = f" ({left_out:,} left out, for a missing value)" if left_out else ""
        typer.echo(f"{mse.cutoffs:,} cutoffs of {source}{omitted}, from {self._when(first)} on; {_errors(mse)}.")
        fitted = "Rivals are fitted once, before the first cutoff."
        if refit is not None:
            fitted = f"All are fitted again at every {'cutoff' if refit == 1 else f'{refit} cutoffs'}."
        unit = "the last value" if self.season == 1 else f"seasonal naive ({self.season} steps)"
        typer.echo(f"{fitted} Unit of MASE: the error of {unit} before the first cutoff.")
        if results.intervals:
            without = int(np.isnan([*results.intervals[self.name].values()][-1][0][:, 0]).sum())  # the highest
            typer.echo(
                f"Intervals follow the errors known at each cutoff; the first {without:,} cutoffs calibrate them and "
                "do not count."
            )
        if seen:
            typer.echo(
                f"{seen:,} cutoffs lie before the end of the model's training part: it has seen what it forecasts "
                f"there. --start {self.trained_until} leaves them out.", err=True,
            )  # fmt: skip
        for note in self.notes:
            typer.echo(note, err=True)
        if worst is not None:
            typer.echo(f"Its worst forecast, in `seqzoo app`: {worst}")
        if out is not None:
            typer.echo(f"Forecasts: {out}")
        if plot is not None:
            typer.echo(f"Picture: {plot}")

    def _worst(self, results: Results, refit: int | None) -> str | None:
        """The address of the page that replays the model's worst forecast; None if no page has this forecast.

        The page has the forecasts of the model as it was trained, on the held-out values that its bundle holds.
        """
        import numpy as np

        from ..bundles import shelf
        from ..forecasters.protocol import has_bundle
        from ..signals import Observed

        model = self.predictor
        if self.trained_until is None or refit is not None or self.horizon != model.horizon:
            return None
        source = model.manifest.source if has_bundle(model) else None
        if not isinstance(source, Observed):
            return None
        end = self.trained_until + source.length - source.cutoff  # of the values that the bundle holds
        errors = np.abs(results.forecasts[self.name] - results.target).mean(axis=1)
        shown = (results.cutoffs >= self.trained_until) & (results.cutoffs + self.horizon <= end)
        if not shown.any() or self.name not in shelf.available():
            return None
        cutoff = int(results.cutoffs[np.where(shown, errors, -np.inf).argmax()])
        return f"/models/{self.name}?view=mistakes&window={cutoff - self.trained_until}"

    def _when(self, cutoff: int) -> str:
        times = self.given.times
        return f"position {cutoff:,}" + ("" if times is None else f" ({times.stamps(1, cutoff)[0]})")


def _rolled(
    entrants: list[Entrant], values: Array, horizon: int, blocks: list[Block], store: Parts | None, bar: BacktestBar,
    stopped: Callable[[], bool],
) -> dict[str, Array] | None:  # fmt: skip
    """The forecasts [N, H] by entrant, of which finished blocks are read from the store; None if it was stopped."""
    import numpy as np

    from ..evaluation.rolling import Stopped, roll

    finished: dict[int, dict[str, Array]] = {}
    if store is not None:
        finished = {each.number: part for each in blocks if (part := store.read(each)) is not None}
    done = sum(len(each.cutoffs) for each in blocks if each.number in finished)
    if done:
        bar.say(f"{done:,} of {sum(len(each.cutoffs) for each in blocks):,} cutoffs are finished already.")
    bar(done)
    rest = roll(entrants, values, horizon, [each for each in blocks if each.number not in finished])
    try:
        while len(finished) < len(blocks):
            if stopped():
                return None
            block, part = next(rest)
            if store is not None:
                store.write(block, part)
            finished[block.number] = part
            done += len(block.cutoffs)
            bar(done)
    except Stopped:
        return None
    return {each.name: np.concatenate([finished[at.number][each.name] for at in blocks]) for each in entrants}


def _trained_until(predictor: Forecaster, values: Array) -> int | None:
    """The cutoff of the model's training, where the series is the one that it was trained on."""
    from ..bundles import holdout
    from ..forecasters.protocol import has_bundle
    from ..signals import Simulated

    if not has_bundle(predictor) or isinstance(predictor.manifest.source, Simulated):
        return None
    return holdout.cutoff_in(predictor.bundle, values)


def _rows(steps: list[Any], beside: dict[str, list[float]]) -> list[dict[str, float]]:
    return [
        {"step": ahead + 1, "mse": mse, "se": se, **{key: values[ahead] for key, values in beside.items()}}
        for ahead, (mse, se) in enumerate(steps)
    ]


def _errors(result: Any) -> str:
    known = not math.isnan(result.steps[0].se)
    return f"standard errors over {result.bandwidth} lags" if known else "too few for standard errors"


def _draw(plot: Path | None, name: str, steps: list[Any], beside: dict[str, list[float]]) -> None:
    if plot is not None:
        from ..evaluation import plots

        lines = {key.replace("_", " "): values for key, values in beside.items()}
        plots.save(plots.error_figure({name: steps}, lines), plot)


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
