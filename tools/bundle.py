"""Joins hosts/anywidget.js and its imports into one module, since Jupyter loads only one. Run by `make bundle`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from seqzoo.microscope import modules

ROOT = Path(__file__).parent.parent
ESBUILD = ROOT / "node_modules" / ".bin" / "esbuild"  # of the version that package.json names
ENTRY = modules.HERE / "hosts" / "anywidget.js"
ELSEWHERE = ("microscope/hosts/nicegui.js", "pages/")  # another host, and what only pages show
OPTIONS = (
    "--bundle", "--loader:.wasm=binary", "--format=esm", "--target=es2022", "--charset=utf8", "--legal-comments=none",
)  # fmt: skip


def stamp() -> str:
    """The first line of the bundle, which names its tool and the digest of its modules."""
    version = json.loads((ROOT / "package.json").read_text("utf-8"))["devDependencies"]["esbuild"]
    kept = (path for path in modules.files() if not path.startswith(ELSEWHERE) and not path.endswith(".css"))
    of = modules.digest({path: modules.files()[path] for path in kept})
    return f"// Made by tools/bundle.py with esbuild {version} of modules {of}; change those, not this.\n"


def bundled() -> str:
    """The bundle as esbuild writes it."""
    command = [str(ESBUILD), ENTRY.relative_to(ROOT).as_posix(), *OPTIONS]
    return stamp() + subprocess.run(command, cwd=ROOT, check=True, capture_output=True, encoding="utf-8").stdout


if __name__ == "__main__":
    if not ESBUILD.exists():
        sys.exit("esbuild is not installed: run `npm ci` first.")
    modules.BUNDLE.write_text(bundled(), "utf-8")
