"""The charts and the sentences of the view *Train*."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...._course import Evaluation
from ...._formats import percent, short
from ....execution.runs.events import Began, Evaluated, Snapshot
from ....execution.runs.manager import Status
from ....forecasters.table import FLOORS
from ....signals import FAMILIES
from ...ui import charts, controls, theme

SCALES = {"error": "Error", "excess": "Distance above Bayes"}
RIVALS = (("seasonal naive", "seasonal_naive", "dashed"), ("best linear", "linear", "dashed"))  # of a measured series
REFERENCES = tuple(
    (FLOORS[key].short, key, style)
    for key, style in (
        ("last_value", "dashed"), ("line", "dotted"), ("best_linear", "dashed"), ("bayes", "solid"),
        ("noise", "dotted"),
    )
)  # fmt: skip
RUN = "this run"
RECORDED = "recorded"
Evaluations = Sequence[Evaluated]
SAID = {
    "starting": "Starting: a separate process is loading PyTorch.",
    "running": "Training.",
    "pausing": "Pausing…",
    "stopping": "Stopping…",
    "keeping": "Scoring, exporting and verifying the model; this takes some ten seconds.",
    "paused": "Paused at a checkpoint. Continue gives the same result as a run without a pause.",
    "stopped": "Stopped. The best weights can still be kept.",
    "finished": "Finished.",
    "failed": "The run failed.",
    "died": "The run was interrupted. Continue starts from its last checkpoint.",
}
NOTHING = (
    "No run of this model yet. Start one: it trains in a separate process and continues when this page is closed."
)
TO_KEEP = "The best weights of the run become your model: scored, exported and verified."
IS_KEPT = "Once the training has finished, its best weights become a model, if they beat the last value."
USELESS = (
    "The run is no better than repeating the last value, so it cannot be kept. Train for more steps, or with a lower "
    "learning rate."
)
CHOOSING = "A separate process compares scalings of the series and optimisers, by short trainings."
HEADROOM = 1.6  # end of the error's axis over its highest reference; the first losses lie above it
PALE = 0.4  # opacity of the recorded course
LEAST_SHOWN = 1e-4  # the least excess on a logarithmic axis


class Course(NamedTuple):
    """The course of another training, drawn beside that of the run: of a run, or RECORDED.

    Args:
        label: its name in the chart.
        words: what it is of, in a sentence that begins with its label.
    """

    label: str
    words: str
    points: Sequence[Evaluated | Evaluation]


def said(run: Status) -> str:
    """What a run does, or how it ended."""
    return CHOOSING if run.state == "starting" and run.plan.chooses_scaling else SAID[run.state]


def references(began: Began) -> list[tuple[str, str, str]]:
    """Label, key and line style of each reference in the chart.

    A measured series has its rivals. All others omit the straight line, which is never better than best linear.
    """
    if "bayes" not in began.floors:
        return [row for row in (*REFERENCES, *RIVALS) if row[1] in began.floors]
    return [row for row in REFERENCES if row[1] != "line"]


def loss_options(
    began: Began, evaluations: Evaluations, scale: str, beside: Course | None = None
) -> charts.Options:
    """The options of the chart of the error, or of the excess, by step on a logarithmic axis."""
    steps = [point.step for point in evaluations]
    others = [] if beside is None else [point.step for point in beside.points]
    first = min([*steps[:1], *others[:1]], default=1)
    ends = [first, max(began.steps, first + 1, *others[-1:])]
    bayes, series, names = began.floors.get("bayes"), [], []
    scale = "error" if bayes is None else scale
    if scale == "error" and bayes is not None:  # the loss of a measured series is in other units
        losses = [point.loss for point in evaluations]
        series.append(charts.line("training loss", steps, losses, theme.light("muted"), width=1))
        names.append("training loss")
    for label, key, style in references(began):
        value = began.floors[key]
        if bayes is not None and scale != "error":
            value = 100 * (value / bayes - 1)
        if scale == "error" or value > 100 * LEAST_SHOWN:
            colour = theme.light(key)
            series.append(charts.line(label, ends, [value, value], colour, width=1.8, style=style))
            names.append(label)
    if beside is not None and others:
        values = [height_of(point, bayes, scale) for point in beside.points]
        is_recorded = beside.label == RECORDED
        colour = theme.light("model" if is_recorded else "red")
        series.append(charts.line(beside.label, others, values, colour, width=2.4))
        opacity = PALE if is_recorded else 1
        series[-1]["lineStyle"]["opacity"] = opacity
        series[-1]["itemStyle"] = {"opacity": opacity}  # of its mark in the legend
        names.insert(0, beside.label)
    values = [height_of(point, bayes, scale) for point in evaluations]
    series.append(charts.line(RUN, steps, values, theme.light("model"), width=2.4))
    what = "mean squared error" if scale == "error" else "excess over Bayes, %"
    options = charts.axes("step", what, series, logarithmic=scale == "excess")
    axis = options["xAxis"]
    axis.pop("minInterval")
    axis |= {"type": "log", "min": ends[0], "max": ends[1]}
    axis["axisLabel"] = {**axis["axisLabel"], "alignMaxLabel": "right"}  # "24,000" is wider than the margin
    if scale == "error":
        levels = [began.floors[key] for _, key, _ in references(began)]
        low, high = began.floors.get("noise", 0.0), max(levels)
        if bayes is None:  # one rival may be far worse than the others
            high = min(high, 4 * min(levels))
        top = max(HEADROOM * high, 1.1 * min(values, default=0.0))  # a run that is still above shows its last part
        _bound(options, max(0.0, low - 0.08 * (top - low)), top)
    return charts.legend_of(options, [RUN, *names])


def height_of(point: Evaluated | Evaluation, bayes: float | None, scale: str = "error") -> float:
    """The value of a point on the vertical axis. The expected MSE is the Bayes floor times (1 + excess)."""
    if point.excess is None or bayes is None:
        assert point.mse is not None
        return point.mse
    return bayes * (1 + point.excess) if scale == "error" else 100 * max(point.excess, LEAST_SHOWN)


def _bound(options: charts.Options, low: float, high: float) -> None:
    """Set both ends of the vertical axis. They have no label, because they are not round numbers."""
    axis = options["yAxis"]
    axis |= {"min": float(f"{low:.2g}"), "max": float(f"{high:.2g}")}
    axis["axisLabel"] = {**axis["axisLabel"], "showMinLabel": False, "showMaxLabel": False}


def loss_description(began: Began, evaluations: Evaluations, beside: Course | None = None) -> str:
    """The text alternative of the chart of the error."""
    bayes = began.floors.get("bayes")
    other = "" if beside is None or not beside.points else (
        f" {beside.words}: {_error(height_of(beside.points[-1], bayes))} at step {beside.points[-1].step}."
    )  # fmt: skip
    lines = ", ".join(f"{label} {_error(began.floors[key])}" for label, key, _ in references(began))
    if not evaluations:
        return f"Error by training step; no evaluation yet. References: {lines}.{other}"
    last = evaluations[-1]
    above = "" if last.excess is None else f", {last.excess:.2%} above Bayes"
    return (
        f"Error by training step, {len(evaluations)} evaluations, steps {evaluations[0].step} to {last.step}. "
        f"The latest is {_error(last.mse)}{above}. "
        f"References: {lines}.{other}"
    )


def snapshot_options(began: Began, snapshot: Snapshot) -> charts.Options:
    """The options of the chart of one-step forecasts at one training step, with the truth and Bayes."""
    x = np.arange(len(began.truth))
    truth = "truth" if began.bayes else "observed"
    series = [charts.line(truth, x, began.truth, theme.light("truth"), width=1.2)]
    if began.bayes:
        series.append(charts.line("Bayes", x, began.bayes, theme.light("bayes"), style="dashed"))
    series.append(charts.line(RUN, x, snapshot.forecast, theme.light("model")))
    axis = "window, sorted by the observed value" if began.episodic else "step of the series"
    options = charts.axes(axis, "value, one step ahead", series)
    low, high = min(*began.truth, *began.bayes), max(*began.truth, *began.bayes)
    options["xAxis"]["axisLabel"] = {**options["xAxis"]["axisLabel"], "showMaxLabel": False}
    room = 0.15 * (high - low)
    _bound(options, low - room, high + room)  # the same at every training step
    return charts.legend_of(options, [truth, *(["Bayes"] if began.bayes else []), RUN])


def of_set(options: charts.Options, unit: str, x: str = "") -> charts.Options:
    """The same options for a set of series, whose values and errors are in deviations of each series."""
    options["yAxis"]["name"] += f", in {unit}"
    options["xAxis"]["name"] = x or options["xAxis"]["name"]
    return options


def snapshot_description(began: Began, snapshot: Snapshot) -> str:
    """The text alternative of the chart of a snapshot."""
    beside, whose = (began.bayes, "those of Bayes") if began.bayes else (began.truth, "the observed values")
    distance = np.sqrt(np.mean((np.asarray(snapshot.forecast) - np.asarray(beside)) ** 2))
    return (
        f"Forecasts one step ahead of {len(began.truth)} values after {snapshot.step} steps of training, on average "
        f"{distance:.4g} from {whose} (root mean square)."
    )


def in_words(began: Began | None, evaluations: Evaluations) -> str:
    """A sentence that compares the run with the references, as HTML."""
    if began is None or not evaluations:
        return ""
    last = evaluations[-1]
    if last.excess is None:
        best, rival = min((began.floors[key], label) for label, key, _ in references(began))
        side = "below" if last.mse < best else "not below"
        return (
            f"After <b>{last.step:,}</b> of {began.steps:,} steps its MSE is <b>{_error(last.mse)}</b>, {side} the "
            f"{_error(best)} of the best rival, {rival}. These values choose the weights; the hold-out judges."
        )
    bayes = began.floors["bayes"]
    linear, repeat = began.floors["best_linear"] / bayes - 1, began.floors["last_value"] / bayes - 1
    excess = last.excess
    if excess < 0.01:
        where = "within one per cent of the best possible forecast"
    elif excess > max(repeat, linear):
        where = "worse than every reference, even than repeating the last value"
    elif excess > 1.15 * linear:
        where = "worse than the best weighted sum of the window"
    elif excess > 0.85 * linear:
        where = f"about as good as the {theme.term('best linear')} forecaster"
    else:
        where = f"better than the {theme.term('best linear')} forecaster, and so than any weighted sum of the window"
    return (
        f"After <b>{last.step:,}</b> of {began.steps:,} steps it is <b>{percent(excess)}</b> above "
        f"the {theme.best()}, {where}."
    )


def numbers(began: Began, evaluations: Evaluations) -> str:
    """The errors of the run and of its references, as HTML."""
    items = []
    if evaluations:
        last = evaluations[-1]
        detail = f"learning rate {last.learning_rate:.2g}, {last.seconds:.1f}&nbsp;s"
        items.append(controls.number(RUN, _error(last.mse), theme.variable("model"), detail))
    for label, key, _ in reversed(references(began)):
        value, bayes = began.floors[key], began.floors.get("bayes")
        detail = "the best possible"
        if bayes is None:
            detail = "MSE on the same values"
        elif key != "bayes":
            detail = f"{percent(abs(value / bayes - 1))} {'above' if value > bayes else 'below'} Bayes"
        words = label if bayes is None else theme.term(label)
        items.append(controls.number(words, _error(value), theme.variable(key), detail))
    return "".join(items)


def _error(mse: float) -> str:
    return f"{mse:.5f}" if mse < 10 else short(mse, 6)


def lead(name: str, units: int | None = 64) -> str:
    """What to notice, as HTML, by architecture, signal and hidden units. docs/LOG.md measures lstm.sine with 64."""
    linear, best = theme.term("best linear"), theme.best()
    if name.partition(".")[2].partition("-")[0] not in FAMILIES:
        return "Notice whether the error falls below every rival. The hold-out, scored at the end, has the last word."
    if name.startswith("linear."):
        return f"Notice where the error ends: at the line of the {linear} forecaster, which this model cannot beat."
    if name == "lstm.sine" and units == 64:
        return (
            f"Notice the bend at the line of the {linear} forecaster. The loss falls steeply to it; then its "
            f"distance from the {best} halves every few hundred steps. "
            '<a href="?view=train&amp;optimiser=adam&amp;rate=0.001">With Adam at 0.001</a> it stays near that line.'
        )
    return (
        f"Notice how far the error falls below the line of the {linear} forecaster, which no weighted sum of the "
        f"window can beat. Notice too how close it gets to the {best}, which no forecaster can beat."
    )
