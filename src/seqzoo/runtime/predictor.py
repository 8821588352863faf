"""The predictor of a bundle; it reads each file on first use, and only once."""

from __future__ import annotations

import threading
import warnings
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import FloatArray, channel, with_known
from ..bundles.describe import describe_signal
from ..bundles.manifest import Contract, Manifest
from ..bundles.shelf import find
from ..bundles.store import WEIGHTS, Bundle, open_bundle
from ..data.calendar import check_waves
from ..data.windows import as_batch, last_window, single
from ..errors import InputError, IntegrityError, OutsideTrainingWarning, UnknownNameError
from ..forecasters import familiarity, references, rollout
from ..forecasters.familiarity import Familiarity, Outside, Range
from ..forecasters.protocol import Forecaster
from ..forecasters.references import MOST_LOOKED_AT
from ..signals import Signal
from . import engines

if TYPE_CHECKING:
    from .engines.native import NativeEngine
    from .engines.numpy import NumpyEngine, Trace
    from .stream import Stream


def load(name: str | Path, engine: str | None = None) -> Forecaster:
    """A predictor for a model of the zoo, a user's model, a bundle's folder, or a reference. Loads no file yet.

    Args:
        name: a name such as "lstm.sine" or "bayes.sine", or the path of a bundle's folder.
        engine: "torchscript", "onnx", "native" or "numpy"; by default torchscript if torch is installed and the
            bundle is trusted. Otherwise native for recurrent models where this installation has the compiled core,
            and onnx for the others; "light" chooses one of these two.

    Raises:
        UnknownNameError: the model or the engine does not exist.
        InputError: `name` is neither a name nor a path.

    Warns:
        OutsideTrainingWarning: once, from `predict` or `forecast`, if windows lie outside the training data.
    """
    model = find_model(name, engine)
    model.warns = True
    return model


def find_model(name: str | Path, engine: str | None = None) -> Forecaster:
    """A predictor as from `load` that never warns, for callers that report `outside` themselves."""
    if not isinstance(name, str | Path):
        raise InputError(f"a model is given by its name, as 'lstm.sine', or a bundle's folder, got {name!r}.")
    if isinstance(name, str) and (reference := references.find(name)) is not None:
        if engine is not None:
            engines.check_name(engine)
        return reference
    return Predictor(find(name), engine)


class Predictor:
    """Predictions of one bundle on one engine. Safe to use from many threads.

    Args:
        source: the bundle's folder, or the opened bundle.
        engine: see `load`.
    """

    reference = ""

    def __init__(self, source: Path | Bundle, engine: str | None = None) -> None:
        self._source = source
        self.path = source.path if isinstance(source, Bundle) else source
        self._wanted = None if engine is None else engines.check_name(engine)
        self._engine: engines.Engine | None = None
        self._lock = threading.Lock()
        self.warns = False

    def __reduce__(self) -> tuple[Any, ...]:
        """The recipe of a copy, which loads its engine again: neither engines nor locks can be pickled."""
        return Predictor, (self._source, self._wanted), {"warns": self.warns}

    def __repr__(self) -> str:
        state = self.engine if self.is_loaded else "not loaded"
        return f"<Predictor {self.path.name} ({state})>"

    @cached_property
    def bundle(self) -> Bundle:
        """The bundle; its manifest is read on first use.

        Raises:
            ManifestError: the manifest cannot be used.
        """
        return self._source if isinstance(self._source, Bundle) else open_bundle(self._source)

    @property
    def manifest(self) -> Manifest:
        """The manifest: contract, scores, training. Raises ManifestError."""
        return self.bundle.manifest

    @property
    def name(self) -> str:
        """The name that the manifest states. Raises ManifestError."""
        return self.manifest.name

    @property
    def summary(self) -> str:
        """The summary that the manifest states. Raises ManifestError."""
        return self.manifest.summary

    @property
    def context_length(self) -> int:
        """L, the number of values in a window. Raises ManifestError."""
        return self.manifest.contract.context_length

    @property
    def horizon(self) -> int:
        """H, the number of steps that `predict` forecasts. Raises ManifestError."""
        return self.manifest.contract.horizon

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of the D channels of a window: the value, and what is known in advance. Raises ManifestError."""
        return self.manifest.contract.names

    @property
    def reach(self) -> int:
        """The number of steps that `forecast` forecasts directly: H. Raises ManifestError."""
        return self.horizon

    @property
    def is_recurrent(self) -> bool:
        """Whether the model carries a state, which `trace` and `stream` need. Raises ManifestError."""
        from .engines.numpy import CELLS

        return self.manifest.architecture in CELLS

    @property
    def can_stream(self) -> bool:
        """Whether `stream` works: the model is recurrent, and its scaling does not depend on the window.

        Raises:
            ManifestError: the manifest is malformed.
        """
        return self.is_recurrent and self.manifest.contract.scaling.kind == "series"

    @cached_property
    def process(self) -> Signal | None:
        """The process that the model was trained on; None for a measured series. Raises ManifestError,
        UnknownNameError, InputError."""
        return self.manifest.process

    @property
    def signal(self) -> Signal:
        """The process, for callers that need one.

        Raises:
            InputError: the model was trained on a measured series, whose law is unknown.
            ManifestError, UnknownNameError: as `process`.
        """
        if self.process is None:
            raise InputError(
                f"{self.name} was trained on {describe_signal(self.manifest)}, whose law is unknown: it has no "
                "best forecast and no fresh windows. Give a series or a window."
            )
        return self.process

    @cached_property
    def engine(self) -> str:
        """The name of the engine, after resolving the default."""
        if self._wanted == engines.LIGHT:
            return engines.light(self.manifest)
        return self._wanted or engines.default_engine(self.bundle)

    @property
    def is_loaded(self) -> bool:
        """Whether the model is in memory."""
        return self._engine is not None

    def warm(self) -> Predictor:
        """The predictor itself, after loading the model now instead of at the first prediction.

        Threads that call while another one loads wait for that load. After a failed load, the next call tries again.

        Raises:
            BundleError: the bundle cannot be used.
            MissingExtraError: the engine is not installed.
        """
        self._load()
        _ = self._familiar  # takes a second for long windows
        return self

    def predict(self, windows: ArrayLike) -> FloatArray:
        """Forecasts [B, H] of the next H values after each window, in the series' units.

        Args:
            windows: [L, D] or [B, L, D], in the series' units; also [L] where D is 1. `channels` names the D
                channels.

        Returns:
            [B, H] as the engine returns it: in float32, or in float64 if the bundle has a scaling, since near 1.7e9
            neighbouring numbers of float32 are 128 apart.

        Raises:
            InputError: the windows have another shape or are not numbers, or a value or forecast is not finite in
                float32.
            BundleError, MissingExtraError: at the first call, see `warm`.
        """
        engine = self._engine or self._load()
        batch = as_batch(windows, self._length, self._names)
        if self.warns:
            self._warn(batch)
        return self._run(engine, batch)

    def forecast(self, context: ArrayLike, horizon: int, known: ArrayLike | None = None) -> FloatArray:
        """Forecasts [B, horizon]; beyond H steps, forecasts are fed back into the window.

        Args:
            context: as for `predict`, or a longer series [T] or [T, D], whose last L steps are read.
            horizon: 1 to 10,000.
            known: [horizon, D - 1] or [B, horizon, D - 1], the channels of the steps after the context that are known
                in advance; needed where D is above 1 and the horizon above H.

        Returns:
            [B, horizon], in the type that `predict` returns; forecasts are fed back in float64.

        Raises:
            InputError: `known` is missing or has another shape; or see `predict`.
            BundleError, MissingExtraError: see `predict`.
        """
        rollout.check_horizon(horizon)
        engine = self._engine or self._load()
        batch = last_window(context, self.context_length, self._names)
        if self.warns:
            self._warn(batch)
        following = self._following(known, len(batch), horizon)

        def run(windows: FloatArray) -> FloatArray:
            return self._run(engine, as_batch(windows, self._length, self._names))

        return rollout.recursive(run, batch, horizon, following)

    def _following(self, known: ArrayLike | None, rows: int, horizon: int) -> FloatArray | None:
        """The channels [B, horizon, D - 1] of the steps after the context; None where none are needed."""
        beside = len(self._names) - 1
        if not beside or (known is None and horizon <= self.horizon):
            return None
        expected = f"[{horizon}, {beside}] or [{rows}, {horizon}, {beside}]"
        try:
            given = np.asarray([] if known is None else known, np.float64)
        except (TypeError, ValueError):
            given = np.empty(0)
        if given.shape not in ((horizon, beside), (rows, horizon, beside)) or not np.isfinite(given).all():
            what = "nothing" if known is None else f"shape {list(given.shape)}"
            raise InputError(
                f"{self.name} forecasts {self.horizon} steps directly; for {horizon} it needs the channels "
                f"{', '.join(self._names[1:])} of the steps after the context, finite numbers {expected}; got {what}."
            )
        check_waves(given, self._names[1:])
        return np.broadcast_to(given, (rows, horizon, beside))

    def outside(self, windows: ArrayLike) -> Outside | None:
        """How far windows, given as for `predict`, lie outside the training data.

        None if no window does, or if the bundle of a measured series does not state how far its values reach.

        Raises:
            InputError: as `predict`.
        """
        batch = as_batch(windows, self.context_length, self.channels)
        return None if self._familiar is None else self._familiar.find(channel(batch))

    def trace(self, windows: ArrayLike) -> Trace:
        """Every gate and state for windows given as for `predict`, computed by the numpy engine.

        Raises:
            InputError: as `predict`; or the windows are too many, or the architecture has no gates and states.
            BundleError: the weights are damaged.
        """
        batch = as_batch(windows, self.context_length, self.channels)
        most = max(1, 81_920 // batch.shape[1])
        if len(batch) > most:
            raise InputError(f"a trace holds at most {most:,} windows of this length, got {len(batch):,}.")
        trace = self._reference.trace(batch)
        rollout.finite(trace.forecast)
        return trace

    def stream(self) -> Stream:
        """A stream with a new state, which reads one step at a time: in the native engine where there is one, unless
        numpy was chosen, otherwise in the numpy engine.

        Raises:
            InputError: the architecture carries no state, or the scaling depends on the window.
            BundleError: the weights are damaged.
        """
        from .stream import Stream

        if self.is_recurrent and not self.can_stream:
            raise InputError(
                f"{self.name} scales each window by its own mean and deviation, which one value does not have: it "
                "cannot stream. Give whole windows to `predict`."
            )
        return Stream(self._stepping.stepper(), self.manifest.contract, self._familiar)

    def _run(self, engine: engines.Engine, batch: FloatArray) -> FloatArray:
        if self._scaling.is_identity:
            return rollout.finite(engine.run(single(batch)))
        batch = batch.astype(np.float64)
        self._scaling.check(batch)
        return rollout.finite(engine.run(batch))

    def _warn(self, batch: FloatArray) -> None:
        """Warn if windows lie outside the training data, once; the warning names the line that called `predict`.

        Judging one window takes some 7 us, about a quarter of the time of the fastest engine, so that every call can
        be judged until the warning.
        """
        familiar = self._familiar
        if familiar is None:
            self.warns = False
        elif outside := familiar.find(channel(batch[:MOST_LOOKED_AT])):
            self.warns = False
            warnings.warn(f"{self.name}: {outside.note}", OutsideTrainingWarning, stacklevel=3)

    @cached_property
    def _familiar(self) -> Familiarity | Range | None:
        contract = self.manifest.contract
        if contract.reach is not None:
            return Range(contract.scaling.center, contract.scaling.scale, contract.reach)
        try:
            return None if self.process is None else familiarity.of(self.process, self.context_length)
        except (UnknownNameError, InputError):  # this version does not have the signal
            return None

    def _load(self) -> engines.Engine:
        with self._lock:
            if self._engine is None:
                engine = engines.build(self.engine, self.bundle)
                contract = self.manifest.contract
                self._try(engine, contract)
                self._length, self._scaling, self._names = contract.context_length, contract.scaling, contract.names
                self._engine = engine
            return self._engine

    def _try(self, engine: engines.Engine, contract: Contract) -> None:
        """Run the engine once: the first run is slow, and a file that loads may still break the contract."""
        kind = contract.scaling.dtype
        window = np.full((1, contract.context_length), contract.scaling.center, kind)
        known = np.zeros((1, contract.context_length, contract.channels - 1)) if contract.channels > 1 else None
        try:
            forecast = engine.run(with_known(window, known))
        except Exception as error:  # engines raise exceptions of any type
            why = " ".join(str(error).split())[:300]
            raise IntegrityError(
                f"the {self.engine} model of {self.path} fails on a constant window: {why}"
            ) from None
        if forecast.shape != (1, contract.horizon) or forecast.dtype != kind or not np.isfinite(forecast).all():
            raise IntegrityError(
                f"the {self.engine} model of {self.path} forecasts {forecast.dtype} {list(forecast.shape)} for a "
                f"constant window; the manifest states finite {kind} [1, {contract.horizon}]."
            )

    @cached_property
    def _stepping(self) -> NumpyEngine | NativeEngine:
        """The engine of streams."""
        if self.engine == "numpy" or not self.is_recurrent or engines.light(self.manifest) != "native":
            return self._reference
        from .engines.native import NativeEngine

        engine = self._load() if self.engine == "native" else None
        return engine if isinstance(engine, NativeEngine) else NativeEngine(self.bundle.read(WEIGHTS), self.manifest)

    @cached_property
    def _reference(self) -> NumpyEngine:
        from .engines.numpy import NumpyEngine

        return NumpyEngine(self.bundle.read(WEIGHTS), self.manifest)
