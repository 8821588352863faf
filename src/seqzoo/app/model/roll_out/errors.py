"""The computations of the view *Roll out*: one forecast, and the errors of the model and its references.

The expected squared error of a forecast f at a step is sigma^2 + E[v] + E[(f - m)^2]. The posterior mean m is the
Bayes forecast, and v is the posterior variance of the clean value. Both means are over the same windows for every
forecaster, so that no measured error lies below that of Bayes. A mean of squared errors could, by luck of the noise.
"""

from __future__ import annotations

import math
import os
import sys
import threading
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from ...._arrays import FloatArray, with_channel
from ...._estimates import Estimate
from ...._formats import short
from ....bundles import shelf
from ....bundles.store import open_bundle
from ....errors import SeqzooError
from ....evaluation.intervals import calibrate
from ....forecasters.exact import best_linear
from ....forecasters.protocol import Bundled, Forecaster, has_bundle
from ....forecasters.rollout import finite, linear_recursion
from ....signals import Signal
from ...ui.cache import Cache
from ...ui.theme import LEVEL
from .. import loading
from ..visit import identity

REACHES = (50, 100, 200, 400, 1000)
FAR = 400  # from this many steps on, a roll-out has reached its end state
MOST_ROWS = 40_000  # windows times steps for the errors
NICENESS = 10  # of the thread that measures, added to that of the process
Result = TypeVar("Result")
_alone = threading.Lock()
_measurements: Cache[tuple[str, int], Measurement] = Cache(100)
_partners: Cache[str, tuple[Partner | None]] = Cache(100)


class Partner(NamedTuple):
    """A bundle of the same architecture, signal and window length, trained for another horizon."""

    name: str
    model: Forecaster

    @property
    def way(self) -> str:
        """Whether its later steps are "recursive" or "direct"."""
        return "recursive" if self.model.horizon == 1 else "direct"


class DrawnForecasts(NamedTuple):
    """One window and its forecasts: the history [L]; all others [H], the partner's [up to H]."""

    history: FloatArray
    clean: FloatArray | None
    model: FloatArray
    bayes: FloatArray
    rolled_linear: FloatArray
    partner: FloatArray | None


class StepErrors(NamedTuple):
    """Expected squared errors by step ahead, [H] each, estimated over windows.

    Args:
        se: the standard error of each.
        overall_se: [H], the standard error of the mean over the steps up to each.
    """

    mse: FloatArray
    se: FloatArray
    overall_se: FloatArray

    @classmethod
    def over(cls, each: FloatArray) -> StepErrors:
        """The mean over windows of the expected squared errors [N, H]."""
        so_far = np.cumsum(each, axis=1) / np.arange(1, each.shape[1] + 1)
        root = math.sqrt(len(each))
        return cls(each.mean(axis=0), each.std(axis=0, ddof=1) / root, so_far.std(axis=0, ddof=1) / root)

    def first(self, horizon: int) -> StepErrors:
        """Those of the first steps."""
        return StepErrors(*(part[:horizon] for part in self))

    @property
    def overall(self) -> Estimate:
        """The mean over all steps."""
        return Estimate(float(self.mse.mean()), float(self.overall_se[-1]))


class Measurement(NamedTuple):
    """The radius of the band [H] and the errors by step ahead; the partner's up to H.

    Args:
        coverage: the share of values inside the band, on windows that did not calibrate it.
        usual: the width of the range that holds LEVEL of the signal's values, whatever the window.
        windows: how many windows were measured.
        size: [3, H], root mean square of the model's forecasts, of the clean signal and of the linear roll-out.
        last: [windows], the model's forecast at the last step.
        moving: [windows], how far the model's forecasts move over the last 50 steps.
    """

    radius: FloatArray
    model: StepErrors
    bayes: StepErrors
    linear: StepErrors
    rolled_linear: StepErrors
    partner: StepErrors | None
    coverage: float
    usual: float
    windows: int
    size: FloatArray
    last: FloatArray
    moving: FloatArray


def partner_of(name: str, model: Forecaster) -> Partner | None:
    """The model to compare a roll-out with; None if there is none.

    A one-step model gets the partner that forecasts the most steps at once; a multi-step model, a one-step partner.
    """
    if not has_bundle(model):
        return None
    key = identity(name, model)
    cached = _partners.get(key) or _partners.put(key, (_find_partner(name, model),))
    return cached[0]


def _find_partner(name: str, model: Bundled) -> Partner | None:
    own, candidates = model.manifest, []
    for other, path in shelf.available().items():
        try:
            bundle = open_bundle(path)
        except SeqzooError:
            continue
        facts = bundle.manifest
        is_kin = (facts.architecture, facts.source, facts.contract.context_length) == (
            own.architecture, own.source, own.contract.context_length
        )  # fmt: skip
        if other != name and is_kin and (facts.contract.horizon == 1) != (own.contract.horizon == 1):
            candidates.append((facts.contract.horizon, other, bundle))
    for _, other, bundle in sorted(candidates, key=lambda one: (-one[0], one[1])):
        try:
            return Partner(other, loading.loaded(bundle, "onnx").model)
        except SeqzooError:
            continue
    return None


def _of_partner(partner: Partner | None, context: FloatArray, horizon: int) -> FloatArray | None:
    """The partner's forecasts [B, up to H]; a direct partner forecasts its own horizon only."""
    if partner is None:
        return None
    steps = horizon if partner.model.horizon == 1 else min(horizon, partner.model.horizon)
    return partner.model.forecast(context, steps).astype(np.float64)


def case(
    name: str, model: Forecaster, horizon: int, context: FloatArray, clean: FloatArray | None, signal: Signal
) -> DrawnForecasts:
    """The forecasts of what follows a window.

    Args:
        context: [L], the window.
        clean: [L + H], its values and those after it without noise; None where nobody knows them.
        signal: what the Bayes and the best linear forecaster assume.
    """
    length = model.context_length
    window = context[None]
    rolled = linear_recursion(best_linear(signal, length), horizon)(window)[0]
    seen = with_channel(window)
    beside = _of_partner(partner_of(name, model), seen, horizon)
    return DrawnForecasts(
        context,
        None if clean is None else clean[length:],
        model.forecast(seen, horizon)[0].astype(np.float64),
        finite(signal.posterior(window, horizon)[0])[0],
        rolled,
        None if beside is None else beside[0],
    )


def spread(windows: int) -> float:
    """The standard error of the coverage, if as many windows calibrate the band as measure it."""
    return math.sqrt(2 * LEVEL * (1 - LEVEL) / windows)


def cached(name: str, model: Forecaster, horizon: int) -> Measurement | None:
    """The cached measurement for a horizon; None if it has not been measured yet."""
    return _measurements.get(_key(name, model, horizon))


def measured(name: str, model: Forecaster, horizon: int) -> Measurement:
    """The errors and the band of a model on fresh windows, up to the next of REACHES; measured once and cached."""
    key = _key(name, model, horizon)
    with _alone:
        return _measurements.get(key) or _measurements.put(
            key, _aside(lambda: _measure(name, model, key[1]))
        )


def _aside(work: Callable[[], Result]) -> Result:
    """What `work` returns, computed in a thread that gives way to those that answer a page; on Linux only.

    A niceness cannot be lowered again, so that a thread of a pool would keep it.
    """

    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            if sys.platform == "linux":  # elsewhere, niceness is that of the process
                thread = threading.get_native_id()
                os.setpriority(os.PRIO_PROCESS, thread, min(19, os.getpriority(os.PRIO_PROCESS, thread) + NICENESS))
            results.append(work())
        except BaseException as error:
            errors.append(error)

    own = threading.Thread(target=run)
    own.start()
    own.join()
    if errors:
        raise errors[0]
    return results[0]


def _key(name: str, model: Forecaster, horizon: int) -> tuple[str, int]:
    """The key of a measurement. Its horizon is rounded up to one of REACHES, so that a slider seldom waits."""
    return identity(name, model), next(step for step in REACHES if horizon <= step)


def _measure(name: str, model: Forecaster, horizon: int) -> Measurement:
    length, signal = model.context_length, model.signal
    windows = max(60, min(600, MOST_ROWS // horizon))
    rng = np.random.default_rng(2**31 + horizon)
    draw = signal.draw(2 * windows, length, horizon, rng)

    def run(context: FloatArray) -> Any:
        return model.forecast(context, horizon)

    interval = calibrate(run, draw.context[:windows], draw.target[:windows], LEVEL)
    seen, target, clean = draw.context[windows:], draw.target[windows:], draw.clean[windows:]
    batch = with_channel(seen)
    ahead = model.forecast(batch, horizon).astype(np.float64)
    beside = _of_partner(partner_of(name, model), batch, horizon)
    direct = best_linear(signal, length, horizon)
    rolled = linear_recursion(best_linear(signal, length), horizon)(seen)
    mean, variance = signal.posterior(seen, horizon)
    floor = signal.sigma**2 + variance

    def errors_of(forecast: FloatArray) -> StepErrors:
        steps = forecast.shape[1]
        return StepErrors.over(floor[:, :steps] + (forecast - mean[:, :steps]) ** 2)

    back = max(0, horizon - 51)
    return Measurement(
        radius=interval.radius,
        model=errors_of(ahead),
        bayes=StepErrors.over(floor),
        linear=errors_of(direct(seen)),
        rolled_linear=errors_of(rolled),
        partner=None if beside is None else errors_of(beside),
        coverage=float((np.abs(ahead - target) <= interval.radius).mean()),
        usual=usual_width(draw.target),
        windows=windows,
        size=np.sqrt([(part**2).mean(axis=0) for part in (ahead, clean, rolled)]),
        last=ahead[:, -1],
        moving=np.abs(ahead[:, back:] - ahead[:, -1:]).max(axis=1),
    )


def usual_width(values: FloatArray) -> float:
    """The width of the range that holds LEVEL of the values, of any shape; NaN is left out."""
    low, high = np.nanquantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(high - low)


def told_of_width(radius: FloatArray, usual: float, whose: str) -> str:
    """Sentences on intervals that are wider than the values themselves range; empty where none is.

    Args:
        radius: [H] half the width at each step ahead.
        usual: see `usual_width`.
        whose: the values that `usual` is of, for example "of the signal's values".
    """
    widest = int(np.argmax(radius))
    width = 2 * float(radius[widest])
    if not width > usual:
        return ""
    return (
        f"At step {widest + 1:,} the {LEVEL:.0%} band is {short(width, 3)} wide, but a range of {short(usual, 3)} "
        f"holds {LEVEL:.0%} {whose}: there the band tells less than no forecast. It is as wide above the forecast as "
        "below it, and so reaches values that hardly occur."
    )


def ending(name: str, measurement: Measurement, horizon: int) -> str:
    """Sentences on where the measured roll-outs are at the last step shown."""
    own, true, linear = measurement.size[:, horizon - 1]
    sizes = (
        f"Root mean square at step {horizon:,}: {name} {own:.2f}, the clean signal {true:.2f}, "
        f"the best linear forecaster fed back {linear:.2f}."
    )
    if len(measurement.radius) < FAR or horizon < FAR:
        return sizes
    at = float(np.median(np.abs(measurement.last)))
    if float(np.quantile(measurement.moving, 0.9)) > 0.1 * true:
        where = "is still moving"
    elif at < 0.1 * true:
        where = "has faded to zero"
    else:
        signs = "±" if (measurement.last > 0).any() and (measurement.last < 0).any() else ""
        where = f"does not fade but settles near {signs}{at:.2f}"
    return f"{sizes} After {len(measurement.radius):,} steps, {name} {where}."
