"""The command that forecasts many steps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from ..forecasters.protocol import has_bundle, steps_of
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

METHODS = ("adaptive", "split", "none")

if TYPE_CHECKING:
    from ..bundles.manifest import IntervalFacts
    from ..forecasters.protocol import Forecaster
    from ..forecasters.rollout import Case, Interval
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
    engine: EngineOption = "light",
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


class KnownIntervals(NamedTuple):
    """Intervals around a forecast, ascending by level, the method in words, and a sentence for the terminal."""

    intervals: tuple[Interval, ...] = ()
    method: str = ""
    note: str = ""

    def facts(self, level: float | None) -> dict[str, Any]:
        """As JSON: all of them, and under `level`, `lower` and `upper` the one of a level, by default the first."""
        each = [
            {"level": one.level, "lower": one.lower.tolist(), "upper": one.upper.tolist()} for one in self.intervals
        ]
        none = dict.fromkeys(("level", "lower", "upper"))
        chosen = next((one for one in each if level in (None, one["level"])), none)
        return {**chosen, "intervals": each, "interval_method": self.method or None}


def intervals_of(
    predictor: Forecaster,
    given: Given | None,
    case: Case,
    levels: list[float],
    method: str | None,
    seed: int | None,
    label: str,
) -> KnownIntervals:
    """The intervals of a forecast: from the bundle of a model of a series, else calibrated here if levels are given.

    Args:
        label: the name of the series, where one of several was chosen.

    Raises:
        InputError: the method is unknown, or only a model of a series has it; or a level cannot be.
    """
    import numpy as np

    from ..errors import InputError
    from ..runtime import intervals as of_bundle
    from .reading import beside

    check_method(method, levels)
    if method == "none":
        return KnownIntervals()
    facts = of_bundle.facts_of(predictor)
    if facts is None or case.observed is not None or not has_bundle(predictor):
        if method is not None:
            raise InputError(f"--method is for models of a series that hold intervals, and {predictor.name} is none.")
        return _calibrated(predictor, given, case, levels, seed) if levels else KnownIntervals()
    if not levels and (why := why_none(predictor, facts, len(case.forecast))):
        return KnownIntervals(note=why)
    begin, history = None, np.asarray(case.history, np.float64)
    if method != "split":
        times = None if given is None else given.times_of(len(history))
        begin = of_bundle.after_calibration(predictor, history, times, label)
    channels = None if given is None else beside(predictor, given, len(given.values) - len(history), len(history))
    known = of_bundle.around(
        predictor, case.forecast, levels or [of_bundle.DEFAULT], history=history, begin=begin, known=channels
    )
    note = f"Intervals {_levels(known.levels)} are {known.method}."
    if method != "split" and begin is None:
        note += " Neither times nor values tell which of these numbers follow the calibration, so none moves them."
    note += missed(facts, [one.level for one in known.levels], "adaptive" if known.followed else "split conformal")
    return KnownIntervals(known.levels, known.method, note)


def check_method(method: str | None, levels: list[float]) -> None:
    """Raises InputError for a method that does not exist, or for levels without a method."""
    from ..errors import InputError

    if method is not None and method not in METHODS:
        raise InputError(f"--method must be {', '.join(METHODS)}, got {method[:40]!r}.")
    if method == "none" and levels:
        raise InputError("--method none leaves intervals out, and --level asks for them: give one of both.")


def why_none(model: Forecaster, facts: IntervalFacts, horizon: int) -> str:
    """Why a forecast has no intervals unless a level is asked for; empty if it has."""
    from ..evaluation.intervals import highest_level
    from ..runtime.intervals import DEFAULT

    highest = highest_level(facts.windows)
    if horizon > model.horizon:
        return f"No intervals: they end at step {model.horizon}, the forecast at {horizon}."
    if highest >= DEFAULT:
        return ""
    possible = f"up to {highest:g} are possible (--level)" if highest > 0 else "none are possible"
    return f"No intervals of level {DEFAULT:g}: {facts.windows} calibration errors are too few for it; {possible}."


def missed(facts: IntervalFacts, levels: list[float], method: str) -> str:
    """A sentence for each of these levels that intervals of a method miss on the hold-out."""
    from ..runtime.intervals import standings

    return "".join(
        f" On the hold-out, those of {each.level:.0%} covered {each.overall}: {each.misses}."
        for each in standings(facts) if each.misses and each.method == method and each.level in levels
    )  # fmt: skip


def _levels(intervals: tuple[Interval, ...]) -> str:
    plural = "s" if len(intervals) > 1 else ""
    return f"of level{plural} {' and '.join(f'{one.level:g}' for one in intervals)}, separate for each step,"


def _calibrated(
    predictor: Forecaster, given: Given | None, case: Case, levels: list[float], seed: int | None
) -> KnownIntervals:
    """Intervals calibrated on the history, or on fresh windows of the model's signal where it is known to fit."""
    from ..evaluation import intervals
    from ..evaluation.scoring import HELD_OUT_SEEDS, fresh_seed
    from ..forecasters.rollout import Interval

    horizon, length = len(case.forecast), predictor.context_length
    # 2,000 windows where that takes about a second; fewer for long horizons, which take longer
    windows = max(*(intervals.least_windows(level) for level in levels), min(2_000, max(200, 100_000 // horizon)))
    run = steps_of(predictor, horizon)
    from_signal = case.observed is not None or (predictor.process is not None and predictor.process.episodic)
    # one seed for all levels, which differs from that of the forecast window: a higher level is then never narrower
    own = fresh_seed() if seed is None else HELD_OUT_SEEDS + seed
    bands = []
    for level in intervals.ascending(levels):
        if from_signal:
            calibrated = intervals.calibrate_on_signal(
                run, predictor.signal, length, horizon, level, windows=windows, seed=own
            )
        else:
            calibrated = intervals.calibrate_on_series(run, case.history, length, horizon, level, most=windows)
        lower, upper = calibrated.around(case.forecast[None])
        bands.append(Interval(level, lower[0], upper[0]))
    source = "fresh windows of its signal" if from_signal else "windows of these numbers, which is approximate"
    note = f"Intervals {_levels(tuple(bands))} are split conformal, from {calibrated.windows:,} {source}."
    return KnownIntervals(tuple(bands), "split conformal", note)
