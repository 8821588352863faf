"""The footprint of a model: the time of one window, and the size of its ONNX file."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence

import numpy as np

from ...._extras import one_thread
from ....bundles.manifest import Contract
from ....data.scaling import Scaling
from ....publishing.onnx import to_onnx
from ....runtime.engines.onnx import OnnxEngine
from ....zoo import _registry
from ...results import Footprint, TrainingResults

ROUNDS, CALLS = 30, 30  # of a latency: every round visits every model


def measure(results: TrainingResults, models: Sequence[str]) -> None:
    """Measure latency and size of every model, untrained, since neither depends on the weights.

    Every round measures every model, so that a slow moment of the machine affects all of them. A model that cannot be
    exported to ONNX gets no footprint.
    """
    window = np.zeros((1, results.context_length, 1), np.float32)
    engines, sizes = {}, {}
    for model in models:
        architecture = _registry.architecture(model)
        contract = Contract(architecture.config().context_length, architecture.config().horizon, Scaling())
        with contextlib.suppress(Exception), one_thread():  # the exporter's exceptions share no base class
            data = to_onnx(architecture.module(architecture.config()), contract)
            engines[model], sizes[model] = OnnxEngine(data, contract), len(data)
    names = list(engines)
    seconds: dict[str, list[float]] = {model: [] for model in names}
    for turn in range(ROUNDS):
        first = turn % max(1, len(names))
        for model in [*names[first:], *names[:first]]:
            engines[model].run(window)
            for _ in range(CALLS):
                began = time.perf_counter()
                engines[model].run(window)
                seconds[model].append(time.perf_counter() - began)
    for model in names:
        results.footprints[model] = Footprint(round(1e6 * float(np.median(seconds[model])), 2), sizes[model])
