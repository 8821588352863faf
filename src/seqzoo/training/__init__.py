"""Training: one loop for every model, with sources of windows, optimisers and checkpoints."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .loop import Trained, train
    from .spec import TrainingSpec

_HOMES = {"Trained": "loop", "TrainingSpec": "spec", "train": "loop"}


def __getattr__(name: str) -> Any:  # importing the loop imports torch
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)


__all__ = ["Trained", "TrainingSpec", "train"]
