"""The finding of the roll-out experiment."""

from __future__ import annotations

import math
from collections.abc import Collection

from .... import signals
from ...report.findings import TWO_SIDED, Axis, Curve, Finding, chosen_of
from ..shelf_models import windows_seen, without_signal
from .measuring import RollOutResults
from .report import TABLE_STEPS, reach


def summarise(results: RollOutResults, chosen: Collection[str]) -> Finding:
    """The finding: error by step ahead."""
    steps = [float(step) for step in results.steps]
    short = {name: without_signal(name) for name in results.models}
    names = chosen_of(chosen, list(short.values()))
    nan = [math.nan] * len(steps)
    curves = [Curve(name, steps, values, nan, nan, True) for name, values in results.references.items()]
    curves += [
        Curve(
            short[name],
            steps,
            [point.value for point in values],
            [point.value - TWO_SIDED * point.se for point in values],
            [point.value + TWO_SIDED * point.se for point in values],
        )
        for name, values in results.models.items()
        if short[name] in names
    ]
    places = [results.steps.index(step) for step in TABLE_STEPS]
    rows = [[curve.name, *(f"{curve.y[at]:.4g}" for at in places)] for curve in curves if curve.is_reference]
    drawn = [name for name in results.models if short[name] in names]
    rows += [[short[name], *(str(results.models[name][at]) for at in places)] for name in drawn]
    sentences = [line.replace(f".{results.signal}", "") for line in reach(results, drawn)]
    measured = {
        "Signal": signals.make(results.signal).description,
        "Seeds": "one training run of each model, as shipped: two curves compare two runs, not two architectures",
        "Training windows": windows_seen(drawn),
        "Measured on": f"the same {results.windows:,} fresh windows for all; the Bayes floor plus the mean squared "
        "distance from the Bayes forecast",
        "Bars": "95% intervals, 1.96 standard errors over windows",
    }
    return Finding(
        list(short.values()), {}, "", Axis("steps ahead"), ["step", *map(str, TABLE_STEPS)], rows,
        sentences, measured, curves=curves, y=Axis("mean squared error"),
    )  # fmt: skip
