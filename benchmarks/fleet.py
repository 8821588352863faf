"""Tasks on this machine and on Ray: what a task costs beside its work, two nodes beside one, and many series."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent

TITLE = "A fleet"
CORES = 2
NODE = {
    "num_cpus": 1, "object_store_memory": 80 << 20,
    "include_dashboard": False, "include_log_monitor": False, "no_monitor": True,
}  # fmt: skip
LOOPS = 3_000_000  # of `busy`: about a fifth of a second


def measure(quick: bool) -> dict[str, Any]:
    """Costs of a task, efficiency of two nodes, and many series, each in processes that begin anew."""
    rounds = 1 if quick else 5
    return {
        "tasks": {on: _ask("tasks", on, "quick" if quick else "whole") for on in (f"local:{CORES}", "ray")},
        "nodes": _ask("nodes", str(rounds), "4" if quick else "40"),
    }


def table(result: dict[str, Any]) -> str:
    """Markdown."""
    lines = [
        f"| {on.partition(':')[0]} | {_milliseconds(costs['0'])} | {_milliseconds(costs['0.01'])} "
        f"| {_milliseconds(costs['1'])} | {_milliseconds(costs['single'])} | {_milliseconds(costs['driver'])} |"
        for on, costs in result["tasks"].items()
    ]
    nodes = result["nodes"]
    return (
        f"Milliseconds that a task costs beside its work, on {CORES} processes or cores of Ray: the seconds of a "
        "run, times the cores, over the tasks, less the work. Tasks of 0 s fly in batches; *one by one* they do not, "
        "and *driver* is the CPU time of the command for each of these.\n\n"
        "| place | 0 s | 10 ms | 1 s | 0 s, one by one | driver |\n|---|---:|---:|---:|---:|---:|\n"
        + "\n".join(lines)
        + "\n\nThe same tasks of one core each on two nodes of one core beside one node: "
        f"{nodes['ray']:.1%} of twice the speed (median of {nodes['rounds']} rounds in turn; {nodes['ray_low']:.1%} "
        f"to {nodes['ray_high']:.1%}). Two processes without Ray reach {nodes['local']:.1%} on these cores."
    )  # fmt: skip


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.2f}" if abs(seconds) < 0.1 else f"{1000 * seconds:.0f}"


def _ask(*arguments: str) -> Any:
    """The JSON that this module prints when it runs as a program."""
    command = [sys.executable, str(HERE / "fleet.py"), *arguments]
    paths = os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return json.loads(ran.stdout.splitlines()[-1])


def tasks(on: str, how: str) -> dict[str, float]:
    """Seconds that a task costs beside its work, by the seconds of its work."""
    from seqzoo.execution import loop
    from seqzoo.execution.tasks import place

    share = 20 if how == "quick" else 1
    costs: dict[str, float] = {}
    with place(on) as at:
        list(at.run(slept, [0.1] * 4 * CORES))  # the processes are there
        known = loop.KNOWN
        cases = ("0", 0.0, 40_000), ("0.01", 0.01, 2_000), ("1", 1.0, 40), ("single", 0.0, 4_000)
        for name, seconds, count in cases:
            loop.KNOWN = 1 << 40 if name == "single" else known
            count = max(CORES, count // share // CORES * CORES)
            began, worked = time.perf_counter(), time.process_time()
            assert len(list(at.run(slept, [seconds] * count))) == count
            costs[name] = (time.perf_counter() - began) * CORES / count - seconds
            costs["driver"] = (time.process_time() - worked) / count
    return costs


def nodes(rounds: str, count: str) -> dict[str, float]:
    """Speed on two nodes of one core over twice that on one; the same of two processes."""
    from seqzoo.execution.local import Local
    from seqzoo.execution.ray import OnRay

    ratios: dict[str, list[float]] = {"ray": [], "local": []}
    with _cluster(1) as one, _cluster(2) as two:
        for _ in range(int(rounds)):
            pairs = {"ray": (OnRay(one), OnRay(two)), "local": (Local(1), Local(2))}
            for name, (single, double) in pairs.items():
                alone, both = (_speed(at, cores * int(count), cores) for cores, at in ((1, single), (2, double)))
                ratios[name].append(both / alone / 2)
    ray = ratios["ray"]
    return {
        "rounds": len(ray), "ray": statistics.median(ray), "ray_low": min(ray), "ray_high": max(ray),
        "local": statistics.median(ratios["local"]),
    }  # fmt: skip


def _speed(place: Any, count: int, cores: int) -> float:
    """Tasks a second once the processes are there."""
    with place as at:
        list(at.run(busy, [LOOPS // 4] * 2 * cores))
        began = time.perf_counter()
        assert len(list(at.run(busy, [LOOPS] * count))) == count
        return count / (time.perf_counter() - began)


@contextmanager
def _cluster(nodes: int) -> Iterator[str]:
    os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN="b" * 64, RAY_USAGE_STATS_ENABLED="0")
    from ray.cluster_utils import Cluster

    cluster = Cluster()
    try:
        for _ in range(nodes):
            cluster.add_node(**NODE)
        yield cluster.address
    finally:
        cluster.shutdown()


def slept(seconds: float) -> None:
    """A task that takes so long and no core."""
    if seconds:
        time.sleep(seconds)


def busy(loops: int) -> int:
    """A task that takes a core for so many additions."""
    total = 0
    for number in range(loops):
        total += number
    return total


if __name__ == "__main__":
    program = {"tasks": tasks, "nodes": nodes}[sys.argv[1]]
    import fleet  # so that processes import its functions by their name

    print(json.dumps(getattr(fleet, program.__name__)(*sys.argv[2:])))
