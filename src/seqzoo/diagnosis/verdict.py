"""The verdict: which kind of forecaster to use, what it gains, and what would change the answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .._arrays import FloatArray
from ..evaluation.comparison import Comparison, compare, holm
from .contest import KINDS, Entrant
from .ground import Ground

RULES = ("mean", "last_value", "seasonal_naive", "drift", "line")
"""From the simplest."""
OUT_OF_SIGHT = 30  # times the present data: an extrapolation farther than that is no statement


@dataclass(frozen=True)
class Gain:
    """The share of the error of `over` that the chosen forecaster removes, with its 95% interval.

    The interval is that of the difference of losses over the mean loss of `over`; NaN where cutoffs are too few.
    """

    value: float
    low: float
    high: float
    over: str


@dataclass(frozen=True)
class LearningCurve:
    """The MASE of a forecaster fitted on the latest quarter, half and whole of the training part.

    Args:
        name: of the forecaster.
        points: values that it was fitted on, ascending.
        mase: the same order.
        p: of equal accuracy with half and all of the values; NaN where cutoffs are too few.
    """

    name: str
    points: tuple[int, ...]
    mase: tuple[float, ...]
    p: float

    @property
    def is_falling(self) -> bool:
        """Whether the whole is better than half, detectably and by more than 1%."""
        return 0 < self.mase[-1] < 0.99 * self.mase[-2] and self.p <= 0.05

    @property
    def exponent(self) -> float:
        """b of the power law a n^-b through the last two points."""
        (n0, n1), (m0, m1) = self.points[-2:], self.mase[-2:]
        return math.log(m0 / m1) / math.log(n1 / n0)

    def points_for(self, mase: float) -> float:
        """How many values the power law needs for a MASE."""
        return self.points[-1] * float((self.mase[-1] / mase) ** (1 / self.exponent))


@dataclass(frozen=True)
class Verdict:
    """What to do.

    Args:
        use: name of the forecaster.
        kind: "naive", "linear", "statistical" or "network".
        gain: over the best of the simpler kinds; for a rule, over the best of the others.
        text: three sentences: what to use, the gain, what would change the answer.
    """

    use: str
    kind: str
    gain: Gain | None
    text: str


def verdict_of(
    entrants: Sequence[Entrant],
    ground: Ground,
    *,
    curves: Sequence[LearningCurve] = (),
    context: LongerContext | None = None,
    has_networks: bool = True,
    total: int = 0,
) -> Verdict:
    """The simplest kind whose best forecaster is not detectably worse than the best of all.

    The p-values of the simpler kinds against the best are corrected by Holm, and 0.05 decides. Of the rules, the
    simplest one is chosen in the same way.

    Args:
        curves: learning curves, of the linear forecaster and of the best network.
        context: what a longer context would gain.
        has_networks: whether networks took part.
        total: T, of the whole series.
    """
    best_of = {
        kind: min((one for one in entrants if one.kind == kind), key=lambda one: float(one.losses.mean()))
        for kind in KINDS
        if any(one.kind == kind for one in entrants)
    }
    best = min(best_of.values(), key=lambda one: float(one.losses.mean()))
    simpler = [one for kind, one in best_of.items() if KINDS.index(kind) < KINDS.index(best.kind)]
    against = [_compared(one, best, ground) for one in simpler]
    corrected = holm([comparison.p for comparison in against])
    chosen = next((one for one, p in zip(simpler, corrected, strict=True) if not p <= 0.05), best)
    if chosen.kind == "naive":
        chosen = _simplest_rule(entrants, chosen, best, ground)
    others = [one for kind, one in best_of.items() if KINDS.index(kind) < KINDS.index(chosen.kind)]
    others = others or [one for one in best_of.values() if one.kind != chosen.kind]
    rival = min(others, key=lambda one: float(one.losses.mean())) if others else None
    gain = None if rival is None else _gain(chosen, rival, ground)
    sentences = (
        _use(chosen, best, has_networks),
        _words(gain, chosen, rival),
        _change(chosen, best_of, curves, context, ground, total),
    )
    return Verdict(chosen.name, chosen.kind, gain, " ".join(sentences))


@dataclass(frozen=True)
class LongerContext:
    """The linear forecaster with twice the context.

    Args:
        context_length: L, doubled.
        gain: the share of its error that the longer context removes.
        p: of equal accuracy.
    """

    context_length: int
    gain: float
    p: float


def curve_of(name: str, points: Sequence[int], losses: Sequence[FloatArray], ground: Ground) -> LearningCurve:
    """The learning curve from losses [N] at each number of points."""
    p = compare(losses[-1], losses[-2], ground.horizon, stride=ground.stride).p
    return LearningCurve(name, tuple(points), tuple(float(each.mean()) for each in losses), p)


def longer_context(length: int, longer: FloatArray, present: FloatArray, ground: Ground) -> LongerContext:
    """What the doubled context gains, from losses [N] with it and without."""
    comparison = compare(longer, present, ground.horizon, stride=ground.stride)
    unit = float(present.mean())  # 0 where it follows the series exactly
    return LongerContext(length, -comparison.difference / unit if unit else 0.0, comparison.p)


def _simplest_rule(entrants: Sequence[Entrant], lowest: Entrant, best: Entrant, ground: Ground) -> Entrant:
    """The first of RULES that is not detectably worse than the best of all, else the rule of lowest error."""
    by_name = {one.name: one for one in entrants}
    present = [by_name[name] for name in RULES if name in by_name and by_name[name] is not best]
    corrected = holm([_compared(one, best, ground).p for one in present])
    fitting = [one for one, p in zip(present, corrected, strict=True) if p > 0.05]
    if lowest is best and (not fitting or RULES.index(best.name) < RULES.index(fitting[0].name)):
        return best
    return fitting[0] if fitting else lowest


def _compared(one: Entrant, other: Entrant, ground: Ground) -> Comparison:
    return compare(one.losses, other.losses, ground.horizon, stride=ground.stride)


def _gain(chosen: Entrant, rival: Entrant, ground: Ground) -> Gain | None:
    unit = float(rival.losses.mean())
    if unit == 0:
        return None
    comparison = _compared(rival, chosen, ground)
    return Gain(comparison.difference / unit, comparison.low / unit, comparison.high / unit, rival.name)


def _use(chosen: Entrant, best: Entrant, has_networks: bool) -> str:
    text = f"Use {chosen.label}"
    if chosen is best:
        text += ": it has the lowest error"
    else:
        text += f": no difference from {best.label}, which has the lowest error, is detected, and it is simpler"
    return text + ("." if has_networks else "; no network took part.")


def _words(gain: Gain | None, chosen: Entrant, rival: Entrant | None) -> str:
    if gain is None or rival is None:
        return "Nothing else could be compared with it."
    interval = "cutoffs are too few for an interval"
    if not math.isnan(gain.low):
        interval = f"95% interval {gain.low:+.1%} to {gain.high:+.1%}"
    kind = "the best of the other kinds" if chosen.kind == KINDS[0] else "the best of the simpler kinds"
    if abs(gain.value) < 0.0005:
        return f"Its error is that of {rival.label}, {kind} ({interval})."
    side = "below" if gain.value > 0 else "above"
    return f"Its error is {abs(gain.value):.1%} {side} that of {rival.label}, {kind} (gain: {interval})."


def _change(
    chosen: Entrant,
    best_of: dict[str, Entrant],
    curves: Sequence[LearningCurve],
    context: LongerContext | None,
    ground: Ground,
    total: int,
) -> str:
    falling = {curve.name: curve for curve in curves if curve.is_falling}
    own, network = falling.get(chosen.name), best_of.get("network")
    if own is not None:
        less = 1 - 2.0**-own.exponent
        return (
            f"More data would help: the error still falls with the data, and by its power law twice the {total:,} "
            f"values would lower it by about {less:.0%} more."
        )
    if network is not None and chosen is not network and network.name in falling:
        curve, goal = falling[network.name], float(chosen.losses.mean())
        factor = curve.points_for(goal) / curve.points[-1] if goal > 0 else math.inf
        if 1 < factor <= OUT_OF_SIGHT:
            needed = float(f"{factor * total:.2g}")
            return (
                f"More data may change the answer: the error of {network.label} still falls; by its "
                f"power law it would equal that of {chosen.label} at about {needed:,.0f} values, not {total:,}."
            )
        if factor <= 1:
            return (
                f"More data may change the answer: the error of {network.label} still falls with the data, so that "
                "a difference may be detected on a longer series."
            )
    if context is not None and context.p <= 0.05 and context.gain > 0.01:
        return (
            f"A longer context may change the answer: with {context.context_length} values the error of the best "
            f"linear forecaster is {context.gain:.0%} lower."
        )
    if any(math.isnan(comparison.p) for comparison in _all_compared(chosen, best_of, ground)):
        return f"A longer series may change the answer: {len(ground.cutoffs)} cutoffs are too few for a test."
    tested = [f"more data for {best_of[kind].label}" for kind in ("linear", "network")
              if kind in best_of and any(curve.name == best_of[kind].name for curve in curves)]  # fmt: skip
    tested += [] if context is None else ["a longer context"]
    if not tested:
        return "Nothing was tested that would change the answer: the series is too short to be divided."
    return f"Nothing in sight would change the answer: {_either(tested)} lowers no error detectably."


def _either(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _all_compared(chosen: Entrant, best_of: dict[str, Entrant], ground: Ground) -> list[Comparison]:
    return [_compared(one, chosen, ground) for one in best_of.values() if one is not chosen]


def parts(training: int) -> list[int]:
    """Lengths of the latest quarter and half of a training part."""
    return [int(length) for length in np.array([0.25, 0.5]) * training]
