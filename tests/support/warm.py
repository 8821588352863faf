"""Servers that need not import the app first, which takes most of their start: they are forked from one that has.

That one has no torch, as no server has when it starts. All processes of the tests share it.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib
import json
import os
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from support import late

TESTS = str(Path(__file__).parents[1])
SHARED = "SEQZOO_TESTS_WARM"
PRELOADED = [
    "support.growing",
    "seqzoo.cli", "seqzoo.app.build", "seqzoo.server.serve", "support.forked", "uvloop", "websockets",
    "support.settled",
]  # fmt: skip


class Forked:
    """As much of `subprocess.Popen` as a test asks of a server."""

    def __init__(
        self, program: Sequence[str], words: Sequence[str], environment: Mapping[str, str], log: IO[str],
        address: str = "",
    ) -> None:  # fmt: skip
        read, write = os.pipe()
        self._line = socket.socket(socket.AF_UNIX)
        self._line.connect(address or os.environ.get(SHARED) or share())
        request = json.dumps([list(program), list(words), dict(environment), str(Path.cwd()), os.nice(0)]).encode()
        with Path(os.devnull).open() as nothing:
            ends = [nothing.fileno(), write, log.fileno()]
            socket.send_fds(self._line, [len(request).to_bytes(4, "big")], ends)
        self._line.sendall(request)
        os.close(write)
        self.stdout = os.fdopen(read)
        self.pid = int.from_bytes(_exactly(self._line, 4), "big")
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        status = self._ended(timeout)
        if status is None:
            raise subprocess.TimeoutExpired("seqzoo", timeout or 0)
        return status

    def _ended(self, seconds: float | None) -> int | None:
        if self.returncode is None and select.select([self._line], [], [], seconds)[0]:
            self.returncode = int.from_bytes(_exactly(self._line, 4), "big", signed=True)
            self._line.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def run(code: str, *words: object, address: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program with these words in `sys.argv` and nothing to read; its status and what it printed."""
    given = [str(word) for word in words]
    with tempfile.TemporaryFile("w+") as errors:
        process = Forked(("-c", code), given, os.environ, errors, address)
        try:
            with process.stdout as output:
                printed = output.read()
            status = process.wait()
        finally:
            process.kill()
        errors.seek(0)
        return subprocess.CompletedProcess([code, *given], status, printed, errors.read())


def share() -> str:
    """Start the process that servers are forked from, for this process and those that it starts; its address."""
    os.environ[SHARED], end = start(PRELOADED)
    atexit.register(end)
    return os.environ[SHARED]


def start(preloaded: Sequence[str]) -> tuple[str, Callable[[], None]]:
    """Start a process that has imported these modules, to fork others from; its address, and what ends it."""
    folder = tempfile.mkdtemp(prefix="seqzoo-tests-")
    address = f"{folder}/warm"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(64)  # it need not have begun to accept
        process = subprocess.Popen(
            [sys.executable, "-c", "from support import warm; warm.main()", str(listener.fileno()), *preloaded],
            stdin=subprocess.PIPE, pass_fds=[listener.fileno()], env={**os.environ, "PYTHONPATH": TESTS},
        )  # fmt: skip
    return address, functools.partial(_end, process, folder, os.getpid())


def _end(process: subprocess.Popen[bytes], folder: str, starter: int) -> None:
    if os.getpid() == starter:
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Fork a process for each that connects, until the one that started this one ends."""
    preloaded = sys.argv[2:]
    for name in preloaded:
        importlib.import_module(name)
    assert "torch" in preloaded or "torch" not in sys.modules
    with socket.socket(fileno=int(sys.argv[1])) as listener:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that fork a server and wait for it
        while 0 not in select.select([0, listener], [], [])[0]:
            line = listener.accept()[0]
            if not os.fork():
                break
            line.close()
        else:
            return
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    head, ends, *_ = socket.recv_fds(line, 4, 3)
    request = json.loads(_exactly(line, int.from_bytes(head, "big")))
    pid = os.fork()
    if not pid:
        line.close()
        return _run(ends, *request)
    line.sendall(pid.to_bytes(4, "big"))
    for end in ends:
        os.close(end)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with contextlib.suppress(BrokenPipeError):  # who asked has ended
        line.sendall(status.to_bytes(4, "big", signed=True))
    os._exit(0)


def _run(
    ends: Sequence[int], program: tuple[str, str], words: Sequence[str], environment: Mapping[str, str], folder: str,
    nice: int,
) -> None:  # fmt: skip
    """Be the server: what `python` with that program and these words is."""
    for end, descriptor in zip(ends, (0, 1, 2), strict=True):
        os.dup2(end, descriptor)
        os.close(end)
    sys.stdout = os.fdopen(1, "w", closefd=False)  # those that there are have looked whether they can seek
    sys.stderr = os.fdopen(2, "w", 1, errors="backslashreplace", closefd=False)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    os.nice(nice - os.nice(0))
    kind, what = program
    sys.argv = [what, *words]
    if late.SEED and words[:1] == ["app"]:
        late.delay_the_app()
    if kind == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    elif kind == "file":
        runpy.run_path(what, run_name="__main__")
    else:
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})


def _exactly(line: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        part = line.recv(size - len(received))
        assert part, "the process that forks servers has ended"
        received += part
    return bytes(received)
