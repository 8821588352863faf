"""What every forecaster can be asked, a trained model and a computed reference alike."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from ..bundles.manifest import Manifest
    from ..bundles.store import Bundle
    from ..runtime.engines.numpy import Trace
    from ..runtime.stream import Stream
    from ..signals import Signal
    from .familiarity import Outside


class Forecaster(Protocol):
    """A model by name: `runtime.Predictor` and `references.ClosedForm` say what each method raises."""

    warns: bool

    @property
    def reference(self) -> str:
        """Which of `table.REFERENCES` it is; empty for a trained model."""

    @property
    def name(self) -> str:
        """As "lstm.sine"."""

    @property
    def summary(self) -> str:
        """One sentence on what it is."""

    @property
    def process(self) -> Signal | None:
        """The process it is for; None where nobody knows the law of its data."""

    @property
    def signal(self) -> Signal:
        """The process, for what cannot do without. Raises InputError where there is none."""

    @property
    def context_length(self) -> int:
        """L, the values that a window holds."""

    @property
    def horizon(self) -> int:
        """H, the steps that `predict` forecasts."""

    @property
    def reach(self) -> int:
        """The steps that `forecast` forecasts directly; farther ones feed forecasts back."""

    @property
    def engine(self) -> str:
        """What computes it."""

    @property
    def is_loaded(self) -> bool:
        """Whether it is in memory."""

    @property
    def is_recurrent(self) -> bool:
        """Whether `trace` and `stream` have gates and states to show."""

    def warm(self) -> Forecaster:
        """Load now; returns itself."""

    def predict(self, windows: ArrayLike) -> NDArray[np.floating[Any]]:
        """[L], [L, 1] or [B, L, 1] to [B, H]."""

    def forecast(self, context: ArrayLike, horizon: int) -> NDArray[np.floating[Any]]:
        """[B, horizon], after windows as for `predict` or a longer series [T]."""

    def outside(self, windows: ArrayLike) -> Outside | None:
        """What of the windows it was not made for; None where nothing."""

    def trace(self, windows: ArrayLike) -> Trace:
        """Every gate and state of the windows."""

    def stream(self) -> Stream:
        """To be fed one value at a time."""


class Bundled(Forecaster, Protocol):
    """A forecaster whose numbers lie in a bundle."""

    @property
    def path(self) -> Path:
        """The bundle's folder."""

    @property
    def bundle(self) -> Bundle:
        """The bundle; its manifest is read on first use."""

    @property
    def manifest(self) -> Manifest:
        """Facts of the model."""


def has_bundle(model: Forecaster) -> TypeGuard[Bundled]:
    """Whether there is a bundle of it; reads nothing."""
    return not model.reference
