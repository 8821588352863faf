"""Commands of one new process, one after another: most take less time than to start Python for each."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from support.terminal import Outcome

PROGRAM = """
import contextlib, io, json, sys
from seqzoo import cli
for line in sys.stdin:
    sys.argv = ["seqzoo", *json.loads(line)]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli.main()
        except SystemExit as ended:
            status = ended.code or 0
    print(json.dumps([status, out.getvalue(), err.getvalue()]), flush=True)
"""


class Commands:
    """A process that runs `seqzoo` as often as it is called."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, *words: object) -> Outcome:
        """What `seqzoo` with these words prints, and how it ends."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(word) for word in words]) + "\n")
        self._process.stdin.flush()
        return Outcome(*json.loads(self._process.stdout.readline()))


@contextlib.contextmanager
def commands(environment: Mapping[str, str], folder: Path) -> Iterator[Commands]:
    """A process with these variables in that folder; what it does not catch it prints where the tests do."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder,
        env=dict(environment),
    ) as process:  # fmt: skip
        yield Commands(process)
