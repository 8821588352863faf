"""Rebuilds a bundle's weights from its recipe and says whether they came out the same."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import save as to_safetensors

from ..bundles import shelf
from ..bundles import store as bundles
from ..bundles.store import Bundle
from ..training.loop import Progress, train
from ..training.spec import TrainingSpec
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
    trained = train(TrainingSpec.of_manifest(manifest), on_progress=on_progress, should_stop=should_stop)
    digest = hashlib.sha256(to_safetensors(build.weights_of(trained.module))).hexdigest()
    stated = manifest.files[bundles.WEIGHTS].sha256
    measured = build.score_of(trained.module, trained.spec) if trained.history else None
    mse = measured.mse[0] if measured else math.nan
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
