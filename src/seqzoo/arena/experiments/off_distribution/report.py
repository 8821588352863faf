"""Picture and text of errors off the training distribution."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .... import _palette, signals
from ....evaluation import plots
from .measuring import KNOWS, LINEAR, TOLD_NOTHING, OffDistributionResults, SweepPoint

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMES = {KNOWS: "Bayes (changed signal)", TOLD_NOTHING: "Bayes (training signal)"}
"""What reports and pages call the two Bayes forecasters."""
LABELS = {"angular_frequency": "frequency, radians per step", "sigma": "noise sigma", "amplitude": "amplitude"}


def display_name(forecaster: str) -> str:
    """The name of a forecaster in reports and on pages."""
    return NAMES.get(forecaster, forecaster)


def figure(results: OffDistributionResults) -> Figure:
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
        noisy = [(point, sigma) for point, sigma in noise if sigma]
        for name in points[0].expected:
            heights = [point.expected[name] / sigma**2 for point, sigma in noisy]
            axes.plot([point.value for point, _ in noisy], heights, label=display_name(name), **styles[name])
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


def markdown(results: OffDistributionResults) -> str:
    """The section on errors off the training distribution: text, and a table of some values of each parameter."""
    usual = signals.make(results.signal, results.training)
    names = list(results.sweeps["sigma"][0].expected)
    lines = [
        f"Every model was trained on {usual.description}. One parameter at a time is changed; at each value, every "
        f"forecaster reads the same {results.windows:,} fresh windows of {results.context_length} values. "
        f"*{display_name(KNOWS)}* knows the changed parameter; its error is the floor. "
        f"*{display_name(TOLD_NOTHING)}* assumes the training values. The table states the expected MSE.",
        "",
        f"| changed | {' | '.join(map(display_name, names))} |",
        f"|---|{'---:|' * len(names)}",
    ]
    for parameter, points in results.sweeps.items():
        for point in _telling(points, results.training[parameter]):
            mark = " (training)" if point.value == results.training[parameter] else ""
            row = " | ".join(_number(point.expected[name]) for name in names)
            lines.append(f"| {_short(parameter)} {point.value:g}{mark} | {row} |")
    return "\n".join([*lines, "", *_sentences(results)]) + "\n"


def _telling(points: list[SweepPoint], usual: float) -> list[SweepPoint]:
    """The ends, the training value, and what lies halfway between."""
    middle = next(index for index, point in enumerate(points) if point.value == usual)
    last = len(points) - 1
    return [points[index] for index in sorted({0, middle // 2, middle, (middle + last) // 2, last})]


def _sentences(results: OffDistributionResults) -> list[str]:
    """The results in sentences, one for each parameter and each forecaster."""
    everyone = list(results.sweeps["sigma"][0].expected)
    lines = [f"- **{_short(parameter)}**: {cost(results, parameter, everyone)}" for parameter in results.sweeps]
    for name in (*results.models, LINEAR):
        ranges = [
            f"{_range(results, parameter, name)} over the {_short(parameter)}" for parameter in results.sweeps
        ]
        lines.append(f"- **{name}**, MSE as a multiple of that of {display_name(TOLD_NOTHING)}: {', '.join(ranges)}.")
    return lines


def cost(results: OffDistributionResults, parameter: str, names: Iterable[str]) -> str:
    """The value at which assuming the training value costs most, and what it costs these forecasters there."""
    worst = max(_off(results, parameter), key=lambda point: _times(point, TOLD_NOTHING, KNOWS))
    costs = ", ".join(f"{display_name(name)} {_times(worst, name, KNOWS):.3g}" for name in names if name != KNOWS)
    most = f"assuming the training value costs most at {worst.value:g}"
    return f"{most}. MSE there as a multiple of the floor: {costs}."


def beside_untold(results: OffDistributionResults, parameter: str, name: str) -> str:
    """The error of a forecaster beside that of the Bayes forecaster which assumes the training value."""
    times = _range(results, parameter, name)
    return f"{name}: {times} times the MSE of {display_name(TOLD_NOTHING)}."


def _range(results: OffDistributionResults, parameter: str, name: str) -> str:
    times = [_times(point, name, TOLD_NOTHING) for point in _off(results, parameter)]
    return f"{min(times):.3g} to {max(times):.3g}"


def _off(results: OffDistributionResults, parameter: str) -> list[SweepPoint]:
    # Without noise the floor is zero and nothing is a multiple of it.
    return [point for point in results.sweeps[parameter] if point.value not in (0.0, results.training[parameter])]


def _times(point: SweepPoint, name: str, other: str) -> float:
    return point.expected[name] / point.expected[other]


def _short(parameter: str) -> str:
    return LABELS[parameter].partition(",")[0].partition(" ")[0]


def _number(value: float) -> str:
    return "0" if value < 1e-9 else f"{value:.3g}"
