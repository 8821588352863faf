"""The spec of one training on all series of a set: which of them it can use, its window, and its recipe."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.calendar import Calendar, chosen
from ..data.gaps import account, cutoff_in_set, divide
from ..data.scaling import Kind, Scaling
from ..data.series import Series
from ..data.windows import held_out_of, pooled, spread_out
from ..errors import InputError
from ..evaluation.accuracy import has_differences
from ..forecasters.linear import CHOICES, fits
from ..signals import Observed, ObservedSet
from ..signals.source import MOST_MEMBERS
from ..zoo import _model_files
from ..zoo._registry import Architecture
from .on_series import LEAST_RANGE, LONGEST, SEASONS, STEPS, of_least_error, recipe_for
from .sources import MOST_JUDGED
from .spec import TrainingSpec, changed

MOST_FITTED = 20_000  # windows of the ridge regressions that choose the context
SPARED = 0.1  # a context that leaves out a larger share of the series than the shortest one does is not tried
NAMED = 5  # series that a message names


def spec_on_set(
    architecture: Architecture,
    name: str,
    series: Mapping[str, Series],
    horizon: int,
    *,
    context_length: int | None = None,
    season: int | None = None,
    scaling: Kind = "window",
    seed: int = 0,
    changes: Mapping[str, Any] | None = None,
    calendar: Iterable[str] = (),
    divided: bool = False,
) -> TrainingSpec:
    """The spec of one model for all series of a file, by label. The last part of each is held out.

    A series is left out if it is too short for a window to train on, one to choose the weights and one to score, or
    if nothing can be learned from it. The window is scaled by its own mean and deviation: see ADR 21.

    Args:
        context_length: L; by default chosen by the error of one ridge regression for all series, on the values before
            the cutoffs.
        season: steps of a season; by default by the frequency, for a series of the median length.
        scaling: "window", or "season" with a context of at least a season; `on_series.choose` compares the two.
        changes: as for `TrainingSpec.of`.
        divided: whether missing values divide a series, as for `Observed.of`; otherwise they are refused.
        calendar: as for `on_series.spec_on_series`; each series has the calendar of its own times, on one clock.

    Raises:
        UnknownNameError: the calendar has no such part.
        InputError: a value is missing, the frequencies differ, fewer than two series can be used, the calendar says
            nothing of them, or the architecture cannot read it.
    """
    _check(series, divided=divided)
    series = {label: each.trimmed() for label, each in series.items()}
    parts_of_calendar = _calendar(calendar, series, horizon)
    architecture.check_channels(1 + len(Calendar(parts_of_calendar).names))
    season = season_of(list(series.values())) if season is None else season
    length = context_length or _choose_context_length(list(series.values()), horizon, season)
    reasons = {label: _why_not(each.values, length, horizon, season) for label, each in series.items()}
    left_out = {label: reason for label, reason in reasons.items() if reason}
    used = [label for label in series if label not in left_out]
    if len(used) < 2:
        first = "; ".join(f"{label}: {reason}" for label, reason in list(left_out.items())[:NAMED])
        only = f" Only {used[0]!r} can be used: choose it with --only." if used else ""
        raise InputError(
            f"a model of a set needs 2 series or more, and {len(used)} of {len(series):,} can be used with a horizon "
            f"of {horizon} and a context of {length}. {first}.{only}"
        )
    members = []
    for label in used:
        each = series[label]
        members.append(Observed.of(each, cutoff_in_set(each.values, horizon), season, divided=divided))
    source = ObservedSet.of(name, used, members, left_out)
    config = dataclasses.replace(architecture.config(), context_length=length, horizon=horizon)
    windows = sum(member.account_in_set(length, horizon).training for member in members)
    parts = changed({"recipe": recipe_for(architecture.recipe, windows), "config": config}, changes or {})
    return TrainingSpec(
        architecture=architecture.name,
        config=dataclasses.asdict(parts["config"]),
        source=source,
        recipe=parts["recipe"],
        seed=seed,
        model_file=_model_files.sha256_of(architecture.name),
        scaling_kind=scaling,
        calendar=parts_of_calendar,
    )


def _calendar(parts: Iterable[str], series: Mapping[str, Series], horizon: int) -> tuple[str, ...]:
    """The parts of the calendar; `auto` takes those that the longest series allows to learn."""
    longest = max(series.values(), key=len)
    chosen_parts = chosen(parts, longest.times, len(longest) - held_out_of(len(longest), horizon))
    if chosen_parts:
        zones = {label: each.times and each.times.zone for label, each in series.items()}
        if len(set(zones.values())) > 1:
            first, *others = zones
            other = next(label for label in others if zones[label] != zones[first])
            raise InputError(
                f"the calendar of a set follows one clock: {first!r} has {zones[first] or 'no zone'}, {other!r} "
                f"{zones[other] or 'no zone'}. Give all times in one zone, or leave --calendar out."
            )
    return chosen_parts


def season_of(series: Sequence[Series]) -> int:
    """The season by the frequency, that a series of the median length holds three times; 1 if there is none."""
    times = series[0].times
    return 1 if times is None else times.frequency.season_of(int(np.median([len(each) for each in series])))


def _check(series: Mapping[str, Series], *, divided: bool) -> None:
    """Raises InputError for what no choice of a window can mend."""
    if len(series) > MOST_MEMBERS:
        raise InputError(f"a set has at most {MOST_MEMBERS:,} series, got {len(series):,}. Divide the file.")
    missing = [label for label, each in series.items() if each.missing]
    if missing and not divided:
        raise InputError(
            f"{len(missing):,} of {len(series):,} series have missing values, and training needs every value: "
            f"{_named(missing)}. Fill them with --gaps interpolate or --gaps last."
        )
    steps = {label: None if each.times is None else each.times.frequency.alias for label, each in series.items()}
    if len(set(steps.values())) > 1:
        first, *others = series
        other = next(label for label in others if steps[label] != steps[first])
        raise InputError(
            f"the series of a set have one frequency: {first!r} has steps of {steps[first]}, {other!r} of "
            f"{steps[other]}. State it with --frequency, or leave the others out of the file."
        )


def _trained_on(count: int, horizon: int) -> int:
    """How many of `count` values of a series are trained on: neither its hold-out nor what chooses the weights."""
    past = count - held_out_of(count, horizon)
    return past - held_out_of(past, horizon)


def _fewest(length: int, horizon: int) -> int:
    """The fewest values of a series that can be used."""
    count = length + 3 * horizon
    while _trained_on(count, horizon) < length + horizon:
        count += 1
    return count


def _why_not(values: NDArray[np.float64], length: int, horizon: int, season: int) -> str:
    """Why a series cannot be used, in a few words; empty if it can."""
    needed = max(_fewest(length, horizon), season + 1 + horizon)
    present = ~np.isnan(values)
    if (count := int(present.sum())) < needed:
        return f"{count:,} values, {needed:,} needed"
    cutoff = cutoff_in_set(values, horizon)
    past = values[:cutoff][present[:cutoff]]
    if count < len(values):
        counts = account(values, cutoff, cutoff_in_set(values[:cutoff], horizon), length, horizon)
        if not min(counts.training, counts.choosing, counts.held_out):
            return f"{len(counts.parts)} unbroken parts, too short for a window to train on, choose by and score"
        if not has_differences(values[:cutoff], season):
            return f"no two values a season of {season} apart in one unbroken part"
    if past.min() == past.max():
        return "every value before the hold-out is the same"
    return "values that differ too little for float64" if np.ptp(past) < LEAST_RANGE else ""


def _choose_context_length(series: Sequence[Series], horizon: int, season: int) -> int:
    """The length of least error of one ridge regression for all series, on the last part before the cutoffs.

    All lengths are judged on the same targets, each with its best penalty, in units of each series' deviation. Values
    are counted from the last one of their window, since the series of a set have no level in common.
    """
    wanted = [season * times for times in SEASONS] if season > 1 else list(STEPS)
    wanted = [length for length in wanted if length <= LONGEST] or [LONGEST]

    def usable_with(length: int) -> list[NDArray[np.float64]]:
        return [each.values for each in series if not _why_not(each.values, length, horizon, season)]

    while wanted[0] > 2 and len(usable_with(wanted[0])) < 2:  # short series
        wanted = [max(2, wanted[0] // 2)]
    usable = {length: usable_with(length) for length in wanted}
    kept = [length for length in wanted if len(usable[length]) >= (1 - SPARED) * len(usable[wanted[0]])]
    parts = usable[kept[-1]]
    if len(kept) == 1 or not parts:
        return kept[0]
    pasts = [values[: cutoff_in_set(values, horizon)] for values in parts]
    scaled = [Scaling.fit(past).standardise(past).astype(np.float64) for past in pasts]
    errors = {}
    for length in kept:
        every, own = pooled(scaled, length, horizon)
        fitted, judged, begin = [], [], 0
        for past, places in zip(scaled, own, strict=True):
            before, after = divide(places, begin + cutoff_in_set(past, horizon), length, horizon)
            fitted.append(before)
            judged.append(after)
            begin += len(past)
        some, last = spread_out(np.concatenate(fitted), MOST_FITTED), spread_out(np.concatenate(judged), MOST_JUDGED)
        following = [choice for choice in CHOICES if choice.follows_last]
        errors[length] = min(
            float(np.mean((every.target[last] - every.context[last] @ weights.T - bias) ** 2))
            for _, weights, bias in fits(every.context[some], every.target[some], following)
        )
    return of_least_error(errors, season)


def _named(labels: Sequence[str]) -> str:
    return ", ".join(map(repr, labels[:NAMED])) + (", ..." if len(labels) > NAMED else "")
