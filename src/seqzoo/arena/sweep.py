"""A sweep: one model trained with many settings and seeds, each training a task, each result a row in a folder."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .._estimates import Estimate
from ..errors import InputError
from ..evaluation.student import quantile
from ..execution import keyed
from ..execution.tasks import Failure, Place, Retry

if TYPE_CHECKING:
    from ..training.spec import TrainingSpec

MOST_TRIALS = 100_000
LARGEST = 1e100  # absolute value at the end of a range
Setting = dict[str, Any]
"""New values by field, as `TrainingSpec.of` takes them."""


class Trial(NamedTuple):
    """One training of a sweep: a task."""

    setting: Setting
    spec: TrainingSpec

    @property
    def key(self) -> str:
        """A digest of everything that determines the result, but for the rounding of the processor."""
        return self.spec.fingerprint


class Standing(NamedTuple):
    """A setting and its excess over the seeds, with its standard error; the reason where trainings failed."""

    setting: Setting
    excess: Estimate
    seeds: int
    reason: str = ""

    @property
    def interval(self) -> float:
        """Half the width of the 95% interval of the mean, by Student's t over seeds; NaN with one seed."""
        return quantile(0.025, self.seeds - 1) * self.excess.se if self.seeds > 1 else math.nan


def grid(axes: str) -> list[Setting]:
    """Every combination of values, for example of `recipe.learning_rate=1e-3,3e-3 config.hidden_size=16,64`.

    Raises:
        InputError: an axis is not FIELD=VALUE,VALUE, or one comes twice; or the combinations are too many.
    """
    values = {field: [_value(word) for word in given.split(",")] for field, given in _axes(axes)}
    _check_count(math.prod(map(len, values.values())))
    return _each_once(dict(zip(values, chosen, strict=True)) for chosen in itertools.product(*values.values()))


def drawn(axes: str, count: int, seed: int = 0) -> list[Setting]:
    """Settings drawn at random: of LOW..HIGH uniformly, of log:LOW..HIGH uniformly in the logarithm, or of a list.

    Of a range between whole numbers, a whole number is drawn. Settings that are drawn twice are there once.

    Raises:
        InputError: an axis is none of these, or the settings are too many.
    """
    _check_count(count)
    rng = np.random.default_rng(seed)
    parsed = list(_axes(axes))
    return _each_once({field: _draw(field, given, rng) for field, given in parsed} for _ in range(count))


def trials(spec_of: Callable[[Setting, int], TrainingSpec], settings: Sequence[Setting], seeds: int) -> list[Trial]:
    """A trial for each setting and seed, each once.

    Args:
        spec_of: the spec with a setting and a seed.

    Raises:
        InputError: a value cannot be, or there are more than MOST_TRIALS.
    """
    _check_count(len(settings) * seeds)
    every = [Trial(setting, spec_of(setting, seed)) for setting in settings for seed in range(seeds)]
    return list({trial.key: trial for trial in every}.values())


def measured(trial: Trial) -> dict[str, Any]:
    """Train and score one trial: the facts of its row that its spec determines.

    Raises:
        SeqzooError: the training cannot start or diverges.
    """
    from .experiments.training import outcome_of

    outcome = outcome_of(trial.spec)
    return {
        "excess": outcome.excess, "excess_se": outcome.excess_se, "skill": outcome.skill, "mse": outcome.mse,
        "parameters": outcome.parameters, "best_step": outcome.best_step,
    }  # fmt: skip


def run(
    wanted: Sequence[Trial],
    folder: Path,
    place: Place,
    *,
    on_start: Callable[[int, int], None] = lambda done, total: None,
    on_end: Callable[[Trial, dict[str, Any] | Failure], None] = lambda trial, result: None,
    on_retry: Callable[[Retry], None] = lambda retry: None,
    should_stop: Callable[[], bool] = lambda: False,
    work: Callable[[Trial], dict[str, Any]] | None = None,
) -> tuple[list[dict[str, Any]], bool]:
    """The rows of the trials, ordered by key, and whether all are there, after training those without a row.

    A row is written within a second after its batch of tasks ends. That of a failed one holds the reason; the next
    run tries it again.

    Args:
        work: replaces `measured`.

    Raises:
        InputError: the folder holds something else, or another run writes into it.
        OSError: the folder cannot be written to.
    """
    return keyed.run(
        wanted, folder, place, work or measured, _rows_of, belongs=lambda row: "question" not in row,
        on_start=on_start, on_end=on_end, on_retry=on_retry, should_stop=should_stop,
    )  # fmt: skip


def standings(
    settings: Sequence[Setting], wanted: Sequence[Trial], rows: Sequence[Mapping[str, Any]]
) -> list[Standing]:
    """The settings by their mean excess over seeds, the least first; those without any result last."""
    by_key = {row["key"]: row for row in rows}
    every = []
    for setting in settings:
        of_setting = [by_key[trial.key] for trial in wanted if trial.setting == setting and trial.key in by_key]
        values = np.array([row["excess"] for row in of_setting if not row["error"]], float)
        reason = next((row["error"] for row in of_setting if row["error"]), "")
        se = float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else math.nan
        mean = float(values.mean()) if len(values) else math.nan
        every.append(Standing(setting, Estimate(mean, se), len(values), reason))
    return sorted(every, key=lambda standing: (math.isnan(standing.excess.value), standing.excess.value))


def halved(settings: Sequence[Setting], steps: int, factor: int = 3, fewest: int = 20) -> list[tuple[int, int]]:
    """The rungs of successive halving (Jamieson & Talwalkar 2016): settings trained, and updates of each training.

    The last rung trains for all `steps`; each one before trains `factor` times as many settings for a `factor`-th of
    the updates, while there are settings and updates for it.
    """
    rungs, kept, budget = [], 1, steps
    while True:
        rungs.append((min(kept, len(settings)), budget))
        if kept >= len(settings) or budget // factor < fewest:
            break
        kept, budget = kept * factor, budget // factor
    rungs[-1] = len(settings), rungs[-1][1]
    return rungs[::-1]


def _rows_of(trial: Trial, result: dict[str, Any] | Failure) -> list[dict[str, Any]]:
    facts = {"error": result.reason} if isinstance(result, Failure) else {"error": "", **result}
    return [{**_facts_of(trial), **facts}]


def _facts_of(trial: Trial) -> dict[str, Any]:
    """What was asked, as columns; JSON where a value is neither a number nor text."""
    spec = trial.spec
    asked = {
        field: value if isinstance(value, int | float | str) else json.dumps(value)
        for field, value in trial.setting.items()
    }
    return {"model": spec.name, "seed": spec.seed, "steps": spec.recipe.steps, **asked}


def _check_count(trainings: int) -> None:
    """Raises InputError for no training or too many, before they take memory."""
    if not 1 <= trainings <= MOST_TRIALS:
        raise InputError(f"a sweep has 1 to {MOST_TRIALS:,} trainings, got {trainings:,}.")


def _each_once(settings: Iterable[Setting]) -> list[Setting]:
    return list({json.dumps(setting): setting for setting in settings}.values())


def _axes(axes: str) -> Iterator[tuple[str, str]]:
    seen = set()
    for axis in axes.split():
        field, equals, given = axis.partition("=")
        if not equals or not given or field in seen:
            raise InputError(
                "an axis is FIELD=VALUE,VALUE with each field once, as recipe.learning_rate=1e-3,3e-3; "
                f"got {axis[:80]!r}."
            )
        seen.add(field)
        yield field, given
    if not seen:
        raise InputError("a sweep needs at least one axis, as config.hidden_size=16,64; got none.")


def _value(word: str) -> Any:
    try:
        return json.loads(word)
    except ValueError:
        return word


def _draw(field: str, given: str, rng: np.random.Generator) -> Any:
    is_log = given.startswith("log:")
    low, dots, high = given.removeprefix("log:").partition("..")
    if not dots:
        choices = given.split(",")
        return _value(choices[int(rng.integers(len(choices)))])
    first, last = _value(low), _value(high)
    ends = (first, last)
    is_range = all(type(end) in (int, float) and abs(end) <= LARGEST for end in ends) and first <= last
    if not is_range or (is_log and first <= 0):
        raise InputError(f"a range is LOW..HIGH or log:LOW..HIGH with LOW > 0; got {field}={given[:60]!r}.")
    value = math.exp(rng.uniform(math.log(first), math.log(last))) if is_log else float(rng.uniform(first, last))
    return round(value) if all(type(end) is int for end in ends) else float(f"{value:.6g}")
