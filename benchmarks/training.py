"""Training: our recipe beside the textbook loop, seconds and windows until each distance from optimal.

Our recipe trains through the compiled core, a rival by PyTorch's kernels. Both run at the same time, each process on
a core of its own; the next seed swaps the cores. The rival runs until ours has ended.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from typing import Any

TITLE = "Training"
LEVELS = (0.12, 0.05, 0.02, 0.01, 0.005)
TEXTBOOK: dict[str, Any] = {
    "recipe.optimiser": "adam",
    "recipe.learning_rate": 1e-3,
    "recipe.batch_size": 64,
    "recipe.points": 20_000,
    "recipe.decay": "none",
    "recipe.warmup": 0.0,
    "recipe.averaging": 0.0,
    "recipe.evaluate_every": 100,
    "recipe.steps": 1_000_000,  # stopped long before, when our recipe ends
}
RIVALS: dict[str, dict[str, Any]] = {
    "our recipe by PyTorch's kernels": {},
    "Adam 1e-3, one series of 20,000 points": TEXTBOOK,
    "Adam 1e-3, fresh noise without end": {**TEXTBOOK, "recipe.points": None},
}
OURS = "our recipe"


def measure(quick: bool) -> dict[str, Any]:
    """Runs by recipe and seed: seconds and windows to each level (None: never reached)."""
    runs = []
    for rival, changes in RIVALS.items():
        for seed in range(1 if quick else 3):
            ours = {"recipe.steps": 100, "recipe.evaluate_every": 50} if quick else {}
            runs += _pair(rival, ours, changes, seed)
    return {"core": _target(), "levels": list(LEVELS), "best_linear_excess": _best_linear(), "runs": runs}


def table(result: dict[str, Any]) -> str:
    """Markdown."""
    heads = " | ".join(f"{level:g}" for level in (100 * each for each in result["levels"]))
    lines = []
    for name in dict.fromkeys(run["recipe"] for run in result["runs"]):
        runs = [run for run in result["runs"] if run["recipe"] == name]
        cells = [_cell([run["reached"][level] for run in runs]) for level in range(len(result["levels"]))]
        end = f"{100 * statistics.median(run['best_excess'] for run in runs):.2f}%"
        seconds = f"{statistics.median(run['seconds'] for run in runs):.0f}"
        lines.append(f"| {name} | {len(runs)} | {' | '.join(cells)} | {end} | {seconds} |")
    through = ""
    if result.get("core"):  # earlier results have none
        through = f"Our recipe through the compiled core (`{result['core']}`), rivals by PyTorch's kernels. "
    return (
        f"{through}Seconds (and windows) until the excess over the Bayes forecaster, on 4,096 held-out windows, "
        "falls to a level: the median over the runs that reached it, with their number if some did not. Our recipe "
        "and each rival ran at the same time, each on one core; cores were swapped from seed to seed. A rival was "
        "stopped when our recipe ended. The best linear forecaster has an excess of "
        f"{100 * result['best_linear_excess']:.1f}%.\n\n"
        f"| recipe | runs | {heads.replace(' |', '% |')}% | best excess | seconds in all |\n"
        f"|---|---:|{'---:|' * (len(result['levels']) + 2)}\n" + "\n".join(lines)
    )


def _cell(reached: list[dict[str, float] | None]) -> str:
    there = [each for each in reached if each is not None]
    if not there:
        return "never"
    seconds = statistics.median(each["seconds"] for each in there)
    seen = statistics.median(each["windows"] for each in there)
    share = "" if len(there) == len(reached) else f", {len(there)} of {len(reached)}"
    return f"{seconds:.1f} s ({seen / 1000:,.0f}k{share})"


def _pair(rival: str, ours: dict[str, Any], changes: dict[str, Any], seed: int) -> list[dict[str, Any]]:
    """Both runs at once; each on one core where the system lets one choose."""
    spawn = multiprocessing.get_context("spawn")
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if seed % 2:
        cores.reverse()
    ready, ended = spawn.Barrier(2), spawn.Event()
    jobs = []
    for place, (name, change) in enumerate({OURS: ours, rival: changes}.items()):
        receive, send = spawn.Pipe(duplex=False)
        core = cores[place] if place < len(cores) else None
        job = spawn.Process(target=_train, args=(name, change, seed, core, ready, ended, send))
        job.start()
        jobs.append((job, receive))
    results = [receive.recv() for _, receive in jobs]
    for job, _ in jobs:
        job.join()
    return results


def _train(
    name: str, changes: dict[str, Any], seed: int, core: int | None, ready: Any, ended: Event, send: Connection
) -> None:
    if core is not None:
        os.sched_setaffinity(0, {core})
    from seqzoo.runtime import core as compiled
    from seqzoo.training.loop import train
    from seqzoo.training.spec import TrainingSpec
    from seqzoo.zoo import _registry

    run = TrainingSpec.of(_registry.entry("lstm.sine"), seed=seed, changes=changes)
    ready.wait()
    if name == OURS:
        trained = train(run)
        ended.set()
    else:
        trained = train(run, using=compiled.of("off"), should_stop=ended.is_set)
    reached: list[dict[str, float] | None] = []
    for level in LEVELS:
        first = next((point for point in trained.history if point.excess <= level), None)
        reached.append(None if first is None else {"seconds": first.seconds, "windows": first.windows})
    send.send(
        {
            "recipe": name,
            "seed": seed,
            "reached": reached,
            "best_excess": trained.best.excess,
            "last_excess": trained.history[-1].excess if trained.history else None,
            "seconds": round(trained.seconds, 2),
            "windows": trained.step * run.recipe.batch_size,
        }
    )


def _target() -> str:
    """The target of the compiled core; empty if there is none."""
    from seqzoo.runtime import core

    used = core.find()
    return used.target if used else ""


def _best_linear() -> float:
    from seqzoo.forecasters.floors import floors
    from seqzoo.signals import Sine

    reference = floors(Sine(), 20)[0]
    return reference.best_linear / reference.bayes.value - 1
