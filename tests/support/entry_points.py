"""Entry points as an installed package has them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from seqzoo.zoo._model_files import ENTRY_POINTS


def install(patch: pytest.MonkeyPatch, folder: Path, points: Mapping[str, str]) -> None:
    """Let a folder, from now on one of `sys.path`, hold a package of these entry points by name."""
    described = folder / "models_of_a_test-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: models-of-a-test\nVersion: 1.0\n")
    lines = [f"[{ENTRY_POINTS}]", *(f"{name} = {value}" for name, value in points.items())]
    (described / "entry_points.txt").write_text("\n".join(lines))
    patch.syspath_prepend(folder)
