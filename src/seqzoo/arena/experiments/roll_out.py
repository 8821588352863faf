"""Rolled out: the error of a forecaster by step ahead, its own forecasts fed back where it gives fewer at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ... import _palette, signals
from ..._estimates import Estimate
from ...errors import InputError
from ...evaluation import plots
from ...evaluation.scoring import HELD_OUT_SEEDS, held_out, most_windows
from ...forecasters.exact import best_linear, linear_mse
from ...forecasters.references import CONTEXT_LENGTH
from ...forecasters.rollout import linear_recursion
from ...forecasters.table import label
from ...runtime import Predictor
from .. import stored
from ..report.tables import markdown_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RESULTS = "roll-out.json"
SEED = HELD_OUT_SEEDS + 22
STEPS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 35, 40, 50, 60, 70, 80, 90, 100)
BAYES, DIRECT, RECURSIVE = "Bayes", "best linear, direct", "best linear, recursive"
SHOWN = (1, 5, 10, 20, 50, 100)


class Results(msgspec.Struct, forbid_unknown_fields=True):
    """Expected MSE at each of `steps`, in the signal's units squared.

    `models` has [value, standard error over windows]: the Bayes floor plus the mean squared distance from the Bayes
    forecast. `at_once` is how many steps a model forecasts before it reads its own forecasts.
    """

    signal: str
    context_length: int
    windows: int
    seed: int
    steps: list[int]
    references: dict[str, list[float]]
    models: dict[str, list[Estimate]] = {}
    at_once: dict[str, int] = {}


def measure(
    models: Mapping[str, Predictor],
    family: str = "sine",
    *,
    windows: int = 5000,
    on_model: Callable[[Results], None] = lambda found: None,
) -> Results:
    """Roll every model out over the same fresh windows.

    Args:
        on_model: given what there is, before the first model and after each.

    Raises:
        InputError: fewer than two windows, or more than memory holds.
    """
    horizon = max(STEPS)
    if not 2 <= windows <= most_windows(CONTEXT_LENGTH, horizon):
        most = most_windows(CONTEXT_LENGTH, horizon)
        raise InputError(f"windows must be from 2 to {most:,}, got {windows:,}.")
    signal = signals.make(family)
    held = held_out(signal, CONTEXT_LENGTH, horizon=horizon, windows=windows, seed=SEED)
    rolled = linear_recursion(best_linear(signal, CONTEXT_LENGTH), horizon)
    known = {
        BAYES: [step.bayes.value for step in held.floors],
        DIRECT: [step.best_linear for step in held.floors],
        RECURSIVE: [float(value) for value in linear_mse(signal, *rolled)],
    }
    references = {name: [values[step - 1] for step in STEPS] for name, values in known.items()}
    found = Results(family, CONTEXT_LENGTH, windows, SEED, list(STEPS), references)
    on_model(found)
    for name, model in models.items():
        steps = held.score(lambda context, model=model: model.forecast(context, horizon)).steps  # type: ignore[misc]
        least = known[BAYES]
        found.models[name] = [
            Estimate(least[at - 1] * (1 + steps[at - 1].excess.value), least[at - 1] * steps[at - 1].excess.se)
            for at in STEPS
        ]
        found.at_once[name] = model.horizon
        on_model(found)
    return found


def save(found: Results, folder: Path) -> None:
    """Write the results as JSON, whole or not at all."""
    stored.write(folder / RESULTS, found)


def read(folder: Path) -> Results:
    """The results in a folder; raises as `stored.read`."""
    return stored.read(folder / RESULTS, Results)


def figure(found: Results) -> Figure:
    """Expected MSE by step, both logarithmic, beside the floor."""
    figure, (axes,) = plots.panels(1, 8.0, 4.6)
    looks = ((BAYES, "bayes", "-"), (DIRECT, "best_linear", "--"), (RECURSIVE, "best_linear", ":"))
    for name, role, style in looks:
        colour = _palette.light(role)
        axes.plot(found.steps, found.references[name], color=colour, linestyle=style, linewidth=1.6, label=name)
    for name, look in plots.styles(found.models).items():
        values = [point.value for point in found.models[name]]
        axes.plot(found.steps, values, markersize=3, linewidth=1.2, label=name, **look)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks([1, 2, 5, 10, 20, 50, 100], ["1", "2", "5", "10", "20", "50", "100"])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("steps ahead")
    axes.set_ylabel("mean squared error")
    axes.legend(frameon=False, fontsize=8, ncols=2)
    return figure


def markdown(found: Results) -> str:
    """The section on rolling out: what was done, a table of some steps, and how far each model gets."""
    text = (
        f"The shipped models of the {found.signal}, each one training run, rolled out over the same "
        f"{found.windows:,} fresh windows of {found.context_length} values. Expected MSE by step: the floor plus the "
        "mean squared distance from the Bayes forecast, ± its standard error over windows. What differs between two "
        "rows is these two runs; it says nothing of their architectures."
    )
    places = [found.steps.index(step) for step in SHOWN]
    rows = [[label(name), *(f"{values[at]:.4g}" for at in places)] for name, values in found.references.items()]
    rows += [[name, *(str(values[at]) for at in places)] for name, values in found.models.items()]
    table = markdown_table(["step", *map(str, SHOWN)], rows)
    return f"{text}\n\n{table}\n" + "\n".join(f"- {line}" for line in reach(found, found.models)) + "\n"


def reach(found: Results, names: Iterable[str]) -> list[str]:
    """How far each model stays below the direct best linear forecast, by more than two standard errors."""
    lines = []
    direct = found.references[DIRECT]
    for name in names:
        values = found.models[name]
        way = "" if found.at_once[name] == 1 else f", {found.at_once[name]} steps at once"
        below = [at for at, point in enumerate(values) if point.value + 2 * point.se < direct[at]]
        first_above = next((at for at in range(len(values)) if at not in below), None)
        if first_above is None:
            end = f"stays below the direct best linear forecast up to step {found.steps[-1]}"
        elif first_above == 0:
            end = "is not shown to be below the direct best linear forecast even at step 1"
        else:
            end = f"stays below the direct best linear forecast up to step {found.steps[first_above - 1]}"
        times = values[-1].value / found.references[BAYES][-1]
        lines.append(f"{name}{way}: {end}; at step {found.steps[-1]} its error is {times:.3g} times the floor.")
    return lines
