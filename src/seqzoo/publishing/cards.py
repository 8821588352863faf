"""The model card of a bundle: Hugging Face metadata and tables from the manifest's facts, prose by hand."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from ..bundles.describe import describe_signal, pairs
from ..bundles.manifest import Contract, Manifest, ScoreFacts
from ..bundles.store import CARD, GOLDEN, HISTORY, HOLDOUT, INTERVALS, MANIFEST, ONNX, TORCHSCRIPT, WEIGHTS
from ..data.calendar import FRACTIONS
from ..data.scaling import Scaling
from ..evaluation.holdout import LINEAR_CALENDAR
from ..evaluation.intervals import highest_level
from ..evaluation.on_a_set import MODEL
from ..forecasters.floors import NO_EXCESS
from ..forecasters.table import label
from ..runtime.intervals import standings
from ..signals import Observed, ObservedSet, Simulated
from .set_scores import mase_by_series
from .snippets import typical_step

if TYPE_CHECKING:
    from ..zoo._card import Card

MOST_ROWS = 20  # series of a set that a card lists

_TEMPLATE = """\
---
{metadata}---

# {title}

{summary}

## Architecture

{prose_architecture}

{parameters:,} parameters. Configuration: {config}.

## Input and output

- Input `{input}`: {dtype} `[B, {context_length}, {width}]`, {context_length} consecutive values of one series; \
a single window is `(1, {context_length}, {width})`.{units}
- Output `{output}`: {dtype} `[B, {horizon}]`, the {next_values}; for a single window `(1, {horizon})`. \
A continuous value, not a class or a probability.
{channels}
## Data

{source}{data}.

## Score

On {windows:,} windows that no training or validation step has seen{over}. MSE is in {unit}; \
± is one standard error.

| forecaster | MSE |
|---|---|
{floors}
| **{name}** | **{own} ± {own_se}** |

{distance}{each}
{intervals}
## Use

```python
import seqzoo

predictor = seqzoo.load("{name}")  # returns at once; the model is loaded at the first prediction
predictor.predict([{step}] * {context_length})
```

It runs on the CPU. `{torchscript}` opens with `torch.jit.load`, `{onnx}` with ONNX Runtime; neither needs seqzoo.
Both raise on windows of another length.{empty_batch}

## Training

Seed {seed}, {steps:,} updates, {windows_seen:,} windows, {seconds:.0f} s. Recipe: {recipe}. \
Retrain and compare: `{rebuild}`.

## Why it is in the zoo

{purpose}

## Limitations

{limitations}

## Files

| file | what it is |
|---|---|
| `{manifest_file}` | contract, scores, recipe, SHA-256 of every file |
| `{weights}` | the canonical weights |
| `{torchscript}` | for deployment with TorchScript |
| `{onnx}` | one self-contained ONNX file with dynamic batch |
| `{golden}` | inputs and outputs that every engine must reproduce |
| `{history}` | loss and excess along the training |
{holdout}{kept_intervals}| `{card_file}` | this card |
"""


_EMPTY_BATCH = f"""

ONNX Runtime aborts the whole process when its LSTM or GRU is given a batch of no windows. Where `{ONNX}` runs \
without seqzoo, guard the call:

```python
if not len(window):
    raise ValueError("no window to forecast from")
(forecast,) = session.run(None, {{"context": window}})
```"""


_DISTANCE = (
    "{}, skill **{:.4f} ± {:.4f}**. Excess is E[(f − f_bayes)²] / mse_bayes; no forecaster can have less than zero."
)
_NO_DISTANCE = "Nobody knows the law of the series, so nobody knows how far the best possible forecast is."


def render(manifest: Manifest, card: Card) -> str:
    """The card as Markdown with YAML front matter."""
    import yaml  # deferred: onnx.check_exporter names the extra where it is missing

    score, training, contract = manifest.score, manifest.training, manifest.contract
    is_simulated = isinstance(manifest.source, Simulated)
    beside = score.floors or dict(sorted(score.rivals.items(), key=lambda row: row[1]))
    return _TEMPLATE.format(
        metadata=yaml.safe_dump(_metadata(manifest), sort_keys=False, allow_unicode=True, width=math.inf),
        name=manifest.name,
        title=card.title,
        summary=card.summary,
        prose_architecture=card.architecture,
        purpose=card.purpose,
        limitations=card.limitations,
        parameters=manifest.parameters,
        config=pairs(manifest.config),
        source=describe_signal(manifest) if is_simulated else describe_signal(manifest).capitalize(),
        input=contract.input,
        output=contract.output,
        context_length=contract.context_length,
        horizon=contract.horizon,
        dtype=contract.scaling.dtype,
        units=_units(contract.scaling),
        width=contract.channels,
        channels=_channels(contract),
        step=typical_step(contract),
        next_values=_next_values(contract.horizon),
        data=_data(manifest),
        unit=_unit(manifest),
        each=_of_each(manifest),
        empty_batch=_EMPTY_BATCH if manifest.architecture in ("lstm", "gru") else "",
        over="" if contract.horizon == 1 else f", the mean over the {contract.horizon} steps",
        windows=score.windows,
        floors="\n".join(f"| {label(name)} | {_error(value)} |" for name, value in beside.items()),
        own=_error(score.mse[0]),
        own_se=_error(score.mse[1]),
        distance=_distance(score),
        intervals=_intervals(manifest),
        seed=training.seed,
        steps=training.steps,
        windows_seen=training.windows_seen,
        seconds=training.seconds,
        recipe=pairs(training.recipe),
        rebuild=manifest.rebuild,
        manifest_file=MANIFEST,
        weights=WEIGHTS,
        torchscript=TORCHSCRIPT,
        onnx=ONNX,
        golden=GOLDEN,
        history=HISTORY,
        holdout="" if is_simulated else f"| `{HOLDOUT}` | the values that the score was measured on |\n",
        kept_intervals="" if manifest.intervals is None else f"| `{INTERVALS}` | calibration errors of intervals |\n",
        card_file=CARD,
    )


_IN_WINDOWS = ", pooled over all series, in units of the standard deviation of each window; so are the widths below"
_INTERVALS = """
## Intervals

`{file}` holds {windows:,} absolute errors at each step ahead, on the last fifth of the values before the \
hold-out{unit}. Those values chose the weights but did not fit them. Two kinds of intervals, of any level up to \
{highest:g}, follow:

- split conformal: forecast ± the ⌈(n + 1) level⌉-th smallest error. If windows were exchangeable, a target would \
lie inside with probability at least the level; those of one series are so only roughly, while it does not change;
- adaptive: they start from these radii and move after every error that becomes known since. In the long run their \
coverage returns to the level however the series drifts; no single interval is promised anything.

Measured on the hold-out, {cutoffs:,} cutoffs; ± is one standard error of a coverage that equals the level.

| level | method | covered | farthest step | mean width | misses its level |
|---|---|---|---|---|---|
{rows}
"""


def _intervals(manifest: Manifest) -> str:
    """The section on intervals; empty where the bundle holds none."""
    facts = manifest.intervals
    if facts is None:
        return ""
    rows = [
        f"| {one.level:.0%} | {one.method} | {one.overall} | {one.worst} | {one.width:.5g} | {one.misses or 'no'} |"
        for one in standings(facts)
    ]
    return _INTERVALS.format(
        file=INTERVALS, windows=facts.windows, unit=_IN_WINDOWS if facts.unit == "window" else "",
        highest=highest_level(facts.windows), cutoffs=manifest.score.windows,
        rows="\n".join(rows),
    )  # fmt: skip


def _units(scaling: Scaling) -> str:
    """What the graph does to the units of the series; empty where it does nothing."""
    if scaling.is_identity:
        return ""
    if scaling.kind == "series":
        within = f"less {scaling.center:.6g}, divided by {scaling.scale:.6g}"
    else:
        within = "less the mean of its window, divided by the standard deviation of its window"
    after = "" if scaling.kind != "season" else (
        f" Its answer, times that deviation, is added to the value {scaling.season} steps before the one forecast."
    )
    return (
        f" Values and forecasts are in the units of the series; inside, the network reads each value {within}.{after}"
    )


def _channels(contract: Contract) -> str:
    """The formula of each channel, for programs in any language; empty where there is one."""
    calendar = contract.calendar
    if calendar is None:
        return ""
    rows = [
        f"| `{part}_{wave}` | {wave}(2 pi f) with f = {FRACTIONS[part]} |"
        for part in calendar.parts
        for wave in ("sin", "cos")
    ]
    clock = f"the clock of {calendar.zone}" if calendar.zone else "the local clock of the series"
    return "\n".join([
        "",
        f"A step has {contract.channels} channels, in this order:",
        "",
        "| channel | what it holds |",
        "|---|---|",
        f"| `{contract.names[0]}` | the value of the series at the step |",
        *rows,
        "",
        "The calendar of a step is that of the **next** step, which is known in advance: the last row of a window "
        f"holds the time of the first forecast step. Times are read on {clock}. `seqzoo forecast --file` computes "
        f"the channels. Beside the model in the score, only the {label(LINEAR_CALENDAR)} reads them too.",
        "",
    ])  # fmt: skip


def _error(mse: float) -> str:
    return f"{mse:.6f}" if mse < 1000 else f"{mse:,.6g}"


def _metadata(manifest: Manifest) -> dict[str, Any]:
    """What Hugging Face reads of a card, in the order in which it stands there.

    https://huggingface.co/docs/hub/model-cards#model-card-metadata
    """
    is_simulated = isinstance(manifest.source, Simulated)
    result = {
        "task": {
            "type": "time-series-forecasting",
            "name": f"Forecast of the {_next_values(manifest.contract.horizon)}",
        },
        "dataset": {"type": "synthetic" if is_simulated else "measured", "name": describe_signal(manifest)},
        "metrics": _metrics(manifest.score, "fresh windows" if is_simulated else "held-out cutoffs"),
    }
    return {
        "license": "apache-2.0",
        "library_name": "seqzoo",
        "pipeline_tag": "time-series-forecasting",
        "tags": ["time-series", manifest.architecture, "torchscript", "onnx", "education"],
        "model-index": [{"name": manifest.name, "results": [result]}],
    }


def _metrics(score: ScoreFacts, windows: str) -> list[dict[str, Any]]:
    """The figures of a score, rounded. Excess and skill are left out where the best forecaster is unknown."""
    rows = [("mse", f"{score.mse[0]:.6g}", f"Mean squared error on {score.windows:,} {windows}")]
    if score.excess is not None:
        rows.append(("excess", f"{score.excess[0]:.4g}", "Excess over the Bayes-optimal forecaster"))
    if score.skill is not None:
        rows.append(("skill", f"{score.skill[0]:.4g}", "Skill (0 is the last value repeated, 1 is Bayes-optimal)"))
    return [{"type": kind, "value": float(value), "name": name} for kind, value, name in rows]


def _next_values(horizon: int) -> str:
    return "next value" if horizon == 1 else f"next {horizon} values"


def _distance(score: ScoreFacts) -> str:
    if score.skill is None:
        return _NO_DISTANCE
    excess = NO_EXCESS.capitalize()
    if score.excess is not None:
        excess = "Excess over Bayes **{:.2%} ± {:.2%}**".format(*score.excess)
    return _DISTANCE.format(excess, *score.skill)


def _unit(manifest: Manifest) -> str:
    if isinstance(manifest.source, ObservedSet):
        return "squared standard deviations of each series before its cutoff, a mean over series"
    return f"units of the {'signal' if isinstance(manifest.source, Simulated) else 'series'} squared"


def _of_each(manifest: Manifest) -> str:
    """The mean MASE of a set, and the errors on its series, those of the highest MASE first."""
    source, score = manifest.source, manifest.score
    if not isinstance(source, ObservedSet):
        return ""
    means = [f"{manifest.name if name == MODEL else label(name)} {value:.3f} ± {se:.3f}"
             for name, (value, se) in score.mase.items()]  # fmt: skip
    lines = [f"\n\nMASE, mean over series: {', '.join(means)}."] if means else ["\n"]
    names, rows = mase_by_series(score, source)
    worst = rows[:MOST_ROWS]
    heads = [manifest.name if name == MODEL else label(name) for name in names]
    lines += ["", f"| series | cutoffs | {' | '.join(heads)} |", "|---|---|" + "---|" * len(heads)]
    for tag, each in worst:
        cells = [f"{each.mase[kind]:.3f}" if kind in each.mase else "" for kind in names]
        lines.append(f"| {_cell(tag)} | {each.cutoffs:,} | {' | '.join(cells)} |")
    more = len(rows) - len(worst)
    lines += ["", f"MASE of {'the worst ' if more else ''}{len(worst):,} series"
                  + (f"; the manifest holds those of the other {more:,}." if more else ".")]  # fmt: skip
    return "\n".join(lines)


def _cell(text: str) -> str:
    """A name from a user's file as a cell of a table in Markdown, which neither marks up nor ends it."""
    return re.sub(r"([\\|`*_<>\[\]&!])", r"\\\1", text[:60])


def _data(manifest: Manifest) -> str:
    """What a run learned from, after the name of its source."""
    source, points = manifest.source, manifest.training.recipe.get("points")
    if isinstance(source, ObservedSet):
        before = sum(member.values_before() for member in source.members)
        left_out = f" Series of the file that are left out: {len(source.left_out):,}." if source.left_out else ""
        return (
            f": training saw {before:,}, those before the cutoff of each series, of which the last part of each "
            "chose the weights; the score is of the rest. Each window is as likely as any other, whichever series it "
            f"is from.{left_out} SHA-256 of the set: `{source.sha256}`"
        )
    if isinstance(source, Observed) and source.missing:
        counts = source.account(manifest.contract.context_length, manifest.contract.horizon)
        return (
            f" in {counts} Training saw those before step {source.cutoff:,}, of which the last fifth chose the "
            f"weights; the score is of the rest. SHA-256 of the values: `{source.sha256}`"
        )
    if isinstance(source, Observed):
        return (
            f": training saw the first {source.cutoff:,}, of which the last fifth chose the weights; the score is of "
            f"the rest. SHA-256 of the values: `{source.sha256}`"
        )
    if points is None:
        return ": Gaussian noise, and every window of training a fresh realisation"
    return (
        f": Gaussian noise, and all windows of training cut from {points:,} observed values, of which the last fifth "
        "chose the weights"
    )
