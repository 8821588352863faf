"""The computations of the view *Roll out*: one forecast, and the errors of the model and its references."""

from __future__ import annotations

import math
import threading
from typing import Any, NamedTuple

import numpy as np

from ...._arrays import FloatArray, with_channel
from ....bundles import shelf
from ....bundles.store import open_bundle
from ....errors import SeqzooError
from ....evaluation.intervals import calibrate
from ....forecasters.exact import best_linear, linear_mse
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
MOST_DEAR_ROWS = 4_000  # windows times steps for a posterior that is slow to compute
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


class Measurement(NamedTuple):
    """The radius of the band and the mean squared errors by step ahead, [H] each; the partner's [up to H].

    Args:
        coverage: the share of values inside the band, on windows that did not calibrate it.
        windows: how many windows were measured.
        size: [3, H], root mean square of the model's forecasts, of the clean signal and of the linear roll-out.
        last: [windows], the model's forecast at the last step.
        moving: [windows], how far the model's forecasts move over the last 50 steps.
    """

    radius: FloatArray
    mse: FloatArray
    bayes: FloatArray
    linear: FloatArray
    rolled_linear: FloatArray
    partner: FloatArray | None
    coverage: float
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
        return _measurements.get(key) or _measurements.put(key, _measure(name, model, key[1]))


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
    error = ahead - target
    beside = _of_partner(partner_of(name, model), batch, horizon)
    dear = math.ceil(MOST_DEAR_ROWS / horizon) if signal.windows_to_score < 200_000 else windows
    variance = signal.posterior(seen[: max(8, min(windows, dear))], horizon)[1].mean(axis=0)
    rolled = linear_recursion(best_linear(signal, length), horizon)
    back = max(0, horizon - 51)
    return Measurement(
        radius=interval.radius,
        mse=(error**2).mean(axis=0),
        bayes=signal.sigma**2 + variance,
        linear=linear_mse(signal, *best_linear(signal, length, horizon)),
        rolled_linear=linear_mse(signal, *rolled),
        partner=None if beside is None else ((beside - target[:, : beside.shape[1]]) ** 2).mean(axis=0),
        coverage=float((np.abs(error) <= interval.radius).mean()),
        windows=windows,
        size=np.sqrt([(part**2).mean(axis=0) for part in (ahead, clean, rolled(seen))]),
        last=ahead[:, -1],
        moving=np.abs(ahead[:, back:] - ahead[:, -1:]).max(axis=1),
    )


def ending(name: str, measurement: Measurement, horizon: int) -> str:
    """Sentences on where the measured roll-outs are at the last step shown."""
    own, true, linear = measurement.size[:, horizon - 1]
    sizes = (
        f"Root mean square at step {horizon:,}: {name} {own:.2f}, the clean signal {true:.2f}, "
        f"the best linear forecaster fed back {linear:.2f}."
    )
    if len(measurement.mse) < FAR or horizon < FAR:
        return sizes
    at = float(np.median(np.abs(measurement.last)))
    if float(np.quantile(measurement.moving, 0.9)) > 0.1 * true:
        where = "is still moving"
    elif at < 0.1 * true:
        where = "has faded to zero"
    else:
        signs = "±" if (measurement.last > 0).any() and (measurement.last < 0).any() else ""
        where = f"does not fade but settles near {signs}{at:.2f}"
    return f"{sizes} After {len(measurement.mse):,} steps, {name} {where}."
