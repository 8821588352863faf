"""Verifies a bundle: hashes, contract, engines against golden tensors, score on fresh windows."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save as serialise

from .. import _extras, _storage
from .._estimates import Estimate
from .._formats import counted
from ..bundles import describe, history, holdout, shelf
from ..bundles import store as bundles
from ..bundles.manifest import Contract, ScoreFacts
from ..bundles.store import TORCHSCRIPT, Bundle
from ..errors import InputError, IntegrityError, MissingExtraError, SeqzooError, UnknownNameError, UntrustedError
from ..evaluation.holdout import LINEARS, HoldoutScore, linear_on, score_on_series
from ..evaluation.scoring import Score, fresh_seed, most_windows, score
from ..forecasters.floors import NO_EXCESS
from ..forecasters.table import REQUIRED, label
from ..runtime import Predictor, engines, golden
from ..signals import Observed, ObservedSet, Simulated
from . import script_archive, series_intervals, set_scores

WINDOWS = 20_000
FEW = 2_000  # fewer fresh windows may miss all rare large errors of a signal
FEWEST_STATED = 7_000  # the fewest windows that a bundle is scored on
SAME = 1e-3  # allowed relative difference of two scores of the same weights on the same values
SURPRISE = 5.0  # allowed difference of two scores on different windows, in standard errors


@dataclass(frozen=True)
class Check:
    """One check of a bundle. `passed` is None if this installation cannot make the check; `detail` says why."""

    name: str
    passed: bool | None
    detail: str
    seconds: float


@dataclass(frozen=True)
class Report:
    """All checks of a bundle."""

    name: str
    path: Path
    seed: int
    checks: list[Check]

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return all(check.passed is not False for check in self.checks)

    @property
    def not_proven(self) -> dict[str, str]:
        """The checks that this installation cannot make, with the reasons."""
        return {check.name: check.detail for check in self.checks if check.passed is None}

    @property
    def verdict(self) -> str:
        """ "passes", "passes, but not proven: PART (why)" or "FAILS: PART, PART"."""
        if not self.passed:
            return "FAILS: " + ", ".join(check.name for check in self.checks if check.passed is False)
        reasons = [f"{name} ({why.rstrip('.')})" for name, why in self.not_proven.items()]
        return f"passes, but not proven: {'; '.join(reasons)}" if reasons else "passes"


class _NotHere(Exception):
    """A check that this installation cannot make."""


def verify(
    name: str | Path | Bundle,
    *,
    windows: int = WINDOWS,
    seed: int | None = None,
    on_check: Callable[[Check], None] = lambda check: None,
) -> Report:
    """The report of all checks of a bundle. For an opened bundle, the manifest that was read is checked.

    Args:
        name: the name, the folder, or the opened bundle.
        windows: the number of fresh windows for the score. A few windows may miss the rare large errors of a signal:
            with 2,000, one verification of lstm.recall in two hundred fails by chance.
        seed: the seed of these windows; None draws a new one, which the report states.
        on_check: called after each check.

    Raises:
        UnknownNameError: no bundle has this name.
        InputError: the windows are too few or too many. All other errors are failed checks.
    """
    if not 100 <= windows <= most_windows(20):
        raise InputError(f"a proof takes from 100 to {most_windows(20):,} windows, got {windows:,}.")
    path = name.path if isinstance(name, Bundle) else shelf.find(name)
    seed = fresh_seed() if seed is None else seed
    checks: list[Check] = []

    def attempt(part: str, prove: Callable[[], str]) -> bool:
        began = time.perf_counter()
        passed: bool | None
        try:
            detail, passed = prove(), True
        except _NotHere as reason:
            detail, passed = str(reason), None
        except SeqzooError as error:
            detail, passed = str(error), False
        except Exception as error:  # of any type: a file that breaks a library fails the check
            detail, passed = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}", False
        checks.append(Check(part, passed, detail, time.perf_counter() - began))
        on_check(checks[-1])
        return passed is not False

    opened: list[Bundle] = []
    if attempt("manifest", lambda: _manifest(name if isinstance(name, Bundle) else path, opened)):
        whole = [attempt(part, prove) for part, prove in _files(opened[0])]
        if all(whole):
            for part, prove in _behaviour(opened[0], windows, seed):
                attempt(part, prove)
    return Report(path.name, path, seed, checks)


def _manifest(source: Path | Bundle, opened: list[Bundle]) -> str:
    bundle = source if isinstance(source, Bundle) else bundles.open_bundle(source)
    opened.append(bundle)
    return f"schema {bundle.manifest.schema_version}, {bundle.manifest.parameters:,} parameters"


def _files(bundle: Bundle) -> Iterator[tuple[str, Callable[[], str]]]:
    def prove(name: str) -> Callable[[], str]:
        return lambda: f"{len(bundle.read(name)):,} bytes, SHA-256 as stated"

    for name in bundle.manifest.files:
        yield f"file {name}", prove(name)


def _behaviour(bundle: Bundle, windows: int, seed: int) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "card", lambda: f"{len(describe.text_of(bundle)):,} characters of text"
    yield "history", lambda: f"{len(history.of(bundle)):,} evaluations, one of them of these weights"
    yield "eager", lambda: _golden(bundle, "eager", _eager(bundle))
    for engine in engines.offered(bundle.manifest):
        yield engine, lambda engine=engine: _golden(bundle, engine, _engine(bundle, engine))  # type: ignore[misc]
    yield "score", lambda: _score(bundle, windows, seed)
    if bundle.manifest.intervals is not None:
        yield "coverage", lambda: series_intervals.check_coverage(bundle, Predictor(bundle, "onnx").warm().predict)
        yield "intervals", lambda: _intervals(bundle)
    if not isinstance(bundle.manifest.source, Simulated):
        yield "split", lambda: _split(bundle)


def _engine(bundle: Bundle, engine: str) -> Callable[[NDArray[np.floating]], NDArray[np.floating]]:
    if engine == "torchscript":
        script_archive.check(bundle.read(TORCHSCRIPT))
    predictor = Predictor(bundle, engine)
    try:
        predictor.warm()
    except UntrustedError:
        raise _NotHere("loading it would execute code that neither this machine built nor seqzoo shipped") from None
    except MissingExtraError as error:
        raise _NotHere(str(error)) from None
    return predictor.predict


def _eager(bundle: Bundle) -> Callable[[NDArray[np.floating]], NDArray[np.floating]]:
    """The forecasts of this installation's architecture with the bundle's weights, in PyTorch."""
    if not _extras.has_torch():
        raise _NotHere("PyTorch needs the [train] extra")
    from . import build

    try:
        module = build.module_of(bundle)
    except (UnknownNameError, MissingExtraError, InputError) as error:  # the model file is missing or broken
        raise _NotHere(str(error)) from None
    parameters = sum(parameter.numel() for parameter in module.parameters())
    if parameters != bundle.manifest.parameters:
        raise IntegrityError(f"has {parameters:,} parameters; the manifest states {bundle.manifest.parameters:,}.")
    return build.in_units(module, bundle.manifest.contract.scaling)


def _golden(bundle: Bundle, engine: str, predict: Callable[[NDArray[np.floating]], NDArray[np.floating]]) -> str:
    comparison = golden.compare(bundle, predict)
    distance, bound = comparison.distance, comparison.bound
    if not comparison.passed:
        path = _storage.home() / "disagreements" / f"{bundle.manifest.name}-{engine}.safetensors"
        wrong = comparison.wrong
        arrays = {"context": comparison.context, "golden": comparison.expected, "given": comparison.given}
        _storage.write_file(path, serialise({name: array[wrong] for name, array in arrays.items()}))
        raise IntegrityError(
            f"differs from the golden tensors by {distance:.2g} (at most {bound:.0e} allowed) in "
            f"{int(wrong.sum())} of {len(wrong)} windows; kept in {path}."
        )
    if distance == 0:
        return "equal to the golden tensors"
    return f"within {distance:.1e} of the golden tensors ({bound:.0e} allowed)"


def _spread(se: float, windows: int, stated_se: float, stated_windows: int) -> float:
    """Standard error of the difference of a measured and a stated score.

    Squared errors have long tails. A few hundred windows often miss the rare large errors, and their standard error
    is then too small. The stated standard error, of more windows, is therefore scaled to the measured windows. Since
    it can be false, it counts for at most three times the measured one.
    """
    ratio = math.sqrt(windows / max(stated_windows, FEWEST_STATED))
    drawn = min(max(stated_se / ratio, se), 3 * se)
    return max(math.hypot(drawn, min(stated_se, drawn * max(ratio, 1.0))), 1e-300)


def _check_floors(
    stated: Mapping[str, float], measured: Mapping[str, float], se: float, windows: int, where: str = ""
) -> None:
    """Raises IntegrityError unless the stated floors are those of the signal.

    All floors are exact except Bayes, whose standard error is `se`. A few windows may miss the rare large errors of a
    signal, and `se` is then too small. With few windows, Bayes may therefore differ by a tenth more.
    """
    rare = 0.1 if windows < FEW else 0.0
    for name, value in measured.items():
        if name not in stated and name not in REQUIRED:  # a floor that was added after the bundle was written
            continue
        slack = 1e-6 * value + 1e-12 + (2 * SURPRISE * se + rare * value if name == "bayes" else 0.0)
        if not abs(stated[name] - value) <= slack:
            raise IntegrityError(f"the floor {name}{where} is {value:.6g}; the manifest states {stated[name]:.6g}.")


def _check_claim(
    what: str, claim: tuple[float, float], measured: Estimate, stated_windows: int, drawn: Score
) -> None:
    """Raises IntegrityError if a claimed [value, standard error] is unlikely given the score on fresh windows."""
    value, se = claim
    if se < 0:
        raise IntegrityError(f"the standard error of {what} must be at least 0; the manifest states {se:.6g}.")
    spread = _spread(measured.se, drawn.windows, se, stated_windows)
    if not abs(measured.value - value) <= SURPRISE * spread:
        raise IntegrityError(
            f"{what} is {measured.value:.6g} on {drawn.windows:,} fresh windows; the manifest states {value:.6g}, "
            f"{abs(measured.value - value) / spread:.1f} standard errors away (seed {drawn.seed})."
        )


def _check_steps(stated: ScoreFacts, measured: Score) -> None:
    """Raises IntegrityError unless the stated values of each step ahead are complete and agree with the measured."""
    if not stated.steps:
        return
    kinds = {"mse", "mse_se", *stated.floors} | ({"excess"} if "excess" in stated.steps else set())
    if set(stated.steps) != kinds:
        raise IntegrityError(f"score.steps must hold {', '.join(sorted(kinds))}; it holds "
                             f"{', '.join(sorted(stated.steps))[:200]}.")  # fmt: skip
    for at, step in enumerate(measured.steps):
        here = {kind: values[at] for kind, values in stated.steps.items()}
        where = f" of step {at + 1}"
        _check_floors(here, dict(step.floors.items()), step.floors.bayes.se, measured.windows, where)
        _check_claim(f"mse{where}", (here["mse"], here["mse_se"]), step.mse, stated.windows, measured)


def _score_on_series(bundle: Bundle) -> str:
    """The score on the held-out part in the bundle, in words, after checking that it equals the stated score."""
    stated, contract = bundle.manifest.score, bundle.manifest.contract
    predictor = Predictor(bundle, "onnx").warm()
    source, length, horizon = bundle.manifest.source, contract.context_length, contract.horizon
    assert isinstance(source, Observed)
    linear, is_stored = {}, source.find() is not None
    if is_stored and set(LINEARS) & set(stated.rivals):  # the bundle lacks the values that they were fitted on
        known = set_scores.known_of_series(bundle)
        linear = linear_on(source, length, horizon, known[0] if known else None)
        linear = {name: each for name, each in linear.items() if name in stated.rivals}  # older bundles state one
    measured = score_on_series(
        predictor.predict, holdout.of(bundle), length, horizon, season=source.season, linear=linear,
        known=holdout.known_of(bundle),
    )  # fmt: skip
    if not is_stored:
        stated = _without(stated, LINEARS)
    if stated.windows != measured.model.cutoffs:
        cutoffs = f"{measured.model.cutoffs:,} cutoffs"
        raise IntegrityError(f"{cutoffs} are held out; the manifest states {stated.windows:,}.")
    if unknown := sorted(set(stated.rivals) - set(measured.rivals)):
        raise IntegrityError(f"the manifest states rivals that do not exist: {', '.join(unknown)[:200]}.")
    pairs = {"mse": (stated.mse[0], measured.mse.value), "its standard error": (stated.mse[1], measured.mse.se)}
    pairs |= {f"the rival {name}": (mse, measured.rival_mse[name]) for name, mse in stated.rivals.items()}
    if stated.steps:
        pairs |= _steps_on_series(stated, measured)
    for what, (claim, value) in pairs.items():
        if not abs(claim - value) <= SAME * abs(value):
            raise IntegrityError(f"{what} is {value:.6g} on the held-out part; the manifest states {claim:.6g}.")
    rivals = ", ".join(f"{label(name)} {mse:.4g}" for name, mse in measured.rival_mse.items())
    unproven = "" if is_stored else "; best linear not measured again: the series is not stored here"
    return f"MSE {measured.mse.value:.4g} at {stated.windows:,} held-out cutoffs, as stated; {rivals}{unproven}"


def _stored_source(bundle: Bundle) -> Observed:
    """The source of a model of a measured series, if the series is stored here."""
    source = bundle.manifest.source
    assert isinstance(source, Observed)
    if source.find() is None:
        raise _NotHere(f"the series {source.name!r} is not stored here: give it with --series")
    return source


def _intervals(bundle: Bundle) -> str:
    if isinstance(bundle.manifest.source, ObservedSet):
        _check_stored(bundle.manifest.source)
    else:
        _stored_source(bundle)
    return series_intervals.check_calibration(bundle, Predictor(bundle, "onnx").warm().predict)


def _check_scaling(source: Observed | ObservedSet, contract: Contract) -> None:
    scaling, stated = source.scaling(contract.scaling.kind), contract.scaling
    if scaling != stated:
        raise IntegrityError(
            f"the values before the cutoff have center {scaling.center:.9g} and scale {scaling.scale:.9g}, and a "
            f"season of {scaling.season}; the manifest states {stated.center:.9g}, {stated.scale:.9g} and "
            f"{stated.season}."
        )


def _split(bundle: Bundle) -> str:
    """The hold-out and the scaling in words, after checking that both follow from the series and its cutoff."""
    if isinstance(bundle.manifest.source, ObservedSet):
        return _split_of_set(bundle, bundle.manifest.source)
    source, contract = _stored_source(bundle), bundle.manifest.contract
    values = source.series().values
    if len(values) != source.length:
        count = counted(len(values), "value")
        raise IntegrityError(f"the series has {count}; the manifest states {source.length:,}.")
    set_scores.check_gaps(source)
    first = source.cutoff - contract.context_length
    if not np.array_equal(holdout.of(bundle), values[first:], equal_nan=True):
        raise IntegrityError("the hold-out in the bundle is not the end of the series.")
    set_scores.check_channels(bundle)
    _check_scaling(source, contract)
    after = source.length - source.cutoff
    if source.missing:
        return (
            f"scaling of the values before step {source.cutoff:,}; the hold-out is the {after:,} steps from there "
            f"on; {source.account(contract.context_length, contract.horizon)}"
        )
    return f"scaling of the {source.cutoff:,} values before the cutoff; the hold-out is the {after:,} after it"


def _score_on_set(bundle: Bundle) -> str:
    """The score on the hold-outs of a set in words, after checking that it equals the stated score."""
    measured, is_refitted = set_scores.proved(bundle, Predictor(bundle, "onnx").warm().predict, SAME)
    rivals = ", ".join(f"{label(name)} {mse:.4g}" for name, mse in measured.rivals.items())
    unproven = "" if is_refitted else "; best linear not measured again: a series is not stored here"
    return (
        f"MSE {measured.mse[0]:.4g} in squared scales of {len(measured.series):,} series, at {measured.windows:,} "
        f"held-out cutoffs, as stated; {rivals}{unproven}"
    )


def _check_stored(source: ObservedSet) -> None:
    absent = [member.name for member in source.members if member.find() is None]
    if absent:
        several = counted(len(absent), "series of the set is", "series of the set are")
        raise _NotHere(f"{several} not stored here, first {absent[0]!r}: give --series")


def _split_of_set(bundle: Bundle, source: ObservedSet) -> str:
    _check_stored(source)
    set_scores.check_split(bundle)
    _check_scaling(source, bundle.manifest.contract)
    before = sum(member.values_before() for member in source.members)
    return (
        f"scales of {len(source.members):,} series from {before:,} values before their cutoffs; the hold-outs are "
        f"the {source.values - before:,} after them"
    )


def _without(stated: ScoreFacts, rivals: Sequence[str]) -> ScoreFacts:
    """The score without what it states of these rivals."""
    return msgspec.structs.replace(
        stated,
        rivals={name: value for name, value in stated.rivals.items() if name not in rivals},
        steps={name: values for name, values in stated.steps.items() if name not in rivals},
    )


def _steps_on_series(stated: ScoreFacts, measured: HoldoutScore) -> dict[str, tuple[float, float]]:
    """What is stated and measured of each step ahead, by name. Raises IntegrityError for other kinds of facts."""
    own = measured.model.steps
    known = {"mse": [step.value for step in own], "mse_se": [step.se for step in own]}
    known |= {name: [step.value for step in measured.rivals[name].steps] for name in stated.rivals}
    if set(stated.steps) != set(known):
        raise IntegrityError(f"score.steps must hold {', '.join(sorted(known))}; it holds {sorted(stated.steps)}.")
    return {
        f"{kind} of step {at + 1}": (claim, known[kind][at])
        for kind, claims in stated.steps.items()
        for at, claim in enumerate(claims)
    }


def _score(bundle: Bundle, windows: int, seed: int) -> str:
    stated = bundle.manifest.score
    signal = bundle.manifest.process
    if isinstance(bundle.manifest.source, ObservedSet):
        return _score_on_set(bundle)
    if signal is None:
        return _score_on_series(bundle)
    assert stated.skill is not None
    length, horizon = bundle.manifest.contract.context_length, bundle.manifest.contract.horizon
    windows = min(windows, signal.windows_to_score, most_windows(length, horizon))
    fewest = min(FEWEST_STATED, signal.windows_to_score)
    if not fewest <= stated.windows <= most_windows(length, horizon):
        raise IntegrityError(
            f"the manifest states a score on {stated.windows:,} windows; one of this length is of {fewest:,} "
            f"to {most_windows(length, horizon):,}."
        )
    predictor = Predictor(bundle, "onnx").warm()  # first, since floors of long windows take a minute
    measured = score(predictor.predict, signal, length, horizon=horizon, windows=windows, seed=seed)
    if unknown := sorted(set(stated.floors) - set(measured.floors)):
        raise IntegrityError(f"the manifest states unknown floors: {', '.join(unknown)[:200]}.")
    spread = max(step.floors.bayes.se for step in measured.steps)
    _check_floors(stated.floors, measured.floors, spread, measured.windows)
    _check_claim("mse", stated.mse, measured.mse, stated.windows, measured)
    _check_claim("skill", stated.skill, measured.skill, stated.windows, measured)
    if stated.excess is not None:
        _check_claim("excess", stated.excess, measured.excess, stated.windows, measured)
    _check_steps(stated, measured)
    if stated.excess is None:
        return f"MSE {measured.mse.value:.3g} ± {measured.mse.se:.1g} on {windows:,} fresh windows; {NO_EXCESS}"
    return (
        f"excess {measured.excess.value:.2%} ± {measured.excess.se:.2%} on {windows:,} fresh windows "
        f"(stated {stated.excess[0]:.2%})"
    )
