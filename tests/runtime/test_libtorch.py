"""The import of torch, on demand and in a thread."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

WARM = "import seqzoo; seqzoo.load('lstm.sine', 'torchscript').warm()"


def run(code: str, **changed: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **changed}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)


def test_a_torch_that_cannot_be_imported_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise OSError('libtorch_cpu.so: cannot open\\nshared object')")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    said = run(WARM, PYTHONPATH=path).stderr.splitlines()[-1]
    assert "MissingExtraError: torch cannot be imported (libtorch_cpu.so: cannot open shared object)" in said
    assert "pip install 'seqzoo[train]'" in said


def test_the_import_is_timed_once_and_torch_works_after_it() -> None:
    code = f"""
import threading
from seqzoo.runtime.engines import _libtorch as libtorch
times = []
threads = [threading.Thread(target=lambda: times.append(libtorch.enter())) for _ in range(4)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
assert len(set(times)) == 1 and times[0] > 0, times
import torch
assert torch.ones(3).sum().item() == 3
{WARM}
"""
    assert run(code).returncode == 0
