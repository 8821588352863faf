"""Runs the tests of the compiled core under AddressSanitizer and UndefinedBehaviorSanitizer; needs g++ on x86-64.

The memory that the core is given is then exactly as large as it asks for, so that a step beyond it is an error.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "native" / "core.cpp"
TARGETS = {"x86_64": "x86-64", "x86_64_v3": "x86-64-v3", "x86_64_v4": "x86-64-v4"}
FLAGS = (
    "-std=c++17 -O1 -g -ffp-contract=fast -fno-trapping-math -fno-exceptions -fno-rtti -fPIC -fvisibility=hidden "
    "-Wno-psabi -fsanitize=address,undefined -fno-sanitize-recover=undefined"
).split()
TESTS = """
import sys
from pathlib import Path
import numpy as np
import pytest
from seqzoo.runtime import core
core.LIBRARY, core.room = Path(sys.argv[1]), lambda size: np.empty(size, np.float32)
assert core.find() is not None, core.state().why
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "tests/runtime/test_core.py"]))
"""


def main() -> int:
    """The exit status of the tests."""
    with tempfile.TemporaryDirectory() as folder:
        objects = []
        stated = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]
        for target, processor in TARGETS.items():
            objects.append(f"{folder}/{target}.o")
            names = [f"-DSEQZOO_TARGET={target}", f'-DSEQZOO_SOURCE="{stated}"', f"-march={processor}"]
            subprocess.run(["g++", *FLAGS, *names, "-c", "-o", objects[-1], str(SOURCE)], check=True)
        library = f"{folder}/libseqzoo.so"
        subprocess.run(["g++", "-shared", "-fsanitize=address,undefined", "-o", library, *objects], check=True)
        asked = [["g++", f"-print-file-name={name}"] for name in ("libasan.so", "libubsan.so")]
        runtimes = [subprocess.check_output(one, text=True).strip() for one in asked]
        environment = {**os.environ, "LD_PRELOAD": " ".join(runtimes), "ASAN_OPTIONS": "detect_leaks=0"}
        command = [sys.executable, "-c", TESTS, library]
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
