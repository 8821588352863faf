"""The specification of a training run, which pages, command line, workers and bundles share."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..data.calendar import PARTS, Calendar
from ..data.scaling import KINDS, Kind, Scaling
from ..data.windows import held_out_of
from ..errors import InputError
from ..evaluation.holdout import FEWEST_CUTOFFS, check_cutoffs
from ..evaluation.scoring import HELD_OUT_SEEDS
from ..signals import Observed, ObservedSet, Simulated, Source
from ..zoo import _model_files
from ..zoo._recipes import MAX_SIZE, Recipe, configured, replaced

if TYPE_CHECKING:
    from ..bundles.manifest import Manifest
    from ..zoo._registry import Entry

MAX_BATCH_VALUES = 1_000_000


class TrainingSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that determines the weights of a training run. It converts to JSON and builds no module.

    Args:
        architecture: the name in the registry.
        config: the fields of the architecture's config, among them `context_length` and `horizon`.
        source: the source of the windows.
        recipe: the settings of the training.
        seed: the seed of the initial weights and of the windows.
        model_file: SHA-256 of the user's file that defines the architecture; None if the package ships it.
        scaling_kind: "series"; "window": the network reads each window without its own level and scale; or "season":
            it also forecasts the change since a season earlier; see `data.scaling`.
        calendar: parts of `data.calendar` that the network reads beside the values of measured series.

    Raises:
        InputError: a value lies outside its range. Training checks the values that only the architecture knows.
    """

    architecture: str
    config: dict[str, Any]
    source: Source
    recipe: Recipe
    seed: int = 0
    model_file: str | None = None
    scaling_kind: Kind = "series"
    calendar: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.seed < HELD_OUT_SEEDS:
            raise InputError(f"a seed must be from 0 to {HELD_OUT_SEEDS - 1}, got {self.seed}.")
        if self.scaling_kind not in KINDS:
            raise InputError(f"a scaling is {', '.join(KINDS)}, got {str(self.scaling_kind)[:40]!r}.")
        for key in ("context_length", "horizon"):
            value = self.config.get(key)
            if type(value) is not int or not 1 <= value <= MAX_SIZE:
                raise InputError(f"config.{key} must be a whole number, 1 to {MAX_SIZE}, got {str(value)[:40]!r}.")
        if self.recipe.batch_size * self.context_length > MAX_BATCH_VALUES:
            raise InputError(
                f"batch_size times context_length must be at most {MAX_BATCH_VALUES:,}, got "
                f"{self.recipe.batch_size} times {self.context_length}."
            )
        points = self.recipe.points
        if not isinstance(self.source, Simulated) and points is not None:
            raise InputError(f"recipe.points is a budget for simulated signals: it must be None here, got {points}.")
        if isinstance(self.source, Observed):
            self._check_cutoff(self.source)
        if self.scaling_kind == "season" and not has_season(self.source, self.context_length):
            raise InputError(
                "a scaling by season needs a measured series whose season fits in the context, "
                f"{self.context_length} values. State the season, give a longer context, or another scaling."
            )
        if isinstance(self.source, ObservedSet):
            self._check_members(self.source)
        in_order = tuple(part for part in PARTS if part in self.calendar)
        if self.calendar and (isinstance(self.source, Simulated) or self.calendar != in_order):
            raise InputError(
                f"a calendar is of measured series, with parts of {', '.join(PARTS)} in this order, got "
                f"{str(self.calendar)[:80]}."
            )
        process = self.source.process
        if process is not None and process.sigma == 0:
            raise InputError(
                "sigma must be above 0 to train, got 0: without noise the best forecaster makes no error, so that "
                "the distance from it has no scale."
            )

    def _check_cutoff(self, source: Observed) -> None:
        """Raises InputError unless the cutoff leaves a window before it and enough values for a score after it."""
        if source.cutoff < self.context_length:
            raise InputError(
                f"the cutoff must leave {self.context_length} values before it, got {source.cutoff}. Give a longer "
                "series or a shorter context."
            )
        check_cutoffs(source.length - source.cutoff, self.horizon)
        if not source.missing:
            return
        counts = source.account(self.context_length, self.horizon)
        if counts.held_out < FEWEST_CUTOFFS or not counts.training or not counts.choosing:
            raise InputError(
                f"{counts} Windows of {self.context_length} + {self.horizon} values are needed to train on and to "
                f"choose the weights, and {FEWEST_CUTOFFS} to score on. Fill the gaps, or give a longer series or a "
                "shorter context or horizon."
            )

    def _check_members(self, source: ObservedSet) -> None:
        """Raises InputError unless each series of a set has a window to train on, and the scaling is per window."""
        if self.scaling_kind == "series":
            raise InputError("series of a set have no scale in common: the scaling must be window or season.")
        needed = self.context_length + self.horizon
        for label, member in zip(source.labels, source.members, strict=True):
            if member.missing:
                counts = member.account_in_set(self.context_length, self.horizon)
                if min(counts.training, counts.choosing, counts.held_out) > 0:
                    continue
                raise InputError(f"the series {label!r} has {counts} Leave it out of the file, or fill its gaps.")
            trained_on = member.cutoff - held_out_of(member.cutoff, self.horizon)
            if trained_on < needed or member.length - member.cutoff < self.horizon:
                left = member.length - member.cutoff
                raise InputError(
                    f"the series {label!r} leaves {trained_on} values to train on and {left} to score on; a context "
                    f"of {self.context_length} and a horizon of {self.horizon} need {needed} and {self.horizon}. "
                    "Give a shorter context or horizon, or leave the series out of the file."
                )

    @classmethod
    def of(
        cls,
        entry: Entry,
        *,
        seed: int = 0,
        changes: Mapping[str, Any] | None = None,
        series: Observed | ObservedSet | None = None,
        scaling: Kind = "series",
    ) -> TrainingSpec:
        """The spec of a zoo entry, with changes of its recipe, config or signal.

        Args:
            changes: new values by field, for example {"recipe.steps": 800, "signal.sigma": 0.2}.
            series: a measured series to train on in place of the entry's signal.
            scaling: the `scaling_kind`.

        Raises:
            InputError: a field does not exist or cannot have the value.
        """
        parts = changed({"recipe": entry.recipe, "config": entry.config, "signal": entry.signal}, changes or {})
        return cls(
            architecture=entry.architecture.name,
            config=dataclasses.asdict(parts["config"]),
            source=series or Simulated.of(entry.signal_family, parts["signal"]),
            recipe=parts["recipe"],
            seed=seed,
            model_file=_model_files.sha256_of(entry.architecture.name),
            scaling_kind=scaling,
        )

    @classmethod
    def of_manifest(cls, manifest: Manifest) -> TrainingSpec:
        """The spec of the training of a bundle. Imports no architecture.

        Raises:
            UnknownNameError: this installation does not have the signal.
            InputError: the recipe, the config or the signal cannot be used.
        """
        recipe = configured(Recipe(), "recipe", manifest.training.recipe)
        training, calendar = manifest.training, manifest.contract.calendar
        return cls(
            manifest.architecture,
            manifest.config,
            manifest.source,
            recipe,
            training.seed,
            training.model_file,
            manifest.contract.scaling.kind,
            () if calendar is None else calendar.parts,
        )

    @property
    def name(self) -> str:
        """The name of the model, for example "lstm.sine" or "lstm.sine-h50"."""
        return f"{self.architecture}.{self.source.key}" + (f"-h{self.horizon}" if self.horizon > 1 else "")

    @property
    def zoo_name(self) -> str:
        """The name of the model in the zoo, with its size, for example "lstm.recall-k4"; on a series without it.

        Imports the architecture, and torch with it.
        """
        if not isinstance(self.source, Simulated):
            return self.name
        from ..zoo import _registry

        suffix = _registry.architecture(self.architecture).suffix_of(self.config)
        return f"{self.architecture}.{self.source.key}{suffix}"

    @property
    def context_length(self) -> int:
        """L, the number of values in a window."""
        length: int = self.config["context_length"]
        return length

    @property
    def horizon(self) -> int:
        """H, the number of steps forecast at once."""
        horizon: int = self.config["horizon"]
        return horizon

    @property
    def channels(self) -> int:
        """D, the number of channels at each step of a window."""
        return 1 + len(Calendar(self.calendar).names)

    def known(self) -> list[NDArray[np.float64]] | None:
        """[T, D - 1] of each measured series: the calendar channels of its own times; None if D is 1.

        Raises:
            InputError: a series is not stored on this machine, or has no times.
        """
        if not self.calendar:
            return None
        assert not isinstance(self.source, Simulated)
        every = [member.series() for member in self.source.members]
        return [Calendar(self.calendar).channels(each.times, len(each)) for each in every]

    @property
    def scaling(self) -> Scaling:
        """The scaling from the units of the source to those of the network.

        Raises:
            InputError: the series of an observed source is not stored on this machine.
        """
        if isinstance(self.source, Simulated):
            return Scaling(kind=self.scaling_kind)
        return self.source.scaling(self.scaling_kind)

    @property
    def fingerprint(self) -> str:
        """A digest of everything that determines the weights: specs with equal fingerprints give equal weights."""
        process = self.source.process
        facts = [
            self.architecture,
            self.config,
            self.source.key,
            msgspec.to_builtins(self.source) if process is None else dataclasses.asdict(process),
            dataclasses.asdict(self.recipe),
            self.seed,
        ]
        facts += [] if self.model_file is None else [self.model_file]
        facts += [] if self.scaling_kind == "series" else [{"scaling": self.scaling_kind}]
        facts += [{"calendar": self.calendar}] if self.calendar else []
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def has_season(source: Source, context_length: int) -> bool:
    """Whether a window holds a season of the source, which scaling by season needs."""
    return not isinstance(source, Simulated) and 1 < source.season <= context_length


def changed(parts: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a spec by name, with new values of their fields, for example {"recipe.steps": 800}.

    Raises:
        InputError: a field does not exist or cannot have the value.
    """
    parts = dict(parts)
    for key, value in changes.items():
        part, _, name = key.partition(".")
        if part not in parts:
            names = [f"{each}.KEY" for each in parts]
            raise InputError(f"a change is named {', '.join(names[:-1])} or {names[-1]}, got {key!r}.")
        parts[part] = replaced(parts[part], part, name, value)
    return parts
