"""Tasks on a Ray cluster of two nodes on this machine: what is lost is done again, and every task ends once."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from seqzoo.arena import sweep
from seqzoo.data.reading.rows import RowFolder
from seqzoo.errors import SeqzooError
from seqzoo.execution.local import Local
from seqzoo.execution.ray import OnRay
from seqzoo.execution.tasks import Failure, Place, Retry, place
from support import fleet_work, ray_processes
from support.in_process import Here
from support.terminal import Terminal, terminal

__all__ = ["terminal"]

pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
PAGE = Path(__file__).parents[2] / "docs" / "fleet.md"
NODE = {
    "num_cpus": 1, "object_store_memory": 80 << 20,
    "include_dashboard": False, "include_log_monitor": False, "no_monitor": True,
    "setup_worker_path": ray_processes.__file__,
}  # fmt: skip


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", "t" * 64)
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_prestart_worker_first_driver", "0")
        patch.delenv("POLARS_MAX_THREADS", raising=False)
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
        with ray_processes.forked():
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


def wait_until(happens: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not happens():
        assert time.monotonic() < until
        time.sleep(0.05)


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
    assert set(dict(fleet.run(fleet_work.threads, tasks[:2])).values()) == {1}  # a task has one core


def test_the_five_commands_of_the_page_give_the_same_bytes_in_this_process_and_on_a_cluster(
    cluster: Any, fleet: Place, tmp_path: Path, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ray.scripts import scripts

    block = re.search(r"## In five commands\n```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert block is not None
    here, token, head, node, there = (shlex.split(line) for line in block[1].splitlines())
    for command in (token, head[1:], node[1:]):  # the nodes of this machine are there, with their token
        ray, name, *words = command
        assert ray == "ray"
        scripts.cli.commands[name].make_context(name, words)  # raises for an option that Ray does not have
    places = {here[-1]: Here(), there[-1].replace("FIRST:6379", cluster.address): fleet}
    assert next(iter(places)) == "local:2" and {there[0], head[0], node[0]} == {"RAY_AUTH_MODE=token"}
    monkeypatch.setattr("seqzoo.execution.tasks.place", lambda on: contextlib.nullcontext(places[on]))
    brief = ["--seeds", 1, "--set", "recipe.steps=20", "--set", "recipe.evaluate_every=20"]
    tables = []
    for on, command in zip(places, (here[1:], there[2:]), strict=True):
        out = tmp_path / str(len(tables))
        told = terminal(*command[:-1], on, *brief, "--out", out)
        assert told.status == 0 and "2/2" in told.out and f"Rows: {out}" in told.out
        tables.append((out / "rows.parquet").read_bytes())
    assert tables[0] == tables[1]


def test_a_backtest_over_many_series_gives_the_same_bytes_in_this_process_and_on_a_cluster(
    cluster: Any, fleet: Place, tmp_path: Path, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    import numpy as np
    import polars as pl

    data = tmp_path / "data"
    data.mkdir()
    values = np.random.default_rng(0).normal(size=(40, 60))
    names = np.repeat([f"shop-{number:02}" for number in range(40)], 60)
    pl.DataFrame({"unique_id": names, "y": values.ravel()}).head(-50).write_parquet(data / "shops.parquet")
    (data / "bad.csv").write_text("y\n1\nmany\n")
    tables = []
    for on_it in (Here(), fleet):
        monkeypatch.setattr("seqzoo.execution.tasks.place", lambda on, at=on_it: contextlib.nullcontext(at))
        out = tmp_path / f"rows-{len(tables)}"
        options = ["--last", 5, "--horizon", 2, "--time", "none", "--out", out, "--on", "ray:X", "--json"]
        told = terminal("backtest", "lstm.sine", "--series", data, *options)
        facts = json.loads(told.out)
        assert told.status == 0 and facts["series"] == 41 and len(facts["refused"]) == 2
        tables.append((out / "rows.parquet").read_bytes())
    assert tables[0] == tables[1]


def test_ray_takes_the_file_of_a_cluster_that_the_page_shows() -> None:
    import yaml
    from ray.autoscaler._private.util import prepare_config, validate_config
    from ray.scripts.scripts import start

    assert "(../deploy/ray-cluster.yaml)" in PAGE.read_text("utf-8")
    given = yaml.safe_load((PAGE.parents[1] / "deploy" / "ray-cluster.yaml").read_text("utf-8"))
    validate_config(prepare_config(given))
    assert given["max_workers"] == len(given["provider"]["worker_ips"])
    for command in (given["head_start_ray_commands"][-1], given["worker_start_ray_commands"][-1]):
        assert command.startswith("RAY_AUTH_MODE=token ")
        start.make_context("start", shlex.split(command)[3:])  # raises for an option that Ray does not have


def test_ctrl_c_cancels_what_flies_and_a_driver_that_is_killed_goes_on_where_it_was(
    cluster: Any, fleet: Place, tmp_path: Path
) -> None:
    with ray_processes.start("support.fleet_driver", cluster.address, str(tmp_path)) as process:
        wait_until(lambda: any(tmp_path.iterdir()))
        (pid,) = (path.name for path in tmp_path.iterdir())
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "stopped with 0 outcomes\n"
        wait_until(lambda: not Path("/proc", pid).exists())
        folder = tmp_path / "rows"
        wait_until(lambda: folder.exists() and len(RowFolder(folder).rows()) == 2)
        process.kill()
    kept = {row["key"] for row in RowFolder(folder).rows()}
    (folder / ".part-000000009.parquet.new-1").touch()  # as if it had been writing
    (tmp_path / fleet_work.GO).touch()
    begun = (tmp_path / "noted").read_text().split()
    work, trials = partial(fleet_work.row, str(tmp_path)), fleet_work.trials()
    rows, is_complete = sweep.run(trials, folder, fleet, work=work)
    assert is_complete and [row["key"] for row in rows] == [trial.key for trial in trials]
    repeated = (tmp_path / "noted").read_text().split()[len(begun) :]
    assert set(repeated) == {trial.key for trial in trials} - kept and len(kept) == 2
    sweep.run(trials, tmp_path / "here", Here(), work=work)
    assert (folder / "rows.parquet").read_bytes() == (tmp_path / "here" / "rows.parquet").read_bytes()


def test_a_task_whose_node_has_no_memory_left_is_tried_again_and_one_that_takes_too_much_fails(
    cluster: Any, fleet: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_memory_usage_threshold", "0.0001")  # of the machine's memory: every task is too much
    starved = cluster.add_node(**NODE)
    retries: list[Retry] = []

    def told(retry: Retry) -> None:
        retries.append(retry)
        if len(retries) == 1:
            cluster.remove_node(starved)
            (tmp_path / fleet_work.GO).touch()

    tasks = [fleet_work.Part(number, str(tmp_path)) for number in range(40, 46)]
    assert dict(fleet.run(fleet_work.waiting, tasks, on_retry=told)) == {task: task.number**2 for task in tasks}
    assert retries[0].reason == "its worker was ended, since its node had too little memory left."
    (outcome,) = dict(fleet.run(fleet_work.greedy, [fleet_work.Part(99, "")])).values()
    assert isinstance(outcome, Failure) and "MemoryError" in outcome.reason


def test_a_node_that_is_lost_costs_its_tasks_nothing_but_time(cluster: Any, fleet: Place, tmp_path: Path) -> None:
    retries: list[Retry] = []
    (doomed,) = cluster.worker_nodes

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


def test_a_place_is_named_by_what_it_is_and_one_that_cannot_start_leaves_the_environment_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import ray

    for wrong in ("", "here", "local:", "local:0", "local:x", "ray:"):
        with pytest.raises(SeqzooError, match="ray:ADDRESS"):
            place(wrong)
    with pytest.raises(SeqzooError, match=r"127.0.0.1:1: .*refused"), place("ray:127.0.0.1:1"):
        pass  # Ray itself would wait for minutes

    def refuses(*arguments: object, **settings: object) -> None:
        assert os.environ["RAY_AUTH_MODE"] == "token" and len(os.environ["RAY_AUTH_TOKEN"]) == 64
        raise ConnectionError("no answer")

    monkeypatch.setattr(ray, "init", refuses)
    before = dict(os.environ)
    with pytest.raises(SeqzooError, match="this machine: ConnectionError: no answer"), place("ray"):
        pass
    assert dict(os.environ) == before


def test_a_head_node_that_is_lost_ends_the_run_with_what_is_kept_and_what_to_do(
    cluster: Any, fleet: Place, tmp_path: Path
) -> None:
    """The last test with this cluster, which it ends."""

    def kill_the_head_once_it_works() -> bool:
        if list(tmp_path.iterdir()) and cluster.head_node is not None:
            for each in cluster.head_node.all_processes["gcs_server"]:
                each.process.kill()
                each.process.wait()
        return False

    began = time.monotonic()
    with pytest.raises(SeqzooError, match=r"head node .* no longer answers\. Finished tasks are kept\. Start"):
        list(fleet.run(fleet_work.lasting, [str(tmp_path)] * 3, should_stop=kill_the_head_once_it_works))
    assert time.monotonic() - began < 30  # Ray itself would end this process after a minute
