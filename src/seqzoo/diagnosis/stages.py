"""The stages of a diagnosis, one after another; each yields the report as far as it is known."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from .._arrays import FloatArray
from ..errors import InputError
from ..evaluation.nonlinearity import linearity
from ..forecasters.linear import RidgeAutoregression
from ..forecasters.rivals import Rival
from . import contest, verdict
from .contest import Entrant, LeftOut
from .depths import DEEP, DEFAULT, QUICK, Depth
from .description import Given, describe
from .ground import Ground
from .networks import Training, TwinTraining
from .report import NOT_AT_DEPTH, Report, Surrogates, Twin
from .running import Outcome, Running


class Step(NamedTuple):
    """A finished step.

    Args:
        stage: one of `report.STAGES`.
        done, total: steps of this stage.
        report: as far as it is known.
    """

    stage: str
    done: int
    total: int
    report: Report


def doctor(
    series: Any,
    *,
    season: int | None = None,
    horizon: int | None = None,
    depth: str = "default",
    workers: int = 1,
    on_step: Callable[[Step], None] = lambda step: None,
) -> Report:
    """Describes a series, compares forecasters on it, and says which to use.

    Args:
        series: an array [T], NaN where a value is missing; a series; or a frame, see `Given.of`.
        season: steps of its season, 1 for none; by default it is looked for.
        horizon: H; by default a season, at most 24 and a thirtieth of the values.
        depth: "quick", "default" or "deep".
        workers: processes; 1 computes in this one. The report is the same.
        on_step: called after every step.

    Raises:
        InputError: the series is too short, not of numbers or constant, or an option lies outside its range.
    """
    report = None
    given = Given.of(series)
    for step in stages(given, season=season, horizon=horizon, depth=depth, workers=workers):
        on_step(step)
        report = step.report
    assert report is not None
    return report


def stages(
    given: Given,
    *,
    season: int | None = None,
    horizon: int | None = None,
    depth: str = "default",
    workers: int = 1,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[Step]:
    """Every step as it is finished; the last has the whole report. Arguments and errors as for `doctor`.

    Args:
        should_stop: polled; True ends the diagnosis after the last finished step.
    """
    began, level = time.perf_counter(), _depth(depth)
    description = describe(given, season)
    ground = Ground.of(given, description.season, horizon, level)
    report = Report(description, ground.protocol(level), given)
    yield Step("series", 1, 1, report)

    statistical, absent = contest.statistical_rivals(description.season, level)
    networks, without_torch = contest.trainings(ground, level)
    left_out = [*absent, *without_torch]
    entrants: list[Entrant] = []
    on_twin = contest.twin_training(ground, level)
    tasks = [*([] if on_twin is None else [on_twin.excess]), *contest.tasks_of(networks, statistical, ground)]
    outcomes: dict[int, Outcome] = {}
    with Running(tasks, workers, level.processes, should_stop) as running:
        # While the processes work, this one computes what takes no network.
        for rival in contest.simple_rivals(ground):
            _enter(rival, _attempt(contest.rival_losses, rival, ground), entrants, left_out)
        report = dataclasses.replace(report, contest=contest.ranked(entrants, ground), left_out=left_out)
        yield Step("contest", 1, 1 + len(tasks), report)
        report = dataclasses.replace(report, surrogates=_surrogates(given, description.season, level))
        yield Step("surrogates", 1, 1, report)
        curves, longer = _learning_of_linear(entrants, ground)
        for number, outcome in running.outcomes():
            outcomes[number] = outcome
            yield Step("contest", 1 + len(outcomes), 1 + len(tasks), report)
    if len(outcomes) < len(tasks):
        return
    ordered = [outcome for _, outcome in sorted(outcomes.items())]
    of_twin = None if on_twin is None else ordered.pop(0)
    for rival, outcome in zip(statistical, ordered[len(networks) :], strict=True):
        _enter(rival, outcome, entrants, left_out)
    for one in contest.gathered(networks, ordered[: len(networks)], ground):
        entrants.append(one) if isinstance(one, Entrant) else left_out.append(one)
    report = dataclasses.replace(report, contest=contest.ranked(entrants, ground), left_out=left_out)
    yield Step("contest", 1 + len(tasks), 1 + len(tasks), report)

    report = dataclasses.replace(report, twin=_twin(on_twin, of_twin, level))
    yield Step("twin", 1, 1, report)

    best = min((one for one in entrants if one.kind == "network"), key=lambda one: one.losses.mean(), default=None)
    if best is not None and level.learns:
        shorter = _shorter(networks, best.name)
        losses: dict[int, Outcome] = {}
        with Running([training.forecast for training in shorter], workers, level.processes, should_stop) as running:
            for number, outcome in running.outcomes():
                losses[number] = outcome if isinstance(outcome, str) else ground.losses(outcome)
                yield Step("learning", len(losses), 1 + len(shorter), report)
        if len(losses) < len(shorter):
            return
        known = [loss for _, loss in sorted(losses.items()) if not isinstance(loss, str)]
        if len(known) == len(shorter):
            points = [ground.first - training.start for training in shorter]
            curves.append(verdict.curve_of(best.name, [*points, ground.first], [*known, best.seeds[0]], ground))
    report = dataclasses.replace(report, learning=curves, longer_context=longer)
    yield Step("learning", 1, 1, report)

    decision = verdict.verdict_of(
        entrants, ground, curves=curves, context=longer, has_networks=best is not None, total=len(given.values)
    )
    seconds = time.perf_counter() - began
    yield Step("verdict", 1, 1, dataclasses.replace(report, verdict=decision, seconds=seconds))


def _depth(name: str) -> Depth:
    depths = {depth.name: depth for depth in (QUICK, DEFAULT, DEEP)}
    if name not in depths:
        raise InputError(f"a depth is one of {', '.join(depths)}, got {name[:40]!r}.")
    return depths[name]


def _attempt(losses: Callable[..., FloatArray], *arguments: Any) -> Outcome:
    """The losses, or the reason why there are none."""
    try:
        return losses(*arguments)
    except InputError as error:
        return str(error)


def _enter(rival: Rival, outcome: Outcome, entrants: list[Entrant], left_out: list[LeftOut]) -> None:
    if isinstance(outcome, str):
        left_out.append(LeftOut(rival.label, outcome))
    else:
        entrants.append(Entrant(rival.name, rival.label, contest.kind_of(rival.name), outcome))


def _surrogates(given: Given, season: int, depth: Depth) -> Surrogates:
    try:
        test = linearity(
            given.values, season=season if 1 < season <= len(given.values) // 3 else None, surrogates=depth.surrogates
        )
    except InputError as error:
        return Surrogates(reason=str(error))
    return Surrogates(test.p, test.gain, test.surrogate_gains, test.points, test.is_differenced)


def _twin(training: TwinTraining | None, outcome: Outcome | None, depth: Depth) -> Twin:
    if training is None or outcome is None:
        return Twin(reason="torch is not installed" if depth.is_statistical else NOT_AT_DEPTH)
    if isinstance(outcome, str):
        return Twin(reason=outcome)
    return Twin(float(outcome[0]), training.architecture.name, training.points)


def _learning_of_linear(
    entrants: list[Entrant], ground: Ground
) -> tuple[list[verdict.LearningCurve], verdict.LongerContext | None]:
    """The learning curve of the linear forecaster, and what twice its context gains, where it can be fitted."""
    linear = next((one for one in entrants if one.kind == "linear"), None)
    if linear is None:
        return [], None
    length = ground.context_length(ground.first)
    curves: list[verdict.LearningCurve] = []
    points = verdict.parts(ground.first)
    shorter = [_attempt(_of_latest, ground, count, ground.context_length(count)) for count in points]
    known = [each for each in shorter if not isinstance(each, str)]
    if len(known) == len(shorter):
        curves.append(verdict.curve_of(linear.name, [*points, ground.first], [*known, linear.losses], ground))
    doubled = _attempt(_of_latest, ground, ground.first, 2 * length)
    longer = None if isinstance(doubled, str) else verdict.longer_context(2 * length, doubled, linear.losses, ground)
    return curves, longer


def _of_latest(ground: Ground, count: int, context_length: int) -> FloatArray:
    """[N]: losses of the linear forecaster that is fitted on the latest `count` values before the first cutoff."""
    part = dataclasses.replace(ground, values=ground.values[ground.first - count :], first=count)
    return contest.rival_losses(RidgeAutoregression(context_length, ground.season), part)


def _shorter(networks: list[Training], name: str) -> list[Training]:
    """The first training of an architecture, on the latest quarter and half of its training part."""
    whole = next(training for training in networks if training.architecture.name == name and training.seed == 0)
    first = int(whole.cutoffs[0])
    return [
        dataclasses.replace(
            whole, start=first - count,
            context_length=whole.architecture.context_length(whole.context_length, count),
        )
        for count in verdict.parts(first)
    ]  # fmt: skip


