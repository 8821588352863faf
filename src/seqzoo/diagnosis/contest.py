"""The contest: rules, a linear forecaster, statistical models and networks, from the same cutoffs of one series.

Every forecaster is fitted once, on the values before the first cutoff; from later cutoffs it only reads further. The
last fifth of the series is held out, more of a short one, so that the cutoffs are enough for an interval.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import FloatArray
from .._extras import has_torch
from .._formats import counted
from ..errors import InputError
from ..evaluation import rolling
from ..evaluation.comparison import block_length, bootstrap_interval, compare, holm
from ..execution.tasks import Failure
from ..forecasters.linear import RidgeAutoregression
from ..forecasters.rivals import Fitted, Rival, Rule
from ..forecasters.statistical import FEWEST, METHODS, Statistical
from ..forecasters.table import rules
from .depths import Depth
from .ground import Ground
from .networks import Training, TwinTraining

KINDS = ("naive", "linear", "statistical", "network")
"""From the simplest to the costliest."""
STATISTICAL_PART = 1_000  # the latest values that a statistical model reads: its time grows with them
ARIMA_SEASON, ARIMA_SEASONS = 12, 20  # the longest season of AutoARIMA, and how many of them: a search is long


@dataclass(frozen=True)
class Row:
    """A forecaster in the contest.

    Args:
        name: in files and on the command line.
        label: in text.
        kind: one of KINDS.
        mase: mean absolute scaled error over cutoffs and steps.
        interval: ends of its 95% interval, by a block bootstrap over cutoffs; NaN where cutoffs are too few.
        mae: mean absolute error, in the units of the series.
        seeds: MASE of each training of a network.
        difference: MASE minus that of the best rival, for networks; NaN for others, as the next two.
        difference_interval: ends of its 95% interval.
        p: of equal accuracy, by Diebold and Mariano with Harvey's correction, after Holm over the networks.
        verdict: "better", "worse" or "no difference detected", of a network against the best rival.
    """

    name: str
    label: str
    kind: str
    mase: float
    interval: tuple[float, float]
    mae: float
    seeds: tuple[float, ...] = ()
    difference: float = math.nan
    difference_interval: tuple[float, float] = (math.nan, math.nan)
    p: float = math.nan
    verdict: str = ""


@dataclass(frozen=True)
class LeftOut:
    """A forecaster that did not take part, and why."""

    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class Entrant:
    """A forecaster, its losses [N], and for a network those of each training; a network forecasts their mean."""

    name: str
    label: str
    kind: str
    losses: FloatArray
    seeds: tuple[FloatArray, ...] = ()


@dataclass(frozen=True)
class Recent:
    """A rival that is fitted on the latest values of the past, and reads no more of them, which bounds its time."""

    rival: Rival
    count: int

    @property
    def name(self) -> str:
        return self.rival.name

    @property
    def label(self) -> str:
        return self.rival.label

    def fit(self, past: ArrayLike, horizon: int) -> Fitted:
        fitted = self.rival.fit(np.asarray(past)[-self.count :], horizon)
        return lambda values: fitted(values[-self.count :])


def simple_rivals(ground: Ground) -> list[Rival]:
    """Rules and the linear forecaster, which take no time."""
    every: list[Rival] = [Rule(name, weights) for name, weights in rules(ground.season).items()]
    return [*every, RidgeAutoregression(ground.context_length(ground.training), ground.season)]


def statistical_rivals(season: int, depth: Depth) -> tuple[list[Rival], list[LeftOut]]:
    """Statistical models that can run here in time, and those that are left out."""
    if not depth.is_statistical:
        return [], []  # `words.protocol_line` says it
    if importlib.util.find_spec("statsforecast") is None:
        return [], [LeftOut(", ".join(METHODS.values()), "not installed: pip install 'seqzoo[rivals]'")]
    every: list[Rival] = []
    left_out = []
    for name in METHODS:
        if name == "auto_arima" and season > ARIMA_SEASON:
            left_out.append(LeftOut(METHODS[name], f"its search takes minutes for a season of {season}"))
            continue
        is_slow = name == "auto_arima" and season > 1
        every.append(Recent(Statistical(name, season), ARIMA_SEASONS * season if is_slow else STATISTICAL_PART))
    return every, left_out


def kind_of(name: str) -> str:
    """The kind of a rival by its name."""
    if name == RidgeAutoregression.name:
        return "linear"
    return "statistical" if name in METHODS else "naive"


def rival_losses(rival: Rival, ground: Ground) -> FloatArray:
    """[N]: the losses of a rival, fitted once.

    The linear forecaster is fitted on, and reads, windows without a missing value; others the values since a gap.

    Raises:
        InputError: the training part, or what gaps leave of it, is too short for it.
    """
    reads = rival.context_length if isinstance(rival, RidgeAutoregression) else None
    since = ground.since_a_gap
    if rival.name in METHODS and since < (fewest := max(2 * ground.season, FEWEST)):
        lie = counted(since, "value lies", "values lie")
        raise InputError(f"it needs {fewest} values without a gap, and only {lie} between one and a cutoff.")
    entrant = rolling.Entrant(rival.name, lambda past: rival.fit(past, ground.horizon), reads)
    # A rule is not fitted: all that its `fit` does is to look at a past.
    fitted_at = int(ground.cutoffs[0]) if isinstance(rival, Rule) else ground.first
    block = rolling.Block(0, fitted_at, ground.cutoffs)
    ((_, forecasts),) = rolling.roll([entrant], ground.values, ground.horizon, [block])
    return ground.losses(forecasts[rival.name])


def trainings(ground: Ground, depth: Depth) -> tuple[list[Training], list[LeftOut]]:
    """The trainings of the contest's networks, seed by seed, the costliest first; none has chosen its scaling yet."""
    if not has_torch():
        return [], [LeftOut("networks", "torch is not installed: pip install 'seqzoo[train]'")]
    wanted = ground.context_length(ground.training)
    every = [
        Training(
            architecture, architecture.context_length(wanted, ground.training), ground.horizon, ground.season, seed,
            ground.values, 0, ground.first, ground.cutoffs,
        )
        for architecture in reversed(depth.architectures)
        for seed in range(depth.seeds)
    ]  # fmt: skip
    return every, []


def twin_training(ground: Ground, depth: Depth) -> TwinTraining | None:
    """The training of the cheapest network on the twin of the series; None where it is left out."""
    if not (depth.is_statistical and has_torch()):
        return None
    architecture = depth.architectures[0]
    length = architecture.context_length(ground.context_length(ground.training), ground.training)
    return TwinTraining(architecture, length, ground.horizon, ground.season, ground.values, ground.training)


def mean_of_seeds(name: str, forecasts: Sequence[FloatArray | Failure], ground: Ground) -> Entrant | LeftOut:
    """The entrant of an architecture, with the mean forecast of its trainings."""
    if failure := next((each for each in forecasts if isinstance(each, Failure)), None):
        return LeftOut(name, failure.reason)
    arrays = [each for each in forecasts if not isinstance(each, Failure)]
    mean = ground.losses(np.mean(arrays, axis=0))
    return Entrant(name, name, "network", mean, tuple(ground.losses(forecast) for forecast in arrays))


def ranked(entrants: Sequence[Entrant], ground: Ground) -> list[Row]:
    """The rows of a contest, the best first."""
    best_rival = min((one for one in entrants if one.kind != "network"), key=lambda one: float(one.losses.mean()))
    networks = [one for one in entrants if one.kind == "network"]
    against = {
        one.name: compare(one.losses, best_rival.losses, ground.horizon, stride=ground.stride) for one in networks
    }
    corrected = dict(zip(against, holm([comparison.p for comparison in against.values()]), strict=True))
    rows = []
    for one in entrants:
        mase = float(one.losses.mean())
        row = Row(
            one.name, one.label, one.kind, mase, interval_of(one.losses, ground), mase * ground.scale,
            tuple(float(losses.mean()) for losses in one.seeds),
        )  # fmt: skip
        if (comparison := against.get(one.name)) is not None:
            p = corrected[one.name]
            verdict = "no difference detected"
            if p <= 0.05:
                verdict = "better" if comparison.difference < 0 else "worse"
            ends = (comparison.low, comparison.high)
            row = dataclasses.replace(
                row, difference=comparison.difference, difference_interval=ends, p=p, verdict=verdict
            )
        rows.append(row)
    return sorted(rows, key=lambda row: row.mase)


def interval_of(losses: FloatArray, ground: Ground) -> tuple[float, float]:
    """The 95% interval of a mean loss by blocks of cutoffs; both NaN where cutoffs are too few."""
    return bootstrap_interval(losses, min(max(block_length(losses), 2 * ground.overlap - 1), len(losses)))
