"""The C++ of the page *Deploy*, compiled against the torch package, on every shipped bundle.

Run by `make conformance`; needs cmake and a C++ compiler.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import msgspec
import numpy as np
import torch
from safetensors.numpy import load

from seqzoo.bundles.manifest import TOLERANCE
from seqzoo.bundles.store import GOLDEN, MANIFEST, SHIPPED, TORCHSCRIPT, Bundle, Manifest, open_bundle
from seqzoo.data.scaling import Scaling
from seqzoo.publishing import build, snippets

FAR = Scaling(1.7e9, 2.0)  # no shipped bundle has a scaling; that of a measured series has


def compiled(name: str, manifest: Manifest, folder: Path) -> Path:
    """The program of a bundle's snippets, built in `folder`."""
    code = {piece.key: piece.code for piece in snippets.of(name, manifest, "http://127.0.0.1:8000")}
    (folder / "forecast.cpp").write_text(code["cpp"], "utf-8")
    (folder / "CMakeLists.txt").write_text(code["cmake"], "utf-8")
    build = folder / "build"
    prefix = f"-DCMAKE_PREFIX_PATH={torch.utils.cmake_prefix_path}"
    for command in (["cmake", "-S", folder, "-B", build, prefix], ["cmake", "--build", build]):
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    return build / "forecast"


def farthest(program: Path, found: Bundle, scaling: Scaling, folder: Path) -> float:
    """How far the program is from the golden tensors of a bundle, moved to the units of the scaling: [N, H]."""
    module = build.module_of(found)
    contract = msgspec.structs.replace(found.manifest.contract, scaling=scaling)
    (folder / TORCHSCRIPT).write_bytes(
        found.read(TORCHSCRIPT) if scaling.is_identity else build.to_torchscript(module, contract)
    )
    context = scaling.restore(load(found.read(GOLDEN))["context"])
    text = "\n".join(map(repr, context.reshape(-1).astype(float).tolist()))
    ran = subprocess.run([program], input=text, capture_output=True, text=True, check=True, cwd=folder)
    given = np.array([[float(value) for value in line.split()] for line in ran.stdout.splitlines()])
    expected = build.in_units(module, scaling)(context)
    assert given.shape == expected.shape, f"{given.shape} forecasts, expected {expected.shape}"
    return float(np.abs(given - expected).max())


def main() -> None:
    """One program for every window length, on each bundle of that length; and one for a model with a scaling."""
    bundles = [open_bundle(path) for path in sorted(SHIPPED.iterdir()) if (path / MANIFEST).exists()]
    programs: dict[tuple[int, Scaling], tuple[Path, Path]] = {}
    with tempfile.TemporaryDirectory() as everything:
        for found in bundles:
            stated = found.manifest
            for scaling in (Scaling(), FAR) if stated.name == "lstm.sine" else (Scaling(),):
                key = stated.contract.context_length, scaling
                if key not in programs:
                    folder = Path(everything) / str(len(programs))
                    folder.mkdir()
                    contract = msgspec.structs.replace(stated.contract, scaling=scaling)
                    manifest = msgspec.structs.replace(stated, contract=contract)
                    programs[key] = compiled(stated.name, manifest, folder), folder
                program, folder = programs[key]
                distance = farthest(program, found, scaling, folder)
                bound = TOLERANCE * scaling.scale
                assert distance <= bound, f"{stated.name}: off by {distance:.2g}, {bound:.0e} allowed"
    print(f"libtorch: {len(bundles)} bundles passed")


if __name__ == "__main__":
    main()
