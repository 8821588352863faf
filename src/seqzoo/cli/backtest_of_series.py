"""A backtest on a series that the user gives: what is asked for, what is printed, what is written."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import typer
from numpy.typing import NDArray

from .. import __version__
from .._extras import check_torch
from .._formats import counted
from ..bundles import shelf
from ..errors import InputError
from ..evaluation.backtest import Backtest, bandwidth_of, contexts_at, mean_of, widest_of
from ..evaluation.intervals import ascending
from ..evaluation.on_a_series import (
    cutoff_at,
    entrants_of,
    first_of_last,
    forecasts_of,
    results_of,
    units_of,
    whole_cutoffs,
)
from ..evaluation.results import Parts, Question, Results, check_enough
from ..evaluation.rolling import Entrant, always, blocks
from ..execution.backtests import MOST_AT_ONCE, trained_until_in
from ..forecasters.protocol import Forecaster, has_bundle, steps_of
from ..forecasters.statistical import METHODS
from ..signals import Observed
from .app import FileOptions, emit, say_outside
from .measured import season_of
from .progress import BacktestBar, interrupts
from .reading import beside, calendar_times, check_frequency, given_series, say_read
from .steps import draw, rows_of, told_errors
from .tables import show_measures

Array = NDArray[np.float64]

FEW_AT_ONCE = 20


class OnSeries:
    """A backtest on a series that the user gave."""

    def __init__(
        self, predictor: Forecaster, name: str, file: Path, how: FileOptions, horizon: int, stride: int,
        season: int | None,
    ) -> None:  # fmt: skip
        self.predictor, self.name, self.file, self.stride = predictor, name, file, stride
        self.length = predictor.context_length
        self.horizon = horizon
        given = given_series([], file, how)
        assert given is not None
        check_frequency(predictor, given)
        self.given, self.fills = given, how.gaps is not None
        self.values = given.values
        self.known = beside(predictor, given, 0, len(given.values))
        self.season = season_of(file, given) if season is None else season
        self.stated_season = season is not None
        self.trained_until = trained_until_in(predictor, self.values)
        self.notes: list[str] = []

    def run(
        self, start: str | None, last: int | None, refit: int | None, statistical: bool, levels: list[float],
        measure: str, out: Path | None, fresh: bool, plot: Path | None, json: bool,
    ) -> None:  # fmt: skip
        """Forecast from every cutoff, measure, and print."""
        first = self._first(start, last)
        cutoffs, left_out = whole_cutoffs(self.values, self.length, self.horizon, self.stride, first)
        units = units_of(self.values[:first], self.season, is_stated=self.stated_season)
        self.season = units.season
        if units.note:
            self.notes.append(units.note)
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
            forecasts = forecasts_of(
                entrants, self.values, self.horizon, parts, store, on_progress=bar, should_stop=stopped,
                on_resumed=lambda done: bar.say(f"{done:,} of {len(cutoffs):,} cutoffs are finished already."),
            )  # fmt: skip
            if forecasts is not None:
                results = results_of(self.values, cutoffs, forecasts, levels, units)
                if store is not None:
                    self._write(results, store)
        if forecasts is None:
            kept = "the finished cutoffs are kept, and the same command goes on, without --fresh."
            typer.echo(f"Stopped: {kept if out else 'nothing was written.'}", err=True)
            raise typer.Exit(130)
        self._report(results, first, refit, measure, left_out, out, plot, json)

    def _first(self, start: str | None, last: int | None) -> int:
        """The first cutoff: as asked for, that of the model's training, or the first with a whole window."""
        count = len(self.values)
        if last is not None:
            return first_of_last(count, self.length, self.horizon, self.stride, last)
        return (self.trained_until or self.length) if start is None else cutoff_at(start, count, self.given.times)

    def _entrants(
        self, first: int, refit: int | None, statistical: bool, bar: BacktestBar, stopped: Callable[[], bool]
    ) -> list[Entrant]:
        """The model, fitted again where that is asked for, and its rivals; notes which of these are left out."""
        if refit is None:
            own = Entrant(self.name, always(steps_of(self.predictor, self.horizon)), self.length, known=self.known)
        else:
            own = Entrant(self.name, self._refitting(bar, stopped), self.length, needs_past=True, known=self.known)
        if refit is not None and not self.fills and (missing := int(np.isnan(self.values).sum())):
            raise InputError(
                f"--refit needs every value, and {missing:,} are missing. Fill them with --gaps interpolate or "
                "--gaps last; a gap that is too long to fill then divides the series."
            )
        entrants, left_out = entrants_of(
            own, self.values, first, self.length, self.horizon, self.season, statistical=statistical
        )
        self.notes += [f"Left out: {rival}: {reason}." for rival, reason in left_out.items()]
        whole = [METHODS.get(each.name, each.name) for each in entrants if each.reads is None]
        if whole and np.isnan(self.values).any():
            self.notes.append(f"{', '.join(whole)} read only the values after the last gap before a cutoff.")
        return entrants

    def _refitting(self, bar: BacktestBar, stopped: Callable[[], bool]) -> Callable[[Array], Any]:
        if not has_bundle(self.predictor):
            raise InputError(f"{self.name} is computed, not trained: it cannot be fitted again. Leave out --refit.")
        check_torch("fitting a model again")
        from ..training.refitting import check_refittable, refitted
        from ..training.spec import TrainingSpec

        spec = TrainingSpec.of_manifest(self.predictor.manifest)
        check_refittable(spec, self.name)
        times = calendar_times(self.predictor, self.given)
        return lambda past: refitted(
            spec, past, self.horizon, times=times, on_progress=bar.training, should_stop=stopped
        )

    def _store(self, out: Path, cutoffs: NDArray[np.intp], refit: int | None, entrants: list[Entrant]) -> Parts:
        weights = self.predictor.bundle.manifest_sha256 if has_bundle(self.predictor) else ""
        return Parts(out, Question(
            series=hashlib.sha256(self.values.astype("<f8").tobytes()).hexdigest(),
            model=f"{self.name} {weights}".strip(), engine=self.predictor.engine, horizon=self.horizon,
            cutoffs=hashlib.sha256(cutoffs.astype("<i8").tobytes()).hexdigest(), refit=refit, season=self.season,
            forecasters=tuple(each.name for each in entrants), version=__version__,
        ))  # fmt: skip

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
        squares = {name: (values - results.target) ** 2 for name, values in results.forecasts.items()}
        overlap = bandwidth_of(self.length, self.horizon, self.stride)
        bandwidth = min(overlap, widest_of(len(results.cutoffs)))
        mse = Backtest(len(results.cutoffs), self.stride, bandwidth, mean_of(squares[self.name], bandwidth))
        beside = {name: each.mean(axis=0).tolist() for name, each in squares.items() if name != self.name}
        measures = {name: results.measures(name) for name in results.forecasts}
        windows = contexts_at(self.values, results.cutoffs, self.length, self.known)
        outside = self.predictor.outside(windows) if refit is None else None
        seen = 0
        if refit is None and self.trained_until is not None:
            seen = int((results.cutoffs < self.trained_until).sum())
        worst = self._worst(results, refit)
        draw(plot, self.name, mse.steps, beside)
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
                  "outside_training": outside and outside.facts(), **facts, "steps": rows_of(mse.steps, beside)})
            return
        show_measures(self.name, measures, measure)
        say_outside(outside)
        source = "standard input" if str(self.file) == "-" else str(self.file)
        omitted = f" ({left_out:,} left out, for a missing value)" if left_out else ""
        cutoffs = f"{counted(mse.cutoffs, 'cutoff')} of {source}{omitted}, from {self._when(first)} on"
        typer.echo(f"{cutoffs}; {told_errors(mse, overlap)}.")
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
                f"{counted(seen, 'cutoff lies', 'cutoffs lie')} before the end of the model's training part: it has "
                f"seen what it forecasts there. --start {self.trained_until} leaves them out.", err=True,
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
        model = self.predictor
        if self.trained_until is None or refit is not None or self.horizon != model.horizon:
            return None
        source = model.manifest.source if has_bundle(model) else None
        if not isinstance(source, Observed):
            return None
        end = self.trained_until + source.length - source.cutoff  # of the values that the bundle holds
        errors = np.abs(results.forecasts[self.name] - results.target).mean(axis=1)
        in_the_page = (results.cutoffs >= self.trained_until) & (results.cutoffs + self.horizon <= end)
        if not in_the_page.any() or self.name not in shelf.available():
            return None
        cutoff = int(results.cutoffs[np.where(in_the_page, errors, -np.inf).argmax()])
        return f"/models/{self.name}?view=mistakes&window={cutoff - self.trained_until}"

    def _when(self, cutoff: int) -> str:
        times = self.given.times
        return f"position {cutoff:,}" + ("" if times is None else f" ({times.stamp(cutoff)})")
