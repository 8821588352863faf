"""Imports torch without blocking the other threads of the process."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
import threading
import time
from pathlib import Path

from ...errors import MissingExtraError

_lock = threading.Lock()
_took = 0.0


def enter() -> float:
    """The milliseconds that the first import of torch and its engine took; imports both in this thread if needed.

    The result is 0 if other code imported torch before. Python holds its global lock while it loads a library.
    Torch's library has hundreds of megabytes and would block every other thread for up to half a second. It is
    therefore loaded first by a foreign call, which releases the lock.

    Raises:
        MissingExtraError: torch is installed but cannot be imported.
    """
    global _took
    with _lock:
        if "torch" not in sys.modules:
            began = time.perf_counter()
            _open_library()
            try:
                from . import torchscript  # noqa: F401
            except (ImportError, OSError) as error:
                why = " ".join(str(error).split())[:200]
                raise MissingExtraError(f"torch cannot be imported ({why}), and its engine", "train") from None
            _took = 1000 * (time.perf_counter() - began)
        return _took


def _open_library() -> None:
    spec = importlib.util.find_spec("torch")
    if spec is None or sys.platform != "linux":
        return
    for place in spec.submodule_search_locations or ():
        library = Path(place) / "lib" / "libtorch_cpu.so"
        if library.is_file():
            ctypes.CDLL(None).dlopen(os.fsencode(library), os.RTLD_NOW)
