"""Rebuilds a bundle's weights from its recipe and says whether they came out the same."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import save as to_safetensors

from .. import signals
from ..bundles import shelf
from ..bundles import store as bundles
from ..bundles.store import Bundle, Manifest
from ..training.loop import Progress, Run, train
from ..zoo import _registry
from ..zoo._recipes import Recipe, configured
from . import build

ALLOWED = 3.0  # standard errors


@dataclass(frozen=True)
class Reproduction:
    """What retraining came to.

    Args:
        identical: whether the weights have the SHA-256 that the manifest states.
        same_stack: whether it was made with the same versions on the same kind of processor.
        mse: of the new weights, on the windows the manifest's score was measured on.
        stated_mse: what the manifest states.
        standard_errors: the distance between the two in standard errors of the stated one.
    """

    identical: bool
    same_stack: bool
    sha256: str
    stated_sha256: str
    mse: float
    stated_mse: float
    standard_errors: float
    finished: bool

    @property
    def passed(self) -> bool:
        """Identical on the same stack; within 3 standard errors elsewhere."""
        return self.finished and (self.identical or (not self.same_stack and self.standard_errors <= ALLOWED))


def run_of(manifest: Manifest) -> Run:
    """The training run that a manifest describes.

    Raises:
        UnknownNameError: this installation does not have the architecture or the signal.
        InputError: the recipe or the configuration cannot be used.
    """
    made = _registry.architecture(manifest.architecture)
    config = configured(made.config(), "config", manifest.config)
    recipe = configured(Recipe(), "recipe", manifest.training.recipe)
    signal = signals.make(manifest.signal.family, manifest.signal.parameters)
    return Run(
        name=manifest.name,
        architecture=made.name,
        config=config,
        module=made.module,
        signal_family=manifest.signal.family,
        signal=signal,
        recipe=recipe,
        seed=manifest.training.seed,
    )


def reproduce(
    name: str | Path | Bundle,
    *,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Reproduction:
    """Retrain the bundle of that name, or one that has been opened, from its recipe and compare.

    Raises:
        UnknownNameError, BundleError, InputError: the bundle or its recipe cannot be used.
    """
    manifest = (name if isinstance(name, Bundle) else bundles.open_bundle(shelf.find(name))).manifest
    trained = train(run_of(manifest), on_progress=on_progress, should_stop=should_stop)
    digest = hashlib.sha256(to_safetensors(build.weights_of(trained.module))).hexdigest()
    stated = manifest.files[bundles.WEIGHTS].sha256
    measured = build.score_of(trained.module, trained.run) if trained.history else None
    mse = measured.mse.value if measured else math.nan
    return Reproduction(
        identical=digest == stated,
        same_stack=manifest.training.stack == build.stack(),
        sha256=digest,
        stated_sha256=stated,
        mse=mse,
        stated_mse=manifest.score.mse[0],
        standard_errors=abs(mse - manifest.score.mse[0]) / max(manifest.score.mse[1], 1e-300),
        finished=trained.finished,
    )
