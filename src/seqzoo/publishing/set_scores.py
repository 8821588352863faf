"""The score of a model on a set of series: as its manifest states it, and measured again. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from .._formats import counted
from ..bundles import holdout
from ..bundles.manifest import ScoreFacts, SeriesScore
from ..bundles.store import Bundle
from ..data.gaps import gaps_of
from ..errors import IntegrityError
from ..evaluation.holdout import LINEARS, linear_on
from ..evaluation.on_a_set import BESIDE, MODEL, SetScore, Units, score_on_set
from ..evaluation.scoring import Predict
from ..forecasters.linear import FittedLinear
from ..signals import Observed, ObservedSet, Simulated


def score_of_set(
    predict: Predict, source: ObservedSet, held_out: Sequence[NDArray[np.float64]], length: int, horizon: int,
    known: Sequence[NDArray[np.float64]] | None = None,
) -> ScoreFacts:  # fmt: skip
    """The score on the hold-outs, each with the L values before it.

    Args:
        known: [T, D - 1] of each whole series, the channels beside the values; None if D is 1.

    Raises:
        InputError: a series is not stored on this machine.
    """
    units = {member.name: Units.of(member.past(), source.season) for member in source.members}
    beside = None
    if known is not None:
        beside = [each[member.cutoff - length :] for each, member in zip(known, source.members, strict=True)]
    measured = score_on_set(
        predict, held_out, list(units.values()), length, horizon, season=source.season, known=beside,
        linear=_linear(source, length, horizon, known),
    )  # fmt: skip
    return _facts(measured, units)


def mase_by_series(score: ScoreFacts, source: ObservedSet) -> tuple[list[str], list[tuple[str, SeriesScore]]]:
    """The forecasters whose MASE on each series is stated, MODEL first, and each series by label, the worst first."""
    names = [MODEL, *(name for name in BESIDE if any(name in each.mase for each in score.series.values()))]
    rows = [(label, score.series[member.name]) for label, member in zip(source.labels, source.members, strict=True)]
    return names, sorted(rows, key=lambda row: -row[1].mase.get(MODEL, 0.0))


def proved(bundle: Bundle, predict: Predict, allowed: float) -> tuple[ScoreFacts, bool]:
    """The measured score of a bundle on its hold-outs, after checking that it is the stated one.

    The second value is whether the best linear forecasters were fitted again, which needs the series themselves.

    Args:
        allowed: the largest relative difference.

    Raises:
        IntegrityError: a number differs, or the manifest states other ones than a score has.
    """
    stated, contract, source = bundle.manifest.score, bundle.manifest.contract, bundle.manifest.source
    assert isinstance(source, ObservedSet)
    length, horizon = contract.context_length, contract.horizon
    units = {name: Units(each.scale, each.unit) for name, each in stated.series.items()}
    units = {member.name: units[member.name] for member in source.members}
    if (least := min(min(each) for each in units.values())) < 0 or min(each.scale for each in units.values()) == 0:
        raise IntegrityError(f"the units of a series must be above 0; the manifest states {least:.6g}.")
    linear: list[dict[str, FittedLinear]] = [{} for _ in source.members]
    is_refitted = all(member.find() is not None for member in source.members)
    if is_refitted:
        linear = _linear(source, length, horizon, known_of_series(bundle))
    measured = score_on_set(
        predict, holdout.parts(bundle), list(units.values()), length, horizon, season=source.season, linear=linear,
        known=holdout.known_parts(bundle),
    )  # fmt: skip
    facts = _facts(measured, units)
    claims, numbers = dict(_numbers(stated)), dict(_numbers(facts))
    if not is_refitted:
        claims = {path: value for path, value in claims.items() if not _is_of_linear(path)}
    if other := sorted(set(claims) ^ set(numbers)):
        raise IntegrityError(f"score must state {', '.join(map('.'.join, sorted(numbers)))[:200]}; it does not agree "
                             f"on {', '.join(map('.'.join, other))[:200]}.")  # fmt: skip
    for path, claim in claims.items():
        if not abs(claim - numbers[path]) <= allowed * abs(numbers[path]):
            raise IntegrityError(
                f"{'.'.join(path)} is {numbers[path]:.6g} on the held-out parts; the manifest states {claim:.6g}."
            )
    return facts, is_refitted


def check_gaps(source: Observed) -> None:
    """Raises IntegrityError unless the stored series has the gaps that its source states, and no others."""
    if not np.array_equal(np.isnan(source.series().values), np.isnan(source.presence())):
        gaps = gaps_of(source.series().values)
        raise IntegrityError(
            f"the series {source.name!r} has the gaps {str(gaps)[:100]}, as position and length; the manifest states "
            f"{'none' if source.gaps is msgspec.UNSET else str(source.gaps)[:100]}."
        )


def _linear(
    source: ObservedSet, length: int, horizon: int, known: Sequence[NDArray[np.float64]] | None
) -> list[dict[str, FittedLinear]]:
    """The best linear forecasters of each series, by name; `known` is as for `score_of_set`."""
    besides: Sequence[NDArray[np.float64] | None] = [None] * len(source.members) if known is None else known
    return [linear_on(each, length, horizon, beside) for each, beside in zip(source.members, besides, strict=True)]


def known_of_series(bundle: Bundle) -> list[NDArray[np.float64]] | None:
    """[T, D - 1] of each whole series of a bundle: the channels of its times; None if D is 1.

    Raises:
        InputError: a series is not stored on this machine, or has no times.
    """
    contract, source = bundle.manifest.contract, bundle.manifest.source
    if contract.calendar is None or isinstance(source, Simulated):
        return None
    every = [member.series() for member in source.members]
    return [contract.calendar.channels(each.times, len(each)) for each in every]


def check_split(bundle: Bundle) -> None:
    """Raises IntegrityError unless hold-outs and scales follow from the stored series and their cutoffs."""
    contract, source, stated = bundle.manifest.contract, bundle.manifest.source, bundle.manifest.score
    assert isinstance(source, ObservedSet)
    for member, held_out in zip(source.members, holdout.parts(bundle), strict=True):
        if len(member.series()) != member.length:
            raise IntegrityError(
                f"the series {member.name!r} has {counted(len(member.series()), 'value')}; the manifest states "
                f"{member.length:,}."
            )
        check_gaps(member)
        if not np.array_equal(held_out, member.held_out(contract.context_length), equal_nan=True):
            raise IntegrityError(f"the hold-out of {member.name!r} in the bundle is not the end of the series.")
        units, claim = Units.of(member.past(), source.season), stated.series[member.name]
        if units != (claim.scale, claim.unit):
            raise IntegrityError(
                f"the values of {member.name!r} before the cutoff have scale {units.scale:.9g} and a seasonal "
                f"difference of {units.seasonal:.9g}; the manifest states {claim.scale:.9g} and {claim.unit:.9g}."
            )
    check_channels(bundle)


def check_channels(bundle: Bundle) -> None:
    """Raises IntegrityError unless the channels of each hold-out are those of the times of its stored series."""
    contract, source = bundle.manifest.contract, bundle.manifest.source
    stated, computed = holdout.known_parts(bundle), known_of_series(bundle)
    if stated is None or computed is None or isinstance(source, Simulated):
        return
    for member, known, whole in zip(source.members, stated, computed, strict=True):
        if not np.allclose(known, whole[member.cutoff - contract.context_length :], rtol=0, atol=1e-9):
            raise IntegrityError(
                f"the channels {', '.join(contract.names[1:])} of the hold-out of {member.name!r} are not those of "
                "the series' times."
            )


def _facts(measured: SetScore, units: Mapping[str, Units]) -> ScoreFacts:
    """The facts of a score on a set whose series have these units, by name."""
    own = measured.mse[MODEL]
    rivals = {name: estimate.value for name, estimate in measured.mse.items() if name != MODEL}
    steps: dict[str, list[float]] = {}
    if len(measured.steps[MODEL]) > 1:
        steps = {"mse": [step.value for step in measured.steps[MODEL]]}
        steps["mse_se"] = [step.se for step in measured.steps[MODEL]]
        steps |= {name: [step.value for step in measured.steps[name]] for name in rivals}
    series = {
        name: SeriesScore(each.cutoffs, unit.scale, unit.seasonal, each.mse, each.mase)
        for (name, unit), each in zip(units.items(), measured.series, strict=True)
    }
    return ScoreFacts(
        windows=measured.cutoffs, seed=0, mse=(own.value, own.se), excess=None, skill=None, rivals=rivals,
        steps=steps, series=series,
        mase={name: (estimate.value, estimate.se) for name, estimate in measured.mase.items()},
    )  # fmt: skip


def _is_of_linear(path: tuple[str, ...]) -> bool:
    """Whether a number is of the best linear forecaster."""
    return path[-1] in LINEARS or (path[1] in ("steps", "mase") and path[2] in LINEARS)


def _numbers(score: ScoreFacts) -> Iterator[tuple[tuple[str, ...], float]]:
    """Every number of a score with its path."""

    def within(facts: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], float]]:
        if isinstance(facts, dict):
            for key, value in facts.items():
                yield from within(value, (*path, key))
        elif isinstance(facts, list | tuple):
            for place, value in enumerate(facts):
                yield from within(value, (*path, str(place + 1)))
        elif facts is not None:
            yield path, float(facts)

    facts = msgspec.to_builtins(score)
    return within(facts, ("score",))
