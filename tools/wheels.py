"""Builds the wheel of every platform and the sources into dist/, and checks each.

Run by `make wheels`, and by `make dist`, which builds all again and compares the bytes. Zig compiles the core for all
platforms here (docs/native.md). The pure wheel is for the others: pip prefers the one of the platform.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import binaries

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "native"))

import build as core  # noqa: E402  native/build.py

FUNCTIONS = ("backward", "forward", "level", "pack", "peak", "size", "source", "step")
PURE = "any"


def built(folder: Path) -> dict[str, Path]:
    """The wheel of each platform, the pure one, and the sources, built into an empty folder."""
    files = {}
    for name in (*core.TAGS, PURE, "sdist"):
        choice = {"SEQZOO_PLATFORM": name} if name in core.TAGS else {"SEQZOO_CORE": "off"}
        kind = "sdist" if name == "sdist" else "wheel"
        before = set(folder.iterdir())
        command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
        subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, **choice}, stdout=subprocess.DEVNULL)
        (files[name],) = set(folder.iterdir()) - before
    return files


def check(name: str, wheel: Path) -> None:
    """Raises ValueError unless a wheel has its platform's tag and, but for the pure one, its platform's library."""
    tag = f"py3-none-{core.TAGS.get(name, PURE)}"
    with zipfile.ZipFile(wheel) as archive:
        libraries = [member for member in archive.namelist() if Path(member).suffix in (".so", ".dylib", ".dll")]
        (facts,) = [member for member in archive.namelist() if member.endswith(".dist-info/WHEEL")]
        stated = [line.removeprefix("Tag: ") for line in archive.read(facts).decode().splitlines() if "Tag: " in line]
        data = [archive.read(member) for member in libraries]
    if stated != [tag] or not wheel.stem.endswith(tag):
        raise ValueError(f"{wheel.name} states {stated}; expected {tag}")
    if libraries != ([f"seqzoo/runtime/{core.PLATFORMS[name][2]}"] if name in core.TAGS else []):
        raise ValueError(f"{wheel.name} holds the libraries {libraries}")
    for library in data:
        check_library(name, library)


def check_library(name: str, data: bytes) -> None:
    """Raises ValueError unless a library is of a platform, exports every function, and needs no other library."""
    binary = binaries.read(data)
    expected = {f"seqzoo_{function}_{target}" for function in FUNCTIONS for target in core.PLATFORMS[name][1]}
    others = [needed for needed in binary.needed if needed != "/usr/lib/libSystem.B.dylib"]  # every program has it
    if binary.platform != name or not expected <= binary.exported or others:
        missing = sorted(expected - binary.exported)
        raise ValueError(f"a library of {binary.platform} for {name}; it lacks {missing} and needs {others}")


def main() -> None:
    """Build and check all; the status is not 0 if anything fails."""
    dist = ROOT / "dist"
    dist.mkdir(exist_ok=True)
    for old in dist.glob("seqzoo-*"):
        old.unlink()
    files = built(dist)
    for name in (*core.TAGS, PURE):
        check(name, files[name])
    subprocess.run([sys.executable, "-m", "twine", "check", "--strict", *map(str, files.values())], check=True)
    contents = [sys.executable, "-m", "check_wheel_contents"]
    subprocess.run([*contents, *(str(files[name]) for name in (*core.TAGS, PURE))], check=True)
    for name, file in files.items():
        print(f"{name:<16}{file.stat().st_size / 1e6:6.2f} MB  {file.name}")


if __name__ == "__main__":
    main()
