"""The finding of errors off the training distribution."""

from __future__ import annotations

from collections.abc import Collection

from .... import signals
from ...report.findings import TWO_SIDED, Axis, Curve, Finding, chosen_of, part_of
from ..shelf_models import windows_seen, without_signal
from .measuring import OffDistributionResults
from .report import LABELS, beside_untold, cost, display_name


def summarise(results: OffDistributionResults, part: str, chosen: Collection[str]) -> Finding:
    """The finding: errors where one parameter of the signal differs from training; a part is a parameter."""
    parts = {name: LABELS[name].partition(",")[0] for name in results.sweeps}
    part = part_of(part, parts)
    points = [point for point in results.sweeps[part] if part != "sigma" or point.value > 0]
    short = {
        name: without_signal(name) if name in results.models else display_name(name) for name in points[0].expected
    }
    models = [short[name] for name in results.models]
    names = chosen_of(chosen, models)
    drawn = [name for name in short if name not in results.models or short[name] in names]
    own = [name for name in drawn if name in results.models]
    x = [point.value for point in points]
    curves = [
        Curve(
            short[name],
            x,
            [point.expected[name] for point in points],
            [point.expected[name] - TWO_SIDED * point.mse[name].se for point in points],
            [point.expected[name] + TWO_SIDED * point.mse[name].se for point in points],
            name not in results.models,
        )
        for name in drawn
    ]
    sentences = [f"{parts[part]}: {cost(results, part, drawn)}"]
    sentences += [beside_untold(results, part, name) for name in own]
    sentences = [line.replace(f".{results.signal}", "") for line in sentences]
    usual = results.training[part]
    rows = [
        [f"{point.value:g}{' (training)' if point.value == usual else ''}"]
        + [f"{point.expected[name]:.3g}" for name in drawn]
        for point in points
    ]
    measured = {
        "Signal": f"{signals.make(results.signal, results.training).description}, with one parameter changed",
        "Seeds": "one training run of each model, as shipped: two curves compare two runs, not two architectures",
        "Training windows": windows_seen(own),
        "Measured on": f"{results.windows:,} fresh windows at each value; the floor of the changed signal plus the "
        "mean squared distance from its Bayes forecast",
        "Bars": "95% intervals, 1.96 standard errors over windows of the error on observed values",
    }
    return Finding(
        models, parts, part, Axis(LABELS[part], is_logarithmic=part == "angular_frequency"),
        [parts[part], *(short[name] for name in drawn)], rows, sentences, measured,
        curves=curves, y=Axis("mean squared error"), at={"training": usual},
    )  # fmt: skip
