"""The plan of a run: the spec of a model with a few changed settings. Imports no torch."""

from __future__ import annotations

import dataclasses
import functools
import math
import time
from typing import Literal

import msgspec

from ... import signals
from ...bundles.manifest import Manifest
from ...bundles.store import SHIPPED, open_bundle
from ...errors import InputError, UnknownNameError
from ...signals import Simulated, Source
from ...training.spec import TrainingSpec
from ...zoo import _registry

SIZE_FIELDS = ("width", "channels", "hidden_size")  # the first of these that a config has is its size
RANGES: dict[str, tuple[float, float]] = {
    "size": (2, 192),
    "learning_rate": (1e-5, 0.1),
    "batch_size": (4, 1024),
    "sigma": (0.01, 0.5),  # without noise the Bayes error is zero, and the excess undefined
    "steps": (20, 20_000),
    "seed": (0, 2**31 - 1),
}
WHOLE = ("size", "batch_size", "steps", "seed")
OPTIMISERS = {"soap": "SOAP", "adam": "Adam"}


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of a model's spec that a user can change.

    Args:
        size: hidden units, channels or width; None if the architecture has no size.
        sigma: standard deviation of the signal's noise; None for a measured series.
    """

    size: int | None
    learning_rate: float
    batch_size: int
    sigma: float | None
    steps: int
    seed: int
    optimiser: Literal["soap", "adam"]

    @classmethod
    def of(cls, spec: TrainingSpec) -> Settings:
        """The settings of a spec.

        Raises:
            InputError: the spec's size is not a whole number above 0.
        """
        field = _size_field(spec)
        size = None if field is None else spec.config[field]
        if size is not None and (type(size) is not int or size < 1):
            raise InputError(f"config.{field} must be a whole number above 0, got {str(size)[:40]!r}.")
        recipe = spec.recipe
        return cls(
            size=size,
            learning_rate=recipe.learning_rate,
            batch_size=recipe.batch_size,
            sigma=None if spec.source.process is None else spec.source.process.sigma,
            steps=recipe.steps,
            seed=spec.seed,
            optimiser=recipe.optimiser,
        )

    def applied_to(self, spec: TrainingSpec) -> TrainingSpec:
        """The spec with these settings.

        Raises:
            InputError, UnknownNameError: as `check`.
        """
        self.check()
        field = _size_field(spec)
        size = {} if field is None or self.size is None else {field: self.size}
        return msgspec.structs.replace(
            spec,
            config={**spec.config, **size},
            source=self._source(spec.source),
            recipe=dataclasses.replace(
                spec.recipe,
                learning_rate=self.learning_rate,
                batch_size=self.batch_size,
                steps=self.steps,
                optimiser=self.optimiser,
            ),
            seed=self.seed,
        )

    def _source(self, source: Source) -> Source:
        if not isinstance(source, Simulated) or self.sigma is None:
            return source
        return Simulated(source.family, {**source.parameters, "sigma": self.sigma})

    def check(self) -> None:
        """Raises InputError for a value outside its range, and UnknownNameError for an unknown optimiser."""
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if value is None and name in ("size", "sigma"):
                continue
            kind = "a whole number" if name in WHOLE else "a number"
            fits = isinstance(value, int if name in WHOLE else int | float) and not isinstance(value, bool)
            if not (fits and math.isfinite(value) and low <= value <= high):
                raise InputError(f"{name} must be {kind} from {low:,g} to {high:,g}, got {str(value)[:40]}.")
        if self.optimiser not in OPTIMISERS:
            raise UnknownNameError("optimiser", str(self.optimiser), OPTIMISERS)


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The plan of a run, stored in its folder.

    Args:
        spec: the training.
        created: seconds since the epoch.
        model_files: paths of the user's files that define the architecture; they are run before it is looked up.
        chooses_scaling: whether the process first chooses the scaling and the optimiser, by short trainings.
        keep_as: the name under which the finished model is kept, if it is better than the last value; empty for none.
    """

    spec: TrainingSpec
    created: float
    model_files: list[str] = []
    chooses_scaling: bool = False
    keep_as: str = ""


def can_train(manifest: Manifest) -> bool:
    """Whether this installation has the model's architecture and source; imports no architecture."""
    return _registry.has_architecture(manifest.architecture) and _can_draw(manifest.source)


def _can_draw(source: Source) -> bool:
    """Whether this installation can draw windows of the source."""
    if isinstance(source, Simulated):
        return source.family in signals.FAMILIES
    return all(member.find() is not None for member in source.members)


def spec_of(manifest: Manifest, settings: Settings) -> TrainingSpec:
    """The spec to train a model again with these settings.

    Raises:
        InputError, UnknownNameError: a setting lies outside its range, or the model cannot be trained here.
    """
    if not _registry.has_architecture(manifest.architecture):
        raise UnknownNameError("architecture", manifest.architecture, _registry.architectures())
    return settings.applied_to(TrainingSpec.of_manifest(manifest))


def clock(plan: Plan) -> str:
    """The time of day at which a run was started."""
    return time.strftime("%H:%M", time.localtime(plan.created))


def titled(plan: Plan, *, is_of_many: bool = True) -> str:
    """The title of a run, for example "lstm.sine, Adam, run of 12:30".

    Args:
        is_of_many: whether the runs beside it may be of other models.
    """
    by = [] if plan.chooses_scaling else [OPTIMISERS[plan.spec.recipe.optimiser]]
    return ", ".join([*([named(plan.spec)] if is_of_many else []), *by, f"run of {clock(plan)}"])


def named(spec: TrainingSpec) -> str:
    """The name of the model that a run trains, with a size that is not the usual one, for example "lstm.sine-k4".

    "tcn.sine of size 8" is one whose size is not part of names in the zoo. Unlike `TrainingSpec.zoo_name` it imports
    no architecture: the usual size is that of the shipped model.
    """
    field = _size_field(spec)
    if field is None or spec.config[field] == _usual(spec.architecture, field):
        return spec.name
    if field != "hidden_size":
        return f"{spec.name} of size {spec.config[field]}"
    ahead = f"-h{spec.horizon}" if spec.horizon > 1 else ""
    return f"{spec.architecture}.{spec.source.key}-k{spec.config[field]}{ahead}"


@functools.cache
def _usual(architecture: str, field: str) -> object:
    """A field of the config of the shipped model of an architecture, on the sine; None if none is shipped."""
    folder = SHIPPED / f"{architecture}.sine"
    return open_bundle(folder).manifest.config.get(field) if folder.is_dir() else None


def described(spec: TrainingSpec, *, is_chosen: bool = True) -> str:
    """A training in words, for example "size 64, SOAP at 0.004, batch 128, noise 0.1, 4,000 steps, seed 0".

    Args:
        is_chosen: whether the optimiser and the scaling are known, or short trainings have yet to choose them.
    """
    settings = Settings.of(spec)
    size = "" if settings.size is None else f"size {settings.size}, "
    optimiser = f"{OPTIMISERS[settings.optimiser]} at {settings.learning_rate:g}"
    scaled = f", scaled per {spec.scaling_kind}" if spec.scaling_kind != "series" else ""
    if not is_chosen:
        optimiser, scaled = "optimiser and scaling chosen by short trainings", ""
    beside = f", with {' and '.join(spec.calendar)}" if spec.calendar else ""
    noise = "" if settings.sigma is None else f"noise {settings.sigma:g}, "
    return (
        f"{size}{optimiser}, batch {settings.batch_size}, "
        f"{noise}{settings.steps:,} steps, seed {settings.seed}{scaled}{beside}"
    )


def _size_field(spec: TrainingSpec) -> str | None:
    """The field of the config that holds the size; None if there is none."""
    return next((name for name in SIZE_FIELDS if name in spec.config), None)
