"""Ray's processes of Python, forked from one that has torch and what ray needs, but neither ray nor what is ours.

By itself each imports all of that anew, a worker twice, and a node has two more. Ray reads its settings as it is
imported, so none can share that. As a file, this is what a node starts in place of one: it ends as that one does.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.warm import Forked

SHARED = "SEQZOO_TESTS_BARE"  # also read by `bare.py`; what a node starts imports nothing of the tests
# Of `ray/_private/workers/setup_worker.py`, whose place this takes too; the rest of its words it would run.
FOR_SETUP = "--serialized-runtime-env-context=", "--language="


@contextlib.contextmanager
def forked() -> Iterator[None]:
    """In this block, nodes start so. Each must be given this file as `setup_worker_path`."""
    import pytest
    from ray._private import services

    from support import bare

    bare.share()
    python = [sys.executable, "-S", __file__]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(services, "_build_python_executable_command_memory_profileable", lambda *_, **__: python)
        yield


@contextlib.contextmanager
def start(module: str, *words: str) -> Iterator[Forked]:
    """A process of the test, forked too; it is killed in the end."""
    from support.warm import Forked

    assert sys.__stderr__ is not None
    process = Forked(("-m", module), words, os.environ, sys.__stderr__, os.environ[SHARED])
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def main() -> int:
    """Fork what the words say; its status."""
    file, *words = [word for word in sys.argv[1:] if not word.startswith(FOR_SETUP)]
    with socket.socket(socket.AF_UNIX) as line, line.makefile("rb") as answers:
        line.connect(os.environ[SHARED])
        request = json.dumps([["file", file], words, dict(os.environ), str(Path.cwd()), os.nice(0)]).encode()
        socket.send_fds(line, [len(request).to_bytes(4, "big")], [0, 1, 2])
        line.sendall(request)
        answers.read(4)  # its process id
        return int.from_bytes(answers.read(4), "big", signed=True)


if __name__ == "__main__":
    sys.exit(main())
