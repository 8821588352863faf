"""Predictions from bundles: loaded on first use, with validated input, on a choice of engines."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..forecasters.references import ClosedForm
    from .engines import ENGINES, Engine
    from .engines.numpy import Trace
    from .predictor import Predictor, load
    from .stream import Stream

__all__ = ["ENGINES", "ClosedForm", "Engine", "Predictor", "Stream", "Trace", "load"]

_HOMES = {
    "ENGINES": ".engines",
    "ClosedForm": "..forecasters.references",
    "Engine": ".engines",
    "Predictor": ".predictor",
    "Stream": ".stream",
    "Trace": ".engines.numpy",
    "load": ".predictor",
}


def __getattr__(name: str) -> Any:  # a listing needs only the references
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name], __name__), name)
