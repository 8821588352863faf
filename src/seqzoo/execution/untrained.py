"""The weights that a training begins with, computed in a process: it takes torch. Imports no torch."""

from __future__ import annotations

import threading
from collections import OrderedDict

from .._extras import check_torch
from ..errors import InputError
from ..training.spec import TrainingSpec
from .local import Failure, in_processes

MOST_KEPT = 16
_kept: OrderedDict[str, bytes] = OrderedDict()
_lock = threading.Lock()


def weights(spec: TrainingSpec) -> bytes:
    """The safetensors file of a spec's initial weights. It takes two seconds; the last few files are kept.

    Raises:
        MissingExtraError: torch is not installed.
        InputError: the module cannot be built here.
    """
    check_torch("the weights before training")
    with _lock:  # whoever asks for the same meanwhile waits for it
        if spec.fingerprint not in _kept:
            ((_, outcome),) = in_processes(_initial, [spec], 1)
            if isinstance(outcome, Failure):
                raise InputError(outcome.reason)
            _kept[spec.fingerprint] = outcome
            while len(_kept) > MOST_KEPT:
                _kept.popitem(last=False)
        _kept.move_to_end(spec.fingerprint)
        return _kept[spec.fingerprint]


def _initial(spec: TrainingSpec) -> bytes:
    from safetensors.torch import save

    from ..publishing.build import weights_of
    from ..training.modules import initial

    return save(weights_of(initial(spec)))
