"""Tasks on this machine and on Ray: what a task costs beside its work, two nodes beside one, and many series."""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
MODEL = "lstm.sine"
LENGTH, SEASON, LOOKBACK, HORIZON = 500, 24, 20, 12
FIRST = LENGTH * 3 // 5  # cutoff
FILE = 10  # series of a file of Parquet
SIZES = 500, 1000, 2000
PEERS = HERE.parent / ".venv" / "peers" / "bin" / "python"  # which `make peers` makes
SLOW = 60  # series for models that take a second each


def measure(quick: bool) -> dict[str, Any]:
    """Costs of a task, efficiency of two nodes, and many series, each in processes that begin anew."""
    rounds = 1 if quick else 5
    sizes = [40, 80] if quick else SIZES
    return {
        "asked": f"the last two fifths, by `seqzoo backtest {MODEL}`, which adds rules and best linear",
        "series": _in_rounds(sizes, 1 if quick else 3),
        "listing": {kind: _ask("listing", kind, "100" if quick else "30000") for kind in ("text", "Parquet")},
        "series_on_ray": _ask("series", "ray", str(sizes[-1])),
        "statsforecast": _ask("statsforecast", "rules", str(sizes[-1])),
        "neuralforecast": _ask("neuralforecast", str(sizes[0])) if PEERS.exists() else None,
        "slow": {
            "seqzoo": _ask("series", "local:2", str(4 if quick else SLOW), "slow"),
            "statsforecast": _ask("statsforecast", "slow", str(4 if quick else SLOW)),
        },
        "rows": _ask("rows", "4000" if quick else "1000000"),
        "tasks": {on: _ask("tasks", on, "quick" if quick else "whole") for on in (f"local:{CORES}", "ray")},
        "nodes": _ask("nodes", str(rounds), "4" if quick else "20"),
    }


def _in_rounds(sizes: Sequence[int], rounds: int) -> list[dict[str, Any]]:
    """Of each number of series the round of the median seconds, with the seconds of all; sizes alternate."""
    every = [[_ask("series", "local:2", str(size)) for size in sizes] for _ in range(rounds)]
    results = []
    for each in zip(*every, strict=True):
        ordered = sorted(each, key=lambda one: one["seconds"])
        results.append({**ordered[rounds // 2], "rounds": [one["seconds"] for one in each]})
    return results


def table(result: dict[str, Any]) -> str:
    """Markdown."""
    return "\n\n".join([_costs(result), _nodes(result["nodes"]), _series(result), _limit(result)])


def _costs(result: dict[str, Any]) -> str:
    lines = [
        f"| {on.partition(':')[0]} | {_milliseconds(costs['0'])} | {_milliseconds(costs['0.01'])} "
        f"| {_milliseconds(costs['1'])} | {_milliseconds(costs['single'])} | {_milliseconds(costs['driver'])} |"
        for on, costs in result["tasks"].items()
    ]
    return (
        f"Milliseconds that a task costs beside its work, on {CORES} processes or cores of Ray: the seconds of a "
        "run, times the cores, over the tasks, less the work. Tasks of 0 s fly in batches; *one by one* they do not, "
        "and *driver* is the CPU time of the command for each of these.\n\n"
        "| place | 0 s | 10 ms | 1 s | 0 s, one by one | driver |\n|---|---:|---:|---:|---:|---:|\n"
        + "\n".join(lines)
    )


def _nodes(nodes: dict[str, float]) -> str:
    return (
        f"Tasks of one core, on two nodes of one core beside one node: {nodes['ray']:.1%} of twice the speed (median "
        f"of {nodes['rounds']} rounds in turn; {nodes['ray_low']:.1%} to {nodes['ray_high']:.1%}). Two processes "
        f"without Ray reach {nodes['local']:.1%} on these cores."
    )


def _series(result: dict[str, Any]) -> str:
    lines = [
        f"| {each['series']:,} | {each['seconds']:.1f} | {each['series'] / each['seconds']:.0f} "
        f"| {each['driver_mib']:.0f} | {each['worker_mib']:.0f} |"
        for each in result["series"]
    ]
    ray, rules, slow = result["series_on_ray"], result["statsforecast"], result["slow"]
    speed = {name: each["series"] / each["seconds"] for name, each in slow.items()}
    return (
        f"A backtest of series of {LENGTH} values, {HORIZON} ahead from each cutoff of {result['asked']}, on {CORES} "
        f"processes; series come from Parquet and rows go there{_of_rounds(result['series'][0])}:\n\n"
        "| series | s | series/s | MiB, driver | MiB, worker |\n|---:|---:|---:|---:|---:|\n" + "\n".join(lines)
        + f"\n\nTime grows with the power {_exponents(result['series'])} of the number. On Ray: "
        f"{ray['series'] / ray['seconds']:.0f} series/s, and {ray['driver_mib']:.0f} MiB in the driver. Beside it, "
        f"statsforecast on {CORES} processes: {rules['series'] / rules['seconds']:.0f} series/s for four rules at "
        f"the same cutoffs{_network(result.get('neuralforecast'))}. "
        f"AutoETS, fitted once for each series: {speed['seqzoo']:.2f} series/s here, "
        f"{speed['statsforecast']:.2f} there.{_listed(result.get('listing', {}))}"
    )  # fmt: skip


def _of_rounds(measured: dict[str, Any]) -> str:
    return f"; medians of {len(measured['rounds'])} rounds" if "rounds" in measured else ""


def _exponents(sizes: list[dict[str, Any]]) -> str:
    """The slope of the logarithm of seconds over that of series, by least squares, and its range over rounds."""
    counts = [math.log(each["series"]) for each in sizes]

    def slope(seconds: Iterable[float]) -> float:
        return statistics.linear_regression(counts, [math.log(one) for one in seconds]).slope

    power = slope(each["seconds"] for each in sizes)
    each_round = [slope(one) for one in zip(*(each.get("rounds", []) for each in sizes), strict=True)]
    spread = f" ({min(each_round):.2f} to {max(each_round):.2f} in a round)" if each_round else ""
    return f"{power:.2f}{spread}"


def _network(measured: dict[str, float] | None) -> str:
    if measured is None:
        return ""
    speed = measured["series"] / measured["seconds"]
    return f", neuralforecast on {CORES} threads {speed:.0f} for an LSTM of the same size, its training left out"


def _listed(listing: dict[str, dict[str, float]]) -> str:
    """What the command takes before the first task."""
    words = {"text": "files of text", "Parquet": "series of one Parquet file"}
    costs = [f"{each['seconds']:.1f} s for {each['series']:,} {words[kind]}" for kind, each in listing.items()]
    return f" To list the series takes the command {' and '.join(costs)}." if costs else ""


def _limit(result: dict[str, Any]) -> str:
    """What a million series on a hundred nodes take, by the seconds that one of them takes a core."""
    from seqzoo.execution.loop import LARGEST, RATE

    costs, kept, workers, count = result["tasks"]["ray"], result["rows"], 1600, 1_000_000
    measured = result["series"][-1]
    of_batch, of_task = costs["driver"], costs["driver 0"] + kept["each"]
    lines = []
    for work in (measured["seconds"] * CORES / measured["series"], 0.1, 1.0, 10.0):
        batch = max(1, min(LARGEST, int(workers / RATE / work)))
        cluster = count * work / workers
        driver, single = (count * (of_batch / size + of_task) for size in (batch, 1))
        lines.append(
            f"| {work:.3g} s | {_minutes(cluster)} | {batch} | {driver / 60:.1f} | {single / 60:.0f} "
            f"| {_minutes(max(cluster, driver))} |"
        )
    return (
        f"From these costs, a million series on 100 nodes of 16 cores: what the cores need, the tasks of a batch, "
        f"CPU minutes of the driver ({1000 * of_batch:.2f} ms a batch, {1e6 * of_task:.0f} µs a task and its row), "
        "the same if tasks flew one by one, and how long it takes.\n\n"
        "| a series takes | minutes of all cores | batch | of the driver | one by one | together |\n"
        f"|---:|---:|---:|---:|---:|---:|\n{chr(10).join(lines)}\n\n"
        f"{kept['rows']:,} rows lie in {kept['files']} files while they arrive; to join them at the end takes "
        f"{kept['finish']:.1f} s and {kept['mib']:.0f} MiB."
    )


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:,.1f}"


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
        cases = ("0", 0.0, 40_000), ("0.01", 0.01, 2_000), ("1", 1.0, 16), ("single", 0.0, 4_000)
        for name, seconds, count in cases:
            loop.KNOWN = 1 << 40 if name == "single" else known
            count = max(CORES, count // share // CORES * CORES)
            began, worked = time.perf_counter(), time.process_time()
            assert len(list(at.run(slept, [seconds] * count))) == count
            costs[name] = (time.perf_counter() - began) * CORES / count - seconds
            costs["driver" if name == "single" else f"driver {name}"] = (time.process_time() - worked) / count
    return costs


def nodes(rounds: str, count: str) -> dict[str, float]:
    """Speed on two nodes of one core over twice that on one; the same of two processes.

    The command and the head node are on one core, as if on a machine of one core, and the second node is on another.
    """
    from seqzoo.execution.local import Local
    from seqzoo.execution.ray import OnRay

    ratios: dict[str, list[float]] = {"ray": [], "local": []}
    cores = sorted(os.sched_getaffinity(0))[:2]
    with _cluster(cores[:1]) as one, _cluster(cores) as two:
        for _ in range(int(rounds)):
            pairs = {"ray": (OnRay(one), OnRay(two)), "local": (Local(1), Local(2))}
            for name, (single, double) in pairs.items():
                os.sched_setaffinity(0, cores[:1])
                alone = _speed(single, int(count), 1)
                os.sched_setaffinity(0, cores[:1] if name == "ray" else cores)
                ratios[name].append(_speed(double, 2 * int(count), 2) / alone / 2)
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


def series(on: str, count: str, how: str = "model") -> dict[str, float]:
    """Seconds and peaks of memory of a backtest of so many series, read from a folder, written to a folder.

    It is what `seqzoo backtest` does: the list of the series, the tasks, and the table of rows.
    """
    import multiprocessing
    import resource

    from seqzoo.data.measured import Choices
    from seqzoo.data.reading.shares import files_of, shares_of
    from seqzoo.execution import series as over_series
    from seqzoo.execution.backtests import BacktestOfEach, weights_of
    from seqzoo.execution.tasks import place
    from seqzoo.runtime.predictor import find_model

    model = find_model(MODEL, "light")
    question: Any = AutoEtsOfEach()
    if how == "model":
        question = BacktestOfEach(model, weights_of(model), HORIZON, start=str(FIRST), season=SEASON)

    def answered(data: Path, rows: Path) -> list[dict[str, Any]]:
        tasks = over_series.asked(question, shares_of(files_of([str(data)]), Choices()), Choices(), None)
        table, is_complete = over_series.run(question, tasks, rows, at)
        if refused := over_series.refused_of(table):
            raise SystemExit(refused[0].reason)
        assert is_complete
        return table

    with tempfile.TemporaryDirectory() as name, place(on) as at:
        folder = Path(name)
        _write(folder / "few", 4 * CORES)
        _write(folder / "series", int(count))
        answered(folder / "few", folder / "rows of few")  # the processes are there, and have imported all
        began, worked = time.perf_counter(), time.process_time()
        assert len(answered(folder / "series", folder / "rows")) == int(count)
        seconds, of_driver = time.perf_counter() - began, time.process_time() - worked
        workers = [_peak(process.pid) for process in multiprocessing.active_children()]
    driver = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"series": int(count), "seconds": seconds, "driver_seconds": of_driver, "driver_mib": driver,
            "worker_mib": max(workers) if workers else None}  # fmt: skip


def _peak(pid: int | None) -> float:
    """The most memory that a process of this machine has had, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def listing(kind: str, count: str) -> dict[str, float]:
    """Seconds that it takes to list the series of so many files of one series, or of one file of Parquet."""
    import polars as pl

    from seqzoo.data.measured import Choices
    from seqzoo.data.reading.shares import files_of, shares_of

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "series")
        paths = _write(folder, int(count))
        every = pl.concat([pl.read_parquet(path) for path in paths])
        for path in paths:
            Path(path).unlink()
        if kind == "text":
            for number, (_, each) in enumerate(every.group_by("unique_id", maintain_order=True)):
                each.drop("unique_id").write_csv(folder / f"{number:06}.csv")
        else:
            every.write_parquet(folder / "all.parquet")
        began = time.perf_counter()
        assert len(list(shares_of(files_of([str(folder)]), Choices()))) == int(count)
        return {"series": int(count), "seconds": time.perf_counter() - began}


def _write(folder: Path, count: int) -> list[str]:
    """The files of series: a season, an AR(1), and noise; each has seeds of its own."""
    import numpy as np
    import polars as pl

    folder.mkdir()
    paths = []
    for first in range(0, count, FILE):
        table = []
        for number in range(first, min(first + FILE, count)):
            rng = np.random.default_rng(number)
            steps = np.arange(LENGTH)
            drift = np.cumsum(rng.normal(size=LENGTH)) * 0.1
            values = 10 + 3 * np.sin(2 * np.pi * steps / SEASON + rng.uniform(0, 6)) + drift + rng.normal(size=LENGTH)
            table.append(pl.DataFrame({"unique_id": f"{number:06}", "ds": steps, "y": values}))
        paths.append(str(folder / f"{first:06}.parquet"))
        pl.concat(table).write_parquet(paths[-1])
    return paths


@dataclass(frozen=True)
class AutoEtsOfEach:
    """Asks for the errors of AutoETS, fitted once, as statsforecast does it."""

    def facts(self) -> dict[str, Any]:
        return {"model": "auto_ets"}

    def answer(self, series: Any) -> dict[str, Any]:
        import numpy as np

        from seqzoo.evaluation.on_a_series import forecasts_of, results_of, units_of
        from seqzoo.evaluation.rolling import Entrant, blocks
        from seqzoo.forecasters.statistical import Statistical

        values = series.values
        rival = Statistical("auto_ets", SEASON)
        entrant = Entrant(rival.name, lambda past: rival.fit(past, HORIZON), needs_past=True)
        cutoffs = np.arange(FIRST, len(values) - HORIZON + 1)
        forecasts = forecasts_of([entrant], values, HORIZON, blocks(cutoffs, None, 2000))
        assert forecasts is not None
        results = results_of(values, cutoffs, forecasts, (), units_of(values[:FIRST], SEASON, is_stated=True))
        return {name: each.value for name, each in results.measures(rival.name).items()}


def statsforecast(how: str, count: str) -> dict[str, float]:
    """Seconds of statsforecast's cross-validation of the same series, over as many processes."""
    import polars as pl
    from statsforecast import StatsForecast
    from statsforecast import models as of

    models = [of.Naive(), of.SeasonalNaive(SEASON), of.RandomWalkWithDrift(), of.WindowAverage(LOOKBACK)]
    models = [of.AutoETS(SEASON)] if how == "slow" else models
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder, "series"), int(count))
        windows = LENGTH - HORIZON + 1 - FIRST
        began = time.perf_counter()
        frame = pl.read_parquet(Path(folder, "series", "*.parquet"))
        asked = {"h": HORIZON, "step_size": 1, "n_windows": windows, "refit": how != "slow"}
        table = StatsForecast(models, freq=1, n_jobs=CORES).cross_validation(df=frame, **asked)
        seconds = time.perf_counter() - began
    assert len(table) == int(count) * windows * HORIZON
    return {"series": int(count), "seconds": seconds}


def neuralforecast(count: str) -> dict[str, float]:
    """Seconds of neuralforecast for the forecasts of an LSTM of the same size, on as many threads."""
    import polars as pl

    asked = {"h": HORIZON, "input_size": LOOKBACK, "windows": LENGTH - HORIZON + 1 - FIRST, "threads": CORES}
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder, "series"), int(count))
        table = Path(folder, "series.csv")
        pl.read_parquet(Path(folder, "series", "*.parquet")).write_csv(table)
        command = [str(PEERS), str(HERE / "rival_neuralforecast.py"), str(table), json.dumps(asked)]
        environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
        ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=folder, env=environment)
    result: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return result


def rows(count: str) -> dict[str, float]:
    """What it costs to keep so many rows, thousands at a time: seconds of each, files, seconds at the end, memory."""
    import resource

    from seqzoo.data.reading.rows import RowFolder

    with tempfile.TemporaryDirectory() as folder, RowFolder(Path(folder), gather=1e9) as kept:
        began = time.perf_counter()
        for number in range(int(count)):
            row = {"series": str(number), **dict.fromkeys("abcdefgh", 0.1)}
            kept.add(f"{number * 2654435761 % (1 << 32):08x}", [row])
            if number % 2000 == 1999:
                kept.write()
        each, files = (time.perf_counter() - began) / int(count), len(list(Path(folder).iterdir()))
        began = time.perf_counter()
        kept.finish()
        finish, peak = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rows": int(count), "each": each, "files": files, "finish": finish, "mib": peak}


@contextmanager
def _cluster(cores: list[int]) -> Iterator[str]:
    """The address of a cluster with a node on each of these cores."""
    os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN="b" * 64, RAY_USAGE_STATS_ENABLED="0")
    from ray.cluster_utils import Cluster

    cluster = Cluster()
    try:
        for core in cores:
            os.sched_setaffinity(0, [core])  # which the processes of the node inherit
            cluster.add_node(**NODE)
        os.sched_setaffinity(0, cores[:1])
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
    programs = tasks, nodes, series, listing, statsforecast, neuralforecast, rows
    program = {each.__name__: each for each in programs}[sys.argv[1]]
    import fleet  # so that processes import its functions by their name

    print(json.dumps(getattr(fleet, program.__name__)(*sys.argv[2:])))
