"""Trainings in processes of their own that send themselves a signal, at a moment that no test need wait for."""

from __future__ import annotations

import subprocess
import sys

# The command line; once the run has written its first checkpoint, the process sends itself the signal of that name.
# As with the fixture `few_windows`, its score is of few windows.
_PROGRAM = """
import os, signal, sys
from seqzoo.cli import main
from seqzoo.signals import Sine
from seqzoo.training import checkpoints
Sine.windows_to_score = 2_000
save, number = checkpoints.save, signal.Signals[sys.argv.pop(1)]
def saved(*given):
    save(*given)
    checkpoints.save = save
    os.kill(os.getpid(), number)
checkpoints.save = saved
main()
"""


def training(signal: str, *arguments: str) -> subprocess.Popen[str]:
    """`seqzoo train` with these arguments, which sends itself that signal after its first checkpoint."""
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, signal, "train", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
