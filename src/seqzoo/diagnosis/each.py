"""The doctor over many series: a diagnosis is a row, and the rows say where a network is worth its training."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..data.series import Series
from .contest import KINDS
from .stages import doctor

Row = Mapping[str, Any]
MOST_HELPED = 10



@dataclass(frozen=True)
class DoctorOfEach:
    """What is asked of each series; the options are those of `doctor`."""

    season: int | None
    horizon: int | None
    depth: str

    def facts(self) -> dict[str, Any]:
        """Everything beside the series that determines a row, for JSON."""
        return {"doctor": self.depth, "season": self.season, "horizon": self.horizon}

    def answer(self, series: Series) -> dict[str, Any]:
        """The row of a series: its description, the best forecaster of each kind, the verdict.

        `network_gain` is the share of the error of the best other forecaster that the best network removes.

        Raises:
            InputError: as `doctor`.
        """
        report = doctor(series, season=self.season, horizon=self.horizon, depth=self.depth)
        told, verdict = report.series, report.verdict
        assert verdict is not None and report.surrogates is not None
        best = {kind: min((row for row in report.contest if row.kind == kind), key=lambda row: row.mase, default=None)
                for kind in KINDS}  # fmt: skip
        mase = {kind: math.nan if row is None else row.mase for kind, row in best.items()}
        others = [value for kind, value in mase.items() if kind != "network" and value > 0]
        gain = verdict.gain
        row = {
            "values": told.length, "missing": told.missing, "season": told.season, "season_from": told.season_from,
            "trend": told.trend, "noise": told.noise, "entropy": told.entropy, "horizon": report.protocol.horizon,
            "cutoffs": report.protocol.cutoffs, "nonlinear_p": report.surrogates.p, "use": verdict.use,
            "kind": verdict.kind, "gain": math.nan if gain is None else gain.value,
            "gain_over": "" if gain is None else gain.over, "verdict": verdict.text,
            "network_gain": 1 - mase["network"] / min(others) if others else math.nan,
            **{f"mase.{kind}": value for kind, value in mase.items()},
            **{f"best.{kind}": "" if one is None else one.name for kind, one in best.items()},
        }  # fmt: skip
        return {name: None if isinstance(value, float) and not math.isfinite(value) else value
                for name, value in row.items()}  # fmt: skip


class Kind(NamedTuple):
    """How many series are best served by a kind of forecaster, and by which one of the kind."""

    kind: str
    series: int
    forecasters: dict[str, int]


class Helped(NamedTuple):
    """A series on which the best network has a lower error than the best other forecaster.

    Args:
        gain: the share of the error that it removes.
        is_used: whether the verdict is the network: otherwise the difference is not detected.
    """

    file: str
    series: str
    network: str
    gain: float
    is_used: bool


def kinds_of(rows: Sequence[Row]) -> list[Kind]:
    """How many series are best served by each kind, from the simplest."""
    kinds = []
    for kind in KINDS:
        used = [row["use"] for row in rows if row["kind"] == kind]
        counts = {name: used.count(name) for name in sorted(set(used))}
        kinds.append(Kind(kind, len(used), dict(sorted(counts.items(), key=lambda item: -item[1]))))
    return kinds


def helped(rows: Sequence[Row], most: int = MOST_HELPED) -> list[Helped]:
    """The series on which a network helps most: those where it is the verdict, by its gain, then the others."""
    every = [
        Helped(row["file"], row["series"], row["best.network"], row["network_gain"], row["kind"] == "network")
        for row in rows if (row.get("network_gain") or 0.0) > 0
    ]  # fmt: skip
    return sorted(every, key=lambda each: (not each.is_used, -each.gain, each.file, each.series))[:most]
