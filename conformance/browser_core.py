"""Compiles the core for browsers once more, with an empty cache, and compares the bytes with those committed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from clients import environment

NATIVE = Path(__file__).resolve().parent.parent / "native"
ASK = "import build; print(build.library('wasm32'), build.BROWSERS)"


def main() -> None:
    """Raises SystemExit if the bytes differ."""
    with tempfile.TemporaryDirectory() as cache:
        ran = subprocess.run(
            [environment("ziglang") / "python", "-c", ASK],
            cwd=NATIVE, env={**os.environ, "XDG_CACHE_HOME": cache}, check=True, capture_output=True, text=True,
        )  # fmt: skip
        fresh, committed = map(Path, ran.stdout.split())
        if fresh.read_bytes() != committed.read_bytes():
            sys.exit(f"{committed} is not what native/core.cpp compiles to: run `python native/build.py microscope`")
    print("core.wasm: the same bytes")


if __name__ == "__main__":
    main()
