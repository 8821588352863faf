"""Answers from trained models put to another use: rolled out, off their distribution, out of order."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Collection, Iterable
from pathlib import Path

from ... import signals
from ...bundles import shelf, store
from ...errors import BundleError
from ...evaluation.verdicts import mean_interval
from ..experiments import off_distribution, order, roll_out
from .findings import OVER_SEEDS, Answer, Axis, Curve, Mark, chosen_of, part_of

TWO_SIDED = 1.96  # standard errors to either side of a mean over many windows hold 95%


def finding_of_roll_out(folder: Path, part: str, chosen: Collection[str]) -> Answer:
    """Error by step ahead."""
    found = roll_out.read(folder)
    steps = [float(step) for step in found.steps]
    short = {name: plain(name) for name in found.models}
    names = chosen_of(chosen, list(short.values()))
    nan = [math.nan] * len(steps)
    curves = [Curve(name, steps, values, nan, nan, True) for name, values in found.references.items()]
    curves += [
        Curve(
            short[name],
            steps,
            [point.value for point in values],
            [point.value - TWO_SIDED * point.se for point in values],
            [point.value + TWO_SIDED * point.se for point in values],
        )
        for name, values in found.models.items()
        if short[name] in names
    ]
    places = [found.steps.index(step) for step in roll_out.SHOWN]
    rows = [[curve.name, *(f"{curve.y[at]:.4g}" for at in places)] for curve in curves if curve.is_reference]
    shown = [name for name in found.models if short[name] in names]
    rows += [[short[name], *(str(found.models[name][at]) for at in places)] for name in shown]
    said = [line.replace(f".{found.signal}", "") for line in roll_out.reach(found, shown)]
    measured = {
        "Signal": signals.make(found.signal).description,
        "Seeds": "one training run of each model, the one that the zoo ships: two curves compare two runs",
        "Training windows": trained(shown),
        "Measured on": f"the same {found.windows:,} fresh windows for all; the Bayes floor plus the mean squared "
        "distance from the Bayes forecast",
        "Bars": "95% intervals, 1.96 standard errors over windows",
    }
    return Answer(
        list(short.values()), {}, "", Axis("steps ahead"), ["step", *map(str, roll_out.SHOWN)], rows,
        said, measured, curves=curves, y=Axis("mean squared error"),
    )  # fmt: skip


def finding_of_off_distribution(folder: Path, part: str, chosen: Collection[str]) -> Answer:
    """Error where one parameter of the signal is moved; a part is the parameter."""
    found = off_distribution.read(folder)
    parts = {name: off_distribution.LABELS[name].partition(",")[0] for name in found.sweeps}
    part = part_of(part, parts)
    points = [point for point in found.sweeps[part] if part != "sigma" or point.value > 0]
    short = {name: plain(name) if name in found.models else name for name in points[0].expected}
    models = [short[name] for name in found.models]
    names = chosen_of(chosen, models)
    shown = [name for name in short if name not in found.models or short[name] in names]
    own = [name for name in shown if name in found.models]
    x = [point.value for point in points]
    curves = [
        Curve(
            short[name],
            x,
            [point.expected[name] for point in points],
            [point.expected[name] - TWO_SIDED * point.mse[name].se for point in points],
            [point.expected[name] + TWO_SIDED * point.mse[name].se for point in points],
            name not in found.models,
        )
        for name in shown
    ]
    said = [f"{parts[part]}: {off_distribution.cost(found, part, shown)}"]
    said += [off_distribution.beside_untold(found, part, name) for name in own]
    said = [line.replace(f".{found.signal}", "") for line in said]
    usual = found.training[part]
    rows = [
        [f"{point.value:g}{' (training)' if point.value == usual else ''}"]
        + [f"{point.expected[name]:.3g}" for name in shown]
        for point in points
    ]
    measured = {
        "Signal": f"{signals.make(found.signal, found.training).description}, one parameter moved away from that",
        "Seeds": "one training run of each model, the one that the zoo ships: two curves compare two runs",
        "Training windows": trained(own),
        "Measured on": f"{found.windows:,} fresh windows at each value; the floor of the changed signal plus the "
        "mean squared distance from its Bayes forecast",
        "Bars": "1.96 standard errors, over windows, of the error on observed values; to either side",
    }
    return Answer(
        models, parts, part, Axis(off_distribution.LABELS[part], is_logarithmic=part == "angular_frequency"),
        [parts[part], *(short[name] for name in shown)], rows, said, measured,
        curves=curves, y=Axis("mean squared error"), at={"training": usual},
    )  # fmt: skip


def finding_of_time_against_picture(folder: Path, part: str, chosen: Collection[str]) -> Answer:
    """What a family loses when its input loses its order; a part is what it reads."""
    found = order.read(folder)
    parts = {"sine": "windows of the sine", "digits": "pictures of digits"}
    part = part_of(part, parts)
    models = list(order.FAMILIES[part])
    names = chosen_of(chosen, models)
    marks = []
    for family in names:
        for condition in order.CONDITIONS:
            errors = order.finished(found, part, family, condition)
            if errors:
                mean, low, high = mean_interval(errors)
                low = max(low, min(errors) / 2) if low == low else low
                marks.append(Mark(f"{family}, {condition}", condition, mean, low, high, tuple(errors)))
    known = {"guessing": order.GUESSING} if part == "digits" else order.references()
    marks += [Mark(name, name, value, is_reference=True) for name, value in known.items()]
    shown = [(data, family) for data, family in order.compared(found) if data == part and family in names]
    said = [f"{family}: {': '.join(order.leaning(found, part, family))}" for _, family in shown]
    seeds = sorted({len(order.errors(found, part, family, "intact")) for _, family in shown})
    steps = found.settings.steps
    trained = (
        f"{found.settings.epochs} epochs of 1,297 pictures"
        if part == "digits"
        else "in updates, of each recipe's own batches: " + ", ".join(f"{name} {steps[name]:,}" for name in models)
    )
    measured = {
        "Signal": "handwritten digits, 8 x 8 pixels" if part == "digits" else signals.make("sine").description,
        "Seeds": " or ".join(map(str, seeds)) or "none finished yet",
        "Training windows": trained,
        "Measured on": f"{order.TESTED} pictures not trained on; the share of wrong answers"
        if part == "digits"
        else f"{found.settings.windows:,} fresh windows; excess over the Bayes forecast of the ordered window",
        "Bars": f"{OVER_SEEDS}; ratios are geometric means of paired seeds",
    }
    axis = Axis("wrong answers" if part == "digits" else "excess over Bayes", is_share=True)
    return Answer(
        models, parts, part, axis, order.TABLE, [order.row(found, data, family) for data, family in shown],
        [*said, order.CAUTION], measured, marks,
    )  # fmt: skip


def trained(names: Iterable[str]) -> str:
    """How many windows each of these models saw in training, as its bundle says; nothing of one that is gone."""
    known, parts = shelf.available(), []
    for name in names:
        with contextlib.suppress(BundleError, KeyError):
            parts.append(f"{plain(name)} {store.open_bundle(known[name]).manifest.training.windows_seen:,}")
    return ", ".join(parts) or "not known"


def plain(name: str) -> str:
    """A model's name without its signal, as "lstm" or "lstm-h50"."""
    architecture, _, of = name.partition(".")
    _, dash, variant = of.partition("-")
    return f"{architecture}{dash}{variant}"
