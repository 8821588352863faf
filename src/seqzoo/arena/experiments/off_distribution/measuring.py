"""The error of a forecaster where frequency, noise or amplitude differ from training.

Models are compared with two Bayes forecasters. One knows the changed parameter, and its error is the floor. The other
uses the posterior of the training signal, like a model that has learned this signal perfectly.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
import numpy as np

from .... import signals
from ...._arrays import with_channel
from ...._estimates import Estimate
from ....errors import InputError, SeqzooError
from ....evaluation import metrics
from ....evaluation.scoring import HELD_OUT_SEEDS, Predict, most_windows
from ....forecasters.exact import best_linear
from ....forecasters.references import CONTEXT_LENGTH

SEED = HELD_OUT_SEEDS + 20
SWEEPS: dict[str, tuple[float, ...]] = {
    "angular_frequency": tuple(float(value) for value in np.geomspace(0.005, 0.2, 14).round(4)),
    "sigma": (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5),
    "amplitude": (0.2, 0.35, 0.5, 0.7, 0.85, 1.0, 1.15, 1.3, 1.6, 2.0, 2.5, 3.0),
}
KNOWS, TOLD_NOTHING, LINEAR = "Bayes that knows", "Bayes that does not", "best linear"


class SweepCase(NamedTuple):
    """A sweep of one parameter, for all models."""

    parameter: str
    models: tuple[str, ...]
    signal: str
    windows: int


class SweepPoint(msgspec.Struct, frozen=True):
    """The errors at one value of one parameter, by forecaster, in the signal's units squared.

    `mse` is measured on the windows' targets, [value, standard error]. `expected` is the same quantity with
    less variance: the floor's expected MSE plus the mean squared distance from the floor's forecast.
    """

    value: float
    mse: dict[str, Estimate]
    expected: dict[str, float]


class OffDistributionResults(msgspec.Struct, forbid_unknown_fields=True):
    """One list of points for each parameter; the others are as in training."""

    signal: str
    training: dict[str, float]
    context_length: int
    windows: int
    seed: int
    models: list[str]
    sweeps: dict[str, list[SweepPoint]] = {}

    @property
    def measured(self) -> int:
        """The number of parameters that have been measured."""
        return len(self.sweeps)

    def holds(self, case: SweepCase) -> bool:
        """Whether the parameter has been measured."""
        return case.parameter in self.sweeps

    def enter(self, case: SweepCase, measurement: list[SweepPoint]) -> None:
        """Add a parameter, in the order of `SWEEPS`."""
        swept = {**self.sweeps, case.parameter: measurement}
        self.sweeps = {parameter: swept[parameter] for parameter in SWEEPS if parameter in swept}

    def fail(self, case: SweepCase, reason: str) -> None:
        """Raises SeqzooError: the experiment ends with the first parameter that fails."""
        raise SeqzooError(f"the {case.parameter.replace('_', ' ')} cannot be changed: {reason}")


def begin(family: str, windows: int, models: list[str]) -> OffDistributionResults:
    """Results without any parameter yet; raises as `training_signal`."""
    training = dataclasses.asdict(training_signal(family))
    return OffDistributionResults(family, training, CONTEXT_LENGTH, windows, SEED, models)


def check(family: str, windows: int) -> None:
    """Raises InputError for fewer than two windows or too many; and as `training_signal`."""
    if not 2 <= windows <= most_windows(CONTEXT_LENGTH):
        raise InputError(f"windows must be from 2 to {most_windows(CONTEXT_LENGTH):,}, got {windows:,}.")
    training_signal(family)


def training_signal(family: str) -> signals.Signal:
    """The signal of a family at its default parameters.

    Raises:
        UnknownNameError: the family does not exist.
        InputError: the family lacks a parameter that the sweeps vary.
    """
    signal = signals.make(family)
    fitting = [name for name, kind in signals.FAMILIES.items() if set(SWEEPS) <= _parameters(kind)]
    if family not in fitting:
        raise InputError(
            f"the signal {family!r} lacks one frequency, one amplitude and noise, which this experiment changes. "
            f"Choose one of: {', '.join(fitting)}."
        )
    return signal


def _parameters(family: type[signals.Signal]) -> set[str]:
    return {field.name for field in dataclasses.fields(family)}


def sweep(
    parameter: str, models: Mapping[str, Predict], family: str = "sine", *, windows: int = 5000, seed: int = SEED
) -> list[SweepPoint]:
    """The errors of every forecaster at each value of a parameter; the others are as in training.

    All points have windows with the same phases and the same noise up to its scale, so that curves are smooth.

    Args:
        parameter: a key of `SWEEPS`.
        models: forecasters by name; each maps float32 [B, L, 1] to [B, 1].

    Raises:
        InputError: as `training_signal`.
    """
    training = training_signal(family)
    usual = getattr(training, parameter)
    changed = [
        dataclasses.replace(training, **{parameter: value}) for value in sorted({*SWEEPS[parameter], usual})
    ]
    return [_point(getattr(signal, parameter), signal, training, models, windows, seed) for signal in changed]


def _point(
    value: float,
    signal: signals.Signal,
    training: signals.Signal,
    models: Mapping[str, Predict],
    windows: int,
    seed: int,
) -> SweepPoint:
    draw = signal.draw(windows, CONTEXT_LENGTH, 1, np.random.default_rng(seed))
    context = draw.context.astype(np.float32)  # every forecaster reads the same values
    best, variance = signal.posterior(context, 1)
    forecasts = {
        KNOWS: best,
        TOLD_NOTHING: training.posterior(context, 1)[0],
        LINEAR: best_linear(training, CONTEXT_LENGTH)(context),
    }
    forecasts |= {name: predict(with_channel(context)) for name, predict in models.items()}
    floor = signal.sigma**2 + float(variance.mean())
    return SweepPoint(
        value=value,
        mse={name: metrics.mse(forecast, draw.target) for name, forecast in forecasts.items()},
        expected={name: floor + metrics.mse(forecast, best).value for name, forecast in forecasts.items()},
    )
