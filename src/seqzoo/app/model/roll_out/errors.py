"""What the view *Roll out* computes: one case, and the errors of the model and what it stands beside."""

from __future__ import annotations

import math
import threading
from typing import Any, NamedTuple

import numpy as np

from ...._arrays import FloatArray
from ....bundles import shelf
from ....bundles.store import open_bundle
from ....errors import SeqzooError
from ....evaluation.intervals import calibrate
from ....forecasters.exact import best_linear, linear_mse
from ....forecasters.protocol import Bundled, Forecaster, has_bundle
from ....forecasters.rollout import linear_recursion
from ...ui.cache import Cache
from ...ui.theme import LEVEL
from .. import loading
from ..visit import identity

REACHES = (50, 100, 200, 400, 1000)
FAR = 400  # steps from which it shows where a roll-out ends
MOST_ROWS = 40_000  # windows times steps that errors are measured on
MOST_DEAR_ROWS = 4_000  # where the posterior is dear
_alone = threading.Lock()
_measurements: Cache[tuple[str, int], Measurement] = Cache(100)
_partners: Cache[str, tuple[Partner | None]] = Cache(100)


class Partner(NamedTuple):
    """A bundle of the same architecture, signal and window, made for another horizon."""

    name: str
    model: Forecaster

    @property
    def way(self) -> str:
        """How it reaches a step."""
        return "recursive" if self.model.horizon == 1 else "direct"


class RolledOut(NamedTuple):
    """History [T]; the rest [H], of the partner [up to H]."""

    history: FloatArray
    clean: FloatArray
    model: FloatArray
    bayes: FloatArray
    rolled_linear: FloatArray
    partner: FloatArray | None


class Measurement(NamedTuple):
    """By step ahead, [H] each: radius of the band, and the errors; of the partner [up to H].

    `coverage` is of windows that the band was not made from. `size` is the root of the mean square of the model's
    forecasts, of the clean signal's values and of the linear roll-out's, [3, H]; `moving` is how far the model's
    forecasts moved over the last 50 steps, [windows], and `last` is where they are.
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
    """The relation that a model is drawn beside: for one step at a time the one of most steps at once, and the other
    way round.
    """
    if not has_bundle(model):
        return None
    key = identity(name, model)
    found = _partners.get(key) or _partners.put(key, (_find_partner(name, model),))
    return found[0]


def _find_partner(name: str, model: Bundled) -> Partner | None:
    own, found = model.manifest, []
    for other, path in shelf.available().items():
        try:
            relation = open_bundle(path)
        except SeqzooError:
            continue
        facts = relation.manifest
        is_kin = (facts.architecture, facts.source, facts.contract.context_length) == (
            own.architecture, own.source, own.contract.context_length
        )  # fmt: skip
        if other != name and is_kin and (facts.contract.horizon == 1) != (own.contract.horizon == 1):
            found.append((facts.contract.horizon, other, relation))
    for _, other, relation in sorted(found, key=lambda one: (-one[0], one[1])):
        try:
            return Partner(other, loading.loaded(relation, "onnx").model)
        except SeqzooError:
            continue
    return None


def _of_partner(partner: Partner | None, context: FloatArray, horizon: int) -> FloatArray | None:
    """[B, up to H]: a direct one as far as it goes."""
    if partner is None:
        return None
    steps = horizon if partner.model.horizon == 1 else min(horizon, partner.model.horizon)
    return partner.model.forecast(context, steps).astype(np.float64)


def case(name: str, model: Forecaster, horizon: int, seed: int) -> RolledOut:
    """One window of the model's signal and what follows it."""
    length, signal = model.context_length, model.signal
    drawn = signal.draw(1, length if signal.episodic else 3 * length, horizon, np.random.default_rng(seed))
    history = drawn.context[0]
    window = history[None, -length:]
    rolled = linear_recursion(best_linear(signal, length), horizon)(window)[0]
    seen = window[:, :, None]
    beside = _of_partner(partner_of(name, model), seen, horizon)
    return RolledOut(
        history,
        drawn.clean[0],
        model.forecast(seen, horizon)[0].astype(np.float64),
        signal.posterior(window, horizon)[0][0],
        rolled,
        None if beside is None else beside[0],
    )


def spread(windows: int) -> float:
    """Standard error of a coverage: that of as many windows to measure, and as many to calibrate, on it."""
    return math.sqrt(2 * LEVEL * (1 - LEVEL) / windows)


def kept(name: str, model: Forecaster, horizon: int) -> Measurement | None:
    """The measurement that a horizon is shown from, if it has been made."""
    return _measurements.get(_key(name, model, horizon))


def measured(name: str, model: Forecaster, horizon: int) -> Measurement:
    """Errors and band of a model, measured once on fresh windows, as far as the next of REACHES, and kept."""
    key = _key(name, model, horizon)
    with _alone:
        return _measurements.get(key) or _measurements.put(key, _measure(name, model, key[1]))


def _key(name: str, model: Forecaster, horizon: int) -> tuple[str, int]:
    """A longer reach than was asked for, so that a dragged slider seldom waits."""
    return identity(name, model), next(step for step in REACHES if horizon <= step)


def _measure(name: str, model: Forecaster, horizon: int) -> Measurement:
    length, signal = model.context_length, model.signal
    windows = max(60, min(600, MOST_ROWS // horizon))
    rng = np.random.default_rng(2**31 + horizon)
    draw = signal.draw(2 * windows, length, horizon, rng)

    def run(context: FloatArray) -> Any:
        return model.forecast(context, horizon)

    made = calibrate(run, draw.context[:windows], draw.target[:windows], LEVEL)
    seen, target, clean = draw.context[windows:], draw.target[windows:], draw.clean[windows:]
    batch = seen[:, :, None]
    ahead = model.forecast(batch, horizon).astype(np.float64)
    missed = ahead - target
    beside = _of_partner(partner_of(name, model), batch, horizon)
    dear = math.ceil(MOST_DEAR_ROWS / horizon) if signal.windows_to_score < 200_000 else windows
    variance = signal.posterior(seen[: max(8, min(windows, dear))], horizon)[1].mean(axis=0)
    rolled = linear_recursion(best_linear(signal, length), horizon)
    back = max(0, horizon - 51)
    return Measurement(
        radius=made.radius,
        mse=(missed**2).mean(axis=0),
        bayes=signal.sigma**2 + variance,
        linear=linear_mse(signal, *best_linear(signal, length, horizon)),
        rolled_linear=linear_mse(signal, *rolled),
        partner=None if beside is None else ((beside - target[:, : beside.shape[1]]) ** 2).mean(axis=0),
        coverage=float((np.abs(missed) <= made.radius).mean()),
        windows=windows,
        size=np.sqrt([(part**2).mean(axis=0) for part in (ahead, clean, rolled(seen))]),
        last=ahead[:, -1],
        moving=np.abs(ahead[:, back:] - ahead[:, -1:]).max(axis=1),
    )


def ending(name: str, found: Measurement, horizon: int) -> str:
    """Where the roll-outs are at the last step shown, in words, from what was measured."""
    own, true, linear = found.size[:, horizon - 1]
    said = (
        f"Root mean square at step {horizon:,}: {name} {own:.2f}, the clean signal {true:.2f}, "
        f"the best linear forecaster fed back {linear:.2f}."
    )
    if len(found.mse) < FAR or horizon < FAR:
        return said
    at = float(np.median(np.abs(found.last)))
    if float(np.quantile(found.moving, 0.9)) > 0.1 * true:
        where = "still moves"
    elif at < 0.1 * true:
        where = "has faded to zero"
    else:
        signs = "±" if (found.last > 0).any() and (found.last < 0).any() else ""
        where = f"does not fade but settles near {signs}{at:.2f}"
    return f"{said} {len(found.mse):,} steps ahead {name} {where}."
