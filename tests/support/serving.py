"""A real server in a process of its own, on a free port of this machine."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from seqzoo.bundles import store
from support.warm import Forked

USUAL = "-m", "seqzoo"
# The same, but the processes of the app's runs are forked from one that has torch.
FORKING = "-c", "from support import forked; forked.serve()"
UNASKED = "gru.sine-unasked"  # no test asks it for a forecast: it is not loaded


class Running(NamedTuple):
    """A server that accepts connections."""

    process: subprocess.Popen[str] | Forked
    address: str
    home: Path

    @property
    def port(self) -> int:
        return int(self.address.rsplit(":", 1)[1])

    def stop(self) -> int:
        """Ask it to stop; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def kill(self) -> None:
        """End it without asking, if it has not ended, and let go of it."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def launch(
    home: Path, *options: str, command: str = "serve", program: tuple[str, str] = USUAL, cold: bool = False
) -> Running:
    """Start `seqzoo serve`, or another command that serves, and wait until it says its address.

    `program` is how Python is told to run the command line. A cold one runs in a new process of Python, for what
    decides what is imported.
    """
    words, environment = [command, "--port", "0", *options], {**os.environ, "SEQZOO_HOME": str(home)}
    with (home.parent / f"{home.name}-server.log").open("w") as log:
        process: subprocess.Popen[str] | Forked
        if cold:
            started = [sys.executable, *program, *words]
            process = subprocess.Popen(started, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        else:
            process = Forked(program, words, environment, log)
    assert process.stdout is not None
    found = re.search(r"http://[^ ]+", process.stdout.readline())
    if not found:
        Running(process, "", home).kill()
        raise AssertionError("the server did not start")
    return Running(process, found[0], home)


def with_copies(home: Path, *names: str) -> None:
    """Copies of shipped bundles on the shelf of that home; a name is that of the bundle, a hyphen and more."""
    for name in names:
        shutil.copytree(store.SHIPPED / name.partition("-")[0], home / "models" / name)


@contextlib.contextmanager
def lasting(
    home: Path, *options: str, command: str = "serve", program: tuple[str, str] = USUAL, cold: bool = False
) -> Iterator[Running]:
    """A server that must outlive what is done with it, and then end when it is asked to."""
    running = launch(home, *options, command=command, program=program, cold=cold)
    try:
        yield running
        assert running.process.poll() is None, "the server died"
        assert running.stop() == 0
    finally:
        running.kill()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts servers for one test and ends them after it."""
    running: list[Running] = []

    def make(*options: str) -> Running:
        running.append(launch(tmp_path / "home", *options))
        return running[-1]

    yield make
    for server in running:
        server.kill()


@pytest.fixture
def client(server: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.address, timeout=60, verify=False) as made:
        yield made
