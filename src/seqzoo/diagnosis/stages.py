"""The stages of a diagnosis, one after another; each yields the report as far as it is known."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from .._arrays import FloatArray
from ..data.gaps import parts_of, position_of_last
from ..data.scaling import Kind
from ..errors import InputError
from ..evaluation.nonlinearity import linearity
from ..execution.tasks import Failure
from ..forecasters.linear import RidgeAutoregression
from ..forecasters.rivals import Rival
from . import contest, verdict
from .contest import Entrant, LeftOut
from .depths import DEEP, DEFAULT, QUICK, Depth
from .description import Given, describe
from .ground import Ground
from .networks import Training, TwinTraining
from .report import NOT_AT_DEPTH, Report, Surrogates, Twin
from .running import Following, Key, Running, Task

SCALING, NETWORK, TWIN, RIVAL, LEARNING = "scaling", "network", "twin", "rival", "learning"  # of tasks


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
    tasks, following = _tasks(networks, on_twin, statistical, ground)
    outcomes: dict[Key, Any] = {}
    with Running(workers, level.processes, should_stop) as running:
        running.begin(tasks, following)
        # While the processes work, this one computes what takes no network.
        for rival in contest.simple_rivals(ground):
            _enter(rival, _attempt(contest.rival_losses, rival, ground), entrants, left_out)
        report = dataclasses.replace(report, contest=contest.ranked(entrants, ground), left_out=left_out)
        total = 1 + len(tasks) + len(networks)
        yield Step("contest", 1, total, report)
        report = dataclasses.replace(report, surrogates=_surrogates(given, description.season, level))
        yield Step("surrogates", 1, 1, report)
        curves, longer = _learning_of_linear(entrants, ground)
        for key, outcome in running.outcomes():
            outcomes[key] = outcome
            yield Step("contest", 1 + len(outcomes), total, report)
        if should_stop():
            return
        for rival in statistical:
            _enter(rival, outcomes[RIVAL, rival.name], entrants, left_out)
        names = dict.fromkeys(training.architecture.name for training in reversed(networks))
        for name in names:
            kind = outcomes[SCALING, name]
            seeds = [kind] if isinstance(kind, Failure) else [
                outcomes[_named(each)] for each in networks if each.architecture.name == name
            ]  # fmt: skip
            one = contest.mean_of_seeds(name, seeds, ground)
            entrants.append(one) if isinstance(one, Entrant) else left_out.append(one)
        report = dataclasses.replace(report, contest=contest.ranked(entrants, ground), left_out=left_out)
        yield Step("contest", total, total, report)

        report = dataclasses.replace(report, twin=_twin(on_twin, outcomes.get((TWIN,)), level))
        yield Step("twin", 1, 1, report)

        of_networks = [one for one in entrants if one.kind == "network"]
        best = min(of_networks, key=lambda one: float(one.losses.mean()), default=None)
        if best is not None and level.learns:
            shorter = _shorter(networks, best.name, outcomes[SCALING, best.name], ground)
            running.begin({(LEARNING, str(at)): training.forecast for at, training in enumerate(shorter)})
            losses: dict[Key, Any] = {}
            for key, outcome in running.outcomes():
                losses[key] = outcome if isinstance(outcome, Failure) else ground.losses(outcome)
                yield Step("learning", len(losses), 1 + len(shorter), report)
            if should_stop():
                return
            known = [loss for _, loss in sorted(losses.items()) if not isinstance(loss, Failure)]
            if len(known) == len(shorter):
                points = [*verdict.parts(ground.training), ground.training]
                curves.append(verdict.curve_of(best.name, points, [*known, best.seeds[0]], ground))
    report = dataclasses.replace(report, learning=curves, longer_context=longer)
    yield Step("learning", 1, 1, report)

    decision = verdict.verdict_of(
        entrants, ground, curves=curves, context=longer, has_networks=best is not None,
        total=description.length - description.missing,
    )
    seconds = time.perf_counter() - began
    yield Step("verdict", 1, 1, dataclasses.replace(report, verdict=decision, seconds=seconds))


def _depth(name: str) -> Depth:
    depths = {depth.name: depth for depth in (QUICK, DEFAULT, DEEP)}
    if name not in depths:
        raise InputError(f"a depth is one of {', '.join(depths)}, got {name[:40]!r}.")
    return depths[name]


def _named(training: Training) -> Key:
    """The key of a training's task."""
    return NETWORK, training.architecture.name, str(training.seed)


def _tasks(
    networks: list[Training], on_twin: TwinTraining | None, statistical: list[Rival], ground: Ground
) -> tuple[dict[Key, Task], Following]:
    """The tasks of a contest to begin with, and what follows: the trainings of an architecture with its scaling."""
    firsts = [training for training in networks if training.seed == 0]
    tasks: dict[Key, Task] = {(SCALING, each.architecture.name): each.choose for each in firsts}
    if on_twin is not None:
        tasks[TWIN,] = on_twin.excess
    tasks |= {(RIVAL, rival.name): partial(contest.rival_losses, rival, ground) for rival in statistical}

    def following(key: Key, outcome: Any) -> dict[Key, Task]:
        if key[0] != SCALING or isinstance(outcome, Failure):
            return {}
        own = [training for training in networks if training.architecture.name == key[1]]
        return {_named(each): dataclasses.replace(each, scaling=outcome).forecast for each in own}

    return tasks, following


def _attempt(losses: Callable[..., FloatArray], *arguments: Any) -> FloatArray | Failure:
    """The losses, or the reason why there are none."""
    try:
        return losses(*arguments)
    except InputError as error:
        return Failure(str(error))


def _enter(rival: Rival, outcome: FloatArray | Failure, entrants: list[Entrant], left_out: list[LeftOut]) -> None:
    if isinstance(outcome, Failure):
        left_out.append(LeftOut(rival.label, outcome.reason))
    else:
        entrants.append(Entrant(rival.name, rival.label, contest.kind_of(rival.name), outcome))


def _surrogates(given: Given, season: int, depth: Depth) -> Surrogates:
    begin, end = max(parts_of(given.values), key=lambda part: part[1] - part[0])
    part = 0 if end - begin == len(given.values) else end - begin
    try:
        test = linearity(
            given.values[begin:end], season=season if season > 1 else None, surrogates=depth.surrogates
        )
    except InputError as error:
        return Surrogates(reason=str(error), part=part)
    return Surrogates(test.p, test.gain, test.surrogate_gains, test.points, test.is_differenced, part=part)


def _twin(training: TwinTraining | None, outcome: FloatArray | Failure | None, depth: Depth) -> Twin:
    if training is None or outcome is None:
        return Twin(reason="torch is not installed" if depth.is_statistical else NOT_AT_DEPTH)
    if isinstance(outcome, Failure):
        return Twin(reason=outcome.reason)
    return Twin(float(outcome[0]), training.architecture.name, training.points)


def _learning_of_linear(
    entrants: list[Entrant], ground: Ground
) -> tuple[list[verdict.LearningCurve], verdict.LongerContext | None]:
    """The learning curve of the linear forecaster, and what twice its context gains, where it can be fitted."""
    linear = next((one for one in entrants if one.kind == "linear"), None)
    if linear is None:
        return [], None
    length = ground.context_length(ground.training)
    curves: list[verdict.LearningCurve] = []
    points = verdict.parts(ground.training)
    shorter = [_attempt(_of_linear, ground.latest(count), ground.context_length(count)) for count in points]
    known = [each for each in shorter if not isinstance(each, Failure)]
    if len(known) == len(shorter):
        curves.append(verdict.curve_of(linear.name, [*points, ground.training], [*known, linear.losses], ground))
    whole = ground.whole(2 * length)
    if whole.sum() < 2:
        return curves, None
    doubled = _attempt(_of_linear, dataclasses.replace(ground, cutoffs=ground.cutoffs[whole]), 2 * length)
    if isinstance(doubled, Failure):
        return curves, None
    return curves, verdict.longer_context(2 * length, doubled, linear.losses[whole], ground)


def _of_linear(ground: Ground, context_length: int) -> FloatArray:
    """[N]: losses of the linear forecaster with a context."""
    return contest.rival_losses(RidgeAutoregression(context_length, ground.season), ground)


def _shorter(networks: list[Training], name: str, scaling: Kind, ground: Ground) -> list[Training]:
    """The first training of an architecture, with its scaling, on the latest quarter and half of its values."""
    whole = next(training for training in networks if training.architecture.name == name and training.seed == 0)
    shorter = []
    for count in verdict.parts(ground.training):
        length = whole.architecture.context_length(whole.context_length, count)
        fits = scaling != "season" or length >= whole.season
        shorter.append(dataclasses.replace(
            whole, start=position_of_last(ground.values[: ground.first], count), context_length=length,
            scaling=scaling if fits else None,
        ))  # fmt: skip
    return shorter
