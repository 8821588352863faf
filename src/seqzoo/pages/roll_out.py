"""The facts of the view *Roll out*: the errors of a model and its references by step ahead.

The expected squared error of a forecast f at a step is sigma^2 + E[v] + E[(f - m)^2]. The posterior mean m is the
Bayes forecast, and v is the posterior variance of the clean value. Both means are over the same windows for every
forecaster, so that no measured error lies below that of Bayes. A mean of squared errors could, by luck of the noise.
"""

from __future__ import annotations

import functools
import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .._arrays import FloatArray, with_channel
from .._formats import short
from ..bundles.store import SHIPPED, WEIGHTS, Bundle, open_bundle
from ..evaluation.intervals import calibrate
from ..forecasters.exact import best_linear
from ..forecasters.protocol import Bundled, Forecaster, has_bundle
from ..forecasters.references import ClosedForm
from ..forecasters.rollout import largest_root, linear_recursion
from ..forecasters.table import REFERENCES
from ..runtime import Predictor
from ..runtime.engines.numpy import CELLS
from ..signals import FAMILIES
from . import predict
from .look import LEVEL
from .predict import Term, rounded

LEAST, FIRST, MOST = 20, 100, 1000  # steps; FIRST are shown to a first visit
STEPS = (*range(1, LEAST), *range(LEAST, MOST + 1, 10))  # a slider stops at the multiples of 10
STRAIGHT = 0.1  # of an error: where a straight line between two of these steps is farther from it, more are stated
FAR = 400  # from this many steps on, a roll-out has reached its end state
WINDOWS = 200  # of the errors that are stored
DIGITS = 4
STORED = Path(__file__).with_name("rollouts.json")
"""The errors of the references by name, and of the shipped bundles by the SHA-256 of their weights.

`python -m seqzoo.pages.roll_out` writes it.
"""


class Partner(NamedTuple):
    """A bundle of the same architecture, signal and window length, trained for another horizon."""

    name: str
    model: Forecaster

    @property
    def way(self) -> str:
        """Whether its later steps are "recursive" or "direct"."""
        return "recursive" if self.model.horizon == 1 else "direct"

    def forecast(self, context: FloatArray, horizon: int) -> FloatArray:
        """The forecasts [B, up to H]; a direct partner forecasts its own horizon only."""
        steps = horizon if self.model.horizon == 1 else min(horizon, self.model.horizon)
        return self.model.forecast(context, steps).astype(np.float64)


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

    def facts(self, steps: list[int]) -> dict[str, Any]:
        """The errors at these steps; `overall` is the mean over the steps up to each."""
        at = np.array(steps) - 1
        so_far = np.cumsum(self.mse) / np.arange(1, len(self.mse) + 1)
        columns = {"mse": self.mse, "se": self.se, "overall": so_far, "overall_se": self.overall_se}
        return {name: rounded(column[at], DIGITS) for name, column in columns.items()}


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

    def facts(self, partner: Partner | None = None) -> dict[str, Any]:
        """The measurement as JSON can hold it, at the steps of STEPS, and at more where errors change quickly.

        `partner` is the one that was measured.
        """
        steps = _stated([line.mse for line in (self.model, self.bayes, self.linear, self.rolled_linear)])
        at = np.array(steps) - 1
        lines = {name: getattr(self, name).facts(steps) for name in ("model", "bayes", "linear", "rolled_linear")}
        beside = None
        if self.partner is not None and partner is not None:
            own = [step for step in steps if step <= len(self.partner.mse)]
            beside = {"name": partner.name, "way": partner.way, **self.partner.facts(own)}
        return {
            "steps": steps, **lines, "partner": beside, "radius": rounded(self.radius[at], DIGITS),
            "size": rounded(self.size[:, at], DIGITS), "coverage": rounded(self.coverage, DIGITS),
            "usual": rounded(self.usual, DIGITS), "windows": self.windows, "ending": ending(self),
        }  # fmt: skip


def _stated(courses: list[FloatArray]) -> list[int]:
    """The steps at which to state courses [H] of errors, so that straight lines between them tell the rest."""
    every = np.arange(1, len(courses[0]) + 1)
    steps = np.array([step for step in STEPS if step <= len(every)])
    while True:
        far = np.max([np.abs(np.interp(every, steps, one[steps - 1]) - one) / one for one in courses], axis=0)
        if not (far > STRAIGHT).any():
            return [int(step) for step in steps]
        parts = np.split(far, steps[:-1])  # the first is that of step 1; each ends with one of `steps`
        worst = [first + 1 + int(part.argmax()) for first, part in zip((0, *steps[:-1]), parts, strict=True)]
        steps = np.union1d(steps, [step for step in worst if far[step - 1] > STRAIGHT])


def measure(model: Forecaster, horizon: int, windows: int, partner: Partner | None = None) -> Measurement:
    """The errors and the band of a model on as many fresh windows of its signal; as many more calibrate the band."""
    length, signal = model.context_length, model.signal
    rng = np.random.default_rng(2**31 + horizon)
    draw = signal.draw(2 * windows, length, horizon, rng)

    def run(context: FloatArray) -> Any:
        return model.forecast(context, horizon)

    interval = calibrate(run, draw.context[:windows], draw.target[:windows], LEVEL)
    seen, target, clean = draw.context[windows:], draw.target[windows:], draw.clean[windows:]
    batch = with_channel(seen)
    ahead = model.forecast(batch, horizon).astype(np.float64)
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
        partner=None if partner is None else errors_of(partner.forecast(batch, horizon)),
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


def ending(measurement: Measurement) -> str:
    """What the measured roll-outs do in the end: "has faded to zero"; empty if they are too short to tell."""
    if len(measurement.radius) < FAR:
        return ""
    true, at = measurement.size[1, -1], float(np.median(np.abs(measurement.last)))
    if float(np.quantile(measurement.moving, 0.9)) > 0.1 * true:
        return "is still moving"
    if at < 0.1 * true:
        return "has faded to zero"
    signs = "±" if (measurement.last > 0).any() and (measurement.last < 0).any() else ""
    return f"does not fade but settles near {signs}{at:.2f}"


def partner_among(bundles: dict[str, Bundle], model: Bundled) -> Partner | None:
    """The bundle to compare a roll-out with, which is not loaded yet; None if there is none.

    A one-step model gets the partner that forecasts the most steps at once; a multi-step model, a one-step partner.
    """
    own, candidates = model.manifest, []
    for name, bundle in bundles.items():
        known = bundle.manifest
        is_kin = (known.architecture, known.source, known.contract.context_length) == (
            own.architecture, own.source, own.contract.context_length
        )  # fmt: skip
        if name != model.name and is_kin and (known.contract.horizon == 1) != (own.contract.horizon == 1):
            candidates.append((-known.contract.horizon, name))
    if not candidates:
        return None
    _, name = min(candidates)
    return Partner(name, Predictor(bundles[name], "onnx"))


@functools.cache
def _stored() -> dict[str, dict[str, Any]]:
    return dict(json.loads(STORED.read_bytes()))


def stored(model: Forecaster) -> dict[str, Any] | None:
    """The errors of a shipped bundle or a reference, up to 1,000 steps; None for any other model."""
    return _stored().get(_key(model))


def _key(model: Forecaster) -> str:
    return model.manifest.files[WEIGHTS].sha256 if has_bundle(model) else model.name


def facts(model: Forecaster, partner: Partner | None = None) -> dict[str, Any]:
    """Everything that the view needs, as JSON can hold it, with the errors of a shipped bundle or a reference.

    Args:
        model: as for `predict.facts`.
        partner: drawn beside the model, if the page can fetch its weights.

    Raises:
        InputError: as `predict.facts`.
    """
    return {**predict.facts(model), **own(model, partner)}


def own(model: Forecaster, partner: Partner | None = None) -> dict[str, Any]:
    """What the view needs beside the facts of `predict.facts`."""
    beside = None
    if partner is not None and has_bundle(partner.model):
        known = partner.model.manifest
        beside = {
            "name": partner.name, "way": partner.way, "horizon": partner.model.horizon,
            "architecture": known.architecture, "heads": known.config.get("heads", 1),
            "scale": known.contract.scaling.numbers,
        }  # fmt: skip
    reach = {"least": LEAST, "first": FIRST, "most": MOST, "far": FAR}
    return {"errors": stored(model), "partner": beside, "reach": reach}


def lead(model: Forecaster, term: Term) -> str:
    """What to notice, as HTML."""
    floor, bayes = term("floor"), term("Bayes", "best possible (Bayes)")
    direct = term("direct", "directly")
    if not has_bundle(model):
        return (
            f"Notice that this reference forecasts each step {direct}, without feedback. Compare its error with the "
            f"{floor} that the {bayes} sets."
        )
    if model.horizon > 1:
        return (
            f"Notice how close the error stays to the {floor} that the {bayes} sets over the first {model.horizon} "
            f"steps, which are forecast {direct}. The steps after them are {term('recursive')}."
        )
    own = "a network may end elsewhere"
    if model.manifest.architecture == "linear":
        own = "this model, also a weighted sum, behaves much the same"
    fades = largest_root(best_linear(model.signal, model.context_length)) < 1
    fate = "fades towards the mean, because each step shrinks it again" if fades else "grows without bound"
    return (
        f"Notice how the error of a {term('recursive')} forecast leaves the {floor} that the {bayes} sets: "
        f"the {term('best linear')} one {fate}; {own}."
    )


def _write() -> None:
    """Measure the references and the shipped bundles that are new, about a minute each, and write STORED."""
    bundles = {path.name: open_bundle(path) for path in sorted(SHIPPED.iterdir())}
    models: list[Forecaster] = [ClosedForm(reference, family) for family in FAMILIES for reference in REFERENCES]
    for bundle in bundles.values():
        models.append(Predictor(bundle, "native" if bundle.manifest.architecture in CELLS else "onnx"))
    every = json.loads(STORED.read_bytes()) if STORED.exists() else {}
    kept: dict[str, Any] = {}
    for model in models:
        key = _key(model)
        if key not in every:
            partner = partner_among(bundles, model) if has_bundle(model) else None
            every[key] = measure(model, MOST, WINDOWS, partner).facts(partner)
        kept[key] = every[key]
        STORED.write_text("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in kept.items()) + "\n}\n")


if __name__ == "__main__":
    _write()
