"""The model card of a bundle: Hugging Face metadata and tables from the manifest's facts, prose by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..bundles.manifest import Manifest
from ..bundles.store import CARD, GOLDEN, HISTORY, MANIFEST, ONNX, TORCHSCRIPT, WEIGHTS
from ..forecasters.floors import NO_EXCESS

if TYPE_CHECKING:
    from ..zoo._card import Card
from ..bundles.describe import _pairs, describe_signal
from ..forecasters.table import label

_TEMPLATE = """\
---
license: apache-2.0
library_name: seqzoo
pipeline_tag: time-series-forecasting
tags:
- time-series
- {architecture}
- torchscript
- onnx
- education
model-index:
- name: {name}
  results:
  - task:
      type: time-series-forecasting
      name: Forecast of the {next_values}
    dataset:
      type: synthetic
      name: {dataset}
    metrics:
    - type: mse
      value: {mse:.6g}
      name: Mean squared error on {windows:,} fresh windows
{metric}    - type: skill
      value: {skill:.4g}
      name: Skill (0 is the last value repeated, 1 is Bayes-optimal)
---

# {title}

{summary}

## Architecture

{prose_architecture}

{parameters:,} parameters. Configuration: {config}.

## Input and output

- Input `{input}`: float32 `[B, {context_length}, 1]`, {context_length} consecutive values of one series; \
a single window is `(1, {context_length}, 1)`.
- Output `{output}`: float32 `[B, {horizon}]`, the {next_values}; for a single window `(1, {horizon})`. \
A continuous value, not a class or a probability.

## Data

{dataset}: Gaussian noise, and {data}.

## Score

On {windows:,} windows that no training or validation step has seen{over}. MSE is in units of the signal squared; \
± is one standard error.

| forecaster | MSE |
|---|---|
{floors}
| **{name}** | **{mse:.6f} ± {mse_se:.6f}** |

{distance}, skill **{skill:.4f} ± {skill_se:.4f}**. \
Excess is E[(f − f_bayes)²] / mse_bayes; no forecaster can have less than zero.

## Use

```python
import seqzoo

predictor = seqzoo.load("{name}")  # returns at once; the model is loaded at the first prediction
predictor.predict([0.1] * {context_length})
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
| `{card_file}` | this card |
"""


_EMPTY_BATCH = f"""

ONNX Runtime aborts the whole process when its LSTM or GRU is given a batch of no windows. Where `{ONNX}` runs \
without seqzoo, guard the call:

```python
if not len(window):
    raise ValueError("no window to forecast from")
(forecast,) = session.run(None, {{"context": window}})
```"""


_METRIC = """\
    - type: excess
      value: {:.4g}
      name: Excess over the Bayes-optimal forecaster
"""


_DISTANCE = "Excess over Bayes **{:.2%} ± {:.2%}**"


def render(manifest: Manifest, card: Card) -> str:
    """The card as Markdown with YAML front matter."""
    score, training, contract = manifest.score, manifest.training, manifest.contract
    return _TEMPLATE.format(
        name=manifest.name,
        title=card.title,
        summary=card.summary,
        architecture=manifest.architecture,
        prose_architecture=card.architecture,
        purpose=card.purpose,
        limitations=card.limitations,
        parameters=manifest.parameters,
        config=_pairs(manifest.config),
        dataset=describe_signal(manifest),
        input=contract.input,
        output=contract.output,
        context_length=contract.context_length,
        horizon=contract.horizon,
        next_values="next value" if contract.horizon == 1 else f"next {contract.horizon} values",
        data=_data(training.recipe.get("points")),
        empty_batch=_EMPTY_BATCH if manifest.architecture in ("lstm", "gru") else "",
        over="" if contract.horizon == 1 else f", the mean over the {contract.horizon} steps",
        windows=score.windows,
        floors="\n".join(f"| {label(floor)} | {mse:.6f} |" for floor, mse in score.floors.items()),
        mse=score.mse[0],
        mse_se=score.mse[1],
        metric="" if score.excess is None else _METRIC.format(score.excess[0]),
        distance=NO_EXCESS.capitalize() if score.excess is None else _DISTANCE.format(*score.excess),
        skill=score.skill[0],
        skill_se=score.skill[1],
        seed=training.seed,
        steps=training.steps,
        windows_seen=training.windows_seen,
        seconds=training.seconds,
        recipe=_pairs(training.recipe),
        rebuild=manifest.rebuild,
        manifest_file=MANIFEST,
        weights=WEIGHTS,
        torchscript=TORCHSCRIPT,
        onnx=ONNX,
        golden=GOLDEN,
        history=HISTORY,
        card_file=CARD,
    )


def _data(points: int | None) -> str:
    """What a run learned from, by the `points` of its recipe."""
    if points is None:
        return "every window of training a fresh realisation"
    return f"all windows of training cut from {points:,} observed values, of which the last fifth chose the weights"
