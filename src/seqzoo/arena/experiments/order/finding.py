"""The finding of the experiment on order."""

from __future__ import annotations

from collections.abc import Collection

from .... import signals
from ....evaluation.verdicts import mean_interval
from ...report.findings import OVER_SEEDS, Axis, Finding, Mark, chosen_of, part_of
from .cases import CONDITIONS, FAMILIES, TESTED, OrderResults
from .conclusions import CAUTION, GUESSING, TABLE, compared, dependence, errors, finished, references, row


def summarise(results: OrderResults, part: str, chosen: Collection[str]) -> Finding:
    """The finding: errors of each family with ordered and reordered input; a part is the kind of input."""
    parts = {"sine": "windows of the sine", "digits": "pictures of digits"}
    part = part_of(part, parts)
    models = list(FAMILIES[part])
    names = chosen_of(chosen, models)
    marks = []
    for family in names:
        for condition in CONDITIONS:
            each = finished(results, part, family, condition)
            if each:
                mean, low, high = mean_interval(each)
                low = max(low, min(each) / 2) if low == low else low
                marks.append(Mark(f"{family}, {condition}", condition, mean, low, high, tuple(each)))
    known = {"guessing": GUESSING} if part == "digits" else references()
    marks += [Mark(name, name, value, is_reference=True) for name, value in known.items()]
    comparable = [(data, family) for data, family in compared(results) if data == part and family in names]
    sentences = [f"{family}: {': '.join(dependence(results, part, family))}" for _, family in comparable]
    seeds = sorted({len(errors(results, part, family, "intact")) for _, family in comparable})
    steps = results.settings.steps
    trained = (
        f"{results.settings.epochs} epochs of 1,297 pictures"
        if part == "digits"
        else "updates, on batches of each recipe's size: " + ", ".join(f"{name} {steps[name]:,}" for name in models)
    )
    measured = {
        "Signal": "handwritten digits, 8 x 8 pixels" if part == "digits" else signals.make("sine").description,
        "Seeds": " or ".join(map(str, seeds)) or "none finished yet",
        "Training windows": trained,
        "Measured on": f"{TESTED} held-out pictures; the share of wrong answers"
        if part == "digits"
        else f"{results.settings.windows:,} fresh windows; excess over the Bayes forecast of the ordered window",
        "Bars": f"{OVER_SEEDS}; ratios are geometric means of paired seeds",
    }
    axis = Axis("wrong answers" if part == "digits" else "excess over Bayes", is_share=True)
    return Finding(
        models, parts, part, axis, TABLE, [row(results, data, family) for data, family in comparable],
        [*sentences, CAUTION], measured, marks,
    )  # fmt: skip
