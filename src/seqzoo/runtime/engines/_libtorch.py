"""The import of torch, without the whole process standing still for it."""

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
    """Import torch with its engine, in this thread; the milliseconds that the import took in this process.

    It is 0 where torch had been imported before. Python loads a library with its global lock held; for torch's own,
    of hundreds of megabytes, every other thread would stand still for up to half a second. Loaded here first, by a
    foreign call, which lets go of the lock, it is there when the import asks for it.

    Raises:
        MissingExtraError: torch is installed and cannot be imported.
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
    found = importlib.util.find_spec("torch")
    if found is None or sys.platform != "linux":
        return
    for place in found.submodule_search_locations or ():
        library = Path(place) / "lib" / "libtorch_cpu.so"
        if library.is_file():
            ctypes.CDLL(None).dlopen(os.fsencode(library), os.RTLD_NOW)
