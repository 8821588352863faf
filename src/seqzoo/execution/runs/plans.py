"""What a run is asked to do: a model's own recipe with a few things changed. Imports no torch."""

from __future__ import annotations

import math
from typing import Any, Literal

import msgspec

from ... import signals
from ...bundles.store import Manifest
from ...errors import InputError, UnknownNameError
from ...zoo import _registry
from ...zoo._recipes import Recipe, configured

SIZE_FIELDS = ("width", "channels", "hidden_size")  # the first that a config has is its size
RANGES: dict[str, tuple[float, float]] = {
    "size": (2, 192),
    "learning_rate": (1e-5, 0.1),
    "batch_size": (4, 1024),
    "sigma": (0.01, 0.5),  # without noise Bayes has no error, and the excess no meaning
    "steps": (20, 20_000),
    "seed": (0, 2**31 - 1),
}
WHOLE = ("size", "batch_size", "steps", "seed")
OPTIMISERS = ("soap", "adam")
Scalar = int | float | str | bool | None


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What can be changed of a recipe.

    Args:
        size: hidden units, channels or width; None where an architecture has no size.
        sigma: standard deviation of the signal's noise.
    """

    size: int | None
    learning_rate: float
    batch_size: int
    sigma: float
    steps: int
    seed: int
    optimiser: Literal["soap", "adam"]

    def check(self) -> None:
        """Raises InputError, which states the range, for a value outside it."""
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if value is None and name == "size":
                continue
            kind = "a whole number" if name in WHOLE else "a number"
            fits = isinstance(value, int if name in WHOLE else int | float) and not isinstance(value, bool)
            if not (fits and math.isfinite(value) and low <= value <= high):
                raise InputError(f"{name} must be {kind} from {low:,g} to {high:,g}, got {str(value)[:40]}.")
        if self.optimiser not in OPTIMISERS:
            raise UnknownNameError("optimiser", str(self.optimiser), OPTIMISERS)


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A run as its folder keeps it.

    Args:
        model: the model whose recipe it is.
        entry: as `registry.entry` takes it, which `changes` turn into that model's run with `settings`.
        created: seconds since the epoch.
    """

    model: str
    entry: str
    settings: Settings
    changes: dict[str, Scalar]
    created: float


def can_train(manifest: Manifest) -> bool:
    """Whether this installation has what the model was trained from; imports none of it."""
    return manifest.architecture in _registry.architectures() and manifest.signal.family in signals.FAMILIES


def entry_of(manifest: Manifest) -> str:
    """The entry of the registry that a model is of, whatever its own name is."""
    suffix = f"-h{manifest.contract.horizon}" if manifest.contract.horizon > 1 else ""
    return f"{manifest.architecture}.{manifest.signal.family}{suffix}"


def _size_field(config: dict[str, Any]) -> str | None:
    """The field of a config that is its size."""
    return next((name for name in SIZE_FIELDS if name in config), None)


def settings_of(manifest: Manifest) -> Settings:
    """Those the model was trained with.

    Raises:
        InputError: the manifest states a recipe or signal that cannot be used.
    """
    field = _size_field(manifest.config)
    size = None if field is None else manifest.config[field]
    if size is not None and (type(size) is not int or size < 1):
        raise InputError(f"the manifest's config.{field} must be a whole number above 0, got {str(size)[:40]!r}.")
    recipe = configured(Recipe(), "recipe", manifest.training.recipe)
    return Settings(
        size=size,
        learning_rate=recipe.learning_rate,
        batch_size=recipe.batch_size,
        sigma=signals.make(manifest.signal.family, manifest.signal.parameters).sigma,
        steps=recipe.steps,
        seed=manifest.training.seed,
        optimiser=recipe.optimiser,
    )


def plan_of(manifest: Manifest, settings: Settings, created: float) -> Plan:
    """The plan to train a model again with these settings.

    Raises:
        InputError, UnknownNameError: a setting outside its range, or a model that cannot be trained here.
    """
    settings.check()
    if manifest.architecture not in _registry.architectures():
        raise UnknownNameError("architecture", manifest.architecture, _registry.architectures())
    signals.make(manifest.signal.family, {**manifest.signal.parameters, "sigma": settings.sigma})
    changes: dict[str, Scalar] = {f"config.{name}": value for name, value in manifest.config.items()}
    changes |= {f"recipe.{name}": value for name, value in manifest.training.recipe.items()}
    changes |= {f"signal.{name}": value for name, value in manifest.signal.parameters.items()}
    field = _size_field(manifest.config)
    if field is not None and settings.size is not None:
        changes[f"config.{field}"] = settings.size
    for name in ("learning_rate", "batch_size", "steps", "optimiser"):
        changes[f"recipe.{name}"] = getattr(settings, name)
    changes["signal.sigma"] = settings.sigma
    return Plan(manifest.name, entry_of(manifest), settings, changes, created)
