"""Figure and text of the roll-out experiment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .... import _palette
from ....evaluation import plots
from ....forecasters.table import label
from ...report.tables import markdown_table
from .measuring import BAYES, DIRECT, RECURSIVE, RollOutResults

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TABLE_STEPS = (1, 5, 10, 20, 50, 100)


def figure(results: RollOutResults) -> Figure:
    """Expected MSE by step, both logarithmic, beside the floor."""
    figure, (axes,) = plots.panels(1, 8.0, 4.6)
    looks = ((BAYES, "bayes", "-"), (DIRECT, "best_linear", "--"), (RECURSIVE, "best_linear", ":"))
    for name, role, style in looks:
        colour = _palette.light(role)
        axes.plot(results.steps, results.references[name], color=colour, linestyle=style, linewidth=1.6, label=name)
    for name, look in plots.styles(results.models).items():
        values = [point.value for point in results.models[name]]
        axes.plot(results.steps, values, markersize=3, linewidth=1.2, label=name, **look)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks([1, 2, 5, 10, 20, 50, 100], ["1", "2", "5", "10", "20", "50", "100"])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("steps ahead")
    axes.set_ylabel("mean squared error")
    axes.legend(frameon=False, fontsize=8, ncols=2)
    return figure


def markdown(results: RollOutResults) -> str:
    """The section on roll-outs: the method, a table of some steps, and up to which step each model is good."""
    text = (
        f"The shipped models of the {results.signal}, each trained once, are rolled out over the same "
        f"{results.windows:,} fresh windows of {results.context_length} values. The table states the expected MSE by "
        "step: the floor plus the mean squared distance from the Bayes forecast, ± its standard error over windows. "
        "Two rows compare two training runs, not two architectures."
    )
    places = [results.steps.index(step) for step in TABLE_STEPS]
    rows = [[label(name), *(f"{values[at]:.4g}" for at in places)] for name, values in results.references.items()]
    rows += [[name, *(str(values[at]) for at in places)] for name, values in results.models.items()]
    table = markdown_table(["step", *map(str, TABLE_STEPS)], rows)
    return f"{text}\n\n{table}\n" + "\n".join(f"- {line}" for line in reach(results, results.models)) + "\n"


def reach(results: RollOutResults, names: Iterable[str]) -> list[str]:
    """How far each model stays below the direct best linear forecast, by more than two standard errors."""
    lines = []
    direct = results.references[DIRECT]
    for name in names:
        values = results.models[name]
        way = "" if results.at_once[name] == 1 else f", {results.at_once[name]} steps at once"
        below = [at for at, point in enumerate(values) if point.value + 2 * point.se < direct[at]]
        first_above = next((at for at in range(len(values)) if at not in below), None)
        if first_above is None:
            end = f"stays below the direct best linear forecast up to step {results.steps[-1]}"
        elif first_above == 0:
            end = "is not shown to be below the direct best linear forecast even at step 1"
        else:
            end = f"stays below the direct best linear forecast up to step {results.steps[first_above - 1]}"
        times = values[-1].value / results.references[BAYES][-1]
        lines.append(f"{name}{way}: {end}; at step {results.steps[-1]} its error is {times:.3g} times the floor.")
    return lines
