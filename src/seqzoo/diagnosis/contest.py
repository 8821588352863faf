"""The contest: rules, a linear forecaster, statistical models and networks, from the same cutoffs of one series.

Every forecaster is fitted once, on the values before the first cutoff; from later cutoffs it only reads further. The
last fifth of the series is held out, more of a short one, so that the cutoffs are enough for an interval.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import math
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._arrays import FloatArray
from .._extras import has_torch
from ..data.scaling import Kind
from ..errors import InputError, SeqzooError, first_line
from ..evaluation.accuracy import absolute_scale
from ..evaluation.comparison import block_length, bootstrap_interval, compare, holm
from ..evaluation.nonlinearity import has_unit_root
from ..evaluation.rolling import rolling_origin
from ..execution.local import Failure, in_processes
from ..forecasters.linear import RidgeAutoregression
from ..forecasters.rivals import Fitted, Rival, Rule
from ..forecasters.rollout import check_horizon
from ..forecasters.statistical import METHODS, Statistical
from ..forecasters.table import rules
from .decomposition import decompose
from .description import Given
from .networks import LONGEST_STEPWISE, Architecture, Training, TwinTraining

KINDS = ("naive", "linear", "statistical", "network")
"""From the simplest to the costliest."""
LONGEST_HORIZON = 24  # by default, and at most a thirtieth of the values
FEWEST_FOR_UNIT_ROOT = 40
STATISTICAL_PART = 1_000  # the latest values that a statistical model reads: its time grows with them
ARIMA_SEASON, ARIMA_SEASONS = 12, 20  # the longest season of AutoARIMA, and how many of them: a search is long


@dataclass(frozen=True)
class Depth:
    """How much is computed.

    Args:
        name: "quick", "default" or "deep".
        cutoffs: the most cutoffs.
        architectures: networks of the contest.
        seeds: trainings of each; their mean forecast is compared.
        surrogates: S of the test of linearity.
        is_statistical: whether statistical models take part, and a network is trained on the series' twin.
        learns: whether the best network is trained on parts of the training part too.
        processes: the most that are worth their start.
    """

    name: str
    cutoffs: int
    architectures: tuple[Architecture, ...]
    seeds: int
    surrogates: int
    is_statistical: bool
    learns: bool
    processes: int = 64


_NETWORKS = (
    Architecture("mlp", {"hidden_size": 32}, 800),
    Architecture("tcn", {"channels": 16, "layers": 5}, 400, LONGEST_STEPWISE),
    Architecture("gru", {"hidden_size": 24}, 400, LONGEST_STEPWISE),
)
QUICK = Depth("quick", 200, (Architecture("mlp", {"hidden_size": 32}, 300),), 2, 19, False, False, 1)
DEFAULT = Depth("default", 400, _NETWORKS, 3, 19, True, True)
DEEP = Depth("deep", 400, _NETWORKS, 5, 99, True, True)


@dataclass(frozen=True)
class Protocol:
    """How the forecasters were compared.

    Args:
        depth: "quick", "default" or "deep".
        horizon: H, steps ahead.
        season: m, of rules, models and the unit of MASE.
        training: values before the first cutoff.
        cutoffs: N, the number that is scored.
        stride: steps between neighbouring cutoffs.
        scale: the unit of MASE: the mean absolute difference of values a season apart in the training part.
        scale_season: that season; 1 where the training part repeats its season exactly.
        seeds: trainings of each network.
        scaling: of the networks: "window" where a unit root is not rejected in the training part, else "series".
    """

    depth: str
    horizon: int
    season: int
    training: int
    cutoffs: int
    stride: int
    scale: float
    scale_season: int
    seeds: int
    scaling: Kind


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
class Ground:
    """The cutoffs of a contest and what is read from them.

    Args:
        values: [T]
        first: the first cutoff.
        stride: steps between cutoffs.
        horizon: H
        season: m
        scored: [N], which cutoffs count: those whose targets hold no missing value.
        scale, scale_season, scaling: as for `Protocol`.
    """

    values: NDArray[np.float64]
    first: int
    stride: int
    horizon: int
    season: int
    scored: NDArray[np.bool_]
    scale: float
    scale_season: int
    scaling: Kind

    @classmethod
    def of(cls, given: Given, season: int, horizon: int | None, depth: Depth) -> Ground:
        """The cutoffs for a series.

        Raises:
            InputError: the horizon is not from 1 to a tenth of the values.
        """
        values, count = given.values, len(given.values)
        # By default so short that the cutoffs of a short series are enough for an interval.
        ahead = min(season, LONGEST_HORIZON, count // 30) if horizon is None else horizon
        check_horizon(ahead)
        if ahead > count // 10:
            raise InputError(
                f"the horizon must be from 1 to {count // 10}, a tenth of the {count:,} values, got {ahead}."
            )
        held_out = max(count // 5, min(max(9 * ahead, 40), count // 2))
        first = count - held_out
        stride = max(1, -(-(held_out - ahead) // depth.cutoffs))
        cutoffs = np.arange(first, count - ahead + 1, stride)
        scored = ~np.array([given.is_missing[cutoff : cutoff + ahead].any() for cutoff in cutoffs])
        if scored.sum() < 2:
            raise InputError("nearly every held-out value is missing. Give a part of the series with fewer gaps.")
        scales = {lag: absolute_scale(values[:first], lag) for lag in dict.fromkeys((season, 1))}
        scale_season = next((lag for lag, scale in scales.items() if scale > 0), 0)
        if not scale_season:
            raise InputError(
                f"the first {first:,} values are all equal: there is nothing to learn from. Give another part."
            )
        scaling = _scaling(values[:first], season)
        return cls(values, first, stride, ahead, season, scored, scales[scale_season], scale_season, scaling)

    @property
    def cutoffs(self) -> NDArray[np.intp]:
        """[N]"""
        return np.arange(self.first, len(self.values) - self.horizon + 1, self.stride)

    @property
    def overlap(self) -> int:
        """How many neighbouring cutoffs share targets."""
        return -(-self.horizon // self.stride)

    def losses(self, forecast: FloatArray) -> FloatArray:
        """The absolute scaled error of forecasts [N, H], averaged over steps, at each cutoff that counts."""
        target = np.stack([self.values[cutoff : cutoff + self.horizon] for cutoff in self.cutoffs])
        return np.asarray(np.abs(forecast - target)[self.scored].mean(axis=1) / self.scale)

    def protocol(self, depth: Depth) -> Protocol:
        """The facts for a report."""
        return Protocol(
            depth.name, self.horizon, self.season, self.first, int(self.scored.sum()), self.stride, self.scale,
            self.scale_season, depth.seeds, self.scaling,
        )  # fmt: skip


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


def simple_rivals(season: int) -> list[Rival]:
    """Rules and the linear forecaster, which take no time."""
    every: list[Rival] = [Rule(name, weights) for name, weights in rules(season).items()]
    return [*every, RidgeAutoregression(season=season)]


def statistical_rivals(season: int, depth: Depth) -> tuple[list[Rival], list[LeftOut]]:
    """Statistical models that can run here in time, and those that are left out."""
    if not depth.is_statistical:
        return [], [LeftOut(", ".join(METHODS.values()), "--quick leaves them out")]
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

    Raises:
        InputError: the training part is too short for it.
    """
    outcome = rolling_origin(
        rival, ground.values, ground.horizon,
        first=ground.first, season=ground.scale_season, stride=ground.stride, refit=False,
    )  # fmt: skip
    return ground.losses(outcome.forecast)


def trainings(ground: Ground, depth: Depth) -> tuple[list[Training], list[LeftOut]]:
    """The trainings of the contest's networks, seed by seed, the costliest first."""
    if not has_torch():
        return [], [LeftOut("networks", "torch is not installed: pip install 'seqzoo[train]'")]
    wanted = max(2 * ground.season, 8)
    every = [
        Training(
            architecture, architecture.context_length(wanted, ground.first), ground.horizon, seed, ground.values, 0,
            ground.cutoffs, ground.scaling,
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
    length = architecture.context_length(max(2 * ground.season, 8), ground.first)
    return TwinTraining(
        architecture, length, ground.horizon, ground.season, ground.values, ground.first, ground.scaling
    )


Task = Callable[[], FloatArray]
Outcome = FloatArray | str
"""The outcome of a task, or the reason why it has none."""


class Running:
    """Tasks that run in processes while this one goes on.

    Args:
        workers: 1 runs the tasks in this process, when their outcomes are asked for.
        processes: the most processes that run otherwise; each has to import torch.
        should_stop: polled; True ends the tasks.
    """

    def __init__(
        self, tasks: Sequence[Task], workers: int, processes: int, should_stop: Callable[[], bool]
    ) -> None:
        self._tasks, self._should_stop = tasks, should_stop
        self._ended = threading.Event()
        self._outcomes: queue.SimpleQueue[tuple[int, Outcome] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, args=(min(workers, processes),), daemon=True)
        self._is_parallel = workers > 1 and len(tasks) > 0
        if self._is_parallel:
            self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes."""
        self._ended.set()
        if self._is_parallel:
            self._thread.join()

    def outcomes(self) -> Iterator[tuple[int, Outcome]]:
        """The number of each task with its outcome, or with the reason why it has none, as soon as it is done."""
        if self._is_parallel:
            while (outcome := self._outcomes.get()) is not None:
                yield outcome
            return
        for number, task in enumerate(self._tasks):
            if self._should_stop():
                return
            try:
                yield number, task()
            except Exception as error:  # as in a process: a task that fails loses only itself
                is_ours = isinstance(error, SeqzooError)
                yield number, " ".join(str(error).split()) if is_ours else first_line(error)

    def _run(self, workers: int) -> None:
        def should_stop() -> bool:
            return self._ended.is_set() or self._should_stop()

        try:
            numbered = list(enumerate(self._tasks))
            for (number, _), outcome in in_processes(_call, numbered, workers, should_stop):
                self._outcomes.put((number, outcome.reason if isinstance(outcome, Failure) else outcome))
        finally:
            self._outcomes.put(None)


def tasks_of(networks: Sequence[Training], rivals: Sequence[Rival], ground: Ground) -> list[Task]:
    """The tasks of a contest: networks, then rivals. Those of networks give forecasts, those of rivals losses."""
    of_rivals = (partial(rival_losses, rival, ground) for rival in rivals)
    return [*(training.forecast for training in networks), *of_rivals]


def gathered(
    networks: Sequence[Training], forecasts: Sequence[Outcome], ground: Ground
) -> list[Entrant | LeftOut]:
    """An entrant for each architecture, with the mean forecast of its trainings."""
    every: list[Entrant | LeftOut] = []
    for name in dict.fromkeys(training.architecture.name for training in reversed(networks)):
        outcomes = [forecast for training, forecast in zip(networks, forecasts, strict=True)
                    if training.architecture.name == name]  # fmt: skip
        reasons = [outcome for outcome in outcomes if isinstance(outcome, str)]
        if reasons:
            every.append(LeftOut(name, reasons[0]))
            continue
        arrays = [outcome for outcome in outcomes if not isinstance(outcome, str)]
        every.append(
            Entrant(
                name, name, "network", ground.losses(np.mean(arrays, axis=0)),
                tuple(ground.losses(forecast) for forecast in arrays),
            )
        )  # fmt: skip
    return every


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


def _scaling(training: FloatArray, season: int) -> Kind:
    """A series without a fixed level is read by windows: levels to come need not be those of the training part."""
    if len(training) < FEWEST_FOR_UNIT_ROOT:
        return "series"
    return "window" if has_unit_root(training - decompose(training, season).season) else "series"


def _call(numbered: tuple[int, Task]) -> FloatArray:
    return numbered[1]()
