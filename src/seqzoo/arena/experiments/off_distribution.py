"""Off the training distribution: the error of a forecaster where frequency, noise or amplitude are not what it knows.

Two Bayes forecasters stand beside the models: the one that knows the changed parameter, which is the floor,
and the one that was not told and goes on with the posterior of the training signal. The second is what a model
that has learned its training signal perfectly would do.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from ... import _palette, signals
from ..._estimates import Estimate
from ...errors import InputError
from ...evaluation import metrics, plots
from ...evaluation.scoring import HELD_OUT_SEEDS, Predict, most_windows
from ...forecasters.exact import best_linear
from ...forecasters.references import CONTEXT_LENGTH
from .. import stored

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RESULTS = "off-distribution.json"
SEED = HELD_OUT_SEEDS + 20
SWEEPS: dict[str, tuple[float, ...]] = {
    "angular_frequency": tuple(float(value) for value in np.geomspace(0.005, 0.2, 14).round(4)),
    "sigma": (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5),
    "amplitude": (0.2, 0.35, 0.5, 0.7, 0.85, 1.0, 1.15, 1.3, 1.6, 2.0, 2.5, 3.0),
}
LABELS = {"angular_frequency": "frequency, radians per step", "sigma": "noise sigma", "amplitude": "amplitude"}
KNOWS, TOLD_NOTHING, LINEAR = "Bayes that knows", "Bayes that does not", "best linear"


class Point(msgspec.Struct, frozen=True):
    """The errors at one value of one parameter, by forecaster, in the signal's units squared.

    `mse` is measured on the windows' targets, [value, standard error]. `expected` is the same quantity with
    less variance: the floor's expected MSE plus the mean squared distance from the floor's forecast.
    """

    value: float
    mse: dict[str, Estimate]
    expected: dict[str, float]


class Results(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole sweep: one list of points for each parameter, each varied alone."""

    signal: str
    training: dict[str, float]
    context_length: int
    windows: int
    seed: int
    models: list[str]
    sweeps: dict[str, list[Point]]


def _training_signal(family: str) -> signals.Signal:
    signal = signals.make(family)
    fitting = [name for name, made in signals.FAMILIES.items() if set(SWEEPS) <= _parameters(made)]
    if family not in fitting:
        raise InputError(
            f"the signal {family!r} does not have one frequency, one amplitude and noise to vary; "
            f"those that have are {', '.join(fitting)}."
        )
    return signal


def _parameters(family: type[signals.Signal]) -> set[str]:
    return {field.name for field in dataclasses.fields(family)}


def sweep(models: Mapping[str, Predict], family: str = "sine", *, windows: int = 5000, seed: int = SEED) -> Results:
    """Vary each parameter alone around the training signal's and measure every forecaster at each value.

    Every point has windows of the same phases and the same noise up to its scale, so that curves are smooth.

    Args:
        models: float32 [B, L, 1] to [B, 1], by name.

    Raises:
        InputError: fewer than two windows or too many, or a signal without these parameters.
    """
    if not 2 <= windows <= most_windows(CONTEXT_LENGTH):
        raise InputError(f"windows must be from 2 to {most_windows(CONTEXT_LENGTH):,}, got {windows:,}.")
    training = _training_signal(family)
    sweeps = {}
    for parameter, values in SWEEPS.items():
        usual = getattr(training, parameter)
        changed = [dataclasses.replace(training, **{parameter: value}) for value in sorted({*values, usual})]
        sweeps[parameter] = [
            _point(getattr(signal, parameter), signal, training, models, windows, seed) for signal in changed
        ]
    return Results(family, dataclasses.asdict(training), CONTEXT_LENGTH, windows, seed, list(models), sweeps)


def _point(
    value: float,
    signal: signals.Signal,
    training: signals.Signal,
    models: Mapping[str, Predict],
    windows: int,
    seed: int,
) -> Point:
    draw = signal.draw(windows, CONTEXT_LENGTH, 1, np.random.default_rng(seed))
    context = draw.context.astype(np.float32)  # every forecaster reads the same values
    best, variance = signal.posterior(context, 1)
    forecasts = {
        KNOWS: best,
        TOLD_NOTHING: training.posterior(context, 1)[0],
        LINEAR: best_linear(training, CONTEXT_LENGTH)(context),
    }
    forecasts |= {name: predict(context[:, :, None]) for name, predict in models.items()}
    floor = signal.sigma**2 + float(variance.mean())
    return Point(
        value=value,
        mse={name: metrics.mse(forecast, draw.target) for name, forecast in forecasts.items()},
        expected={name: floor + metrics.mse(forecast, best).value for name, forecast in forecasts.items()},
    )


def save(results: Results, folder: Path) -> None:
    """Write the results as JSON, whole or not at all."""
    stored.write(folder / RESULTS, results)


def read(folder: Path) -> Results:
    """The results in a folder; raises as `stored.read`."""
    return stored.read(folder / RESULTS, Results)


def figure(results: Results) -> Figure:
    """MSE over the variance of the noise against each parameter, the other two as in training.

    The point without noise is left out: nothing is a multiple of no noise. The table has it.
    """
    from matplotlib.ticker import NullFormatter

    figure, panels = plots.panels(len(results.sweeps), width=11.0, height=4.0)
    styles: dict[str, dict[str, Any]] = {
        KNOWS: {"color": _palette.light("bayes"), "linewidth": 1.2},
        TOLD_NOTHING: {"color": _palette.light("bayes"), "linestyle": "--", "linewidth": 2.5},
        LINEAR: {"color": _palette.light("best_linear"), "linestyle": ":", "linewidth": 2},
    }
    for name, look in plots.styles(results.models).items():
        styles[name] = {**look, "markersize": 3, "linewidth": 1.2}
    for axes, (parameter, points) in zip(panels, results.sweeps.items(), strict=True):
        noise = [(point, point.value if parameter == "sigma" else results.training["sigma"]) for point in points]
        shown = [(point, sigma) for point, sigma in noise if sigma]
        for name in points[0].expected:
            heights = [point.expected[name] / sigma**2 for point, sigma in shown]
            axes.plot([point.value for point, _ in shown], heights, label=name, **styles[name])
        axes.axvline(results.training[parameter], color=_palette.light("grey"), linewidth=0.8)
        axes.set_xlabel(LABELS[parameter])
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        low, high = axes.get_ylim()
        axes.yaxis.set_minor_formatter((lambda value, _: f"{value:g}") if high < 5 * low else NullFormatter())
    panels[list(results.sweeps).index("angular_frequency")].set_xscale("log")
    panels[0].set_ylabel("MSE / variance of the noise")
    panels[0].legend(frameon=False, fontsize=8)
    return figure


def markdown(results: Results) -> str:
    """The section on leaving the training distribution: text, and a table of each sweep's ends and middle."""
    usual = signals.make(results.signal, results.training)
    names = list(results.sweeps["sigma"][0].expected)
    lines = [
        f"Every forecaster here knows {usual.description}. One parameter at a time is moved away from that; "
        f"{results.windows:,} fresh windows of {results.context_length} values at each point. *{KNOWS}* the moved "
        "parameter is the floor of the changed signal. *" + TOLD_NOTHING + "* forecasts as if nothing had changed. "
        "The table states the expected MSE.",
        "",
        f"| | {' | '.join(names)} |",
        f"|---|{'---:|' * len(names)}",
    ]
    for parameter, points in results.sweeps.items():
        for point in _telling(points, results.training[parameter]):
            mark = " (training)" if point.value == results.training[parameter] else ""
            row = " | ".join(_number(point.expected[name]) for name in names)
            lines.append(f"| {_short(parameter)} {point.value:g}{mark} | {row} |")
    return "\n".join([*lines, "", *_said(results)]) + "\n"


def _telling(points: list[Point], usual: float) -> list[Point]:
    """The ends, the training value, and what lies halfway between."""
    middle = next(index for index, point in enumerate(points) if point.value == usual)
    last = len(points) - 1
    return [points[index] for index in sorted({0, middle // 2, middle, (middle + last) // 2, last})]


def _said(results: Results) -> list[str]:
    """What the numbers say, one line for each parameter and each forecaster."""
    everyone = list(results.sweeps["sigma"][0].expected)
    lines = [f"- **{_short(parameter)}**: {cost(results, parameter, everyone)}" for parameter in results.sweeps]
    for name in (*results.models, LINEAR):
        ranges = [
            f"{_range(results, parameter, name)} over the {_short(parameter)}" for parameter in results.sweeps
        ]
        lines.append(f"- **{name}**, MSE over that of the Bayes forecaster that does not know: {', '.join(ranges)}.")
    return lines


def cost(results: Results, parameter: str, names: Iterable[str]) -> str:
    """Where not knowing a parameter costs most, and what it costs these forecasters there."""
    worst = max(_off(results, parameter), key=lambda point: _times(point, TOLD_NOTHING, KNOWS))
    costs = ", ".join(f"{name} {_times(worst, name, KNOWS):.3g}" for name in names if name != KNOWS)
    return (
        f"not knowing it costs most at {worst.value:g}. MSE over that of the Bayes forecaster that knows: {costs}."
    )


def beside_untold(results: Results, parameter: str, name: str) -> str:
    """A forecaster beside the Bayes forecaster that does not know the parameter."""
    times = _range(results, parameter, name)
    return f"{name}: {times} times the MSE of the Bayes forecaster that does not know."


def _range(results: Results, parameter: str, name: str) -> str:
    times = [_times(point, name, TOLD_NOTHING) for point in _off(results, parameter)]
    return f"{min(times):.3g} to {max(times):.3g}"


def _off(results: Results, parameter: str) -> list[Point]:
    # Without noise the floor is zero and nothing is a multiple of it.
    return [point for point in results.sweeps[parameter] if point.value not in (0.0, results.training[parameter])]


def _times(point: Point, name: str, other: str) -> float:
    return point.expected[name] / point.expected[other]


def _short(parameter: str) -> str:
    return LABELS[parameter].partition(",")[0].partition(" ")[0]


def _number(value: float) -> str:
    return "0" if value < 1e-9 else f"{value:.3g}"
