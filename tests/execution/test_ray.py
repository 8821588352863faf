"""Tasks on a Ray cluster of two nodes on this machine: what is lost is done again, and every task ends once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from seqzoo.errors import SeqzooError
from seqzoo.execution.local import Local
from seqzoo.execution.ray import OnRay
from seqzoo.execution.tasks import Failure, Place, Retry, place
from support import fleet_work

pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
NODE = {"num_cpus": 1, "include_dashboard": False, "object_store_memory": 80 << 20}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", "t" * 64)
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
        from ray.cluster_utils import Cluster  # reads the environment

        nodes = Cluster(initialize_head=True, head_node_args=NODE)
        nodes.add_node(**NODE)
        yield nodes
        nodes.shutdown()


@pytest.fixture(scope="module")
def fleet(cluster: Any) -> Iterator[Place]:
    with OnRay(cluster.address) as on_ray:
        yield on_ray


def test_what_raises_fails_what_dies_is_tried_again_and_the_rest_is_as_on_this_machine(
    fleet: Place, tmp_path: Path
) -> None:
    assert "2 nodes, 2 cores" in fleet.about
    tasks = [fleet_work.Part(number, str(tmp_path)) for number in range(12)]
    retries: list[Retry] = []
    outcomes = dict(fleet.run(fleet_work.worked, iter(tasks), on_retry=retries.append))
    assert outcomes == dict(Local(2).run(fleet_work.worked, tasks))
    assert outcomes[tasks[3]] == Failure("training diverged: at step 7 the loss is nan.")
    assert [(retry.task.number, retry.reason) for retry in retries] == [(5, "its worker died.")]


def test_a_task_that_kills_its_worker_each_time_fails_and_says_so(fleet: Place) -> None:
    retries: list[Retry] = []
    outcomes = dict(fleet.run(fleet_work.fatal, ["only"], on_retry=retries.append))
    assert outcomes == {"only": Failure("its worker died.")}
    assert len(retries) == 2


def test_a_stop_cancels_what_flies(fleet: Place, tmp_path: Path) -> None:
    asked: list[float] = []

    def should_stop() -> bool:
        asked.append(time.monotonic())
        return len(list(tmp_path.iterdir())) > 0

    assert list(fleet.run(fleet_work.lasting, [str(tmp_path)] * 4, should_stop=should_stop)) == []
    pids = [int(path.name) for path in tmp_path.iterdir()]
    until = time.monotonic() + 30
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_node_that_is_lost_costs_its_tasks_nothing_but_time(cluster: Any, fleet: Place, tmp_path: Path) -> None:
    retries: list[Retry] = []
    tasks = [fleet_work.Part(number, str(tmp_path), seconds=0.4) for number in range(20, 32)]
    outcomes = {}
    extra = cluster.add_node(**NODE, resources={"extra": 1})
    for task, outcome in fleet.run(fleet_work.worked, tasks, on_retry=retries.append):
        assert task not in outcomes
        outcomes[task] = outcome
        if len(outcomes) == 3:
            cluster.remove_node(extra, allow_graceful=False)
    assert outcomes == {task: task.number**2 for task in tasks}
    assert {retry.reason for retry in retries} <= {"its node was lost.", "its worker died."} and retries


def test_a_place_is_named_by_what_it_is() -> None:
    for wrong in ("", "here", "local:", "local:0", "local:x", "ray:"):
        with pytest.raises(SeqzooError, match="ray:ADDRESS"):
            place(wrong)
    with pytest.raises(SeqzooError, match=r"127.0.0.1:1: .*refused"), place("ray:127.0.0.1:1"):
        pass  # Ray itself would wait for minutes
