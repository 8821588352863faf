"""The test of linearity: how often it rejects processes that are linear, and how often those that are not."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from seqzoo.evaluation.nonlinearity import linearity
from seqzoo.execution.tasks import place

TITLE = "The test of linearity"
WARM_UP = 200  # steps that a process runs before its first value

Draw = Callable[[int, np.random.Generator], np.ndarray]


def autoregression(coefficients: tuple[float, ...]) -> Draw:
    """Gaussian shocks of variance 1."""

    def draw(length: int, rng: np.random.Generator) -> np.ndarray:
        values = rng.standard_normal(length + WARM_UP)
        for step in range(len(coefficients), len(values)):
            values[step] += sum(weight * values[step - 1 - lag] for lag, weight in enumerate(coefficients))
        return values[WARM_UP:]

    return draw


def exponential(length: int, rng: np.random.Generator) -> np.ndarray:
    """A monotone function of a linear process: the null hypothesis holds."""
    return np.exp(autoregression((0.6,))(length, rng) / 2)


def walk(length: int, rng: np.random.Generator) -> np.ndarray:
    """A random walk."""
    return np.cumsum(rng.standard_normal(length))


def seasonal(length: int, rng: np.random.Generator) -> np.ndarray:
    """A sine of period 24 with a random phase, plus an AR(1)."""
    turn = 2 * np.pi * (np.arange(length) / 24 + rng.random())
    return 2 * np.sin(turn) + autoregression((0.6,))(length, rng)


def turning(length: int, rng: np.random.Generator) -> np.ndarray:
    """A season of period 24 that loses 2% of its amplitude a step to Gaussian shocks, plus an AR(1): all Gaussian."""
    first, second = 2 * 0.98 * math.cos(2 * math.pi / 24), -(0.98**2)
    variance = (1 - second) / ((1 + second) * ((1 - second) ** 2 - first**2))
    season = autoregression((first, second))(length, rng)
    return math.sqrt(2 / variance) * season + autoregression((0.6,))(length, rng)


def pulses(length: int, rng: np.random.Generator) -> np.ndarray:
    """A season of 24 steps that is high for 6 of them, plus an AR(1)."""
    high = (np.arange(length) + rng.integers(24)) % 24 < 6
    return 3.0 * high + autoregression((0.6,))(length, rng)


def noisy_sine(length: int, rng: np.random.Generator) -> np.ndarray:
    """The flagship's signal: sin(0.02 x + phase) with noise of 0.1."""
    return np.sin(0.02 * np.arange(length) + 2 * np.pi * rng.random()) + 0.1 * rng.standard_normal(length)


def setar(length: int, rng: np.random.Generator) -> np.ndarray:
    """A threshold autoregression: 0.8 x below 0 and -0.6 x above it, with shocks of variance 1."""
    values = rng.standard_normal(length + WARM_UP)
    for step in range(1, len(values)):
        values[step] += (0.8 if values[step - 1] < 0 else -0.6) * values[step - 1]
    return values[WARM_UP:]


def logistic(length: int, rng: np.random.Generator) -> np.ndarray:
    """The logistic map x -> 3.9 x (1 - x), observed with noise of half its standard deviation."""
    values = np.empty(length + WARM_UP)
    values[0] = 0.1 + 0.8 * rng.random()
    for step in range(1, len(values)):
        values[step] = 3.9 * values[step - 1] * (1 - values[step - 1])
    clean = values[WARM_UP:]
    return clean + 0.5 * clean.std() * rng.standard_normal(length)


def garch(length: int, rng: np.random.Generator) -> np.ndarray:
    """GARCH(1, 1): the mean cannot be forecast, the variance 0.05 + 0.15 x^2 + 0.8 of the one before can."""
    shocks = rng.standard_normal(length + WARM_UP)
    values, variance = np.empty_like(shocks), 1.0
    for step, shock in enumerate(shocks):
        values[step] = math.sqrt(variance) * shock
        variance = 0.05 + 0.15 * values[step] ** 2 + 0.8 * variance
    return values[WARM_UP:]


def shift(length: int, rng: np.random.Generator) -> np.ndarray:
    """An AR(1) whose mean rises by two standard deviations in the middle."""
    return autoregression((0.6,))(length, rng) + 2.5 * (np.arange(length) >= length // 2)


class Row(NamedTuple):
    """A process, the season that the test is told, the length of a series, and the number of series."""

    kind: str
    process: str
    draw: Draw
    season: int | None
    length: int
    draws: int


LINEAR, NONLINEAR, OTHER = "linear", "nonlinear", "neither"
ROWS = (  # a new row goes to the end: the seeds of a row are its place
    *(Row(LINEAR, "AR(2)", autoregression((1.2, -0.5)), None, length, 200) for length in (300, 1_000)),
    Row(OTHER, "sine of period 24 + AR(1), season not given", seasonal, None, 1_000, 100),
    Row(LINEAR, "pulses of period 24 + AR(1), season given", pulses, 24, 1_000, 100),
    Row(LINEAR, "exp(AR(1))", exponential, None, 1_000, 100),
    Row(LINEAR, "random walk", walk, None, 1_000, 200),
    *(
        Row(NONLINEAR, name, draw, None, length, 40)
        for name, draw in (("SETAR", setar), ("logistic map, noise half its spread", logistic))
        for length in (300, 1_000, 3_000)
    ),
    Row(OTHER, "noisy sine of period 314", noisy_sine, None, 1_000, 100),
    Row(OTHER, "pulses of period 24 + AR(1), season not given", pulses, None, 1_000, 50),
    Row(OTHER, "GARCH(1, 1)", garch, None, 1_000, 50),
    Row(OTHER, "AR(1) with a shift of its mean", shift, None, 1_000, 50),
    Row(LINEAR, "Gaussian season of period 24 + AR(1)", turning, None, 1_000, 200),
    Row(LINEAR, "sine of period 24 + AR(1), season given", seasonal, 24, 1_000, 200),
)


def measure(quick: bool) -> dict[str, Any]:
    """Rejections at p = 0.05 with 19 surrogates, by process and length; seconds of one core a test."""
    tasks = [(number, draw) for number, row in enumerate(ROWS) for draw in range(3 if quick else row.draws)]
    with place("local") as processes:
        outcomes = dict(processes.run(outcome, tasks))
    rows = []
    for number, row in enumerate(ROWS):
        mine = [outcomes[task] for task in tasks if task[0] == number]
        rejected, gains, seconds = zip(*mine, strict=True)
        rows.append(
            {
                "kind": row.kind,
                "process": row.process,
                "length": row.length,
                "draws": len(mine),
                "rejected": sum(rejected),
                "median_gain": float(np.median(gains)),
                "seconds": float(np.median(seconds)),
            }
        )
    return {"rows": rows}


def outcome(task: tuple[int, int]) -> tuple[bool, float, float]:
    """Of one series of a row: whether it is rejected, the network's gain, and CPU seconds."""
    number, draw = task
    row = ROWS[number]
    series = row.draw(row.length, np.random.default_rng([draw, number]))
    began = time.process_time()
    test = linearity(series, season=row.season, seed=draw)
    return test.is_rejected, test.gain, time.process_time() - began


def table(result: dict[str, Any]) -> str:
    """Markdown."""
    columns = ("process", "values", "series", "rejected", "95% interval", "median gain", "s a test")
    parts = [
        "`seqzoo.evaluation.nonlinearity.linearity` with 19 surrogates on series of known processes: how often p is "
        "0.05, with a 95% interval (Wilson), and the median share of the linear forecaster's held-out squared error "
        "that the network removes. A linear process should be rejected in at most 5% of series, up to chance. "
        f"Seconds are CPU seconds of one core.\n\n| {' | '.join(columns)} |\n|---|{'---:|' * (len(columns) - 1)}"
    ]
    for kind, heading in (
        (LINEAR, "linear: false alarms"), (NONLINEAR, "nonlinear: power"), (OTHER, "outside both")
    ):  # fmt: skip
        parts.append(f"| *{heading}* | | | | | | |")
        for row in result["rows"]:
            if row["kind"] == kind:
                low, high = wilson(row["rejected"], row["draws"])
                parts.append(
                    f"| {row['process']} | {row['length']:,} | {row['draws']} | {row['rejected'] / row['draws']:.1%} "
                    f"| {low:.1%} to {high:.1%} | {row['median_gain']:.1%} | {row['seconds']:.2f} |"
                )
    return "\n".join(parts)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95% interval of a probability (Wilson, JASA 22, 1927)."""
    z = 1.959964
    centre = (successes + z * z / 2) / (trials + z * z)
    reach = z / (trials + z * z) * math.sqrt(successes * (trials - successes) / trials + z * z / 4)
    return max(0.0, centre - reach), min(1.0, centre + reach)
