"""The drawing of each model for the gallery, computed once."""

from __future__ import annotations

import threading

from ...errors import SeqzooError
from ...pages import sketches
from ...runtime.predictor import find_model
from ...runtime.repository import Repository
from ..model.visit import identity
from ..ui.cache import Cache

_drawn: Cache[str, bytes] = Cache(300)
_one_at_a_time = threading.Lock()


def of(repository: Repository, name: str) -> bytes:
    """The drawing of a model as SVG, computed at the first call and then cached.

    It runs on onnx and does not load the model into the repository. For a model that cannot be run, the drawing says
    so; the model's page gives the reason.

    Raises:
        UnknownNameError: no such model.
    """
    repository.describe(name)
    try:
        fresh = find_model(name, "onnx")
        key = identity(name, fresh)
        with _one_at_a_time:
            return _drawn.get(key) or _drawn.put(key, sketches.drawing(fresh).encode())
    except SeqzooError:
        return sketches.unfit().encode()
