"""Tasks in processes: what goes wrong costs its own task, and nothing outlives the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from seqzoo.execution.local import Local
from seqzoo.execution.tasks import Retry
from support import arena_work

TESTS = Path(__file__).parents[1]
PARENT = """
from seqzoo.execution.local import Local
from support import arena_work
if __name__ == "__main__":
    print("ready", flush=True)
    list(Local(2).run(arena_work.slow, range(2)))
"""


def workers_of(process: psutil.Process) -> list[psutil.Process]:
    return [each for each in process.children() if "spawn_main" in " ".join(each.cmdline())]


def test_every_task_has_an_outcome_and_one_that_raises_or_dies_fails_by_itself():
    lost: list[Retry] = []
    outcomes = dict(Local(2, attempts=2).run(arena_work.square, iter(range(10)), on_retry=lost.append))
    assert {task: outcome for task, outcome in outcomes.items() if task not in (3, 4, 5, 8)} == {
        0: 0, 1: 1, 2: 4, 6: 36, 7: 49, 9: 81,
    }  # fmt: skip
    assert "step 7" in outcomes[3].reason and "\n" not in outcomes[3].reason
    assert outcomes[4].reason == "ValueError: four"
    assert "signal 9" in outcomes[5].reason
    assert lost == [Retry(5, outcomes[5].reason)]
    assert "pickle" in outcomes[8].reason


def test_a_request_to_stop_ends_what_is_under_way():
    asked = []

    def should_stop():
        asked.append(time.monotonic())
        return len(asked) > 2

    assert list(Local(1).run(arena_work.slow, range(4), should_stop=should_stop)) == []
    assert workers_of(psutil.Process()) == []


def test_processes_end_with_a_parent_that_is_killed(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None and parent.stdout.readline() == b"ready\n"
        workers, until = [], time.monotonic() + 60
        while len(workers) < 2:
            assert time.monotonic() < until
            workers = workers_of(psutil.Process(parent.pid))
            time.sleep(0.05)
        parent.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(workers, timeout=60)
    assert alive == []
