"""The models of a server: each is loaded once, on first use, and a limited number is kept in memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from ..bundles import shelf
from ..bundles.manifest import NAME
from ..errors import InputError, IntegrityError, SeqzooError
from ..forecasters import references, table
from ..forecasters.protocol import Forecaster
from . import engines, golden
from .predictor import Predictor, find_model

MOST_LOADED = 16


class ModelState(NamedTuple):
    """A model in the index: `state` is READY, LOADING or UNAVAILABLE, with the reason where it is not READY."""

    name: str
    state: str
    reason: str


class _Slot:
    """The state of one model. `lock` is held while the model loads, so that threads waiting for it share the load."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.model: Forecaster | None = None
        self.loading = False
        self.reason = ""


class Repository:
    """Every model of the shelf and every reference. Safe to use from many threads.

    Args:
        engine: the engine of all models; "light" is the fastest that needs no torch.
        most_loaded: the most models in memory; the least recently used is removed first.
        on_load: called after each load with the name and the error, or None.
        stand_in: the engine for a model that `engine` cannot run; the index then states the reason. None refuses such
            a model.
    """

    def __init__(
        self,
        engine: str = "light",
        most_loaded: int = MOST_LOADED,
        on_load: Callable[[str, SeqzooError | None], None] = lambda name, error: None,
        stand_in: str | None = None,
    ) -> None:
        if most_loaded < 1:
            raise InputError(f"a server keeps at least one model in memory, got {most_loaded}.")
        self.engine, self.most_loaded = engines.check_name(engine), most_loaded
        self.stand_in = None if stand_in in (None, engine) else engines.check_name(stand_in)
        self._on_load = on_load
        self._slots: dict[str, _Slot] = {}
        self._recent: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """The names of every model of the shelf and every reference, sorted."""
        return sorted({*shelf.available(), *table.names()})

    def loaded(self) -> list[str]:
        """Names of the models in memory, the least recently used first."""
        with self._lock:
            return list(self._recent)

    def peek(self, name: str) -> Forecaster | None:
        """The model if it is in memory; does not load it."""
        slot = self._slots.get(name)
        return None if slot is None else slot.model

    def describe(self, name: str) -> Forecaster:
        """The model, only for its facts: the one in memory, or one that has not been loaded.

        Raises:
            UnknownNameError: the model does not exist.
        """
        model = self.peek(name)
        if model is not None:
            return model
        self._check(name)
        return find_model(name, self.engine)

    def get(self, name: str) -> Forecaster:
        """The model, loaded now if it is not in memory. Simultaneous calls share one load.

        Raises:
            UnknownNameError: the model does not exist.
            SeqzooError: the model cannot be loaded; the next call tries again.
        """
        slot = self._slots.get(name)
        model = None if slot is None else slot.model
        if model is None:
            slot = self._slot(name)
            with slot.lock:
                model = slot.model or self._fill(name, slot)
        self.touch(name)
        return model

    def load(self, name: str) -> Forecaster:
        """The model, read from disk again. The version in memory serves until the new one has passed its golden test,
        and keeps serving if the new one fails.

        Raises:
            UnknownNameError, SeqzooError: see `get`.
        """
        slot = self._slot(name)
        with slot.lock:
            model = self._fill(name, slot)
        self.touch(name)
        return model

    def unload(self, name: str) -> None:
        """Remove the model from memory; running requests finish with it. The next request loads it again.

        Raises:
            UnknownNameError: the model does not exist.
        """
        slot = self._slot(name)
        with slot.lock:
            slot.model, slot.reason = None, "unloaded"
            with self._lock:
                self._recent.pop(name, None)

    def touch(self, name: str) -> None:
        """Record that the model was used, if it is in memory."""
        with self._lock:
            slot = self._slots[name]
            if slot.model is None:  # unloaded meanwhile
                return
            self._recent[name] = None
            self._recent.move_to_end(name)
            while len(self._recent) > self.most_loaded:
                oldest, _ = self._recent.popitem(last=False)
                self._slots[oldest].model = None
                self._slots[oldest].reason = "unloaded: others were used more recently"

    def state(self, name: str) -> ModelState:
        """The state of one model.

        Raises:
            UnknownNameError: the model does not exist.
        """
        if name not in self._slots:
            self._check(name)
        return self._state(name)

    def index(self) -> list[ModelState]:
        """The state of every model."""
        return [self._state(name) for name in self.names()]

    def _state(self, name: str) -> ModelState:
        slot = self._slots.get(name)
        if slot is None:
            return ModelState(name, "UNAVAILABLE", "not loaded yet: its first request loads it")
        if slot.model is not None:
            return ModelState(name, "READY", slot.reason)
        if slot.loading:
            return ModelState(name, "LOADING", "")
        return ModelState(name, "UNAVAILABLE", slot.reason)

    def _check(self, name: str) -> None:
        if not NAME.fullmatch(name) or (references.find(name) is None and name not in shelf.available()):
            raise shelf.unknown(name)

    def _slot(self, name: str) -> _Slot:
        if name not in self._slots:
            self._check(name)
        with self._lock:
            return self._slots.setdefault(name, _Slot())

    def _fill(self, name: str, slot: _Slot) -> Forecaster:
        slot.loading = True
        try:
            model, reason = self._read(name)
        except Exception as problem:  # of any type: it becomes the state of this model
            why = " ".join(str(problem).split())[:300]
            error = problem if isinstance(problem, SeqzooError) else IntegrityError(f"{name} cannot be loaded: {why}")
            consequence = "the version in memory serves on: " if slot.model is not None else ""
            slot.reason = f"{consequence}{error}"
            self._on_load(name, error)
            if error is problem:
                raise
            raise error from problem
        finally:
            slot.loading = False
        slot.model, slot.reason = model, reason
        self._on_load(name, None)
        return model

    def _read(self, name: str) -> tuple[Forecaster, str]:
        """The model, and the reason why it does not run on the configured engine; empty if it does."""
        reference = references.find(name)
        if reference is not None:
            return reference, ""
        try:
            return self._proved(name, self.engine), ""
        except SeqzooError as error:
            if self.stand_in is None:
                raise
            try:
                return self._proved(name, self.stand_in), f"{self.engine} cannot be used: {error}"
            except SeqzooError as another:
                both = f"{self.stand_in}: {another} {self.engine}: {error}"
                raise IntegrityError(f"no engine can run it. {both}") from None

    def _proved(self, name: str, engine: str) -> Predictor:
        predictor = Predictor(shelf.find(name), engine).warm()
        comparison = golden.compare(predictor.bundle, predictor.predict)
        if not comparison.passed:
            raise IntegrityError(
                f"{name} differs from its golden tensors by {comparison.distance:.2g}; "
                f"{comparison.bound:.0e} is allowed."
            )
        return predictor
