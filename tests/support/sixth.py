"""The arena with one experiment more, in every process that is started: as if its list had one line more."""

from __future__ import annotations

import os
from pathlib import Path

TESTS = Path(__file__).parents[1]
LINE = """
from seqzoo.arena.experiment import CommittedResults
from seqzoo.arena.experiments import EXPERIMENTS
from support.persistence import Persistence

Persistence.committed = (CommittedResults("persistence", "Persistence", "--windows 2000", home=Path({home!r})),)
EXPERIMENTS.append(Persistence())
"""


def environment(folder: Path, committed: Path) -> dict[str, str]:
    """The variables that a process needs to have it.

    Args:
        folder: a new one, for what Python reads when it starts.
        committed: where the experiment's committed results are.
    """
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(f"from pathlib import Path\n{LINE.format(home=str(committed))}", "utf-8")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(TESTS)])}
