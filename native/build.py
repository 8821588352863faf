"""Compiles core.cpp with Zig's compiler (`pip install ziglang`).

python native/build.py              for this machine
python native/build.py microscope   for browsers: src/seqzoo/microscope/js/core.wasm

It compiles for every platform of PLATFORMS on any of them; `tools/wheels.py` does.

A library is kept in the user's cache under the hash of its source and flags, so that each is compiled once.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "core.cpp"
HOME = HERE.parent / "src" / "seqzoo" / "runtime"
BROWSERS = HERE.parent / "src" / "seqzoo" / "microscope" / "js" / "core.wasm"
COMPILER = "ziglang==0.17.1"

# Every target of a platform is a suffix of the exported names and the processor that it is compiled for. The library
# needs no other one, not even that of C.
X86 = {"x86_64": "x86_64", "x86_64_v3": "x86_64_v3", "x86_64_v4": "x86_64_v4"}
PLATFORMS = {
    "linux-x86_64": ("x86_64-linux-gnu.2.17", X86, "libseqzoo.so"),
    "linux-aarch64": ("aarch64-linux-gnu.2.17", {"aarch64": "generic"}, "libseqzoo.so"),
    "darwin-arm64": ("aarch64-macos", {"aarch64": "apple_m1"}, "libseqzoo.dylib"),
    "windows-x86_64": ("x86_64-windows-gnu", X86, "libseqzoo.dll"),
    "wasm32": ("wasm32-freestanding", {"wasm32": "generic+simd128"}, "seqzoo.wasm"),
}
# Tags of released wheels. 2.17 is the oldest glibc that pip has a tag for; the library would run on any.
TAGS = {
    "linux-x86_64": "manylinux_2_17_x86_64",
    "linux-aarch64": "manylinux_2_17_aarch64",
    "darwin-arm64": "macosx_11_0_arm64",
    "windows-x86_64": "win_amd64",
}
# How a library is linked. The name given here keeps that of the folder of the build out. Nothing runs when Windows
# loads it, so it needs no entry; the .S file is all that it would take from a library.
LINKED = {
    "wasm32": ("-Wl,--no-entry", "-Wl,--export-dynamic"),
    "darwin-arm64": ("-shared", "-Wl,-install_name,@rpath/libseqzoo.dylib"),
    "windows-x86_64": ("-shared", "-Wl,--no-entry", "probe.S"),
}
FLAGS = (
    "-std=c++17 -O3 -ffp-contract=fast -fno-trapping-math -ffreestanding -fno-builtin -fno-exceptions -fno-rtti "
    "-fPIC -fvisibility=hidden -fno-sanitize=all -Wall -Wextra -Werror"
).split()


def here() -> str:
    """The name of this machine's platform; it is one of PLATFORMS where the core can be built."""
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    return f"{platform.system().lower()}-{machine}"


def source_hash() -> str:
    """The hash by which a library states the source that it was compiled from."""
    return hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]


def kept(name: str) -> Path:
    """The place of a platform's library in the user's cache, where it may not be yet."""
    probe = (HERE / "probe.S").read_text("utf-8")
    how = [source_hash(), COMPILER, str(PLATFORMS[name]), *FLAGS, *LINKED.get(name, ()), probe]
    what = hashlib.sha256(" ".join(how).encode()).hexdigest()[:16]
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "seqzoo" / "native" / what / PLATFORMS[name][2]


def library(name: str) -> Path:
    """The library of a platform, compiled now if the cache has none.

    Raises:
        RuntimeError: the compiler is not installed, or it failed.
    """
    place = kept(name)
    if place.is_file():
        return place
    if importlib.util.find_spec("ziglang") is None:
        raise RuntimeError(f"the compiler is not installed: pip install {COMPILER}")
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as folder:
        triple, targets, file = PLATFORMS[name]
        objects = []
        for target, processor in targets.items():
            objects.append(f"{folder}/{target}.o")
            names = [f"-DSEQZOO_TARGET={target}", f'-DSEQZOO_SOURCE="{source_hash()}"']
            compile_only = ["-c", "-target", triple, f"-mcpu={processor}", str(SOURCE), "-o", objects[-1]]
            flags = [flag for flag in FLAGS if flag != "-fPIC" or name != "windows-x86_64"]  # all of Windows is
            _zig(folder, *flags, *names, *compile_only)
        how = [str(HERE / part) if part.endswith(".S") else part for part in LINKED.get(name, ("-shared",))]
        built = f"{folder}/{file}"
        _zig(folder, *how, "-nostdlib", "-s", "-target", triple, "-o", built, *objects)
        Path(built).replace(place)
    return place


def _zig(folder: str, *arguments: str) -> None:
    time = {"SOURCE_DATE_EPOCH": "1580601600"}  # that a library for Windows states
    environment = {**os.environ, **time, "ZIG_LOCAL_CACHE_DIR": f"{folder}/cache"}
    command = [sys.executable, "-m", "ziglang", "cc", *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if ran.returncode:
        raise RuntimeError(f"the core cannot be compiled: {ran.stderr.strip()[:2000]}")


def install(name: str) -> Path:
    """The library of a platform beside the module that loads it, replaced in one step."""
    place = BROWSERS if name == "wasm32" else HOME / PLATFORMS[name][2]
    fresh = place.with_suffix(".new")
    shutil.copyfile(library(name), fresh)
    fresh.replace(place)
    return place


if __name__ == "__main__":
    sys.stdout.write(f"{install('wasm32' if sys.argv[1:] == ['microscope'] else here())}\n")
