"""Scripts that tests import by name."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_no_two_scripts_have_one_name_so_that_one_process_can_import_both() -> None:
    folders = [ROOT / name for name in ("benchmarks", "conformance", "tools", "tools/docs", "tools/peers")]
    names = [path.stem for folder in folders for path in folder.glob("*.py")]
    assert len(names) > 20 and len(names) == len(set(names))
