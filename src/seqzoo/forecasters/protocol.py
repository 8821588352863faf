"""The interface of every forecaster, trained model and computed reference alike."""

from __future__ import annotations

from collections.abc import Callable
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
    """A forecaster with a name. `runtime.Predictor` and `references.ClosedForm` state the errors of each method."""

    warns: bool

    @property
    def reference(self) -> str:
        """Its key in `table.REFERENCES`; empty for a trained model."""

    @property
    def name(self) -> str:
        """Its name, for example "lstm.sine"."""

    @property
    def summary(self) -> str:
        """One sentence on what it is."""

    @property
    def process(self) -> Signal | None:
        """The process that it forecasts; None where the law of its data is unknown."""

    @property
    def signal(self) -> Signal:
        """The process, for callers that need one. Raises InputError where `process` is None."""

    @property
    def context_length(self) -> int:
        """L, the number of values in a window."""

    @property
    def horizon(self) -> int:
        """H, the number of steps that `predict` forecasts."""

    @property
    def reach(self) -> int:
        """The number of steps that `forecast` forecasts directly; for farther steps it feeds forecasts back."""

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of the D channels of a window: the value, and what is known in advance."""

    @property
    def engine(self) -> str:
        """The engine that computes its forecasts."""

    @property
    def is_loaded(self) -> bool:
        """Whether the model is in memory."""

    @property
    def is_recurrent(self) -> bool:
        """Whether `trace` works: the model has gates and states."""

    @property
    def can_stream(self) -> bool:
        """Whether `stream` works: the model carries a state, and its scaling does not depend on the window."""

    def warm(self) -> Forecaster:
        """The forecaster itself, loaded now."""

    def predict(self, windows: ArrayLike) -> NDArray[np.floating[Any]]:
        """Forecasts [B, H] from windows [L], [L, D] or [B, L, D]."""

    def forecast(
        self, context: ArrayLike, horizon: int, known: ArrayLike | None = None
    ) -> NDArray[np.floating[Any]]:
        """Forecasts [B, horizon] after windows as for `predict`, or after a longer series [T] or [T, D].

        `known` [horizon, D - 1] holds what is known in advance of the steps after the context.
        """

    def outside(self, windows: ArrayLike) -> Outside | None:
        """How far the windows lie outside the training data; None if none does."""

    def trace(self, windows: ArrayLike) -> Trace:
        """Every gate and state while the network reads the windows."""

    def stream(self) -> Stream:
        """A stream, which reads one value at a time."""


class Bundled(Forecaster, Protocol):
    """A forecaster whose weights lie in a bundle."""

    @property
    def path(self) -> Path:
        """The bundle's folder."""

    @property
    def bundle(self) -> Bundle:
        """The bundle; its manifest is read on first use."""

    @property
    def manifest(self) -> Manifest:
        """The manifest of the bundle."""


def steps_of(model: Forecaster, horizon: int) -> Callable[..., NDArray[np.floating[Any]]]:
    """Maps windows [B, L, D], and if D > 1 the channels [B, horizon, D - 1] after them, to forecasts [B, horizon]."""
    return lambda context, known=None: model.forecast(context, horizon, known)


def has_bundle(model: Forecaster) -> TypeGuard[Bundled]:
    """Whether the forecaster has a bundle; reads no file."""
    return not model.reference
