"""One loop trains every model: sources of windows, optimisers, checkpoints."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .loop import Run, Trained, train


def __getattr__(name: str) -> Any:  # importing the loop imports torch
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(".loop", __name__), name)


__all__ = ["Run", "Trained", "train"]
