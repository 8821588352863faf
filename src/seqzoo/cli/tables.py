"""Tables in the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..bundles.describe import describe_signal
from ..forecasters.floors import NO_EXCESS, vanishes
from ..forecasters.statistical import METHODS
from ..forecasters.table import label
from ..runtime.engines import offered
from ..signals import ObservedSet

if TYPE_CHECKING:
    from .._estimates import Estimate
    from ..bundles.manifest import IntervalFacts, Manifest
    from ..bundles.store import Bundle
    from ..evaluation.accuracy import Accuracy
    from ..forecasters.floors import Floors
    from ..forecasters.rollout import Case, Interval

MOST_ROWS = 20  # series, or rows of a forecast
console = Console()


def is_live(to: Console = console) -> bool:
    """Whether what is printed can be drawn over. With FORCE_COLOR, Rich takes a pipe for a terminal too."""
    return to.is_terminal and to.file.isatty()


def print_table(table: Table, to: Console = console) -> None:
    """Print a table. Texts are never cut; in a narrow terminal, columns are left out from the right."""
    left_out: list[str] = []
    boundless = to.options.update(width=10_000)
    for column in table.columns:
        column.overflow = "fold"
    while len(table.columns) > 2 and to.measure(table, options=boundless).maximum > to.width:
        left_out.insert(0, str(table.columns.pop().header))
    to.print(table)
    if named := ", ".join(filter(None, left_out)):
        to.print(f"This line is too narrow for: {named}. --json has everything.", highlight=False, soft_wrap=True)


def bytes_of(size: int) -> str:
    """A size in bytes as text: "253 KB"."""
    return f"{size / 1024:,.0f} KB"


def mse_of(value: float) -> str:
    """An MSE as text: "0.010669", or "1.07e-06" and "1.07e+18" where six decimals do not fit."""
    return f"{value:.6f}" if value == 0 or 1e-3 <= abs(value) < 1e6 else f"{value:.3g}"


def _one_digit(error: float) -> str:
    """A standard error with one significant digit: "10", not "1e+01"."""
    return f"{float(f'{error:.1g}'):g}"


def show_manifest(bundle: Bundle) -> None:
    """Print the facts of `seqzoo show`."""
    facts = bundle.manifest
    contract, training = facts.contract, facts.training
    console.print(f"[bold]{facts.name}[/] · {escape(facts.title)}\n{escape(facts.summary)}\n")
    grid = Table.grid(padding=(0, 2))
    ahead = "value" if contract.horizon == 1 else f"{contract.horizon} values"
    for name, value in (
        ("reads", f"{contract.context_length} values, \\[B, {contract.context_length}, {contract.channels}]"),
        *([("channels", escape(", ".join(contract.names)))] if contract.channels > 1 else []),
        ("forecasts", f"the next {ahead}, \\[B, {contract.horizon}]"),
        ("signal", escape(describe_signal(facts))),
        ("size", f"{facts.parameters:,} parameters, {bytes_of(facts.size)}"),
        ("engines", escape(", ".join(offered(facts)))),
        ("trained", f"{training.windows_seen:,} windows in {training.seconds:.0f} s, seed {training.seed}"),
        ("folder", escape(str(bundle.path))),
    ):
        grid.add_row(f"[dim]{name}[/]", value)
    print_table(grid)
    console.print()
    show_stated_score(facts)


def show_stated_score(facts: Manifest) -> None:
    """Print the score in a manifest with the floors, or with the rivals if the floors are unknown."""
    score = facts.score
    if score.skill is not None:
        show_score(facts.name, score.mse, score.excess, score.skill, score.floors)
        return
    rows = [(label(name), value, "") for name, value in score.rivals.items()]
    rows.append((f"[bold]{escape(facts.name)}[/]", score.mse[0], f"± {_one_digit(score.mse[1])}"))
    table = Table("forecaster", "MSE", "", box=None)
    for name, value, error in sorted(rows, key=lambda row: row[1]):
        table.add_row(name, mse_of(value), error)
    print_table(table)
    console.print(f"\nmeasured at {score.windows:,} held-out cutoffs; the best possible forecast is unknown")
    if isinstance(facts.source, ObservedSet):
        _show_members(facts, facts.source)
    if facts.intervals is not None:
        show_coverage(facts.intervals, score.windows)


def _show_members(facts: Manifest, source: ObservedSet) -> None:
    """Print the MASE of a model of a set, beside its rivals: over all series, and on at most 20 of them."""
    from ..evaluation.on_a_set import MODEL
    from ..publishing.set_scores import mase_by_series

    score, own = facts.score, facts.name
    names, rows = mase_by_series(score, source)
    table = Table("series", box=None)
    for column in ("cutoffs", *(own if name == MODEL else label(name) for name in names)):
        table.add_column(escape(column), justify="right")
    if score.mase:
        means = [f"{score.mase[name][0]:.3f}" if name in score.mase else "" for name in names]
        table.add_row("[bold]all, mean[/]", f"{score.windows:,}", *means)
    for tag, each in rows[:MOST_ROWS]:
        cells = [f"{each.mase[kind]:.3f}" if kind in each.mase else "" for kind in names]
        table.add_row(escape(tag), f"{each.cutoffs:,}", *cells)
    console.print("\nMSE is in squared standard deviations of each series before its cutoff. MASE by series:\n")
    print_table(table)
    if len(rows) > MOST_ROWS:
        console.print(f"\nThe {MOST_ROWS} series of the highest MASE, of {len(rows):,}; the manifest holds all.")


def show_coverage(facts: IntervalFacts, cutoffs: int) -> None:
    """Print how often intervals covered the held-out targets, and where they miss their level."""
    from ..evaluation.intervals import highest_level
    from ..runtime.intervals import standings

    rows = standings(facts)
    table = Table("level", "intervals", "covered", "farthest step", "mean width", box=None)
    for row in rows:
        table.add_row(f"{row.level:.0%}", row.method, row.overall, row.worst, f"{row.width:.5g}")
    console.print()
    if rows:
        print_table(table)
    unit = "" if facts.unit == "series" else "; widths are in standard deviations of each window"
    possible = f"levels up to {highest_level(facts.windows):g} are possible"
    console.print(
        f"\nfrom {facts.windows:,} calibration errors a step, {possible}; "
        f"covered at the same {cutoffs:,} cutoffs{unit}",
        soft_wrap=True, highlight=False,
    )  # fmt: skip
    for row in rows:
        if row.misses:
            console.print(
                f"[bold]{row.level:.0%} {row.method} intervals miss their level[/]: {row.misses}", soft_wrap=True,
                highlight=False,
            )  # fmt: skip


def show_score(
    name: str,
    mse: tuple[float, float],
    excess: tuple[float, float] | None,
    skill: tuple[float, float],
    floors: dict[str, float],
) -> None:
    """Print a model's score among the floors, in ascending order of expected error.

    The floors are expectations, so the model is listed with its expected error, mse_bayes (1 + excess). Its mean over
    some windows varies more than models differ, and can fall below Bayes. If the floor is zero, `excess` is None and
    the model is listed with that mean.
    """
    bayes = floors["bayes"]
    rows = [(escape(label(floor)), value, "") for floor, value in floors.items()]
    value, se = mse if excess is None else (bayes * (1 + excess[0]), bayes * excess[1])
    rows.append((f"[bold]{escape(name)}[/]", value, f"± {_one_digit(se)}"))
    table = Table(box=None)
    table.add_column("forecaster")
    table.add_column("expected MSE", justify="right")
    table.add_column("")
    table.add_column("MSE / noise", justify="right")
    noise = floors["noise"]
    for row in sorted(rows, key=lambda row: row[1]):
        table.add_row(row[0], mse_of(row[1]), row[2], f"{row[1] / noise:.3f}" if noise else "")
    print_table(table)
    distance = NO_EXCESS if excess is None else f"excess over Bayes [bold]{excess[0]:.2%}[/] ± {excess[1]:.2%}"
    console.print(
        f"\n{distance}, skill [bold]{skill[0]:.4f}[/] ± {skill[1]:.4f}, "
        f"MSE on these windows {mse_of(mse[0])} ± {mse_of(mse[1])}",
        soft_wrap=True,
    )


def show_columns(columns: dict[str, list[Any]]) -> None:
    """Print the first rows of columns of text and numbers."""
    table = Table(box=None)
    for name, values in columns.items():
        table.add_column(name, justify="left" if isinstance(values[0], str) else "right")
    rows = list(zip(*columns.values(), strict=True))
    for row in rows[:MOST_ROWS]:
        table.add_row(*(f"{cell:.6g}" if isinstance(cell, float) else escape(str(cell)) for cell in row))
    print_table(table)
    if len(rows) > MOST_ROWS:
        console.print(f"\nThe first {MOST_ROWS} of {len(rows):,} rows; --out writes all.")


def columns_of(case: Case) -> dict[str, Any]:
    """What is known of each step ahead, [H] each, by name; the ends of an interval name its level: lower_90."""
    known = {"forecast": case.forecast, "bayes": case.bayes, "observed": case.observed, "clean": case.clean}
    columns: dict[str, Any] = {key: values for key, values in known.items() if values is not None}
    return {**columns, **ends_of(case.intervals)}


def ends_of(intervals: Sequence[Interval]) -> dict[str, Any]:
    """The ends of intervals, [H] each, by a name that states the level: lower_90, upper_90."""
    columns: dict[str, Any] = {}
    for level, lower, upper in intervals:
        columns |= {f"lower_{100 * level:g}": lower, f"upper_{100 * level:g}": upper}
    return columns


def show_forecast(case: Case, stamps: list[str] | None = None) -> None:
    """Print at most 20 rows of a forecast, with its times where known, Bayes and, where known, the truth."""
    columns = columns_of(case)
    table = Table(box=None)
    table.add_column("step", justify="right")
    if stamps is not None:
        table.add_column("time")
    for key in columns:
        table.add_column("clean truth" if key == "clean" else key, justify="right")
    total = len(case.forecast)
    stride = max(1, -(-total // 20))
    largest = max(abs(value) for values in columns.values() for value in values)
    write = "{:.4f}".format if largest == 0 or 0.01 <= largest < 1e15 else "{:.6g}".format
    for step in range(0, total, stride):
        when = [] if stamps is None else [stamps[step]]
        table.add_row(str(step + 1), *when, *(write(values[step]) for values in columns.values()))
    print_table(table)


def show_backtest(name: str, steps: list[Estimate], beside: dict[str, list[float]]) -> None:
    """Print at most 20 rows of the MSE by step ahead, of a model and of other forecasters."""
    view = Table(box=None)
    view.add_column("step", justify="right")
    view.add_column(f"MSE of {escape(name)}", justify="right")
    for key in beside:
        view.add_column(key.replace("_", " "), justify="right")
    stride = max(1, -(-len(steps) // 20))
    for step in range(0, len(steps), stride):
        value, se = steps[step]
        own = mse_of(value) if math.isnan(se) else f"{mse_of(value)} ± {mse_of(se)}"
        view.add_row(str(step + 1), own, *(mse_of(values[step]) for values in beside.values()))
    print_table(view)


MEASURED = {"mae": "MAE", "rmse": "RMSE", "mase": "MASE", "rmsse": "RMSSE", "smape": "sMAPE", "crps": "CRPS"}


def show_measures(name: str, measures: dict[str, dict[str, Accuracy]], by_step: str) -> None:
    """Print the measures of a backtest over all cutoffs and steps, and one of them by step in at most 20 rows.

    Args:
        name: the model, which is printed in bold.
        measures: by forecaster, see `results.Results.measures`.
        by_step: the measure that is printed by step.
    """
    keys = [key for key in measures[name] if not key.startswith("pinball")]
    titles = {each: escape(METHODS.get(each) or label(each)) for each in measures}
    view = Table(box=None)
    view.add_column("forecaster")
    for key in keys:
        view.add_column(MEASURED.get(key) or f"{key.replace('_', ' ')}%", justify="right")
    order = "mae" if math.isnan(measures[name]["mase"].value) else "mase"
    ranked = sorted(measures, key=lambda each: measures[each][order].value)
    for each in ranked:
        of = measures[each]
        style = "bold" if each == name else ""
        cells = [_measure_of(key, of[key].value) if key in of else "" for key in keys]
        view.add_row(titles[each], *cells, style=style)
    print_table(view)
    console.print()
    steps = Table(box=None, title=f"{MEASURED[by_step]} by step", title_justify="left", title_style="")
    steps.add_column("step", justify="right")
    columns = [name, *(each for each in ranked if each != name)]  # a narrow terminal leaves out the worst
    for each in columns:
        steps.add_column(titles[each], justify="right", style="bold" if each == name else "")
    horizon = len(measures[name][by_step].steps)
    for step in range(0, horizon, max(1, -(-horizon // 20))):
        values = (measures[each][by_step].steps[step] for each in columns)
        steps.add_row(str(step + 1), *(_measure_of(by_step, value) for value in values))
    print_table(steps)


def _measure_of(key: str, value: float) -> str:
    if math.isnan(value):
        return "-"
    if key.startswith("coverage"):
        return f"{value:.1%}"
    return f"{value:.3f}" if key in ("mase", "rmsse", "smape") else mse_of(value)


def show_floors(table: list[Floors], noise: float) -> None:
    """Print at most 20 rows of the floors by step ahead."""
    names = [name for name, _ in table[0].items()]
    view = Table(box=None, caption=f"expected MSE; the noise floor is {noise:.6g}")
    view.add_column("step", justify="right")
    for name in names:
        view.add_column(name.replace("_", " "), justify="right")
    stride = max(1, -(-len(table) // 20))
    for step in range(0, len(table), stride):
        view.add_row(str(step + 1), *(mse_of(value) for _, value in table[step].items()))
    print_table(view)
    if any(vanishes(dict(row.items())) for row in table):
        console.print(f"{NO_EXCESS}.".capitalize())
