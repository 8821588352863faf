"""The intervals of a model of a measured series: what its bundle states of them, and the proof of that."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..bundles import holdout
from ..bundles import intervals as stored
from ..bundles.manifest import CoverageFacts, IntervalFacts, LevelFacts
from ..bundles.store import Bundle
from ..data.gaps import cutoff_in_set
from ..data.scaling import Scaling
from ..data.windows import spread_out
from ..errors import IntegrityError
from ..evaluation import adaptive
from ..evaluation.coverage import Coverage
from ..evaluation.holdout_intervals import calibration_errors, errors_at_cutoffs, measured, most_kept
from ..evaluation.scoring import Predict
from ..runtime.intervals import held_out_times
from ..signals import Observed, ObservedSet, Simulated, Source
from .set_scores import known_of_series

SAME = 1e-3  # allowed relative difference of two errors of the same weights, beside as much of the series' scale / 10


def calibration(
    predict: Predict,
    source: Observed | ObservedSet,
    scaling: Scaling,
    context_length: int,
    horizon: int,
    known: Sequence[NDArray[np.float64]] | None = None,
) -> NDArray[np.float64]:
    """[n, H]: the calibration errors of a model, ascending at each step ahead; those of a set are pooled.

    Args:
        scaling: of the model; its spread of each window is the unit of errors on a set.
        known: [T, D - 1] of each series, the channels beside its values; None if D is 1.

    Raises:
        InputError: a series is not stored on this machine.
    """
    pasts, channels = [member.past() for member in source.members], _beside(known, source.members)
    channels = [None if each is None else each[: len(past)] for each, past in zip(channels, pasts, strict=True)]
    if isinstance(source, Observed):
        errors = calibration_errors(predict, pasts[0], context_length, horizon, channels[0])
    else:
        errors = np.concatenate([
            calibration_errors(predict, past, context_length, horizon, each, unit=scaling,
                               begin=cutoff_in_set(past, horizon))
            for past, each in zip(pasts, channels, strict=True)
        ])  # fmt: skip
        errors = errors[spread_out(np.arange(len(errors)), most_kept(horizon))]
    return np.sort(errors, axis=0)


def facts_of(
    predict: Predict,
    errors: NDArray[np.float64],
    held_out: Sequence[NDArray[np.float64]],
    scaling: Scaling,
    context_length: int,
    source: Observed | ObservedSet,
    known: Sequence[NDArray[np.float64]] | None = None,
) -> IntervalFacts:
    """What a manifest states of the intervals of a model.

    Args:
        errors: [n, H], the calibration errors.
        held_out: [T] of each series, the values from L before its cutoff on.
        scaling, known: as for `calibration`; `known` is beside the held-out values.
    """
    unit = _unit(source, scaling)
    return IntervalFacts(
        windows=len(errors),
        **_times(source),
        rate=adaptive.RATE,
        levels=_levels(predict, errors, held_out, context_length, unit, known),
        unit="series" if unit is None else "window",
    )


def _beside(
    known: Sequence[NDArray[np.float64]] | None, series: Sequence[object]
) -> Sequence[NDArray[np.float64] | None]:
    """The channels of each series; None for each if there are none."""
    return [None] * len(series) if known is None else known


def _unit(source: Source, scaling: Scaling) -> Scaling | None:
    """What divides the errors on a set, whose series have units of their own; None for one series."""
    return scaling if isinstance(source, ObservedSet) else None


def _times(source: Observed | ObservedSet) -> dict[str, str | None]:
    """When the hold-out begins, as `IntervalFacts` states it; that of a set begins at many times."""
    times = source.series().times if isinstance(source, Observed) else None
    if times is None or not isinstance(source, Observed):
        return {"after": None, "zone": None}
    return {"after": str(times.instants(1, source.cutoff)[0].astype("datetime64[us]")), "zone": times.zone}


def _levels(
    predict: Predict,
    errors: NDArray[np.float64],
    held_out: Sequence[NDArray[np.float64]],
    context_length: int,
    unit: Scaling | None,
    known: Sequence[NDArray[np.float64]] | None,
) -> list[LevelFacts]:
    horizon = errors.shape[1]
    seen = [
        errors_at_cutoffs(predict, values, context_length, horizon, channels=channels, unit=unit)
        for values, channels in zip(held_out, _beside(known, held_out), strict=True)
    ]
    return [
        LevelFacts(level, _facts(split), _facts(moved)) for level, (split, moved) in measured(errors, seen).items()
    ]


def _facts(coverage: Coverage) -> CoverageFacts:
    return CoverageFacts(
        overall=(coverage.overall.value, coverage.overall.se),
        steps=[step.value for step in coverage.steps],
        steps_se=[step.se for step in coverage.steps],
        width=coverage.width.tolist(),
    )


def check_coverage(bundle: Bundle, predict: Predict) -> str:
    """The coverage on the hold-out in words, after checking that the bundle's files give what its manifest states.

    Args:
        predict: an engine of the bundle.

    Raises:
        IntegrityError: they do not.
    """
    facts, contract = bundle.manifest.intervals, bundle.manifest.contract
    assert facts is not None
    length, errors, unit = contract.context_length, stored.of(bundle), _unit(bundle.manifest.source, contract.scaling)
    if facts.unit != ("series" if unit is None else "window"):
        raise IntegrityError(f"errors on this source are not in units of the {facts.unit}, as the manifest states.")
    _check_calendar(bundle)
    again = _levels(predict, errors, holdout.parts(bundle), length, unit, holdout.known_parts(bundle))
    if [each.level for each in again] != [each.level for each in facts.levels]:
        raise IntegrityError(
            f"{facts.windows:,} calibration errors allow the levels {[each.level for each in again]}; the manifest "
            f"states {[each.level for each in facts.levels]}."
        )
    if facts.rate != adaptive.RATE:
        raise IntegrityError(f"adaptive intervals move at rate {adaptive.RATE}; the manifest states {facts.rate}.")
    for stated, now in zip(facts.levels, again, strict=True):
        for method, targets in (("split", 1), ("adaptive", 2)):
            where = f"{method} intervals of level {stated.level:g}"
            allowed = (targets + 0.01) / bundle.manifest.score.windows
            _check(getattr(stated, method), getattr(now, method), allowed, where)
    if not facts.levels:
        return f"{len(errors):,} calibration errors a step allow none of the levels that are measured"
    both = [f"{one.level:.0%}: {one.split.overall[0]:.1%} split conformal, {one.adaptive.overall[0]:.1%} adaptive"
            for one in facts.levels]  # fmt: skip
    return f"covers as stated, of {'; of '.join(both)}"


def _check_calendar(bundle: Bundle) -> None:
    """Raises IntegrityError unless the stated zone and time of the cutoff give the channels of the hold-out's steps.

    Holidays of working days are not in the bundle: of those, only the first step is certain.
    """
    contract, begun, known = bundle.manifest.contract, held_out_times(bundle.manifest), holdout.known_of(bundle)
    if contract.calendar is None or begun is None or known is None:
        return
    of_steps = known[contract.context_length - 1 :]  # at each position stands the calendar of the step after it
    count = 1 if begun.frequency.unit == "B" else len(of_steps)
    computed = contract.calendar.channels(begun, count, -1)
    if not np.allclose(of_steps[:count], computed, rtol=0, atol=1e-9):
        raise IntegrityError(
            f"the channels {', '.join(contract.names[1:])} of the hold-out are not those of the stated times: "
            f"intervals.after is {begun.start}, and the zones are {contract.zone} and {begun.zone}."
        )


def _check(stated: CoverageFacts, now: CoverageFacts, share: float, where: str) -> None:
    """Raises IntegrityError unless a stated coverage is that of this engine, but for a share of the targets.

    An error that lies on its radius may lie on its other side on another engine. Where that has happened to a target,
    standard errors and widths follow it.
    """
    pairs = {"coverage": [(stated.overall[0], now.overall[0]), *zip(stated.steps, now.steps, strict=True)]}
    largest = max(abs(claim - real) for claim, real in pairs["coverage"])
    flipped = largest > 1e-9
    pairs["standard error"] = [(stated.overall[1], now.overall[1]), *zip(stated.steps_se, now.steps_se, strict=True)]
    pairs["width"] = list(zip(stated.width, now.width, strict=True))
    allowed = {"coverage": share, "standard error": 0.5 if flipped else SAME, "width": 0.1 if flipped else SAME}
    for kind, each in pairs.items():
        for claim, real in each:
            if not abs(claim - real) <= allowed[kind] * (1.0 if kind == "coverage" else abs(real)):
                raise IntegrityError(
                    f"the {kind} of {where} is {real:.6g} on the held-out part; the manifest states {claim:.6g}."
                )


def check_calibration(bundle: Bundle, predict: Predict) -> str:
    """The calibration in words, after computing its errors again from the values before the cutoff.

    Raises:
        IntegrityError: the bundle states others.
        InputError: the series is not stored on this machine.
    """
    source, contract, errors = bundle.manifest.source, bundle.manifest.contract, stored.of(bundle)
    assert not isinstance(source, Simulated)
    again = calibration(
        predict, source, contract.scaling, contract.context_length, contract.horizon, known_of_series(bundle)
    )
    if again.shape != errors.shape:
        raise IntegrityError(
            f"the series has {len(again):,} calibration errors a step; the bundle holds {len(errors):,}."
        )
    scale = contract.scaling.scale if isinstance(source, Observed) else 1.0
    slack = SAME * (again + scale / 10)
    if (wrong := np.abs(again - errors) > slack).any():
        row, step = np.argwhere(wrong)[0]
        raise IntegrityError(
            f"calibration error {row + 1} of step {step + 1} is {again[row, step]:.6g}; the bundle holds "
            f"{errors[row, step]:.6g}."
        )
    facts = bundle.manifest.intervals
    times = _times(source)
    if facts is None or (facts.after, facts.zone) != (times["after"], times["zone"]):
        raise IntegrityError(f"the hold-out begins at {times['after']}; the manifest states {facts and facts.after}.")
    return f"{len(errors):,} errors a step on the last fifth of the values before the cutoff, as stated"
