"""Trains a bundle's weights again from its recipe, and compares them with the stated ones.

A model of measured series is trained again on series whose values from the cutoffs on are garbage. Identical
weights then prove two things at once: the recipe gives them, and no value of the hold-out reaches them.

A bundle is trained again on the core that its manifest states, and by PyTorch if it states none.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from safetensors.torch import save as to_safetensors

from ..bundles import shelf
from ..bundles import store as bundles
from ..bundles.store import Bundle
from ..data.series import Series, in_memory
from ..runtime import core
from ..signals import Observed, ObservedSet, Simulated
from ..training import compiled
from ..training.loop import Progress, train
from ..training.spec import TrainingSpec
from . import build

ALLOWED = 3.0  # standard errors
GARBAGE_SEED = 13


@dataclass(frozen=True)
class Reproduction:
    """The result of training a bundle again.

    Args:
        identical: whether the new weights have the SHA-256 that the manifest states.
        same_stack: whether this machine has the versions and the kind of processor that the manifest states.
        mse: the MSE of the new weights, on the windows that the manifest's score was measured on.
        stated_mse: the MSE that the manifest states.
        standard_errors: the difference of the two in standard errors of the stated one.
        cores: the core that the manifest states, and the one of this training; "" for PyTorch.
        overwritten: how many values of a measured series were garbage in this training; 0 for a simulated signal.
    """

    identical: bool
    same_stack: bool
    sha256: str
    stated_sha256: str
    mse: float
    stated_mse: float
    standard_errors: float
    finished: bool
    cores: tuple[str, str] = ("", "")
    overwritten: int = 0

    @property
    def passed(self) -> bool:
        """Whether the weights are identical, or, on another stack, their MSE is within 3 standard errors."""
        return self.finished and (self.identical or (not self.same_stack and self.standard_errors <= ALLOWED))

    @property
    def note(self) -> str:
        """Why the weights differ, if they were computed by another core; else empty."""
        stated, here = (f"the core {name[:40]!r}" if name else "PyTorch" for name in self.cores)
        if stated == here or self.identical:
            return ""
        return (
            f"The bundle was trained through {stated}; this training ran through {here}. They round sums "
            "differently, so that no identical weights can be expected."
        )


def reproduce(
    name: str | Path | Bundle,
    *,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Reproduction:
    """The result of training a bundle, given by name, folder or opened, again from its recipe.

    Raises:
        UnknownNameError, BundleError, InputError: the bundle or its recipe cannot be used.
    """
    manifest = (name if isinstance(name, Bundle) else bundles.open_bundle(shelf.find(name))).manifest
    spec, overwritten = TrainingSpec.of_manifest(manifest), 0
    stated_core = manifest.training.stack.get("core", "")
    using = compiled.named(stated_core)
    if stated_core and using.core is None:
        using = core.state()
    if not isinstance(spec.source, Simulated):
        series = [overwritten_after(member) for member in spec.source.members]
        members = [
            msgspec.structs.replace(member, sha256=each.sha256)
            for member, each in zip(spec.source.members, series, strict=True)
        ]
        of_set = spec.source if isinstance(spec.source, ObservedSet) else None
        garbage = members[0] if of_set is None else ObservedSet.of(of_set.name, of_set.labels, members)
        overwritten = sum(member.length - member.missing - member.values_before() for member in members)
        with in_memory(*series):
            again = msgspec.structs.replace(spec, source=garbage)
            trained = train(again, using=using, on_progress=on_progress, should_stop=should_stop)
    else:
        trained = train(spec, using=using, on_progress=on_progress, should_stop=should_stop)
    digest = hashlib.sha256(to_safetensors(build.weights_of(trained.module))).hexdigest()
    stated = manifest.files[bundles.WEIGHTS].sha256
    measured = build.score_of(trained.module, spec) if trained.history else None
    mse = measured.mse[0] if measured else math.nan
    return Reproduction(
        identical=digest == stated,
        same_stack=manifest.training.stack == build.stack(trained.core),
        sha256=digest,
        stated_sha256=stated,
        mse=mse,
        stated_mse=manifest.score.mse[0],
        standard_errors=abs(mse - manifest.score.mse[0]) / max(manifest.score.mse[1], 1e-300),
        finished=trained.finished,
        cores=(stated_core, trained.core),
        overwritten=overwritten,
    )


def overwritten_after(source: Observed) -> Series:
    """The series of a source with garbage from the cutoff on: other values, far outside those before it.

    Raises:
        InputError: the series is not stored on this machine.
    """
    series = source.series()
    values = series.values.copy()
    past, missing = values[: source.cutoff], np.isnan(values)
    past = past[~missing[: source.cutoff]]
    noise = np.random.default_rng(GARBAGE_SEED).standard_normal(len(values) - source.cutoff)
    values[source.cutoff :] = past.mean() + 100 * (past.std() or 1.0) * noise
    values[missing] = np.nan  # where gaps lie tells which windows there are, and no value
    return Series(series.name, values, series.times)
