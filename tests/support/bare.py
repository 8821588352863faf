"""Processes with torch but nothing of ours: forked from one that has imported it.

By itself each would do so anew, which takes two seconds. All processes of the tests share that one. It has no ONNX
Runtime, which waits for its own threads as a process ends: a fork has none of them.
"""

from __future__ import annotations

import atexit
import os
import subprocess

from support import warm
from support.ray_processes import SHARED

PRELOADED = [
    "support.growing", "safetensors.numpy", "torch",
    "asyncio", "google.protobuf.message", "jsonschema", "msgpack", "numpy", "requests", "yaml",  # which ray needs
    "support.settled",
]  # fmt: skip


def share() -> str:
    """The address of the process that they are forked from; the first call starts it."""
    if SHARED not in os.environ:
        os.environ[SHARED], end = warm.start(PRELOADED)
        atexit.register(end)
    return os.environ[SHARED]


def run(code: str, *words: object) -> subprocess.CompletedProcess[str]:
    """As `warm.run`, where nothing of ours has been imported."""
    return warm.run(code, *words, address=share())
