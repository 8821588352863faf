"""The compiled core: one window, streams, batches, the gradients of a step, and the share of the machine's peak."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import plain
import torch
from numpy.typing import NDArray
from rounds import Case, interleaved, quantile, ratio

import seqzoo
from seqzoo import _palette
from seqzoo.evaluation import plots
from seqzoo.runtime import core
from seqzoo.runtime.engines.native import NativeEngine
from seqzoo.runtime.predictor import find_model
from seqzoo.training.loop import train
from seqzoo.training.spec import TrainingSpec
from seqzoo.zoo import _registry

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "The compiled core"
FIGURE_SHOWS = "GFLOP/s of LSTM, GRU and RNN by batch, below the peak of multiply-adds"
BATCHES = (1000, 4096, 10_000, 100_000)
TRAINED = {"lstm": (torch.nn.LSTM, 64), "gru": (torch.nn.GRU, 74), "rnn": (torch.nn.RNN, 129)}
ROWS, STEPS = 128, 20
FIRST, LAST = 10, 61  # steps of a training between which its time is taken: ten updates of the optimiser's bases


def measure(quick: bool) -> dict[str, Any]:
    """Times beside plain ONNX Runtime and PyTorch, and GFLOP/s beside the peak; empty without the core."""
    used = core.find()
    if used is None:
        return {}
    rounds = 3 if quick else 30
    return {
        "target": used.target,
        "calls": _calls(rounds),
        "batches": [_batch(size, 2 if quick else 7) for size in BATCHES[: 1 if quick else None]],
        "gradients": {name: _gradients(used, name, rounds) for name in TRAINED},
        "steps": {name: _training(name, 1 if quick else 9) for name in TRAINED},
        "roofline": {
            name: [_attained(used, name, rows, 3 if quick else 15) for rows in (16, 64, 256, 1024, 4096)]
            for name in TRAINED
        },
    }


def table(result: dict[str, Any]) -> str:
    """Markdown."""
    if not result:
        return "Not measured: this installation has no core."
    calls = "\n".join(f"| {row['name']} | {row['p50']:.1f} | {row['ratio']:.2f} |" for row in result["calls"])
    batches = "\n".join(
        f"| {row['rows']:,} | {row['windows']:,.0f} | {row['speed']:.2f} | {_known(row)} |"
        for row in result["batches"]
    )
    gradients = "\n".join(
        f"| {name} | {row['core']:.2f} | {row['torch']:.2f} | {row['ratio']:.2f} |"
        for name, row in result["gradients"].items()
    )
    steps = "\n".join(
        f"| {name} | {row['core']:.2f} | {row['torch']:.2f} | {row['ratio']:.2f} | {row['of_cpu']:.2f} |"
        for name, row in result.get("steps", {}).items()  # earlier results have none
    )
    roofline = "\n".join(
        f"| {name} | {row['rows']:,} | {row['attained']:.0f} | {row['peak']:.0f} | {row['share']:.0%} |"
        for name, rows in result["roofline"].items()
        for row in rows
    )
    return (
        f"`{plain.MODEL}` on `{result['target']}`. Medians over rounds; compared cases alternate within a round.\n\n"
        f"| one call | p50 µs | time / plain onnx on a window |\n|---|---:|---:|\n{calls}\n\n"
        "| batch, all cores | windows/s | speed / the faster of plain torchscript and onnx | on one thread each |\n"
        f"|---:|---:|---:|---:|\n{batches}\n\n"
        f"Forward and backward of {ROWS} windows of {STEPS} steps on one thread, with the packing of the weights:\n\n"
        f"| cell | core ms | PyTorch ms | time |\n|---|---:|---:|---:|\n{gradients}\n\n"
        "One step of the training loop with the recipe of `lstm.sine` (windows, forward, backward, update), through "
        "the core on all processors and by PyTorch's kernels on one:\n\n"
        f"| cell | core ms | PyTorch ms | time | CPU time |\n|---|---:|---:|---:|---:|\n{steps}\n\n"
        "Forward on one thread, beside multiply-adds that wait for nothing. The products of a cell count, not its "
        "sigmoids:\n\n"
        f"| cell | batch | GFLOP/s | peak | share |\n|---|---:|---:|---:|---:|\n{roofline}\n\n{_missed(result)}"
    )


def _known(row: dict[str, Any]) -> str:
    return f"{row['on_one_thread']:.2f}" if "on_one_thread" in row else ""  # earlier results have none


AIMS: tuple[tuple[str, Callable[[dict[str, Any]], float], float, str], ...] = (
    ("one window, time", lambda r: r["calls"][1]["ratio"], 0.5, ""),
    ("`stream.push`, time", lambda r: r["calls"][2]["ratio"], 0.1, ""),
    ("a batch of 1,000, speed", lambda r: r["batches"][0]["speed"], 2.0,
     "TorchScript is at its fastest here: the gates of 1,000 windows, 1 MB, fit the second cache."),
    ("a step of training `lstm`, time", lambda r: r["steps"]["lstm"]["ratio"], 0.35,
     "The optimiser takes as long in both loops, 2.4 of 6 ms of CPU time, and windows are drawn in 0.5 "
     "([profile](LOG.md)): with passes that cost nothing it would be 0.3. The passes take 1.1 and 2.2 ms."),
    ("a step of training `gru`, time", lambda r: r["steps"]["gru"]["ratio"], 0.35, "The same."),
    ("a step of training `rnn`, time", lambda r: r["steps"]["rnn"]["ratio"], 0.35, "The same."),
    ("`lstm` at 4,096, share of the peak", lambda r: r["roofline"]["lstm"][-1]["share"], 0.6,
     "An LSTM has five exponentials and divisions for each unit and step, which count as no product."),
)  # fmt: skip


def _missed(result: dict[str, Any]) -> str:
    """The aims that are missed, by how much, and what the profile shows."""
    lines = []
    for what, measured_in, aim, why in AIMS:
        value, is_time = measured_in(result), what.endswith("time")
        if value > aim if is_time else value < aim:
            lines.append(f"| {what} | {value:.2f} | {'at most' if is_time else 'at least'} {aim:g} | {why} |")
    if not lines:
        return "No aim is missed."
    return "Missed:\n\n| what | measured | aim | what the profile shows |\n|---|---:|---:|---|\n" + "\n".join(lines)


def figure(result: dict[str, Any]) -> Figure | None:
    """Attained against peak GFLOP/s by batch; None without the core."""
    if not result:
        return None
    picture, (axes,) = plots.panels(1, 8.0, 4.0)
    for name, style in plots.styles(result["roofline"]).items():
        rows = result["roofline"][name]
        axes.plot([row["rows"] for row in rows], [row["attained"] for row in rows], label=name, **style)
    peak = statistics.median(row["peak"] for rows in result["roofline"].values() for row in rows)
    axes.axhline(peak, linestyle=":", color=_palette.light("ink"), label="peak of multiply-adds")
    axes.set_xscale("log", base=2)
    axes.set_ylim(0)
    axes.set_xlabel("windows in a batch")
    axes.set_ylabel("GFLOP/s on one thread")
    axes.legend()
    return picture


def _calls(rounds: int) -> list[dict[str, Any]]:
    window = np.random.default_rng(0).normal(size=(1, STEPS, 1)).astype(np.float32)
    predictor = find_model(plain.MODEL, "native").warm()
    stream = predictor.stream()
    cases = {
        "plain onnx, a window": plain.cases(window)["plain onnx"],
        "predict, a window": Case(lambda: predictor.predict(window)),
        "stream.push, a value": Case(lambda: stream.push(0.1)),
    }
    seconds = interleaved(cases, rounds=rounds, calls=100)
    theirs = seconds["plain onnx, a window"]
    everything = {name: [each for turn in times for each in turn] for name, times in seconds.items()}
    return [
        {"name": name, "p50": 1e6 * quantile(everything[name], 0.5), "ratio": ratio(times, theirs)}
        for name, times in seconds.items()
    ]


def _batch(rows: int, rounds: int) -> dict[str, Any]:
    batch = np.random.default_rng(rows).normal(size=(rows, STEPS, 1)).astype(np.float32)
    predictor = find_model(plain.MODEL, "native").warm()
    cases = plain.cases(batch)
    del cases["plain eager"]
    cases["ours"] = Case(lambda: predictor.predict(batch))
    seconds = interleaved(cases, rounds=rounds, calls=max(1, 10_000 // rows))
    middle = {name: [statistics.median(turn) for turn in turns] for name, turns in seconds.items()}
    theirs = [min(pair) for pair in zip(middle["plain onnx"], middle["plain torchscript"], strict=True)]
    return {
        "rows": rows,
        "windows": rows / statistics.median(middle["ours"]),
        "speed": statistics.median(one / other for one, other in zip(theirs, middle["ours"], strict=True)),
        "on_one_thread": _on_one_thread(batch, rounds),
    }


def _on_one_thread(batch: NDArray[np.float32], rounds: int) -> float:
    """The CPU time of the faster of TorchScript and ONNX Runtime over that of the core: no thread waits."""
    engine = find_model(plain.MODEL, "native").warm()._engine
    assert isinstance(engine, NativeEngine)
    cases = {
        "torchscript": plain.cases(batch)["plain torchscript"].call,
        "onnx": plain.onnx(batch, threads=1).call,
        "ours": lambda: engine.cell.forward(batch),
    }
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for _ in range(rounds):
            for name, call in cases.items():
                call()
                began = time.thread_time()
                for _ in range(max(1, 10_000 // len(batch))):
                    call()
                seconds[name].append(time.thread_time() - began)
    finally:
        torch.set_num_threads(before)
    theirs = map(min, zip(seconds["torchscript"], seconds["onnx"], strict=True))
    return statistics.median(one / other for one, other in zip(theirs, seconds["ours"], strict=True))


def _gradients(used: core.Core, name: str, rounds: int) -> dict[str, float]:
    kind, units = TRAINED[name]
    layer, head = kind(1, units, batch_first=True), torch.nn.Linear(units, 1)
    parameters = [*layer.parameters(), *head.parameters()]
    windows = np.random.default_rng(1).normal(size=(ROWS, STEPS, 1)).astype(np.float32)
    slopes, tensor = np.ones((ROWS, 1), np.float32), torch.from_numpy(windows)
    arrays = [parameter.detach().numpy() for parameter in parameters]
    cell = core.Cell(used, name, arrays)
    tape = cell.tape(ROWS, STEPS)

    def ours() -> object:
        cell.replace(arrays)
        cell.taped(windows, tape)
        return cell.backward(windows, tape, slopes)

    def theirs() -> object:
        for parameter in parameters:
            parameter.grad = None
        head(layer(tensor)[0][:, -1]).sum().backward()
        return parameters[0].grad

    seconds = interleaved({"core": Case(ours), "torch": Case(theirs, 1)}, rounds=rounds, calls=5)
    middle = {name: statistics.median(statistics.median(turn) for turn in turns) for name, turns in seconds.items()}
    return {name: 1e3 * value for name, value in middle.items()} | {"ratio": ratio(seconds["core"], seconds["torch"])}


def _training(name: str, rounds: int) -> dict[str, float]:
    """One step of a short training, in wall and in CPU time; both kinds train in turn."""
    spec = TrainingSpec.of(
        _registry.entry(f"{name}.sine"), changes={"recipe.steps": LAST, "recipe.evaluate_every": LAST * 5}
    )

    def timed(using: core.State) -> tuple[float, float]:
        clocks: list[tuple[float, float]] = []
        train(spec, using=using, on_progress=lambda _: clocks.append((time.perf_counter(), time.process_time())))
        (began, at_first), (ended, at_last) = clocks[FIRST - 1], clocks[LAST - 2]  # the last one is evaluated
        return (ended - began) / (LAST - 1 - FIRST), (at_last - at_first) / (LAST - 1 - FIRST)

    pairs = [(timed(core.state()), timed(core.of("off"))) for _ in range(rounds)]
    return {
        "core": 1e3 * statistics.median(ours[0] for ours, _ in pairs),
        "torch": 1e3 * statistics.median(theirs[0] for _, theirs in pairs),
        "ratio": statistics.median(ours[0] / theirs[0] for ours, theirs in pairs),
        "of_cpu": statistics.median(ours[1] / theirs[1] for ours, theirs in pairs),
    }


def _attained(used: core.Core, name: str, rows: int, rounds: int) -> dict[str, float]:
    engine = seqzoo.load(f"{name}.sine", "native").warm()._engine
    assert isinstance(engine, NativeEngine)
    cell = engine.cell
    windows = np.random.default_rng(rows).normal(size=(rows, STEPS, 1)).astype(np.float32)
    gates = {"lstm": 4, "gru": 3, "rnn": 1}[name]
    work = 2.0 * rows * STEPS * gates * cell.units * (cell.units + cell.channels)
    value, shares, rates, peaks = np.full(1, 0.5, np.float32), [], [], []
    for _ in range(rounds):
        began = time.thread_time()
        operations = used.peak(200_000, value.ctypes.data)
        peaks.append(operations / (time.thread_time() - began) / 1e9)
        began = time.thread_time()
        for _ in range(max(1, 1000 // rows)):
            cell.forward(windows)
        rates.append(max(1, 1000 // rows) * work / (time.thread_time() - began) / 1e9)
        shares.append(rates[-1] / peaks[-1])
    return {
        "rows": rows, "attained": statistics.median(rates), "peak": statistics.median(peaks),
        "share": statistics.median(shares),
    }  # fmt: skip
