"""Tasks on a Ray cluster of two nodes on this machine: what is lost is done again, and every task ends once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from seqzoo.arena import sweep
from seqzoo.errors import SeqzooError
from seqzoo.execution.local import Local
from seqzoo.execution.ray import OnRay
from seqzoo.execution.tasks import Failure, Place, Retry, place
from seqzoo.training.spec import TrainingSpec
from seqzoo.zoo import _registry
from support import fleet_work
from support.in_process import Here

pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
NODE = {"num_cpus": 1, "include_dashboard": False, "object_store_memory": 80 << 20}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", "t" * 64)
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
        nodes = started()
        yield nodes
        nodes.shutdown()


def started() -> Any:
    """A cluster of two nodes. A node that does not start within Ray's 30 seconds is a busy machine: again."""
    from ray.cluster_utils import Cluster  # reads the environment

    for left in reversed(range(3)):
        nodes = Cluster()
        try:
            nodes.add_node(**NODE)
            nodes.add_node(**NODE)
            return nodes
        except Exception:
            nodes.shutdown()
            if not left:
                raise
    return None


@pytest.fixture(scope="module")
def fleet(cluster: Any) -> Iterator[Place]:
    with OnRay(cluster.address) as on_ray:
        yield on_ray


def test_what_raises_fails_what_dies_is_tried_again_and_the_rest_is_as_on_this_machine(
    fleet: Place, tmp_path: Path
) -> None:
    import ray

    assert sum(node["Alive"] for node in ray.nodes()) == 2
    tasks = [fleet_work.Part(number, str(tmp_path)) for number in range(12)]
    retries: list[Retry] = []
    outcomes = dict(fleet.run(fleet_work.worked, iter(tasks), on_retry=retries.append))
    assert outcomes == dict(Local(2).run(fleet_work.worked, tasks))
    assert outcomes[tasks[3]] == Failure("training diverged: at step 7 the loss is nan.")
    assert [(retry.task.number, retry.reason) for retry in retries] == [(5, "its worker died.")]


def test_the_rows_of_a_sweep_are_the_same_bytes_on_ray_and_in_this_process(fleet: Place, tmp_path: Path) -> None:
    settings = sweep.grid("recipe.learning_rate=1e-2,3e-2")
    entry, brief = _registry.entry("linear.sine"), {"recipe.steps": 20, "recipe.evaluate_every": 20}
    wanted = sweep.trials(lambda each, seed: TrainingSpec.of(entry, seed=seed, changes=brief | each), settings, 1)
    places: dict[str, Place] = {"ray": fleet, "here": Here()}
    for name, at in places.items():
        assert sweep.run(wanted, tmp_path / name, at)[1]
    ray, here = ((tmp_path / name / "rows.parquet").read_bytes() for name in places)
    assert ray == here


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
    doomed = cluster.add_node(**NODE)

    def remove_the_node_once_it_works() -> bool:
        if (tmp_path / doomed.node_id).exists() and not (tmp_path / fleet_work.GO).exists():
            cluster.remove_node(doomed, allow_graceful=False)
            (tmp_path / fleet_work.GO).touch()
        return False

    tasks = [fleet_work.Part(number, str(tmp_path)) for number in range(20, 28)]
    results = list(
        fleet.run(fleet_work.waiting, tasks, should_stop=remove_the_node_once_it_works, on_retry=retries.append)
    )
    assert len(results) == len(tasks) and dict(results) == {task: task.number**2 for task in tasks}
    assert retries and {retry.reason for retry in retries} <= {"its node was lost.", "its worker died."}


def test_a_place_is_named_by_what_it_is() -> None:
    for wrong in ("", "here", "local:", "local:0", "local:x", "ray:"):
        with pytest.raises(SeqzooError, match="ray:ADDRESS"):
            place(wrong)
    with pytest.raises(SeqzooError, match=r"127.0.0.1:1: .*refused"), place("ray:127.0.0.1:1"):
        pass  # Ray itself would wait for minutes
