"""Builds the wheel of every platform and the sources into dist/, checks each, and tests that of this machine.

Run by `make wheels`; `tools/wheels.py --twice` also builds all again and compares the bytes. Zig compiles the core
for all platforms here (docs/native.md). The pure wheel is for the others: pip prefers the one of the platform.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
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


def test(wheel: Path) -> None:
    """Install a wheel with its dependencies into an environment of its own, and use it there."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python, command = f"{folder}/bin/python", f"{folder}/bin/seqzoo"
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", "constraints.txt"]
        subprocess.run([*pip, str(wheel)], cwd=ROOT, check=True)
        window = [str(value / 10) for value in range(20)]
        for words in (
            ["list"], ["doctor-install"], ["predict", "lstm.sine", "--engine", "native", *window],
            ["verify", "lstm.sine"], ["verify", "linear.sine"],
        ):  # fmt: skip
            ran = subprocess.run([command, *words], cwd=folder, capture_output=True, text=True, check=False)
            print(f"$ seqzoo {' '.join(words)}\n{ran.stdout}{ran.stderr}", flush=True)
            ran.check_returncode()


def main() -> None:
    """Build, check and test all; the status is not 0 if anything fails."""
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
    if "--twice" in sys.argv:
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as cache:
            os.environ["XDG_CACHE_HOME"] = cache  # the core is compiled again too
            again = built(Path(folder))
            if other := [name for name in files if files[name].read_bytes() != again[name].read_bytes()]:
                raise ValueError(f"built twice, these differ: {', '.join(other)}")
    if core.here() in core.TAGS and os.name == "posix":
        test(files[core.here()])
    for name, file in files.items():
        print(f"{name:<16}{file.stat().st_size / 1e6:6.2f} MB  {file.name}")


if __name__ == "__main__":
    main()
