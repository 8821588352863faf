"""Builds what a release uploads, twice, and tries it: `make dist`.

The sdist and all wheels are built from the checkout into dist/ and checked (tools/wheels.py), then built again from
the unpacked sdist in another folder. Both builds must be the same bytes. The wheel of this machine is installed into
a bare environment of each Python that is here, where it must list, forecast and prove two bundles without torch.

    python tools/dist.py             all of it; --recompile compiles the core again for the second build
    python tools/dist.py --as-built  tries what lies in dist/
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import math
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from packaging.tags import sys_tags
from packaging.utils import parse_wheel_filename

ROOT = Path(__file__).parent.parent
DIST = ROOT / "dist"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")  # docs/compatibility.md says which of them were tested


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> str:
    """What a command prints on standard output.

    Raises:
        SystemExit: the command failed.
    """
    words = [str(word) for word in command]
    variables = {**os.environ, **environment}
    ran = subprocess.run(words, cwd=cwd, env=variables, capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.exit(f"{ran.stdout}{ran.stderr}\nfailed with status {ran.returncode}: {' '.join(words)}")
    return ran.stdout


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def hashes(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file of a release in a folder."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("seqzoo-*"))}


def differences(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """Names of the files that two builds do not both have with the same bytes."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def build_twice(scratch: Path, recompile: bool) -> None:
    """Build the files of a release in dist/, checked.

    Raises:
        SystemExit: a build or a check failed, or the two builds differ.
    """
    run(sys.executable, "tools/wheels.py")
    (sdist,) = DIST.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(scratch / "tree", filter="data")
    (tree,) = (scratch / "tree").iterdir()
    again = scratch / "again"
    again.mkdir()
    code = f"import pathlib, wheels; wheels.built(pathlib.Path({str(again)!r}))"
    cache = {"XDG_CACHE_HOME": str(scratch / "cache")} if recompile else {}
    run(sys.executable, "-c", code, cwd=tree, PYTHONPATH=str(tree / "tools"), **cache)
    first = hashes(DIST)
    if differing := differences(first, hashes(again)):
        sys.exit(f"two builds differ in {', '.join(differing)}")
    for name, digest in first.items():
        say(f"{digest}  {(DIST / name).stat().st_size / 1e6:5.2f} MB  {name}")
    say("both builds are the same bytes")


def pythons() -> Iterator[tuple[str, Path | None]]:
    """Each version with an interpreter of it, from PATH or pyenv; None where this machine has none."""
    kept = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for version in PYTHONS:
        at = shutil.which(f"python{version}")
        candidates = ([Path(at)] if at else []) + sorted(kept.glob(f"versions/{version}.*/bin/python"))
        for candidate in candidates:
            code = "import sys, venv; print('%d.%d' % sys.version_info[:2])"
            ran = subprocess.run([str(candidate), "-c", code], capture_output=True, text=True, check=False)
            if ran.stdout.strip() == version:  # pyenv's shims exist for versions that are not chosen
                yield version, candidate
                break
        else:
            yield version, None


def size_of(folder: Path) -> float:
    """Megabytes of the files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def best(wheels: list[Path]) -> Path:
    """The wheel that pip would choose on this machine.

    Raises:
        SystemExit: there is none for it.
    """
    order = {tag: rank for rank, tag in enumerate(sys_tags())}
    ranks = {wheel: [order[tag] for tag in parse_wheel_filename(wheel.name)[3] if tag in order] for wheel in wheels}
    fitting = [wheel for wheel in wheels if ranks[wheel]]
    if not fitting:
        sys.exit(f"no wheel for this machine among {', '.join(wheel.name for wheel in wheels) or 'no wheels'}")
    return min(fitting, key=lambda wheel: min(ranks[wheel]))


def tried(python: Path, wheel: Path, scratch: Path) -> str:
    """One line on the wheel in a bare environment of a Python.

    Raises:
        SystemExit: it cannot be installed, or a command does not do what it must.
    """
    home = scratch / "environment"
    run(python, "-m", "venv", home)
    site = Path(run(home / "bin" / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    before = size_of(site)
    constraints = ROOT / "constraints.txt"
    run(home / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-compile", "-c", constraints, wheel)
    megabytes = size_of(site) - before

    def seqzoo(*arguments: str) -> str:
        return run(home / "bin" / "seqzoo", *arguments, cwd=scratch, SEQZOO_HOME=str(scratch / "home"), PYTHONPATH="")

    where = run(home / "bin" / "python", "-c", "import seqzoo; print(seqzoo.__file__)", cwd=scratch, PYTHONPATH="")
    if not Path(where.strip()).is_relative_to(home) or (site / "torch").exists():
        sys.exit(f"the bare environment is not bare: {where}")
    models = [entry["name"] for entry in json.loads(seqzoo("list", "--json"))]
    if "lstm.sine" not in models:
        sys.exit(f"lstm.sine is not listed: {models}")
    window = [f"{math.sin(0.02 * step):.4f}" for step in range(20)]
    seqzoo("doctor-install")
    engine = ("--engine", "native") if "none-any" not in wheel.name else ()
    forecast = float(seqzoo("predict", "lstm.sine", *engine, *window).split()[0])
    reference = float(seqzoo("predict", "bayes.sine", *window).split()[0])
    if not abs(forecast - reference) < 0.2:
        sys.exit(f"lstm.sine forecasts {forecast}, the Bayes forecaster {reference}")
    for name in ("lstm.sine", "linear.sine"):
        seqzoo("verify", name)  # it fails where an engine does not reproduce the golden tensors
    return f"{megabytes:.0f} MB without torch; {len(models)} models; {forecast:.4f} forecast; 2 bundles verified"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--as-built", action="store_true", help="build nothing; try what lies in dist/")
    parser.add_argument("--recompile", action="store_true", help="compile the core again for the second build")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="seqzoo-dist-") as folder:
        if not given.as_built:
            build_twice(Path(folder), given.recompile)
        wheel = best(sorted(DIST.glob("*.whl")))
        for version, python in pythons():
            if python is None:
                say(f"Python {version}: not on this machine, not tried")
                continue
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                say(f"Python {version}: {tried(python, wheel, Path(scratch))}")


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main()
