"""Whole processes from start to end, and the first prediction of each engine within one."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from typing import Any

TITLE = "Start-up"
NUMBERS = [f"{0.05 * step:.2f}" for step in range(20)]
CLI = ["-c", "from seqzoo.cli import main; main()"]
BESIDE = "python -c 'import numpy'"  # what every other command that computes waits for
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    BESIDE: ["-c", "import numpy"],
    "python -c 'import seqzoo'": ["-c", "import seqzoo"],
    "seqzoo --help": [*CLI, "--help"],
    "seqzoo list": [*CLI, "list"],
    "seqzoo predict lstm.sine (20 numbers)": [*CLI, "predict", "lstm.sine", *NUMBERS],
}
FIRST = """
import sys, time
import seqzoo
began = time.perf_counter()
predictor = seqzoo.load("lstm.sine", sys.argv[1])
predictor.predict([0.0] * 20)
first = time.perf_counter() - began
began = time.perf_counter()
predictor.predict([0.0] * 20)
print(f"[{first}, {time.perf_counter() - began}]")
"""
ENGINES = ("torchscript", "onnx", "numpy")


def measure(quick: bool) -> dict[str, Any]:
    """Seconds: wall clock and CPU time of each command, first and second prediction of each engine."""
    wall: dict[str, list[float]] = {name: [] for name in COMMANDS}
    cpu: dict[str, list[float]] = {name: [] for name in COMMANDS}
    first: dict[str, list[list[float]]] = {engine: [] for engine in ENGINES}
    for turn in range(1 if quick else 10):
        for name, arguments in COMMANDS.items():
            took, spent, _ = _process(arguments)
            if turn or quick:  # the first round fills the file cache
                wall[name].append(took)
                cpu[name].append(spent)
        for engine in ENGINES:
            if turn < 4:
                first[engine].append(json.loads(_process(["-c", FIRST, engine])[2]))
    return {
        "processes": {
            name: {
                "wall_seconds": statistics.median(wall[name]),
                "cpu_seconds": statistics.median(cpu[name]),
                "rounds": len(wall[name]),
            }
            for name in COMMANDS
        },
        "first_prediction_seconds": {
            engine: {
                "first": statistics.median(pair[0] for pair in pairs),
                "second": statistics.median(pair[1] for pair in pairs),
            }
            for engine, pairs in first.items()
        },
    }


def table(result: dict[str, Any]) -> str:
    """Markdown. Results without `import numpy` have no column that compares with it."""
    processes = result["processes"]
    of_numpy = BESIDE in processes
    more, dashes = (" times `import numpy` (CPU) |", "---:|") if of_numpy else ("", "")
    head = f"| command | wall clock s | CPU s |{more}\n|---|---:|---:|{dashes}"
    rows = []
    for name, times in processes.items():
        row = f"| `{name}` | {times['wall_seconds']:.3f} | {times['cpu_seconds']:.3f} |"
        if of_numpy:
            row += f" {times['cpu_seconds'] / processes[BESIDE]['cpu_seconds']:.2f} |"
        rows.append(row)
    commands = "\n".join(rows)
    engines = "\n".join(
        f"| {engine} | {1e3 * times['first']:.0f} | {1e3 * times['second']:.2f} |"
        for engine, times in result["first_prediction_seconds"].items()
    )
    return (
        "Whole processes, median seconds:\n\n"
        f"{head}\n{commands}\n\n"
        "Within a process, after `import seqzoo`: `load` and the first prediction (library, hashes, parsing), "
        "and the second one:\n\n"
        f"| engine | first ms | second ms |\n|---|---:|---:|\n{engines}"
    )


def _process(arguments: list[str]) -> tuple[float, float, str]:
    """Wall seconds, CPU seconds and standard output of one Python process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)  # in microseconds; os.times() counts hundredths
    began = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)
    took = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return took, spent, done.stdout
