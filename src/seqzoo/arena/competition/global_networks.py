"""One network for all series of a set: an ensemble of a few seeds, whose choices see only the training parts."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..._extras import check_torch
from ...data.windows import Windows, pooled
from ...evaluation.accuracy import absolute_scale
from ...zoo._recipes import Recipe

Array = NDArray[np.float64]

RECIPE = Recipe(
    optimiser="adam", learning_rate=5e-3, steps=1500, batch_size=256, warmup=0.03, averaging=0.05, evaluate_every=100
)
SEASONAL = 1.645  # of an autocorrelation at the season, in standard errors: a test at 90%, as Theta has it


class Network(NamedTuple):
    """How an architecture is trained on a set.

    Args:
        size: fields of its config.
        recipe: its settings; a step of a recurrent network takes ten times that of an MLP.
        seeds: members of the ensemble for each preparation of the series.
        stops: whether the trials' share of the steps is that of this network too.
    """

    size: dict[str, int]
    recipe: Recipe
    seeds: int
    stops: bool


NETWORKS = {
    "mlp": Network({"hidden_size": 128}, dataclasses.replace(RECIPE, steps=2000, learning_rate=3e-3), 2, True),
    "gru": Network({"hidden_size": 32}, dataclasses.replace(RECIPE, steps=600), 1, False),
    "tcn": Network({"channels": 24}, dataclasses.replace(RECIPE, steps=600), 1, False),
}
TRIAL = {"hidden_size": 64}  # the size of the MLP of the trials


class Member(NamedTuple):
    """What the members of an ensemble differ in besides their seed.

    Args:
        adjusts: whether each series is divided by its seasonal indices first.
        length: L.
        steps: the share of the recipe's steps after which the error was least.
    """

    adjusts: bool
    length: int
    steps: float


def forecasts(architecture: str, training: Sequence[Array], horizon: int, season: int) -> Array:
    """Forecasts [N, H] of N series from their training parts.

    Values are in units of each series' mean seasonal difference, the unit of MASE, and the networks minimise the
    absolute error. `members` chooses how the series are prepared, on the last H values of the training parts. The
    networks are then trained on all windows, and the forecast is the mean of theirs.

    Args:
        architecture: a key of NETWORKS.
        training: N arrays [T], each of at least H + 2 values.

    Raises:
        MissingExtraError: PyTorch is not installed.
    """
    check_torch("a network for a set of series")
    key = (architecture, _digest(training), horizon, season)
    if key not in _FORECASTS:
        _FORECASTS[key] = _forecasts(architecture, training, horizon, season)
    return _FORECASTS[key]


def together(training: Sequence[Array], horizon: int, season: int) -> Array:
    """The mean of the forecasts [N, H] of every network; arguments and exceptions as for `forecasts`."""
    each = [forecasts(architecture, training, horizon, season) for architecture in NETWORKS]
    return np.asarray(np.mean(each, axis=0))


_FORECASTS: dict[tuple[str, str, int, int], Array] = {}  # of this process, for `together`


def _forecasts(architecture: str, training: Sequence[Array], horizon: int, season: int) -> Array:
    from ...training.pooled import forecast, trained

    network = NETWORKS[architecture]
    ahead = []
    for member in members(training, horizon, season):
        parts = [_Part.of(values, horizon, season, member.adjusts) for values in training]
        windows, recent = _windows(parts, member.length, horizon)
        few = Windows(windows.context[-2:], windows.target[-2:])  # judged once, at the end: nothing is chosen
        steps = max(50, round(network.recipe.steps * (member.steps if network.stops else 1.0)))
        recipe = dataclasses.replace(network.recipe, steps=steps, evaluate_every=10 * steps)
        for seed in range(network.seeds):
            start = 1 if member.adjusts else season
            module, _ = trained(architecture, network.size, windows, few, recipe, seed, start)
            ahead.append(_restored(parts, forecast(module, recent)))
    return np.asarray(np.mean(ahead, axis=0))


def members(training: Sequence[Array], horizon: int, season: int) -> tuple[Member, ...]:
    """The members of least MASE on the last H values of the training parts: adjusted for the season, as they are, or
    both, each with its best context length.

    An MLP stands in for every architecture in these trials, which do not see those values.
    """
    key = (_digest(training), horizon, season)
    if key not in _CHOSEN:
        _CHOSEN[key] = _chosen(training, horizon, season)
    return _CHOSEN[key]


_CHOSEN: dict[tuple[str, int, int], tuple[Member, ...]] = {}  # the networks of a set share its trials


def _digest(training: Sequence[Array]) -> str:
    return hashlib.sha256(b"".join(values.tobytes() + b"|" for values in training)).hexdigest()


def _chosen(training: Sequence[Array], horizon: int, season: int) -> tuple[Member, ...]:
    from ...training.pooled import forecast, trained

    earlier = [values[:-horizon] for values in training]
    target = np.stack([values[-horizon:] for values in training])
    unit = np.array([_unit(values, season) for values in earlier])
    can_adjust = season > 1 and all((values > 0).all() for values in training)
    best: dict[bool, tuple[float, Member, Array]] = {}
    for adjusts in (False, True) if can_adjust else (False,):
        parts = [_Part.of(values, horizon, season, adjusts) for values in earlier]
        entered = np.stack([part.entered(values) for part, values in zip(parts, target, strict=True)])
        for length in _lengths(season):
            windows, recent = _windows(parts, length, horizon)
            start = 1 if adjusts else season
            module, step = trained("mlp", TRIAL, windows, Windows(recent, entered), RECIPE, 0, start)
            ahead = _restored(parts, forecast(module, recent))
            error = _mase(ahead, target, unit)
            if adjusts not in best or error < best[adjusts][0]:
                best[adjusts] = error, Member(adjusts, length, step / RECIPE.steps), ahead
    every = list(best.values())
    groups = [[each] for each in every] + ([every] if len(every) > 1 else [])
    least = min(groups, key=lambda group: _mase(np.mean([ahead for _, _, ahead in group], axis=0), target, unit))
    return tuple(member for _, member, _ in least)


def _lengths(season: int) -> tuple[int, ...]:
    return (2 * season, 3 * season) if season > 1 else (4, 6, 8)


def _mase(ahead: Array, target: Array, unit: Array) -> float:
    return float((np.abs(ahead - target).mean(axis=1) / unit).mean())


class _Part(NamedTuple):
    """A series [T] in the units of the networks, without its season.

    Args:
        unit: of a value.
        ahead: [H], what the season multiplies the next H values by.
    """

    values: Array
    unit: float
    ahead: Array

    @classmethod
    def of(cls, values: Array, horizon: int, season: int, adjusts: bool) -> _Part:
        indices = seasonal_indices(values, season) if adjusts else np.ones(season)
        every = indices[np.arange(len(values) + horizon) % season]
        unit = _unit(values, season)
        return cls(values / every[: len(values)] / unit, unit, every[len(values) :])

    def entered(self, target: Array) -> Array:
        """The next H values in the units of the networks."""
        return np.asarray(target / self.ahead / self.unit)


def _unit(values: Array, season: int) -> float:
    """The mean seasonal difference of a series, or of neighbours where it is no longer than a season; 1 for 0."""
    return absolute_scale(values, season if len(values) > season else 1) or 1.0


def _restored(parts: Sequence[_Part], ahead: Array) -> Array:
    return np.asarray(ahead * np.stack([part.ahead * part.unit for part in parts]))


def _windows(parts: Sequence[_Part], length: int, horizon: int) -> tuple[Windows, Array]:
    """All windows of the series, and the last L values of each; a shorter series is preceded by its first value."""
    long = [
        np.concatenate([np.full(max(0, length - len(part.values)), part.values[0]), part.values]) for part in parts
    ]
    every, own = pooled(long, length, horizon)
    places = np.concatenate(own)
    recent = np.stack([values[-length:] for values in long])
    return Windows(every.context[places], every.target[places]), recent


def seasonal_indices(values: Array, season: int) -> Array:
    """What a season [m] multiplies the values of a series [T] > 0 by: the classical decomposition, of mean 1.

    All are 1 where the series holds fewer than three seasons, or its autocorrelation at the season is not significant
    (Assimakopoulos and Nikolopoulos, The theta model, Int. Journal of Forecasting 16, 2000).
    """
    count = len(values)
    centred = values - values.mean()
    power = float(centred @ centred)
    if count < 3 * season or power == 0:
        return np.ones(season)
    lags = np.array([centred[lag:] @ centred[: count - lag] for lag in range(1, season + 1)]) / power
    if abs(lags[-1]) < SEASONAL * np.sqrt((1 + 2 * (lags[:-1] ** 2).sum()) / count):
        return np.ones(season)
    weights = np.full(season, 1 / season)
    if season % 2 == 0:
        weights = np.concatenate([[0.5], np.ones(season - 1), [0.5]]) / season
    trend = np.convolve(values, weights, "valid")
    first = (len(weights) - 1) // 2
    ratios = values[first : first + len(trend)] / trend
    phases = np.arange(first, first + len(trend)) % season
    indices = np.array([ratios[phases == phase].mean() for phase in range(season)])
    return np.asarray(indices / indices.mean())
