"""Commands of one new process, one after another: most take less time than to start Python for each."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from multiprocessing.connection import Connection
from pathlib import Path

from support import forked
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


@contextlib.contextmanager
def commands_of_a_copy(environment: Mapping[str, str], folder: Path) -> Iterator[Callable[..., Outcome]]:
    """The same of a copy of the package, first on PYTHONPATH, in a process forked from one that has torch."""
    context = forked.context()
    ours, theirs = context.Pipe()
    process = context.Process(target=_run_copy, args=(theirs, dict(environment), str(folder)))
    process.start()
    theirs.close()

    def run(*words: object) -> Outcome:
        ours.send([str(word) for word in words])
        return Outcome(*ours.recv())

    with ours:
        yield run
    process.join()
    assert process.exitcode == 0


def _run_copy(asked: Connection, environment: Mapping[str, str], folder: str) -> None:
    from support.operators import read_once

    for name in [name for name in sys.modules if name.partition(".")[0] == "seqzoo"]:
        del sys.modules[name]
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    copied = environment["PYTHONPATH"].split(os.pathsep)[0]
    sys.path.insert(0, copied)
    main = importlib.import_module("seqzoo.cli").main
    with contextlib.suppress(EOFError), read_once():
        while True:
            sys.argv = ["seqzoo", *asked.recv()]
            out, err, status = io.StringIO(), io.StringIO(), 0
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                try:
                    main()
                except SystemExit as ended:
                    status = int(ended.code or 0)
            asked.send([status, out.getvalue(), err.getvalue()])
    files = {name: module.__file__ or "" for name, module in sys.modules.items() if name.startswith("seqzoo.")}
    assert {name for name, file in files.items() if not file.startswith(copied)} == set(), files
