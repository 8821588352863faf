"""Engines of bundles, each loaded once for all visitors, with the time that loading and a forecast took."""

from __future__ import annotations

import importlib
import threading
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ... import _extras
from ...bundles.store import Bundle
from ...runtime import Predictor
from ...runtime.engines import _libtorch
from ..ui.cache import Cache

RUNS = 100  # forecasts; the latency is their median
_kept: Cache[tuple[Path, str, str], Measured] = Cache(32)
_imports: dict[str, float] = {}
_importing = threading.Lock()


class Measured(NamedTuple):
    """A loaded engine and its times in milliseconds: to load, to forecast once, to import its library."""

    model: Predictor
    load: float
    latency: float
    library: float


def loaded(bundle: Bundle, engine: str) -> Measured:
    """The engine of a bundle, loaded and measured at the first call and then cached.

    Raises:
        SeqzooError: it cannot be loaded.
    """
    fresh = Predictor(bundle, engine)
    key = bundle.path, bundle.manifest_sha256, engine
    if (cached := _kept.get(key)) is not None:
        return cached
    library = _library(engine, fresh)
    began = time.perf_counter()
    fresh.warm()
    load = time.perf_counter() - began
    window = np.zeros((1, fresh.context_length, len(fresh.channels)), np.float32)
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        fresh.predict(window)
        times.append(time.perf_counter() - began)
    return _kept.put(key, Measured(fresh, 1000 * load, 1000 * float(np.median(times)), library))


def _library(engine: str, wanted: Predictor) -> float:
    """The milliseconds that this process took to import the engine's library, now or earlier."""
    if engine == "torchscript" and wanted.bundle.is_trusted and _extras.has_torch():
        return _libtorch.enter()
    if engine == "onnx":
        with _importing:
            if engine not in _imports:
                began = time.perf_counter()
                importlib.import_module("onnxruntime")
                _imports[engine] = 1000 * (time.perf_counter() - began)
            return _imports[engine]
    return 0.0
