"""Prediction intervals from a bundle and nothing else: of any level, fixed or moved by what a series shows since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._arrays import FloatArray
from .._estimates import Estimate
from ..bundles import holdout
from ..bundles import intervals as stored
from ..bundles.manifest import CoverageFacts, IntervalFacts, Manifest
from ..data.frequency import frequency
from ..data.times import TimeIndex
from ..errors import InputError
from ..evaluation import adaptive
from ..evaluation.coverage import verdict
from ..evaluation.holdout_intervals import errors_at_cutoffs, spreads_at
from ..evaluation.intervals import ascending, radius_of
from ..forecasters.protocol import Bundled, Forecaster, has_bundle
from ..forecasters.rollout import Interval
from ..signals import ObservedSet

DEFAULT = 0.9
MOST = 2_000  # cutoffs of a series that an interval follows, the latest
ALIKE = 32  # values by which a series is found in the hold-out, or the hold-out in a series


class Intervals(NamedTuple):
    """Intervals around one forecast.

    Args:
        levels: one interval of each level, ascending.
        windows: calibration errors at each step ahead.
        followed: cutoffs of the series whose errors moved the intervals; 0 for split conformal ones.
    """

    levels: tuple[Interval, ...]
    windows: int
    followed: int

    @property
    def method(self) -> str:
        """Which kind they are, in words."""
        source = f"from {self.windows:,} calibration errors a step"
        if not self.followed:
            return f"split conformal, {source}"
        return f"adaptive, {source}, moved by the {self.followed:,} latest errors on this series"


def facts_of(model: Forecaster) -> IntervalFacts | None:
    """What the bundle of a model states of its intervals; None for a reference, or a bundle without intervals."""
    return model.manifest.intervals if has_bundle(model) else None


def around(
    model: Bundled,
    forecast: FloatArray,
    levels: Sequence[float] = (DEFAULT,),
    *,
    history: NDArray[np.float64] | None = None,
    begin: int | None = None,
    known: NDArray[np.float64] | None = None,
) -> Intervals:
    """Intervals around the forecast [h] of a model for the first h <= H steps.

    Args:
        levels: in (0, 1), in any order. An interval is at least as wide as those of lower levels beside it.
        history: [T], the values before the forecast, in the series' units.
        begin: index of the first of them after the calibration, see `after_calibration`. Errors from there on move
            the intervals; None keeps them fixed.
        known: [T, D - 1], the channels beside the history that the model reads; None if D is 1.

    The history is needed for a model of a set of series, whose radii count in the spread of the last window.

    Raises:
        InputError: the bundle holds no intervals; the forecast is of more steps than H; a level lies outside its
            range or needs more calibration errors than there are, which names the highest level possible.
        IntegrityError: the bundle is damaged.
    """
    errors, length, horizon = stored.of(model.bundle), model.context_length, len(forecast)
    if horizon > model.horizon:
        raise InputError(
            f"the intervals of {model.name} end at step {model.horizon}, and the forecast at step {horizon}: ask for "
            f"a horizon of at most {model.horizon}."
        )
    start = {float(level): radius_of(errors[:, :horizon], level) for level in ascending(levels)}
    facts, contract = model.manifest.intervals, model.manifest.contract
    unit = None if facts is None or facts.unit == "series" else contract.scaling
    followed, moved, spread = 0, start, 1.0
    if unit is not None:
        if history is None or len(history) < length:
            raise InputError(f"the intervals of {model.name} are in units of the last window: give its history.")
        spread = float(spreads_at(unit, history, np.array([len(history)]), length)[0])
    if history is not None and begin is not None:
        first = max(begin, length, len(history) - MOST)
        followed = max(0, len(history) - first)
    if history is not None and followed:
        beside = None if known is None else known[first - length :]
        seen = errors_at_cutoffs(
            model.predict, history[first - length :], length, horizon, known=False, channels=beside, unit=unit
        )
        rate = adaptive.RATE if facts is None else facts.rate
        moved = {level: adaptive.follow(seen, radius, level, rate=rate)[-1] for level, radius in start.items()}
    bands, least, centre = [], np.zeros(horizon), np.asarray(forecast, np.float64)
    for level, radius in moved.items():
        least = np.maximum(least, spread * radius)
        bands.append(Interval(level, centre - least, centre + least))
    return Intervals(tuple(bands), len(errors), followed)


def after_calibration(
    model: Bundled, history: NDArray[np.float64], times: TimeIndex | None, label: str = ""
) -> int | None:
    """Index of the first value of a series [T] after the values that trained and calibrated a model.

    It is known by the time stamps, or by the held-out values that the bundle holds, where these lie in the series or
    the series lies in them. None if neither tells.

    Args:
        times: of the series, where known.
        label: the name of the series, for a model of a set; of one that is not in the set nothing is known.
    """
    source, member = model.manifest.source, 0
    if isinstance(source, ObservedSet):
        if label not in source.labels:
            return None
        member = source.labels.index(label)
    begun = held_out_times(model.manifest)
    if begun is not None and times is not None and (begun.zone is None) == (times.zone is None):
        return int(np.searchsorted(times.instants(len(history)), begun.start))
    kept = holdout.parts(model.bundle)[member]
    held_out, length = kept[model.context_length :], model.context_length
    if _place(history[:ALIKE], held_out) is not None:
        return 0
    if (place := _place(kept[: length + ALIKE], history)) is not None:
        return place + length
    return _place(held_out[:ALIKE], history)


def _place(part: NDArray[np.float64], series: NDArray[np.float64]) -> int | None:
    """Where a series [T] holds these values, the first place; None if it does not, or they are fewer than eight."""
    if not 8 <= len(part) <= len(series):
        return None
    same = (np.lib.stride_tricks.sliding_window_view(series, len(part)) == part).all(axis=1)
    return int(same.argmax()) if same.any() else None


def held_out_times(manifest: Manifest) -> TimeIndex | None:
    """The times of a model's held-out values, as its manifest states them; None where it does not.

    Holidays of a series of working days are not known: only the first stamp of such an index is right.
    """
    facts, alias = manifest.intervals, manifest.contract.frequency
    if facts is None or facts.after is None or alias is None:
        return None
    return TimeIndex(np.datetime64(facts.after, "us"), frequency(alias), facts.zone)


class Standing(NamedTuple):
    """The coverage of one method at one level, in words: over all steps, and at the step farthest from the level."""

    level: float
    method: str
    overall: str
    worst: str
    width: float
    misses: str


def standings(facts: IntervalFacts) -> list[Standing]:
    """The measured coverage of each level and method; `misses` is empty where the level is held."""
    return [
        _standing(each.level, method, measured)
        for each in facts.levels
        for method, measured in (("split conformal", each.split), ("adaptive", each.adaptive))
    ]


def _standing(level: float, method: str, measured: CoverageFacts) -> Standing:
    steps = [Estimate(*step) for step in zip(measured.steps, measured.steps_se, strict=True)]
    far = max(range(len(steps)), key=lambda at: abs(steps[at].value - level))
    wrong = {at + 1: which for at, step in enumerate(steps) if (which := verdict(step, level, len(steps)))}
    overall = Estimate(*measured.overall)
    return Standing(
        level, method, _share(overall), f"{_share(steps[far])} at step {far + 1}", float(np.mean(measured.width)),
        _misses(verdict(overall, level), wrong, len(steps)),
    )  # fmt: skip


def _misses(overall: int, wrong: dict[int, int], horizon: int) -> str:
    """What is wrong in words, from `verdict` over all steps and at each step that misses."""
    words = {-1: "too few covered", 1: "too many covered"}
    parts = [f"{words[overall]} over all steps"] if overall and horizon > 1 else [words[overall]] if overall else []
    for which in words if horizon > 1 else ():
        at = [step for step in wrong if wrong[step] == which]
        if len(at) == horizon:
            return f"{words[which]} at every step"
        if at:
            parts.append(f"{words[which]} at step{'s' if len(at) > 1 else ''} {_ranges(at)}")
    return ", ".join(parts)


def _share(measured: Estimate) -> str:
    return f"{measured.value:.1%} ± {measured.se:.1%}"


def _ranges(steps: list[int]) -> str:
    """Ascending numbers with neighbours joined: "1, 3-5"."""
    runs: list[list[int]] = []
    for step in steps:
        if runs and step == runs[-1][-1] + 1:
            runs[-1].append(step)
        else:
            runs.append([step])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
