"""The import of torch where it fails; tests/house/test_imports.py has one that does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_a_torch_that_cannot_be_imported_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise OSError('libtorch_cpu.so: cannot open\\nshared object')")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    code = "import seqzoo; seqzoo.load('lstm.sine', 'torchscript').warm()"
    environment = {**os.environ, "PYTHONPATH": path}
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, env=environment)
    said = ran.stderr.splitlines()[-1]
    assert "MissingExtraError: torch cannot be imported (libtorch_cpu.so: cannot open shared object)" in said
    assert "pip install 'seqzoo[train]'" in said
