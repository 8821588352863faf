"""The prediction intervals of a forecast in the terminal: which there are, and the sentences that go with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import InputError
from ..forecasters.protocol import has_bundle, steps_of

METHODS = ("adaptive", "split", "none")

if TYPE_CHECKING:
    from ..bundles.manifest import IntervalFacts
    from ..forecasters.protocol import Forecaster
    from ..forecasters.rollout import Case, Interval
    from .reading import Given


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
