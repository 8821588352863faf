"""The manifest: every fact about a bundle. Manifests of version 1 are converted to version 2 when read."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np

from .. import _strict_json
from ..data.calendar import Calendar, named
from ..data.frequency import frequency
from ..data.scaling import Scaling
from ..data.times import zone_of
from ..errors import InputError, ManifestError
from ..forecasters.floors import vanishes
from ..forecasters.table import REQUIRED
from ..signals import ObservedSet, Signal, Simulated, Source
from . import version_1

SCHEMA_VERSION = 2
TOLERANCE = 1e-5  # the largest difference of an engine's forecasts from the golden tensors
FILE_LIMIT = 64 << 20
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")


class _Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Strict: an unknown field is an error and is never dropped silently."""


class FileFacts(_Facts, frozen=True):
    """The SHA-256 and the size in bytes of a file."""

    sha256: str
    size: int


class Contract(_Facts, frozen=True):
    """The input and output of every engine and exported graph: [B, context_length, channels] -> [B, horizon].

    Both are in the units of the series: float32 where the scaling is the identity, else float64.

    Args:
        context_length: L, the number of values in a window.
        horizon: H, the number of steps forecast at once.
        scaling: maps the series' units to the network's, and back.
        channels: D, the number of values at each step.
        names: the names of the channels: the value, and the calendar channels that `data.calendar` defines.
        frequency: the time between steps, as pandas writes it ("h", "15min", "MS"); None if steps are only counted.
        reach: the largest distance of a value before the cutoff from `scaling.center`, in `scaling.scale`; None for a
            simulated signal, whose windows `forecasters.familiarity` draws, and for a set, which has no one scale.
        input: the name of the input tensor.
        output: the name of the output tensor.
        zone: the time zone whose clock the calendar channels follow; None for the clock of the series.
    """

    context_length: int
    horizon: int
    scaling: Scaling = Scaling()
    channels: int = 1
    names: tuple[str, ...] = ("value",)
    frequency: str | None = None
    reach: float | None = None
    input: str = "context"
    output: str = "forecast"
    zone: str | None = None

    @property
    def calendar(self) -> Calendar | None:
        """The calendar that the channels after the first hold; None if there are none."""
        return None if len(self.names) < 2 else named(self.names[1:], self.zone)


class SeriesScore(_Facts, frozen=True):
    """The score on one series of a set. Errors are stated by forecaster: "model", and rivals.

    Args:
        cutoffs: the number of cutoffs scored.
        scale: the standard deviation of the values before the cutoff, the unit of the set's score.
        unit: their mean absolute seasonal difference, the unit of MASE; 0 where they repeat themselves exactly.
        mse: mean squared errors, in the units of the series squared.
        mase: mean absolute errors in `unit`; empty where that is 0.
    """

    cutoffs: int
    scale: float
    unit: float
    mse: dict[str, float]
    mase: dict[str, float]


class ScoreFacts(_Facts, frozen=True):
    """A score: mse, excess and skill, each as [value, standard error], with the errors of floors or rivals.

    For a simulated source the score is measured on fresh windows; `excess` is None if the Bayes floor is zero. For a
    measured series it is measured at every cutoff of the held-out part. Excess and skill are then None, since the
    floor is unknown. For a set of series, each error is divided by the scale of its series, and values and their
    standard errors are those of means over series.

    Values are means over the horizon. If there is more than one step, `steps` has the values at each step ahead as
    lists of H numbers: `mse`, `mse_se`, `excess`, and each floor or rival.

    Args:
        windows: the number of windows or cutoffs scored.
        seed: the seed of the fresh windows; 0 for a measured series.
        floors: expected MSE by reference.
        rivals: measured MSE by rival.
        mase: for a set, the mean MASE over series as [value, standard error], by forecaster as in `SeriesScore`.
        series: for a set, the score on each series by its name.
    """

    windows: int
    seed: int
    mse: tuple[float, float]
    excess: tuple[float, float] | None
    skill: tuple[float, float] | None
    floors: dict[str, float] = msgspec.field(default_factory=dict)
    rivals: dict[str, float] = msgspec.field(default_factory=dict)
    steps: dict[str, list[float]] = msgspec.field(default_factory=dict)
    mase: dict[str, tuple[float, float]] = msgspec.field(default_factory=dict)
    series: dict[str, SeriesScore] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.floors and vanishes(self.floors):  # an older version stated a ratio of rounding errors here
            msgspec.structs.force_setattr(self, "excess", None)


class CoverageFacts(_Facts, frozen=True):
    """How often the intervals of one level covered the targets of the held-out part.

    Args:
        overall: the share covered over all cutoffs and steps, and its standard error.
        steps: the same at each step ahead.
        steps_se: their standard errors.
        width: the mean width at each step ahead, in the series' units.
    """

    overall: tuple[float, float]
    steps: list[float]
    steps_se: list[float]
    width: list[float]


class LevelFacts(_Facts, frozen=True):
    """The intervals of one level on the held-out part: split conformal, and those that adapt along it."""

    level: float
    split: CoverageFacts
    adaptive: CoverageFacts


class IntervalFacts(_Facts, frozen=True):
    """Prediction intervals of a model of a measured series; `intervals.safetensors` holds their calibration errors.

    Args:
        windows: the number of calibration errors at each step ahead.
        after: the time of the first value after them, which is the first that is held out: an instant in UTC, or what
            the clock showed if no zone is known; None if the series has no times.
        zone: the series' time zone, where known.
        rate: the step size of adaptive intervals, see `evaluation.adaptive`.
        levels: what was measured on the held-out part, by ascending level.
        unit: what errors, radii and widths are in: "series" for the series' units, "window" for the spread of each
            window by `contract.scaling`, as for a set of series.
    """

    windows: int
    after: str | None
    zone: str | None
    rate: float
    levels: list[LevelFacts]
    unit: Literal["series", "window"] = "series"


class TrainingFacts(_Facts, frozen=True):
    """The training run of the weights. `model_file`: SHA-256 of the user's file that defines the architecture."""

    recipe: dict[str, Any]
    seed: int
    steps: int
    windows_seen: int
    seconds: float
    stack: dict[str, str]
    model_file: str | None = None


class Manifest(_Facts, frozen=True, omit_defaults=True):
    """The contents of manifest.json. `architecture` is a name in the registry; `config` holds its settings.

    `intervals` is left out where there are none: for simulated signals, and in bundles of earlier versions.
    """

    schema_version: int
    name: str
    title: str
    summary: str
    architecture: str
    config: dict[str, Any]
    parameters: int
    contract: Contract
    source: Source
    score: ScoreFacts
    training: TrainingFacts
    rebuild: str
    created_with: str
    files: dict[str, FileFacts]
    intervals: IntervalFacts | None = None

    @property
    def process(self) -> Signal | None:
        """The process whose windows the model was trained on; None for a measured series.

        Raises:
            UnknownNameError, InputError: this installation does not have the process.
        """
        return self.source.process

    @property
    def size(self) -> int:
        """The total size of all files in bytes, without the manifest."""
        return sum(facts.size for facts in self.files.values())


class _Version(msgspec.Struct):
    schema_version: int


def parse(raw: bytes, path: Path) -> Manifest:
    """The manifest in these bytes.

    Args:
        path: the path of the file, for messages.

    Raises:
        ManifestError: the manifest is malformed, of a newer schema, or states invalid facts.
    """
    try:
        _strict_json.check(raw)
        version = msgspec.json.decode(raw, type=_Version).schema_version
        if version > SCHEMA_VERSION:
            raise ManifestError(
                f"{path} is of schema {version}; this seqzoo reads up to {SCHEMA_VERSION}. Upgrade seqzoo."
            )
        if version < 1:
            raise ManifestError(f"{path}: schema_version must be at least 1, got {version}.")
        if version == 1:
            raw = version_1.upgraded(raw)
        manifest = msgspec.json.decode(raw, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, InputError, RecursionError) as error:
        raise ManifestError(f"{path} is not a valid manifest: {error}.") from None
    problem = _problem(manifest)
    if problem:
        raise ManifestError(f"{path}: {problem}.")
    return manifest


def _problem(manifest: Manifest) -> str | None:
    """The first invalid fact of a manifest whose types are valid, in words; None if all are valid."""
    if not NAME.fullmatch(manifest.name):
        return f"name {manifest.name[:80]!r} must match {NAME.pattern}"
    for name, facts in manifest.files.items():
        if not re.fullmatch(r"[0-9a-f]{64}", facts.sha256):
            return f"the sha256 of {name} is not 64 hexadecimal digits"
        if not 0 <= facts.size <= FILE_LIMIT:
            return f"the size of {name} must be from 0 to {FILE_LIMIT:,} bytes, got {facts.size:,}"
    for fact in _leaves(msgspec.to_builtins(manifest)):
        if isinstance(fact, str) and not fact.isprintable():
            return f"every text must be printable, got {fact[:80]!a}"
        if isinstance(fact, float) and not math.isfinite(fact):
            return "every number must be finite"
    if manifest.parameters < 0:
        return f"parameters must be at least 0, got {manifest.parameters}"
    if manifest.score.windows < 2:
        return f"score.windows must be at least 2, got {manifest.score.windows}"
    if problem := _score_problem(manifest.score, isinstance(manifest.source, Simulated)):
        return problem
    of_set = manifest.source if isinstance(manifest.source, ObservedSet) else None
    if set(manifest.score.series) != ({each.name for each in of_set.members} if of_set else set()):
        return "score.series must hold the score of each series of the set, and of no other"
    if of_set and manifest.contract.scaling.kind == "series":
        return "a model of a set of series scales each window"
    contract = manifest.contract
    if manifest.intervals is not None and (problem := _intervals_problem(manifest.intervals, manifest)):
        return problem
    if any(len(values) != contract.horizon for values in manifest.score.steps.values()):
        return f"score.steps must hold {contract.horizon} values of each kind"
    if not (1 <= contract.context_length <= 4096 and 1 <= contract.horizon <= 4096):
        return (
            "context_length and horizon must be from 1 to 4096, "
            f"got {contract.context_length} and {contract.horizon}"
        )
    if contract.scaling.season > contract.context_length:
        return (
            f"scaling.season must be at most context_length, got {contract.scaling.season} and "
            f"{contract.context_length}"
        )
    try:
        if contract.frequency is not None:
            frequency(contract.frequency)
        if contract.zone is not None:
            zone_of(contract.zone)
    except InputError as error:
        return f"contract.frequency and zone must be a frequency and a time zone: {str(error)[:200].rstrip('.')}"
    if contract.channels != len(contract.names):
        return f"contract.names must name {contract.channels} channels, got {str(contract.names)[:80]}"
    if contract.channels != 1 and contract.calendar is None:
        return f"this seqzoo reads channels of the calendar after the value, got {str(contract.names)[:200]}"
    return None


def _score_problem(score: ScoreFacts, is_simulated: bool) -> str | None:
    if not is_simulated:
        if score.excess is not None or score.skill is not None or score.floors:
            return "a score on a measured series has no excess, skill or floors: its best forecaster is unknown"
        return None if {"line", "last_value"} <= set(score.rivals) else "score.rivals lacks line or last_value"
    if lacking := set(REQUIRED) - score.floors.keys():
        return f"score.floors lacks {', '.join(sorted(lacking))}"
    if score.excess is None and not vanishes(score.floors):
        return "score.excess is missing, and the Bayes floor is above zero"
    return "score.skill is missing" if score.skill is None else None


def _intervals_problem(facts: IntervalFacts, manifest: Manifest) -> str | None:
    if isinstance(manifest.source, Simulated):
        return "intervals of a simulated signal are calibrated on fresh windows, not stated"
    levels = [each.level for each in facts.levels]
    if facts.unit == "window" and manifest.contract.scaling.kind == "series":
        return "intervals in units of each window need a scaling by window"
    if levels != sorted(set(levels)) or not all(0 < level < 1 for level in levels):
        return f"intervals.levels must ascend between 0 and 1, got {str(levels)[:80]}"
    if facts.windows < 1 or not 0 < facts.rate < 1:
        return f"intervals need windows from 1 and a rate in (0, 1), got {facts.windows} and {facts.rate}"
    try:
        if facts.after is not None and not re.fullmatch(r"[0-9-]{10}T[0-9:.]+", facts.after):
            raise ValueError(f"got {facts.after[:80]!r}")
        np.datetime64(facts.after, "us")
        if facts.zone is not None:
            zone_of(facts.zone)
    except (ValueError, InputError) as error:
        return f"intervals.after and zone must be a time and a time zone: {str(error)[:200].rstrip('.')}"
    for measured in (method for each in facts.levels for method in (each.split, each.adaptive)):
        if {len(measured.steps), len(measured.steps_se), len(measured.width)} != {manifest.contract.horizon}:
            return f"the coverage of intervals must hold {manifest.contract.horizon} values of each kind"
        if not all(0 <= share <= 1 for share in (measured.overall[0], *measured.steps)):
            return "a coverage must be from 0 to 1"
        if not all(size >= 0 for size in (measured.overall[1], *measured.steps_se, *measured.width)):
            return "standard errors and widths of intervals must be at least 0"
    return None


def _leaves(facts: Any) -> Iterator[Any]:
    """Every key and value of nested dicts and lists."""
    if isinstance(facts, dict):
        yield from facts
        facts = list(facts.values())
    if isinstance(facts, list | tuple):
        for item in facts:
            yield from _leaves(item)
    else:
        yield facts


