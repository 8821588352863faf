"""A zoo of small sequence models: train in seconds, look inside, compare with the best possible.

>>> import seqzoo
>>> predictor = seqzoo.load("lstm.sine")            # returns at once; nothing is read yet
>>> predictor.predict([0.1] * 20).shape
(1, 1)

Attributes are imported when they are first used: `import seqzoo` alone costs nothing and never
imports torch.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import SeqzooError
    from .floors import floors, forecasters
    from .microscope import microscope
    from .runtime import Predictor, load
    from .scoring import score
    from .shelf import available
    from .signals import Sine
    from .verification import verify

__version__ = "0.1.0"

_HOMES = {
    "Predictor": "runtime",
    "SeqzooError": "errors",
    "Sine": "signals",
    "available": "shelf",
    "floors": "floors",
    "forecasters": "floors",
    "load": "runtime",
    "microscope": "microscope",
    "score": "scoring",
    "verify": "verification",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


class _Package(ModuleType):
    """A submodule, once imported, would take the place of the function it is named after, as `floors`."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __dir__() -> list[str]:
    return __all__


__all__ = [
    "Predictor",
    "SeqzooError",
    "Sine",
    "__version__",
    "available",
    "floors",
    "forecasters",
    "load",
    "microscope",
    "score",
    "verify",
]
