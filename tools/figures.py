"""Regenerates the pictures and tables of the README and of multi-step.md. Run by `make figures`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
from typer.testing import CliRunner

from seqzoo._estimates import Estimate
from seqzoo.bundles import shelf, store
from seqzoo.bundles.describe import describe_signal
from seqzoo.bundles.manifest import Manifest
from seqzoo.cli import app
from seqzoo.evaluation import plots
from seqzoo.evaluation.scoring import HELD_OUT_SEEDS, score
from seqzoo.forecasters import rollout
from seqzoo.forecasters.exact import best_linear, linear_mse
from seqzoo.forecasters.table import label
from seqzoo.runtime import Predictor
from seqzoo.signals import Sine

ROOT = Path(__file__).parent.parent
PICTURE = re.compile(r"`seqzoo (forecast [^`]*--plot [^`]*)`")


def scoreboard() -> str:
    """A Markdown table of the floors and of every shipped model of the sine, from their manifests."""
    manifests = [facts for facts in _shipped() if _is_of_the_scoreboard(facts)]
    floors = manifests[0].score.floors
    rows = [(mse, label(name), f"{mse:.6f}", _relative(mse, floors), "") for name, mse in floors.items()]
    for facts in manifests:
        score = facts.score
        excess = f"**{score.excess[0]:.2%}** ± {score.excess[1]:.2%}"
        # The expected MSE, as for the floors: it varies far less than the mean over windows.
        mse = floors["bayes"] * (1 + score.excess[0])
        rows.append((mse, f"**{facts.name}**", f"{mse:.6f}", excess, f"{facts.parameters:,}"))
    lines = ["| forecaster | expected MSE | excess over Bayes | parameters |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(row[1:])} |" for row in sorted(rows)]
    return "\n".join(lines) + "\n"


def elsewhere() -> str:
    """A Markdown table of the shipped models of everything but one step of the sine, from their manifests."""
    heads = ["model", "signal", "excess over Bayes", "best linear", "last value", "parameters"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for facts in _shipped():
        if _is_of_the_scoreboard(facts):
            continue
        floors, score = facts.score.floors, facts.score
        simple = " | ".join(f"{floors[name] / floors['bayes'] - 1:.0%}" for name in ("best_linear", "last_value"))
        ahead = "" if facts.contract.horizon == 1 else f", mean of {facts.contract.horizon} steps"
        excess = f"**{score.excess[0]:.2%}** ± {score.excess[1]:.2%}"
        cells = [f"**{facts.name}**", describe_signal(facts) + ahead, excess, simple, f"{facts.parameters:,}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def speed() -> str:
    """A Markdown table of the speed of the compiled core, from benchmarks/results/core.json."""
    facts = json.loads((ROOT / "benchmarks" / "results" / "core.json").read_text("utf-8"))
    result = facts["result"]
    calls = {row["name"]: row for row in result["calls"]}
    rows = [
        ("a forecast of one window", "a plain ONNX Runtime session", calls["predict, a window"]["ratio"]),
        ("one more value of a stream", "the same session on its window", calls["stream.push, a value"]["ratio"]),
    ]
    rows += [
        (f"{batch['rows']:,} windows", "the faster of TorchScript and ONNX Runtime", 1 / batch["speed"])
        for batch in result["batches"]
    ]
    rows += [
        (f"a training step of `{name}.sine`", "PyTorch's kernels", step["ratio"])
        for name, step in result["steps"].items()
    ]
    lines = ["| `lstm.sine` by the compiled core, unless another is named | beside | time |", "|---|---|---:|"]
    lines += [f"| {what} | {beside} | {ratio:.2f} |" for what, beside, ratio in rows]
    machine = facts["machine"]
    return "\n".join(lines) + f"\n\n{machine['processor']}, {machine['cores']} cores, {machine['date']}.\n"


def _shipped() -> list[Manifest]:
    bundles = shelf.available().values()
    return [store.open_bundle(path).manifest for path in bundles if path.parent == store.SHIPPED]


def _is_of_the_scoreboard(facts: Manifest) -> bool:
    """Whether a model forecasts one step of the sine, whatever its size."""
    return facts.source.key == "sine" and facts.contract.horizon == 1


def _relative(mse: float, floors: dict[str, float]) -> str:
    return "" if mse < floors["bayes"] else f"{mse / floors['bayes'] - 1:.1%}"


def between(name: str) -> re.Pattern[str]:
    """The pattern of a generated part of a document, with its marks."""
    return re.compile(rf"(<!-- {name}: .*? -->\n).*?(<!-- end of {name} -->)", re.DOTALL)


def fading() -> str:
    """A Markdown table of the exact errors of the best linear forecast of the sine, recursive and direct."""
    signal, steps = Sine(), [1, 10, 20, 50, 100]
    ways = [rollout.linear_recursion(best_linear(signal, 20), 100), best_linear(signal, 20, 100)]
    columns = []
    for made in ways:
        gain = np.abs(rollout.recursion_gain(made.weights, signal.angular_frequency))
        _, carried, without = rollout.linear_error(signal, made)
        columns.append((gain, without, carried, linear_mse(signal, *made)))
    lines = ["| step | amplitude kept | error without noise | noise carried | MSE |", "|---:|---|---|---|---|"]
    for step in steps:
        pairs = zip(*columns, strict=True)
        cells = [" / ".join(f"{values[step - 1]:.4f}" for values in pair) for pair in pairs]
        lines.append(f"| {step} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def by_horizon(picture: Path, windows: int = 20_000) -> str:
    """Expected MSE by step ahead on the sine, as a picture of steps 1..50 and a Markdown table of some."""
    signal, steps = Sine(), 50
    exact = {
        "best linear, direct": linear_mse(signal, *best_linear(signal, 20, steps)),
        "best linear, recursive": linear_mse(signal, *rollout.linear_recursion(best_linear(signal, 20), steps)),
    }
    bayes: list[float] = []
    models: dict[str, list[Estimate]] = {}
    for name, way in (("lstm.sine", "recursive"), ("lstm.sine-h50", "direct")):
        if not (store.SHIPPED / name).is_dir():
            continue
        predictor = Predictor(store.SHIPPED / name, "onnx")
        measured = score(
            lambda context, model=predictor: model.forecast(context, steps),
            signal, predictor.context_length, horizon=steps, windows=windows, seed=HELD_OUT_SEEDS + 50,
        )  # fmt: skip
        bayes = [step.floors.bayes.value for step in measured.steps]
        # The floor times one plus the excess varies far less than the mean over these windows.
        models[f"{name}, {way}"] = [
            Estimate(least * (1 + step.excess.value), least * step.excess.se)
            for least, step in zip(bayes, measured.steps, strict=True)
        ]
    known = {"Bayes, the best possible": bayes, **{name: list(values) for name, values in exact.items()}}
    plots.save(plots.error_figure(models, known), picture)
    columns = {**known, **{name: [step.value for step in values] for name, values in models.items()}}
    lines = [f"| step | {' | '.join(columns)} |", "|---:" * (1 + len(columns)) + "|"]
    for step in (1, 2, 5, 10, 20, 30, 40, 50):
        lines.append(f"| {step} | {' | '.join(f'{values[step - 1]:.5f}' for values in columns.values())} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the pictures and the tables."""
    page = ROOT / "docs" / "multi-step.md"
    text = page.read_text("utf-8")
    for name, table in (("fading", fading()), ("horizon", by_horizon(ROOT / "docs" / "img" / "horizon.svg"))):
        text = between(name).sub(lambda found, made=table: found[1] + made + found[2], text)
    page.write_text(text, "utf-8")

    readme = ROOT / "README.md"
    text = readme.read_text("utf-8")
    command = PICTURE.search(text)
    if command is None:
        raise SystemExit("README.md names no command that makes its picture.")
    words = command[1].split()
    words[words.index("--plot") + 1] = str(ROOT / words[words.index("--plot") + 1])
    CliRunner().invoke(app, words, catch_exceptions=False)
    for name, table in (("scoreboard", scoreboard()), ("elsewhere", elsewhere()), ("speed", speed())):
        text = between(name).sub(lambda found, made=table: found[1] + made + found[2], text)
    readme.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
