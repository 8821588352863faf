"""A zoo of small sequence models: train in seconds, look inside, compare with the best possible.

>>> import seqzoo
>>> predictor = seqzoo.load("lstm.sine")            # returns at once; nothing is read yet
>>> predictor.predict([0.1] * 20).shape
(1, 1)

Attributes are imported when they are first used, so `import seqzoo` takes no time and never imports torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .bundles.shelf import available
    from .diagnosis.stages import doctor
    from .errors import SeqzooError
    from .evaluation.scoring import score
    from .forecasters.exact import references_of
    from .forecasters.floors import floors
    from .microscope.widget import look_inside
    from .publishing.verify import verify
    from .runtime import Predictor, load
    from .signals import Sine

__version__ = "0.2.0"

_HOMES = {
    "Predictor": "runtime",
    "SeqzooError": "errors",
    "Sine": "signals",
    "available": "bundles.shelf",
    "doctor": "diagnosis.stages",
    "floors": "forecasters.floors",
    "load": "runtime",
    "look_inside": "microscope.widget",
    "references_of": "forecasters.exact",
    "score": "evaluation.scoring",
    "verify": "publishing.verify",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


__all__ = [
    "Predictor",
    "SeqzooError",
    "Sine",
    "__version__",
    "available",
    "doctor",
    "floors",
    "load",
    "look_inside",
    "references_of",
    "score",
    "verify",
]
