"""`seqzoo app`, which writes what its memory holds, as a line of JSON, whenever it receives SIGUSR1.

Arguments: the file to write to; `trace` for a tracemalloc of every allocation, else `plain`; then those of `seqzoo`.
"""

from __future__ import annotations

import collections
import ctypes
import gc
import json
import signal
import sys
import tracemalloc
from pathlib import Path
from typing import Any


class _Mallinfo(ctypes.Structure):
    """The struct that glibc's `mallinfo2` returns (malloc.h)."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks",
                     "keepcost")
    ]  # fmt: skip


def _facts() -> dict[str, Any]:
    """Pages that are kept, live objects by type, and bytes that malloc and Python's allocator have handed out."""
    from nicegui import Client

    gc.collect()
    types = collections.Counter(f"{type(one).__module__}.{type(one).__name__}" for one in gc.get_objects())
    facts: dict[str, Any] = {"pages": len(Client.instances), "objects": sum(types.values()), "types": types}
    try:
        ask = ctypes.CDLL(None).mallinfo2
    except (AttributeError, OSError):  # not glibc
        return facts
    ask.restype = _Mallinfo
    info = ask()
    facts |= {"in_use": info.uordblks + info.hblkhd, "free": info.fordblks}
    if tracemalloc.is_tracing():
        facts["traced"] = tracemalloc.get_traced_memory()[0]
        lines = tracemalloc.take_snapshot().statistics("lineno")[:2000]
        facts["lines"] = {f"{line.traceback[0].filename}:{line.traceback[0].lineno}": line.size for line in lines}
    return facts


def main() -> None:
    """Answer the signal, and run the command line."""
    target = Path(sys.argv[1])
    if sys.argv[2] == "trace":
        tracemalloc.start()

    def write(*_: object) -> None:
        fresh = target.with_suffix(".new")
        fresh.write_text(json.dumps(_facts()), "utf-8")
        fresh.replace(target)

    signal.signal(signal.SIGUSR1, write)
    sys.argv = ["seqzoo", *sys.argv[3:]]
    from seqzoo.cli import main as run

    run()


if __name__ == "__main__":
    main()
