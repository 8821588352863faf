"""The spec of a training on a measured series: its window, by inner validation, and a recipe for few windows."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..data.calendar import Calendar, chosen
from ..data.gaps import Division, default_cutoff_of, divide, longest_part, starts_of
from ..data.scaling import KINDS, Kind
from ..data.windows import HELD_OUT, Windows, default_cutoff, sliding
from ..errors import DivergedError, InputError
from ..evaluation.comparison import NORMAL, compare
from ..evaluation.holdout import FEWEST_CUTOFFS, check_cutoffs
from ..forecasters.linear import judged_errors, validation_errors
from ..signals import Observed, ObservedSet
from ..zoo import _model_files
from ..zoo._recipes import Recipe
from ..zoo._registry import Architecture
from .spec import TrainingSpec, changed, has_season

LONGEST = 672  # the longest window that is tried, a week of quarter hours; a longer one can be asked for
WEEK = 7
SEASONS = (1, 2, 3, WEEK)  # windows that are tried, in seasons: the last is a week where the season is a day
SAVED = 0.2  # the share of the error that a window of seven seasons must save, as a network reads it for longer
STEPS = (8, 16, 32, 64)  # and without a season
FEWEST_WINDOWS = 8
RATE = 2e-3  # of Adam, where it is tried in place of the architecture's optimiser
LEAST_RANGE = 1e-140  # of the values of a series: the square of a hundred-millionth of it is a normal float64


def context_lengths(count: int, horizon: int, season: int = 1) -> list[int]:
    """The lengths to choose from for a training part of `count` values; empty if it is too short for any.

    Args:
        season: steps of a season; with 1, the lengths are powers of two.
    """
    held_out = count // HELD_OUT
    longest = min(LONGEST, count - held_out - horizon - FEWEST_WINDOWS, held_out * 4 - horizon)
    wanted = [season * times for times in SEASONS] if season > 1 else list(STEPS)
    return [length for length in wanted if length <= longest] or ([longest] if longest >= 2 else [])


def of_least_error(errors: Mapping[int, float], season: int) -> int:
    """The window [L] of least error, by length; one of seven seasons only if it saves a fifth of that of others."""
    week = WEEK * season if season > 1 else 0
    least, best = min((error, length) for length, error in errors.items() if length != week or len(errors) == 1)
    return week if errors.get(week, least) < (1 - SAVED) * least else best


def choose_context_length(
    values: NDArray[np.float64], horizon: int, season: int = 1, *, held_out: NDArray[np.float64] | None = None
) -> int:
    """The length whose ridge autoregression has the least error on the last fifth of a training part [T].

    All lengths are judged on the same targets, each with its best penalty. A linear forecaster stands in for the
    network, which would take a training for each length.

    Args:
        values: NaN where one is missing; no window crosses a gap.
        held_out: the values [t] after the training part, of which only those that are missing matter: a length that
            leaves too few cutoffs there for a score is not tried. None where this does not matter.

    Raises:
        InputError: the training part is too short for any window.
    """
    if np.isnan(values).any() or (held_out is not None and np.isnan(held_out).any()):
        return _choose_among_parts(values, horizon, season, np.empty(0) if held_out is None else held_out)
    lengths = context_lengths(len(values), horizon, season)
    if not lengths:
        raise InputError(
            f"a training part of {len(values)} values is too short to train on with a horizon of {horizon}: give a "
            "longer series or a shorter horizon."
        )
    centred = values - values.mean()
    judged = max(1, len(values) // HELD_OUT - horizon + 1)
    errors = {}
    for length in lengths:
        if by_choice := validation_errors(sliding(centred, length, horizon), judged, FEWEST_WINDOWS):
            errors[length] = min(by_choice.values())
    return of_least_error(errors, season) if errors else lengths[0]


def _choose_among_parts(
    values: NDArray[np.float64], horizon: int, season: int, held_out: NDArray[np.float64]
) -> int:
    """The same for a training part with gaps, of the lengths that leave windows to fit on, to judge and to score.

    Raises:
        InputError: there is no such length.
    """
    cutoff, inner = len(values), default_cutoff_of(values)
    every = np.concatenate([values, held_out])

    def division(length: int) -> Division:
        return divide(starts_of(values, length, horizon), inner, length, horizon)

    def fits_in(length: int) -> bool:
        before = division(length)
        scored = len(divide(starts_of(every, length, horizon), cutoff, length, horizon).held_out)
        is_scored = scored >= FEWEST_CUTOFFS or not len(held_out)
        return is_scored and len(before.training) >= FEWEST_WINDOWS and len(before.held_out) > 0

    wanted = context_lengths(longest_part(values), horizon, season)
    lengths = [length for length in wanted if fits_in(length)]
    if not lengths:
        shorter = range(min(wanted or [STEPS[-1]]) - 1, 1, -1)
        lengths = list(itertools.islice(filter(fits_in, shorter), 1))
    if not lengths:
        raise InputError(
            f"no unbroken part is long enough to train on with a horizon of {horizon}: the longest has "
            f"{longest_part(values)} values. Fill the gaps, or give a longer series or a shorter horizon."
        )
    centred = values - values[~np.isnan(values)].mean()
    cutoffs = division(max(lengths)).held_out + max(lengths)  # which all lengths have
    errors = {}
    for length in lengths:
        context, target = sliding(centred, length, horizon)
        fitted, judged = division(length).training, cutoffs - length
        by_choice = judged_errors(Windows(context[fitted], target[fitted]), Windows(context[judged], target[judged]))
        errors[length] = min(by_choice.values())
    return of_least_error(errors, season)


def recipe_for(recipe: Recipe, windows: int) -> Recipe:
    """The recipe of an architecture for few windows: they are seen at most about a hundred times."""
    batch = min(recipe.batch_size, max(8, windows // 8))
    steps = int(min(recipe.steps, max(300, 100 * windows // batch), 2000))
    return dataclasses.replace(recipe, batch_size=batch, steps=steps, points=None, evaluate_every=max(5, steps // 60))


def spec_on_series(
    architecture: Architecture,
    series: Observed,
    horizon: int,
    *,
    context_length: int | None = None,
    scaling: Kind | None = None,
    seed: int = 0,
    changes: Mapping[str, Any] | None = None,
    calendar: Iterable[str] = (),
) -> TrainingSpec:
    """The spec of an architecture on a measured series.

    Args:
        context_length: L; by default chosen by `choose_context_length` on the values before the cutoff.
        scaling: a kind of `data.scaling`; nothing is then trained, and the optimiser is that of the architecture. By
            default both are chosen by `choose`, which trains several networks for a while.
        changes: as for `TrainingSpec.of`.
        calendar: parts of `data.calendar` that the network reads beside the values, or only "auto".

    Raises:
        UnknownNameError: the calendar has no such part.
        InputError: the calendar says nothing of the series, or the architecture cannot read it; the series is too
            short, or as `TrainingSpec.of`.
    """
    check_cutoffs(series.length - series.cutoff, horizon)  # before a window is chosen
    values = series.series().values
    past, after = values[: series.cutoff], values[series.cutoff :]
    measured = past[~np.isnan(past)]
    parts_of_calendar = chosen(calendar, series.series().times, series.cutoff)
    architecture.check_channels(1 + len(Calendar(parts_of_calendar).names))
    if measured.min() == measured.max():
        raise InputError(f"every value before the cutoff is {measured[0]:g}: there is nothing to learn from it.")
    if np.ptp(measured) < LEAST_RANGE:
        raise InputError(
            f"the values before the cutoff differ by at most {np.ptp(measured):.3g}, and the squares of such errors "
            "vanish in float64. Give the series in a smaller unit."
        )
    length = context_length or choose_context_length(past, horizon, series.season, held_out=after)
    config = dataclasses.replace(architecture.config(), context_length=length, horizon=horizon)
    windows = default_cutoff(len(past)) - length - horizon + 1
    if series.missing:
        windows = series.account(length, horizon).training
    recipe = recipe_for(architecture.recipe, max(1, windows))
    parts = changed({"recipe": recipe, "config": config}, changes or {})
    spec = TrainingSpec(
        architecture=architecture.name,
        config=dataclasses.asdict(parts["config"]),
        source=series,
        recipe=parts["recipe"],
        seed=seed,
        model_file=_model_files.sha256_of(architecture.name),
        scaling_kind=scaling or "series",
        calendar=parts_of_calendar,
    )
    return spec if scaling is not None else choose(spec, keeps_optimiser=states_optimiser(changes or {}))


def states_optimiser(changes: Iterable[str]) -> bool:
    """Whether changes of a spec, by name, leave no optimiser to choose."""
    return not {"recipe.optimiser", "recipe.learning_rate"}.isdisjoint(changes)


def choose(
    spec: TrainingSpec,
    *,
    scaling: Kind | None = None,
    keeps_optimiser: bool = False,
    should_stop: Callable[[], bool] = lambda: False,
) -> TrainingSpec:
    """The spec with the scaling and the optimiser whose network errs least on the last fifth before the cutoff.

    Networks are trained for a third of the steps: with Adam, one of each kind of scaling; then, with the chosen kind,
    one with the optimiser of the recipe. A series with a trend needs windows without their own level; one whose level
    itself predicts, such as a rate that returns to its mean, needs the level; one whose season grows is best
    compared with the season before. On few windows SOAP fits the noise of a feed-forward network within a few
    steps, while a recurrent network needs it. `_preferred` says when the level counts.

    Args:
        scaling: stated, so that only the optimiser is chosen.
        keeps_optimiser: whether the recipe states it.
        should_stop: called before every update; True ends the trainings, and with them the comparison.

    Raises:
        InputError: as `training.loop.train`.
    """
    kinds = [kind for kind in KINDS if kind != "season" or has_season(spec.source, spec.context_length)]
    if isinstance(spec.source, ObservedSet):  # whose series have no level and scale in common
        kinds.remove("series")
    adam = spec.recipe if keeps_optimiser else dataclasses.replace(spec.recipe, optimiser="adam", learning_rate=RATE)
    candidates = [
        msgspec.structs.replace(spec, recipe=adam, scaling_kind=kind) for kind in kinds if scaling in (None, kind)
    ]
    if keeps_optimiser and len(candidates) == 1:
        return candidates[0]
    errors = {candidate.scaling_kind: _short_errors(candidate, should_stop) for candidate in candidates}
    kind = _preferred(errors, spec.horizon)
    best = msgspec.structs.replace(spec, recipe=adam, scaling_kind=kind)
    if adam == spec.recipe:
        return best
    other = msgspec.structs.replace(best, recipe=spec.recipe)
    return other if _short_errors(other, should_stop).mean() < errors[kind].mean() else best


def _preferred(errors: Mapping[Kind, NDArray[np.float64]], horizon: int) -> Kind:
    """The kind of least error; that of the series only if it is better by more than one standard error.

    The other kinds do not ask whether the levels to come are those of the past, which no value before the cutoff can
    tell. The standard error is that of a block bootstrap; where the windows are too few for one, nothing is shown.

    Args:
        errors: [N] of each kind, at the same cutoffs in order of time.
    """
    kind = min(errors, key=lambda kind: float(errors[kind].mean()))
    others = [other for other in errors if other != "series"]
    if kind != "series" or not others:
        return kind
    other = min(others, key=lambda kind: float(errors[kind].mean()))
    if not np.isfinite(errors[other]).all():
        return kind
    if len(errors[kind]) < 2:
        return other
    comparison = compare(errors[kind], errors[other], horizon)
    standard_error = (comparison.high - comparison.low) / (2 * NORMAL)
    return kind if comparison.difference < -standard_error else other


def _short_errors(spec: TrainingSpec, should_stop: Callable[[], bool]) -> NDArray[np.float64]:
    """[N]: the squared errors that a third of a training leaves on the windows that choose its weights.

    They are infinite where it diverges or is stopped before its first evaluation.
    """
    from .loop import train
    from .validation import errors_of

    recipe = dataclasses.replace(spec.recipe, steps=max(1, spec.recipe.steps // 3))
    try:
        trained = train(msgspec.structs.replace(spec, recipe=recipe), should_stop=should_stop)
    except DivergedError:
        return np.array([math.inf])
    return errors_of(spec, trained.module) if trained.history else np.array([math.inf])
